"""A chain of restorations as data: what a preset holds, a job plan stores and the command line builds.

``[["denoise", {"sigma": 6.0}], ["upscale", {"scale": 2}]]``: filters by name with their arguments, applied in order.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import vapoursynth as vs

from . import filters, infer, models, tiles
from .errors import did_you_mean
from .spec import RESTORATIONS, check_clip

Chain = list[tuple[str, dict[str, Any]]]

_PRESETS = Path(__file__).parent / "presets"
_WAITS = "while_installed"
__all__ = [
    "Chain",
    "about",
    "apply",
    "explain",
    "known",
    "left_out",
    "model_hashes",
    "preset",
    "preset_names",
    "resolve",
]


def preset_names() -> list[str]:
    return sorted(path.stem for path in _PRESETS.glob("*.toml"))


def preset(name: str) -> Chain:
    """The chain of a preset, without the steps :func:`left_out` names; ``vs.Error`` lists the names there are."""
    return [(step.pop("filter"), step) for step in _steps(name) if _ready(step.pop(_WAITS, None))]


def left_out(name: str) -> list[str]:
    """A line for each step of a preset that waits for a model."""
    return [
        f"preset {name}: {step['filter']} is left out, because no model for it is installed"
        for step in _steps(name)
        if not _ready(step.get(_WAITS))
    ]


def about(name: str) -> str:
    """What a preset is for, in a sentence."""
    return str(_read(name)["about"])


def _ready(task: str | None) -> bool:
    return task is None or any(model.task == task for model in models.installed())


def _steps(name: str) -> list[dict[str, Any]]:
    return [dict(step) for step in _read(name)["chain"]]


def _read(name: str) -> dict[str, Any]:
    if name not in preset_names():
        hint = did_you_mean(name, preset_names())
        raise vs.Error(f"preset must be one of {', '.join(preset_names())}; got {name!r}{hint}")
    return tomllib.loads((_PRESETS / f"{name}.toml").read_text())


def known(name: str) -> str:
    """The name, if there is a filter of it; ``vs.Error`` lists what there is."""
    if name not in RESTORATIONS:
        hint = did_you_mean(name, RESTORATIONS)
        raise vs.Error(f"filter must be one of {', '.join(RESTORATIONS)}; got {name!r}{hint}")
    return name


def apply(clip: vs.VideoNode, chain: Chain) -> vs.VideoNode:
    """Build the graph. Raises ``vs.Error`` in one line for a wrong name or argument."""
    check_clip("chain", clip)
    for name, arguments in chain:
        clip = getattr(filters, known(name))(clip, **arguments)
    return clip


def resolve(clip: vs.VideoNode, chain: Chain) -> Chain:
    """The same chain with nothing left to chance: defaults written out, engines chosen, noise and the like measured.

    Measured on ``clip`` as each filter will see it. A resolved chain gives the same pixels wherever it runs.
    """
    out: Chain = []
    for name, arguments in chain:
        entry = RESTORATIONS[known(name)]
        values = entry.measured(clip, entry.resolve(arguments))
        if values.get("backend") == "auto":
            model = models.find(name, values["model"], models.task_of(name))
            values["backend"] = infer.choose(name, model=model).name
        if "tile" in values and not values["tile"] and values["backend"] != "tile":  # that engine cuts by itself
            plan = tiles.plan(models.find(name, values["model"], models.task_of(name)), clip.width, clip.height)
            values["tile"] = max(plan.tile) if plan.tile else 0
        out.append((name, values))
        clip = getattr(filters, name)(clip, **values)
    return out


def explain(clip: vs.VideoNode, chain: Chain) -> list[str]:
    """A line for each step of a resolved chain: model, backend and tiles with the reasons, and what was measured."""
    lines = []
    for name, values in chain:
        after = getattr(filters, name)(clip, **values)
        if after is clip:
            lines.append(f"{name}: nothing to do" + (": no noise found" if values.get("sigma") == 0 else ""))
            continue
        if "backend" not in values:  # no pictures go through a network
            lines.append(f"{name}: " + ", ".join(f"{key} {_short(value)}" for key, value in values.items()))
            clip = after
            continue
        model = models.find(name, values["model"], models.task_of(name))
        auto = infer.choose(name, model=model)
        choice = auto if auto.name == values["backend"] else infer.choose(name, values["backend"], model)
        plan = (
            tiles.fused(model, clip.width, clip.height)
            if choice.name == "tile"
            else tiles.plan(model, clip.width, clip.height, tile=values["tile"])
        )
        text = f"{name}: model {model.name} on {choice.name} ({choice.precision}: {choice.reason}); {plan.reason}"
        if name == "denoise":
            text += f"; noise {values['sigma']:g} luma, {values['sigma_chroma']:g} chroma (8-bit steps)"
            if "," in values["profile"]:
                text += f", luma's times {values['profile']} from black to white"
        lines.append(text)
        clip = after
    return lines


def _short(value: Any) -> str:
    """For a line that is read: the corrections of a film's scenes run to pages, as does a model of grain."""
    text = str(value)
    if text.startswith("{"):
        return "as measured"
    return text if len(text) <= 160 else f"{text[:160]} …"


def model_hashes(chain: Chain) -> dict[str, str]:
    """Name -> sha256 of every model file the chain uses."""
    full = [(name, RESTORATIONS[known(name)].resolve(values)) for name, values in chain]
    used = [models.find(name, values["model"], models.task_of(name)) for name, values in full if "model" in values]
    return {model.name: model.sha256 for model in used}
