"""Tune a finished model on the user's own footage, and say what that gained on frames it never saw."""

from __future__ import annotations

import copy
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .. import disk, models
from . import card, checkpoint, domain, train
from . import recipe as recipes
from .degrade import TASKS
from .export import write_onnx
from .footage import Footage, gather
from .networks import build
from .options import Request
from .progress import Progress
from .trainer import Trainer
from .weights import read_onnx

STEPS = 2000
RATE = 0.1  # of the recipe's: the weights are good already
_EVALUATIONS = 20
_PATCHES = 32  # per frame held back, in the report
_PROTOCOL = "Measured on {} held-back frames of the footage, {} patches each, degraded as in the recipe; dB of luma."


def tune(request: Request, recipe: recipes.Recipe, *, quiet: bool) -> dict[str, Any]:
    """Footage, training, report, model folder. ``UserError`` for anything wrong with request, footage or model."""
    parent = models.named("--from", str(request.from_))
    folded = read_onnx(parent.path, recipe["network"])
    tuned = tuned_recipe(recipe, request, parent)
    folder = request.folder(tuned["name"])
    train.make_folder(folder)
    footage = gather(Path(str(request.on)).expanduser(), folder / "footage", request.frames)
    tuned["data"] = {"held_back": footage.held_back}
    trainer = train.prepare(request, tuned, (footage.train, footage.validation), folder)
    notes = [*_check_domain(parent, trainer)]
    for line in notes:
        Progress(steps=0, batch=0, quiet=quiet).say(line)
    train.follow(trainer, quiet=quiet)
    return _finish(trainer, parent, folded, footage, notes)


def tuned_recipe(recipe: recipes.Recipe, request: Request, parent: models.Model) -> recipes.Recipe:
    """The recipe with the schedule of a tuning: few steps, a small rate, one fall of the cosine."""
    tuned = copy.deepcopy(recipe)
    on = Path(str(request.on)).expanduser().resolve().name
    tuned["name"] = request.name or re.sub(r"[^a-z0-9.]+", "-", f"{parent.name}-{on}".lower()).strip("-")
    training = tuned["training"]
    steps = request.steps or STEPS
    training["steps"] = training["cycle"] = steps
    training["warmup"] = min(training["warmup"], steps // 10)
    training["evaluate"] = min(steps, max(25, steps // _EVALUATIONS))
    share = request.learning_rate / training["learning_rate"] if request.learning_rate else RATE
    for rate in ("learning_rate", "muon_rate"):  # both by the same share
        if rate in training:
            training[rate] = float(f"{training[rate] * share:.6g}")
    tuned["tuned"] = {"from": parent.name, "from_sha256": parent.sha256, "on": on}
    recipes.check(tuned, "tuning")
    return tuned


def _check_domain(parent: models.Model, trainer: Trainer) -> list[str]:
    """A warning where the footage is far from what the model was trained on: tuning is for that, but within limits."""
    table = parent.card.get("domain")
    if not table:
        return [f"{parent.name}: its card has no domain table, so its distance to the footage is not known"]
    patches = np.concatenate([x[:, 0].numpy() for x, _, _ in trainer.validation])
    comparison = domain.compare(patches, table)
    if comparison is None or not comparison.far:
        return []
    return [f"warning: the footage is far from what {parent.name} was trained on: {comparison.words}"]


def _task(recipe: recipes.Recipe, paths: list[Path], seed: int) -> Any:
    options = {key: value for key, value in recipe["degradation"].items() if key != "kind"}
    return TASKS[recipe["degradation"]["kind"]](paths, np.random.default_rng(seed), **options)


@torch.no_grad()
def compare(recipe: recipes.Recipe, frames: list[Path], nets: dict[str, Any]) -> list[dict[str, Any]]:
    """Per frame, dB of luma of each network and of the input on the same patches; the last row is the mean."""
    rows = []
    for number, path in enumerate(frames):
        x, base, target = _task(recipe, [path], recipe["training"]["seed"] + 2 + number).batch(_PATCHES)
        row: dict[str, Any] = {"frame": path.name, "input": _psnr(base, target)}
        rows.append(row | {name: _psnr(base + net(x), target) for name, net in nets.items()})
    mean = {key: float(np.mean([row[key] for row in rows])) for key in rows[0] if key != "frame"}
    rows.append({"frame": "mean", **mean})
    return [{key: round(value, 3) if key != "frame" else value for key, value in row.items()} for row in rows]


def _psnr(out: torch.Tensor, target: torch.Tensor) -> float:
    error = ((out - target)[:, 0, 4:-4, 4:-4] ** 2).mean()
    return float(-10 * torch.log10(error.clamp_min(1e-10)))


def _finish(
    trainer: Trainer, parent: models.Model, folded: torch.nn.Module, footage: Footage, notes: list[str]
) -> dict[str, Any]:
    recipe, folder = trainer.recipe, trainer.folder
    state = checkpoint.read(checkpoint.best(folder), "cpu")
    net = build(recipe["network"])
    net.load_state_dict(state["average"])
    net = net.eval().folded()
    rows = compare(recipe, footage.report, {"parent": folded, "tuned": net})
    gain = round(rows[-1]["tuned"] - rows[-1]["parent"], 3)
    result = train.outcome(trainer) | {
        "parent": {"name": parent.name, "sha256": recipe["tuned"]["from_sha256"]},
        "report": rows,
        "gain": gain,
        "notes": notes,
        "model": None,
    }
    if gain > 0:
        result["model"] = str(_write_model(trainer, net, parent, footage, rows))
    (folder / "report.json").write_text(json.dumps(result, indent=1))
    return result | {"text": _words(result)}


def _write_model(
    trainer: Trainer, net: Any, parent: models.Model, footage: Footage, rows: list[dict[str, Any]]
) -> Path:
    """``model.onnx``, ``card.toml``, ``recipe.toml``, ``log.jsonl``, ``curves.png`` in a folder of the model's name."""
    recipe = trainer.recipe
    folder = trainer.folder / recipe["name"]
    try:
        folder.mkdir(exist_ok=True)
        write_onnx(net, folder / "model.onnx")
        facts = card.facts(net, recipe, folder / "model.onnx")
        facts |= {"inputs": parent.card.get("inputs", facts["inputs"])}
        facts |= {"parent": parent.name, "parent_sha256": recipe["tuned"]["from_sha256"]}
        facts |= {"licence": parent.card.get("licence", "unknown") + "; tuned on the user's own footage"}
        facts |= {"trained_on": f"{len(footage.train)} frames of {recipe['tuned']['on']}"}
        metrics = {f"footage_y_psnr{end}": rows[-1][key] for end, key in _ENDS}
        described = _domain(recipe, footage.train)
        protocol = _PROTOCOL.format(len(footage.report), _PATCHES)
        disk.write_whole(folder / "recipe.toml", recipes.as_toml(recipe))
        disk.write_whole(folder / "card.toml", card.text(facts, metrics, protocol, described))
        for name in ("log.jsonl", "curves.png"):
            if (trainer.folder / name).exists():
                shutil.copy(trainer.folder / name, folder / name)
    except OSError as error:
        raise checkpoint.refused(error, folder) from None
    return folder


_ENDS = (("", "tuned"), ("_parent", "parent"), ("_input", "input"))


def _domain(recipe: recipes.Recipe, frames: list[Path]) -> dict[str, Any] | None:
    try:
        return card.describe(_task(recipe, frames, recipe["training"]["seed"]))
    except ValueError:  # pictures that show next to nothing have no statistics
        return None


def _words(result: dict[str, Any]) -> str:
    """The report for people: a table and what to do next."""
    names = ("input", "parent", "tuned")
    width = max(len("held-back frame"), *(len(row["frame"]) for row in result["report"]))
    lines = [f"{'held-back frame':<{width}}" + "".join(f"{name:>9}" for name in (*names, "gain")) + "  dB of luma"]
    for row in result["report"]:
        values = "".join(f"{row[name]:9.2f}" for name in names)
        lines.append(f"{row['frame']:<{width}}{values}{row['tuned'] - row['parent']:+9.2f}")
    if result["model"]:
        model = Path(result["model"])
        lines.append(f"{model}: use it with --model {model / 'model.onnx'}, or VSPLUGIN_MODELS={model.parent}")
    else:
        name = result["parent"]["name"]
        lines.append(f"tuning gained nothing on frames held back: no model written, keep {name}")
    return "\n".join(lines)
