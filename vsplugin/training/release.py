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
from . import card, evaluate, evaluate_damage, evaluate_dirt, evaluate_inpaint, evaluate_restore, evaluate_time
from . import recipe as recipes
from .apply import corrections, denoising, denoising_all, enlarging, enlarging_all, inpainting, restoring
from .degrade import TASKS
from .export import averaged_network, write_onnx
from .networks import Network
from .stills import check_sizes, split
from .weights import read_onnx


def score(net: Network, recipe: dict, public: Path, models: Path) -> dict[str, float | str]:
    """What the network and doing nothing reach on each public set of its task; ``models`` holds a restorer's rivals."""
    task = recipe["degradation"]["kind"]
    if task == "super-resolution":
        return evaluate.all_super_resolution(enlarging(net), public, net.scale)
    if task == "denoise":
        return evaluate.all_denoising(denoising(net), public)
    if task == "denoise-t":
        return evaluate_time.held_back(net, public, recipe["data"]["held_back"])
    if task == "dirt":
        return evaluate_dirt.held_back(net, public, recipe["data"]["held_back"])
    if task == "deartifact":
        return evaluate_damage.all_deartifacting(restoring(corrections(net)), public)
    if task == "inpaint":
        return evaluate_inpaint.all_inpainting(inpainting(net), public)
    return evaluate_restore.all_restoring(restoring(corrections(net), net.scale), rivals(models), public)


def rivals(models: Path) -> dict[str, evaluate_damage.Restoring]:
    """The single models of a folder in every order, the better of two where there are two."""
    steps = {}
    for name, choices in (
        ("denoise", ("denoise", "denoise-fast")),
        ("deartifact", ("deartifact", "deartifact-fast")),
        ("enlarge", ("sr2-fidelity", "sr2-fast")),
    ):
        folder = next((models / choice for choice in choices if (models / choice / "model.onnx").is_file()), None)
        if folder is None:
            continue
        net = read_onnx(folder / "model.onnx", recipes.load(folder)["network"])
        if name == "denoise":
            steps[name] = denoising_all(net, evaluate_restore.NOISE)
        else:
            steps[name] = enlarging_all(net) if name == "enlarge" else restoring(corrections(net))
    return evaluate_restore.orders(steps) if "enlarge" in steps else {}


def mix(net: Network, other: Network, share: float) -> None:
    """Leave ``share`` of the weights of ``net`` and take the rest from ``other``, which one of them was tuned from.

    Between a network and one tuned from it the mean is better than both on what neither was tuned for (Wortsman et al.
    2022, "Robust fine-tuning of zero-shot models", arXiv:2109.01903).
    """
    with torch.no_grad():
        for ours, theirs in zip(net.parameters(), other.parameters(), strict=True):
            ours.lerp_(theirs, 1 - share)


def describe(recipe: dict, data: Path) -> dict:
    """The domain of the training: its own patches, drawn with its own seed."""
    train, _ = split(data, recipe["data"]["held_back"])
    check_sizes(train, recipe)
    # Patterns are there so that nothing goes wrong with them, not because the model is meant for them.
    options = {key: value for key, value in recipe["degradation"].items() if key not in ("kind", "patterns")}
    task = TASKS[recipe["degradation"]["kind"]]
    return card.describe(task(train, np.random.default_rng(recipe["training"]["seed"]), **options))


def add_domain(model: Path, data: Path) -> None:
    """Write the ``[domain]`` table into the card of a released model; nothing else of it changes."""
    path = model / "card.toml"
    disk.write_whole(path, card.with_domain(path.read_text(), describe(recipes.load(model / "recipe.toml"), data)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Export, score and describe a trained model.")
    parser.add_argument("model", type=Path, help="folder with recipe.toml")
    parser.add_argument("--public", type=Path, help="the corpus' public folder; for dirt and denoise-t the samples")
    parser.add_argument("--training", type=Path, help="folder of the training (default: build/training/NAME)")
    parser.add_argument("--best", action="store_true", help="the best weights by validation instead of the last")
    parser.add_argument("--data", type=Path, help="the stills trained on: adds [domain] to the card")
    parser.add_argument("--domain-only", action="store_true", help="only add [domain] to the card there is")
    parser.add_argument("--mix", type=Path, help="an ONNX file of the same network, whose weights are mixed in")
    parser.add_argument("--share", type=float, default=0.5, help="of the training's weights in the mix (default: 0.5)")
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
    if arguments.mix:
        mix(net, read_onnx(arguments.mix, recipe["network"]), arguments.share)
    write_onnx(net, arguments.model / "model.onnx")
    metrics = score(net, recipe, arguments.public, arguments.model.resolve().parent)
    facts = card.facts(net, recipe, arguments.model / "model.onnx")
    facts |= card.origin(facts["task"])
    described = describe(recipe, arguments.data) if arguments.data else None
    (arguments.model / "card.toml").write_text(card.text(facts, metrics, card.protocol(facts["task"]), described))
    shutil.copy(training / "log.jsonl", arguments.model / "log.jsonl")
    print(json.dumps(metrics, indent=2))


if __name__ == "__main__":
    main()
