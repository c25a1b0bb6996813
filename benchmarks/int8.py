"""INT8 copies of the models: what they lose and whether they are faster, on ONNX Runtime and on OpenVINO.

``./run python benchmarks/int8.py FOLDER``, a folder in which ``vsplugin.training.quantise`` has put NAME-int8 beside
NAME. Losses are those of the cards, which quantise.py measures; speed is that of the bare networks on 720p.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

import vapoursynth as vs
from common import interleaved, write

from vsplugin import infer

WIDTH, HEIGHT, FRAMES, ROUNDS = 1280, 720, 4, 5


def network(card: dict[str, Any], path: Path, backend: str) -> vs.VideoNode:
    """The bare network; what is in the frames does not change the time."""
    clips = [vs.core.std.BlankClip(format=vs.GRAYS, width=WIDTH, height=HEIGHT, length=400) for _ in card["inputs"]]
    if backend == "ort":
        return vs.core.ort.Model(clips, str(path))
    precision = infer.cpu_precision()
    return vs.core.ov.Model(clips, str(path), device="CPU", config=lambda: {"INFERENCE_PRECISION_HINT": precision})


def speeds(folder: Path, name: str) -> dict[str, Any]:
    """Milliseconds a frame, by runtime; OpenVINO's float is bf16 where the CPU multiplies it."""
    nodes = {}
    for copy in (name, f"{name}-int8"):
        card = tomllib.loads((folder / copy / "card.toml").read_text())
        for backend in ("ort", "ov"):
            nodes[f"{backend} {copy}"] = network(card, folder / copy / "model.onnx", backend)
    times = interleaved(nodes, FRAMES, ROUNDS)
    out: dict[str, Any] = {}
    for backend in ("ort", "ov"):
        whole, int8 = times[f"{backend} {name}"], times[f"{backend} {name}-int8"]
        out[backend] = {"float": round(1000 * whole, 1), "int8": round(1000 * int8, 1), "ratio": round(whole / int8, 2)}
    out["int8 over float32 ort"] = round(
        times[f"ort {name}"] / min(times[f"{backend} {name}-int8"] for backend in ("ort", "ov")), 2
    )
    return out


def losses(folder: Path, name: str) -> dict[str, float]:
    """dB (or the unit of the figure) by which the INT8 copy is below the model; positive is worse."""
    float_, int8 = (
        tomllib.loads((folder / copy / "card.toml").read_text())["metrics"] for copy in (name, f"{name}-int8")
    )
    references = ("_bicubic", "_noisy", "_decoded")
    return {key: round(float_[key] - int8[key], 3) for key in float_ if not key.endswith(references)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    names = sorted(path.name.removesuffix("-int8") for path in folder.glob("*-int8"))
    if not names:
        sys.exit(f"int8: no INT8 copies in {folder}")
    results = {name: {"loss": losses(folder, name), "ms per 720p frame": speeds(folder, name)} for name in names}
    write("int8", {"what": "bare networks, whole 720p frames; losses as the cards measure", "models": results})


if __name__ == "__main__":
    main()
