"""LPIPS through a network file of the user's. Nothing is ever fetched."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from ..errors import UserError, one_line
from .registry import LOWER, File, NotSuitableError, Rgb, metric

_HELP = (
    "an ONNX file of the whole metric with two inputs (n, 3, h, w), R'G'B' in 0..1, and one output, for example the "
    "lpips package exported by torch.onnx.export"
)


@functools.lru_cache(maxsize=2)
def session(path: Path) -> Any:
    """The network, ready to run. ``UserError`` if the file cannot be it."""
    try:
        import onnxruntime
    except ImportError:
        raise NotSuitableError(
            "measure: lpips needs ONNX Runtime, of the extra 'metrics': pip install 'vapoursynth-vsplugin[metrics]'"
        ) from None
    if not path.is_file():
        raise UserError(f"measure: lpips: no such file: {path}; it takes {_HELP}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # frames are measured side by side
    options.log_severity_level = 3
    try:
        network = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no public class
        raise UserError(f"measure: lpips: {path} is no network ONNX Runtime can read ({one_line(error)})") from None
    inputs = [each.shape for each in network.get_inputs()]
    if len(inputs) != 2 or any(len(shape) != 4 or shape[1] != 3 for shape in inputs):
        raise UserError(f"measure: lpips: {path} has inputs {inputs}; it takes {_HELP}")
    return network


@metric(sdr_only=True)
def lpips(reference: Rgb, distorted: Rgb, network: File) -> Annotated[float, "1", LOWER]:
    """LPIPS: distance of the features that an image classifier sees, 0 where nothing differs.

    Of R'G'B' clamped to 0..1, at the clip's size, by a network file the user names; the backbone (AlexNet, VGG,
    SqueezeNet) is part of the result and must be quoted with it. Networks trained against it win without being better.

    Source: Zhang et al., The unreasonable effectiveness of deep features as a perceptual metric, CVPR 2018.
    """
    loaded = session(network)
    pictures = {
        declared.name: np.clip(picture, 0, 1).transpose(2, 0, 1)[None].astype(np.float32)
        for declared, picture in zip(loaded.get_inputs(), (reference, distorted), strict=True)
    }
    return float(np.asarray(loaded.run(None, pictures)[0]).ravel()[0])
