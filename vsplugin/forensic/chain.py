"""A chain under forensic rules: what is let in, and the graph that measures every promise on every frame."""

from __future__ import annotations

from typing import Any

import vapoursynth as vs

from .. import filters, models, sink
from ..chain import Chain
from ..errors import UserError
from ..spec import RESTORATIONS, Promise


def step_property(index: int) -> str:
    """Where frames carry what step ``index`` of the chain left unexplained."""
    return f"VSPluginForensic{index}"


def promise_of(name: str) -> Promise:
    """The promise of a filter that forensic mode knows."""
    promise = RESTORATIONS[name].promise
    assert promise is not None
    return promise


def admit(chain: Chain) -> Chain:
    """The chain with the arguments its promises need. ``UserError`` names a filter or model that cannot be proven."""
    out: Chain = []
    allowed = ", ".join(sorted(name for name, entry in RESTORATIONS.items() if entry.promise))
    for name, arguments in chain:
        entry = RESTORATIONS.get(name)
        if entry is None:
            raise UserError(f"forensic: filter must be one of {allowed}; got '{name}'")
        if entry.generative:
            raise UserError(f"forensic: {name} invents what it shows; allowed are {allowed}")
        if entry.promise is None:
            raise UserError(f"forensic: {name} makes no promise that can be checked on its output; allowed: {allowed}")
        for argument, value in entry.promise.requires.items():
            if arguments.get(argument, value) != value:
                raise UserError(f"forensic: {name}.{argument} must be {value}; got {arguments[argument]}")
        values = {**arguments, **entry.promise.requires}
        refuse_generative_model(name, values)
        out.append((name, values))
    return out


def refuse_generative_model(name: str, arguments: dict[str, Any]) -> None:
    """``UserError`` for a model whose card says ``generative = true``."""
    values = RESTORATIONS[name].resolve(arguments)
    if "model" in values and model_of(name, values).card.get("generative", False):
        raise UserError(f"forensic: {name}: model {values['model']} is generative: its card says that it invents")


def model_of(name: str, values: dict[str, Any]) -> models.Model:
    """The model a resolved step uses."""
    return models.find(name, values["model"], models.task_of(name))


def build(clip: vs.VideoNode, chain: Chain, pixel_format: str) -> vs.VideoNode:
    """The chain's result as the encoder gets it, each frame with the residual of every step.

    The last step is measured after the conversion to the encoder's format: on what is really stored.
    """
    for index, (name, values) in enumerate(chain):
        before, clip = clip, getattr(filters, name)(clip, **values)
        if index == len(chain) - 1:
            clip = stored(clip, pixel_format)
        clip = promise_of(name).residual(before, clip, values, step_property(index))
    return clip if chain else stored(clip, pixel_format)


def stored(clip: vs.VideoNode, pixel_format: str) -> vs.VideoNode:
    """The clip as the encoder takes it. ``UserError`` if that changes the colour family or subsampling."""
    out = sink.conform(clip, pixel_format)
    old, new = clip.format, out.format
    if (old.color_family, old.subsampling_w, old.subsampling_h) != (
        new.color_family,
        new.subsampling_w,
        new.subsampling_h,
    ):
        raise UserError(f"forensic: this codec stores {old.name} as {new.name}; --codec ffv1 keeps it as it is")
    return out
