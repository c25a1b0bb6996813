"""How well a mean along the motion is denoised, on samples of scenes of stills that were held back from the training.

Of the last ``held_back`` samples by name (vsplugin/training/degrade/noise_scenes.py), whole: mean luma PSNR (peak 1) of
the noisy frame, of the mean, and of the network's result. A network of fewer planes gets the first of them:
``denoise-fast`` sees the mean and the maps, without the frame.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from .degrade.noise_samples import PLANES, SEEN, read, values
from .networks import Network
from .stills import split

_EXACT = 1e-10  # mean squared error that counts as none: 100 dB


def held_back(net: Network, folder: Path, count: int) -> dict[str, float]:
    """The ``[metrics]`` of a card, in dB."""
    scores: list[list[float]] = []
    for path in split(folder, count)[1]:
        planes = values(read(path))
        clean, seen = planes[0], planes[-len(SEEN) :]
        with torch.no_grad():
            out = seen[0] + net(torch.from_numpy(seen[: net.planes_in])[None])[0, 0].numpy()
        scores.append([_psnr(each, clean) for each in (out, planes[PLANES.index("frame's Y")], seen[0])])
    result, noisy, mean = (round(float(np.mean(each)), 3) for each in zip(*scores, strict=True))
    return {"samples_luma_psnr": result, "samples_luma_psnr_noisy": noisy, "samples_mean_luma_psnr": mean}


def _psnr(picture: np.ndarray, truth: np.ndarray) -> float:
    error = float(np.mean((picture.astype(np.float64) - truth) ** 2))
    return -10 * float(np.log10(max(error, _EXACT)))
