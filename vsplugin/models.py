"""The models at hand: a folder each with ``model.onnx`` and ``card.toml``, or any ONNX file of the user's own."""

from __future__ import annotations

import hashlib
import os
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from .errors import UserError, did_you_mean


@dataclass(frozen=True)
class Model:
    """A network and what must be known to run it.

    ``output`` is ``"residual"`` (added to the input resized with Catmull-Rom bicubic), ``"picture"``, ``"probability"``
    or ``"correction"`` (numbers from numbers, see :mod:`vsplugin.fade.network`). ``radius`` is how many input pixels on
    each side an output pixel depends on; ``multiple`` what width and height must divide by.
    """

    name: str
    path: Path
    task: str
    scale: int | None = None  # None: found out by loading it (a user's file)
    inputs: tuple[str, ...] = ()
    output: str = "picture"
    multiple: int = 1
    radius: int | None = None
    macs_per_pixel: float = 0.0
    channels: int = 64  # widest layer, for the memory estimate
    card: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


def folders() -> list[Path]:
    """Where models are looked for: ``VSPLUGIN_MODELS``, the wheel's ``models``, the clone's ``models``."""
    package = Path(__file__).parent
    own = os.environ.get("VSPLUGIN_MODELS")
    return [
        path for path in ([Path(own)] if own else []) + [package / "models", package.parent / "models"] if path.is_dir()
    ]


def _read(folder: Path) -> Model:
    card = tomllib.loads((folder / "card.toml").read_text())
    return Model(
        name=card["name"],
        path=folder / "model.onnx",
        task=card["task"],
        scale=card["scale"],
        inputs=tuple(card["inputs"]),
        output=card["output"],
        multiple=card["multiple"],
        radius=card["radius"],
        macs_per_pixel=card["macs_per_pixel"],
        channels=card["channels"],
        card=card,
    )


@cache
def _installed() -> tuple[Model, ...]:
    found: dict[str, Model] = {}
    for folder in folders():
        for card in sorted(folder.glob("*/card.toml")):
            model = _read(card.parent)
            found.setdefault(model.name, model)
    return tuple(found.values())


def installed() -> list[Model]:
    """Every model with a card, the first folder of :func:`folders` winning where names repeat."""
    return list(_installed())


def at(path: Path, task: str = "") -> Model:
    """The model in an ONNX file: as its card says if it lies in a model's folder, else a user's file for ``task``."""
    path = path.resolve()
    if path.name == "model.onnx" and (path.parent / "card.toml").is_file():
        return _read(path.parent)
    return Model(name=path.stem, path=path, task=task)


def named(option: str, name: str) -> Model:
    """The model of that name for any task, or the one in that ONNX file; ``UserError`` names what there is."""
    if name.endswith(".onnx"):
        found = at(Path(name).expanduser())
    else:
        known = {model.name: model for model in installed()}
        if name not in known:
            hint = did_you_mean(name, known)
            names = ", ".join(known) or "none installed"
            raise UserError(f"{option} must be one of {names}, or a path ending in .onnx; got '{name}'{hint}")
        found = known[name]
    if not found.path.is_file():
        raise UserError(f"{option}: no such file: {found.path}")
    return found


def task_of(owner: str) -> str:
    """The task of the models that a filter runs: its own name, but for ``upscale``."""
    return "super-resolution" if owner == "upscale" else owner


def find(owner: str, name: str, task: str, *others: str) -> Model:
    """The model of that name, or the user's ONNX file at that path; ``vs.Error`` names what there is.

    It must be for ``task``, which a file without a card is, or for one of ``others``.
    """
    import vapoursynth as vs  # here, because the training room reads cards where there is none

    if name.endswith(".onnx"):
        model = at(Path(name).expanduser(), task)
        if not model.path.is_file():
            raise vs.Error(f"{owner}: model: no such file: {name}")
        if model.task not in (task, *others):
            raise vs.Error(f"{owner}: model {name} is for {model.task}, not for {task}")
        return model
    fitting = [model for model in installed() if model.task in (task, *others)]
    for model in fitting:
        if model.name == name:
            if not model.path.is_file():
                raise vs.Error(f"{owner}: model '{name}' has a card but no model.onnx beside it")
            return model
    names = [model.name for model in fitting]
    if not names:
        raise vs.Error(
            f"{owner}: model: none for {task} is installed (looked for {name!r}); give the path of one ending in "
            ".onnx, or name a folder of models in VSPLUGIN_MODELS"
        )
    hint = did_you_mean(name, names)
    raise vs.Error(f"{owner}: model must be one of {', '.join(names)} or a path ending in .onnx; got {name!r}{hint}")
