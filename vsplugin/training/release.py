"""``python -m vsplugin.training.release models/NAME --public FOLDER``: from a finished training to a released model.

Exports the averaged weights as ``model.onnx``, scores them, and writes ``card.toml`` and ``log.jsonl`` beside the
recipe. With ``--data FOLDER`` the card says what the training's patches look like (``[domain]``); ``--domain-only``
adds that to a card already there.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import torch

from .. import disk
from . import card, evaluate
from . import recipe as recipes
from .degrade import TASKS
from .export import averaged_network, write_onnx
from .stills import check_sizes, split


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


def describe(recipe: dict, data: Path) -> dict:
    """The domain of the training: its own patches, drawn with its own seed."""
    train, _ = split(data, recipe["data"]["held_back"])
    check_sizes(train, recipe)
    options = {key: value for key, value in recipe["degradation"].items() if key != "kind"}
    task = TASKS[recipe["degradation"]["kind"]]
    return card.describe(task(train, np.random.default_rng(recipe["training"]["seed"]), **options))


def add_domain(model: Path, data: Path) -> None:
    """Write the ``[domain]`` table into the card of a released model; nothing else of it changes."""
    path = model / "card.toml"
    disk.write_whole(path, card.with_domain(path.read_text(), describe(recipes.load(model / "recipe.toml"), data)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Export, score and describe a trained model.")
    parser.add_argument("model", type=Path, help="folder with recipe.toml")
    parser.add_argument("--public", type=Path, help="the corpus' public folder")
    parser.add_argument("--training", type=Path, help="folder of the training (default: build/training/NAME)")
    parser.add_argument("--best", action="store_true", help="the best weights by validation instead of the last")
    parser.add_argument("--data", type=Path, help="the stills trained on: adds [domain] to the card")
    parser.add_argument("--domain-only", action="store_true", help="only add [domain] to the card there is")
    arguments = parser.parse_args()
    if arguments.domain_only:
        if arguments.data is None:
            parser.error("--domain-only needs --data")
        add_domain(arguments.model, arguments.data)
        return
    if arguments.public is None:
        parser.error("--public is needed to score the model")
    training = arguments.training or Path("build/training") / arguments.model.resolve().name
    net, recipe = averaged_network(training / ("best.pt" if arguments.best else "checkpoint.pt"))
    net = net.folded()
    write_onnx(net, arguments.model / "model.onnx")
    metrics = score(net, recipe, arguments.public)
    facts = card.facts(net, recipe, arguments.model / "model.onnx")
    facts |= {"licence": card.LICENCE, "trained_on": card.TRAINED_ON}
    described = describe(recipe, arguments.data) if arguments.data else None
    (arguments.model / "card.toml").write_text(card.text(facts, metrics, card.METRICS, described))
    shutil.copy(training / "log.jsonl", arguments.model / "log.jsonl")
    print(json.dumps(metrics, indent=2))


if __name__ == "__main__":
    main()
