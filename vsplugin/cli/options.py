"""Options that several commands share, and how they become a chain."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import vapoursynth as vs

from .. import chain as chains
from ..errors import UserError, one_line
from ..spec import RESTORATIONS
from .output import json_option as json_option

_CHAIN_OPTIONS = (
    click.option("--preset", metavar="NAME", help="A ready chain of filters: see `vsplugin filters`."),
    click.option("--filters", metavar="NAME,NAME...", help="A chain of one's own: filters in order, commas between."),
    click.option("--scale", type=click.IntRange(1, 4), help="Enlargement; 1 keeps the size."),
    click.option("--denoise", metavar="auto|off|0..1", help="auto measures the noise; a number is the strength."),
    click.option("--model", metavar="NAME|PATH", help="The model of the filter it is made for."),
    click.option("--backend", metavar="NAME", help="Runtime of the models: auto, tile, ov, ort, ort-cuda or trt."),
    click.option("--set", "settings", metavar="FILTER.ARGUMENT=VALUE", multiple=True, help="Any other argument."),
)


def chain_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that describe a chain."""
    for option in reversed(_CHAIN_OPTIONS):
        command = option(command)
    return command


def build_chain(
    preset: str | None,
    scale: int | None,
    denoise: str | None,
    model: str | None,
    backend: str | None,
    settings: tuple[str, ...],
    filters: str | None = None,
) -> chains.Chain:
    """The chain asked for. ``UserError`` names a wrong option and what is allowed."""
    chain = _begun(preset, filters, empty=scale is not None or denoise is not None)
    if denoise is not None:
        chain = _with_denoise(chain, denoise)
    if scale is not None:
        chain = _with(chain, "upscale", None if scale == 1 else {"scale": scale})
    if model is not None:
        _set_model(chain, model)
    if backend is not None:
        _set_backend(chain, backend)
    for setting in settings:
        _set_any(chain, setting)
    return chain


def _begun(preset: str | None, filters: str | None, *, empty: bool) -> chains.Chain:
    """The chain before single steps are changed: a preset, filters by name, or the default where nothing is said."""
    if preset is not None and filters is not None:
        raise UserError(f"--preset and --filters are two ways to say one thing; got '{preset}' and '{filters}'")
    if filters is not None:
        try:
            return [(chains.known(name.strip()), {}) for name in filters.split(",")]
        except vs.Error as error:
            raise UserError(f"--filters: {one_line(error)}") from None
    try:
        if preset is None and empty:
            return []
        return [(name, dict(values)) for name, values in chains.preset(preset or "default")]
    except vs.Error as error:
        raise UserError(f"--{one_line(error)}") from None


def _with(chain: chains.Chain, name: str, values: dict[str, Any] | None) -> chains.Chain:
    """The chain with a step changed, taken out (None) or added: denoise first, everything else last."""
    if values is None:
        return [step for step in chain if step[0] != name]
    if any(step[0] == name for step in chain):
        return [(step, {**old, **values} if step == name else old) for step, old in chain]
    return [(name, values), *chain] if name == "denoise" else [*chain, (name, values)]


def _with_denoise(chain: chains.Chain, value: str) -> chains.Chain:
    if value == "off":
        return _with(chain, "denoise", None)
    if value == "auto":
        return _with(chain, "denoise", {})
    try:
        return _with(chain, "denoise", {"strength": float(value)})
    except ValueError:
        raise UserError(f"--denoise must be auto, off or a number in [0, 1]; got '{value}'") from None


def _has(name: str, parameter: str) -> bool:
    return any(known.name == parameter for known in RESTORATIONS[name].parameters)


def _set_model(chain: chains.Chain, model: str) -> None:
    from ..models import at, installed, task_of

    tasks = {found.name: found.task for found in installed()}
    if model.endswith(".onnx") and (own := at(Path(model).expanduser()).task):
        tasks[model] = own  # a file in a model's folder, whose card says what it is for
    fitting = [
        values for name, values in chain if _has(name, "model") and task_of(name) == tasks.get(model, task_of(name))
    ]
    if not fitting:
        raise UserError(f"--model {model}: no filter of this chain uses it; the chain is {_words(chain)}")
    fitting[-1]["model"] = model  # a user's file without a card: the last step, which enlarges


def _set_backend(chain: chains.Chain, backend: str) -> None:
    for name, values in chain:
        if _has(name, "backend"):
            values["backend"] = backend


def _set_any(chain: chains.Chain, setting: str) -> None:
    target, equals, text = setting.partition("=")
    name, dot, argument = target.partition(".")
    if not (equals and dot):
        raise UserError(f"--set must be FILTER.ARGUMENT=VALUE; got '{setting}'")
    steps = [values for step, values in chain if step == name]
    if not steps:
        raise UserError(f"--set {setting}: the chain has no filter '{name}'; it is {_words(chain)}")
    try:
        steps[-1][argument] = None if text == "None" else json.loads(text)  # as tables and messages write it
    except ValueError:
        steps[-1][argument] = text


def _words(chain: chains.Chain) -> str:
    return " -> ".join(name for name, _ in chain) or "empty"
