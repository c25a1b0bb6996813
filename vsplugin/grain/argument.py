"""Grain as an argument of filters: a model in JSON, the path of one, or ``none``."""

from __future__ import annotations

import vapoursynth as vs

from .model import GrainModel, given

_NONE = "none"


def text_of(model: GrainModel | None) -> str:
    """What an argument says of a grain that was measured; of none too."""
    return model.to_json() if model else _NONE


def model_of(owner: str, text: str | None) -> GrainModel | None:
    """The grain that an argument ``grain`` of the filter ``owner`` names; ``vs.Error`` if it names none.

    None where it says ``none``, or nothing.
    """
    if text is None or text == _NONE:
        return None
    try:
        return given(text)
    except ValueError as error:
        raise vs.Error(f"{owner}: grain: {error}") from None
