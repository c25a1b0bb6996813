"""``python -m vsplugin.training.quantise models/NAME --data STILLS``: an INT8 copy of a model, as ``models/NAME-int8``.

Weights and activations of the convolutions become 8-bit integers with a scale per channel and per tensor (Jacob et al.
2018), written as QuantizeLinear/DequantizeLinear pairs, which TileSR, OpenVINO, ONNX Runtime and TensorRT read. The
scales come from patches drawn as in the model's own training. Every value is rounded once, where a convolution reads
it. The first convolution, which sees the picture, and the last, which makes the correction, stay in float unless
``--keep`` names others. How the shipped copies are made::

    python -m vsplugin.training.quantise models/sr2-fast --keep layer0 --patterns 0.1 --data STILLS --public PUBLIC
    python -m vsplugin.training.quantise models/sr4-realtime --keep layer0 --patterns 0.1 --data STILLS --public PUBLIC
    python -m vsplugin.training.quantise models/denoise --keep head before0 after1 tail --data STILLS --public PUBLIC
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from ..errors import UserError
from . import card, evaluate, evaluate_damage, evaluate_restore
from . import recipe as recipes
from .apply import restoring
from .degrade import TASKS
from .stills import split

_PATCHES = 256
_RARE = ("vivid", "bright", "patterns")


def calibration(
    recipe: recipes.Recipe,
    data: Path | tuple[list[Path], list[Path]],
    count: int = _PATCHES,
    patterns: float = 0.0,
) -> Iterator[np.ndarray]:
    """``count`` inputs ``(1, planes, H, W)`` of the kind the model was trained on, without what photographs lack.

    Vivid colours, levels of HDR and patterns are rare and reach far: with them among the patches the steps of the
    integers grew so wide that denoise-fast lost 1.1 dB, without them 0.1 (docs/training.md). But what reaches further
    than any patch is cut off, lettering and screens for instance: ``patterns`` is the part of the patches that is such.
    """
    train, _ = split(data, recipe["data"]["held_back"]) if isinstance(data, Path) else data
    options = {key: value for key, value in recipe["degradation"].items() if key not in ("kind", *_RARE)}
    if patterns:
        options["patterns"] = patterns
    task = TASKS[recipe["degradation"]["kind"]]
    samples = task(train, np.random.default_rng(recipe["training"]["seed"] + 2), **options)
    for _ in range(count):
        yield samples.batch(1)[0].numpy()


def ends(model: onnx.ModelProto) -> list[str]:
    """The first and the last convolution."""
    convolutions = [node.name for node in model.graph.node if node.op_type == "Conv"]
    return [convolutions[0], convolutions[-1]]


def quantise(master: Path, inputs: Iterator[np.ndarray], keep: Sequence[str] = ()) -> onnx.ModelProto:
    """The model in ``master`` (float32 ONNX) with INT8 convolutions but for those named in ``keep``; none: the ends.

    Outputs of convolutions are not rounded before the activation: that took sr2-fast from 0.006 to 0.11 dB below the
    model (Set5), because the 256 steps then had to reach over what Relu throws away.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def get_next(self) -> dict[str, np.ndarray] | None:
            patch = next(inputs, None)
            return None if patch is None else {"input": patch}

    model = onnx.load(str(master))
    for node in model.graph.node:
        node.name = node.name or node.output[0]
    convolutions = [node.name for node in model.graph.node if node.op_type == "Conv"]
    for name in keep:
        if name not in convolutions:
            raise UserError(f"--keep must be one of {', '.join(convolutions)}; got '{name}'")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "int8.onnx"
        quantize_static(
            model, str(path), Reader(), quant_format=QuantFormat.QDQ, per_channel=True, op_types_to_quantize=["Conv"],
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, nodes_to_exclude=list(keep) or ends(model),
            extra_options={"OpTypesToExcludeOutputQuantization": ["Conv"]},
        )  # fmt: skip
        made = onnx.load(str(path))
    _leave_others_unrounded(made)
    return made


def _leave_others_unrounded(model: onnx.ModelProto) -> None:
    """Let only convolutions read what was rounded for them.

    ONNX Runtime hands it to all who read that tensor, so what a U-Net carries past its lower level was rounded too:
    0.03 dB of a denoiser at sigma 10.
    """
    before = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "QuantizeLinear"}
    whole = {
        node.output[0]: before[node.input[0]]
        for node in model.graph.node
        if node.op_type == "DequantizeLinear" and node.input[0] in before
    }
    for node in model.graph.node:
        if node.op_type != "Conv":
            for place, name in enumerate(node.input):
                node.input[place] = whole.get(name, name)


def score(path: Path, recipe: recipes.Recipe, public: Path) -> dict[str, float | str]:
    """The ``[metrics]`` of a card, by ONNX Runtime."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path))

    def run(planes: np.ndarray) -> np.ndarray:
        return session.run(None, {"input": planes[None]})[0][0]

    task, scale = recipe["degradation"]["kind"], recipe["degradation"].get("scale", 1)
    if task == "deartifact":
        return evaluate_damage.all_deartifacting(restoring(run), public)
    if task == "restore":
        return evaluate_restore.all_restoring(restoring(run, scale), {}, public)
    if task == "denoise":
        return evaluate.all_denoising(lambda noisy, sigma: noisy[0] + run(evaluate.planes(noisy, sigma))[0], public)
    bicubic = evaluate.bicubic(scale)
    return evaluate.all_super_resolution(lambda low: bicubic(low) + run(low[None])[0], public, scale)


def write_card(master: Path, folder: Path, metrics: dict[str, float | str]) -> None:
    """The master's card with another name and hash and its own figures."""
    facts: dict[str, Any] = tomllib.loads((master / "card.toml").read_text())
    facts.pop("metrics")
    domain = facts.pop("domain", None)
    facts |= {
        "name": f"{facts['name']}-int8",
        "quantised_from": facts["sha256"],
        "sha256": hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest(),
    }
    (folder / "card.toml").write_text(card.text(facts, metrics, card.protocol(facts["task"]), domain))


def main() -> None:
    parser = argparse.ArgumentParser(description="Make an INT8 copy of a released model.")
    parser.add_argument("model", type=Path, help="folder with recipe.toml, model.onnx and card.toml")
    parser.add_argument("--data", type=Path, required=True, help="the stills trained on")
    parser.add_argument("--public", type=Path, required=True, help="the corpus' public folder, to score it")
    parser.add_argument("--patterns", type=float, default=0.0, help="part of the patches that is no photograph")
    parser.add_argument(
        "--keep", nargs="*", default=[], metavar="LAYER", help="convolutions that stay float (default: first and last)"
    )
    arguments = parser.parse_args()
    recipe = recipes.load(arguments.model / "recipe.toml")
    folder = arguments.model.with_name(arguments.model.resolve().name + "-int8")
    folder.mkdir(exist_ok=True)
    made = quantise(
        arguments.model / "model.onnx", calibration(recipe, arguments.data, patterns=arguments.patterns), arguments.keep
    )
    onnx.save(made, str(folder / "model.onnx"))
    metrics = score(folder / "model.onnx", recipe, arguments.public)
    write_card(arguments.model, folder, metrics)
    print(json.dumps(metrics, indent=2))


if __name__ == "__main__":
    main()
