"""``python -m vsplugin.training.release models/NAME --public FOLDER``: from a finished training to a released model.

Exports the averaged weights as ``model.onnx``, scores them, draws the curves, and writes ``card.toml`` and
``log.jsonl`` beside the recipe.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import torch

from . import evaluate
from .export import averaged_network, write_onnx

_LICENCE = "weights: CC0-1.0; training stills: CLIC professional validation set, Unsplash License"


def score(net, recipe: dict, public: Path) -> dict[str, float]:
    """Mean PSNR (dB) of the network and of doing nothing on each public set of its task."""
    out = {}
    with torch.no_grad():
        if recipe["degradation"]["kind"] == "super-resolution":
            for name, folder in (("set5", "set5"), ("set14", "set14"), ("kodak", "stills")):
                for label, candidate in (("", net), ("_bicubic", None)):
                    scores = evaluate.super_resolution(candidate, public / folder, net.scale)
                    out[f"{name}_y_psnr{label}"] = round(float(np.mean(list(scores.values()))), 3)
        else:
            for sigma, full in ((10, False), (25, False), (50, False), (25, True)):
                for label, candidate in (("", net), ("_noisy", None)):
                    scores = evaluate.denoising(candidate, public / "stills", sigma, full_range=full)
                    name = f"kodak_luma_psnr_sigma{sigma}{'_full_range' if full else ''}{label}"
                    out[name] = round(float(np.mean(list(scores.values()))), 3)
    return out


def card(net, recipe: dict, onnx_path: Path, metrics: dict[str, float]) -> str:
    """The text of ``card.toml``."""
    upscaling = recipe["degradation"]["kind"] == "super-resolution"
    inputs = ["Y"] if upscaling else ["Y", "Cb", "Cr", "sigma Y", "sigma C"]
    facts = {
        "name": recipe["name"],
        "task": recipe["degradation"]["kind"],
        "scale": net.scale,
        "inputs": inputs,
        "output": "residual",
        "multiple": net.multiple,
        "radius": net.receptive_radius,
        "channels": net.widest,
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "macs_per_pixel": float(net.macs_per_pixel),
        "sha256": hashlib.sha256(onnx_path.read_bytes()).hexdigest(),
        "licence": _LICENCE,
        "trained_on": "shared/corpus/train/stills, all but the last three by name",
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in facts.items()]
    lines += [
        "",
        "# Measured by vsplugin/training/evaluate.py on sets never trained on; see its words for the protocol.",
        "[metrics]",
    ]
    return "\n".join(lines + [f"{key} = {value}" for key, value in metrics.items()]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Export, score and describe a trained model.")
    parser.add_argument("model", type=Path, help="folder with recipe.toml")
    parser.add_argument("--public", type=Path, required=True, help="the corpus' public folder")
    parser.add_argument("--training", type=Path, help="folder of the training (default: build/training/NAME)")
    arguments = parser.parse_args()
    training = arguments.training or Path("build/training") / arguments.model.resolve().name
    net, recipe = averaged_network(training / "checkpoint.pt")
    net = net.folded()
    write_onnx(net, arguments.model / "model.onnx")
    metrics = score(net, recipe, arguments.public)
    (arguments.model / "card.toml").write_text(card(net, recipe, arguments.model / "model.onnx", metrics))
    shutil.copy(training / "log.jsonl", arguments.model / "log.jsonl")
    print(json.dumps(metrics, indent=2))


if __name__ == "__main__":
    main()
