"""What ``vsplugin restore`` does by itself for HDR sources: the exact metadata of every frame goes into the chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from ..errors import UserError
from ..source import Source
from . import check, dolbyvision, frames, packets, props
from .metadata import Metadata, Stream

Mode = Literal["carry", "strip"]
_PLAIN = ("SDR", "HLG")


def with_metadata(opened: Source, mode: Mode = "carry") -> tuple[Source, list[str]]:
    """The source with its metadata on its frames, or without any; and in words what of it cannot be kept.

    ``UserError`` names the frame whose metadata is missing or damaged; ``--hdr strip`` goes on without any.
    """
    if mode == "strip":
        first = {name: value for name, value in opened.first_props.items() if name not in props.of(tuple(props.NAMES))}
        return replace(opened, clip=frames.strip(opened.clip), first_props=first), []
    if opened.path is None or opened.facts.hdr in _PLAIN:
        return opened, []
    found = _matched(packets.read(opened.path, opened.track), opened)
    found, lost = _without_unusable_rpus(found)
    try:
        check.complete(found, f"input: {opened.spec}")
    except UserError as error:
        raise UserError(f"{error}; --hdr strip goes on without HDR metadata") from None
    first = {**opened.first_props, **props.to_props(found[0])}
    first = {name: value for name, value in first.items() if value is not None}
    return replace(opened, clip=frames.attach(opened.clip, found), first_props=first), lost


def _matched(stream: Stream, opened: Source) -> tuple[Metadata, ...]:
    """The packets' metadata by the decoded frames' times; by their number where the file has no times."""
    if stream.times is not None and stream.time_base == opened.time_base:
        by_time = dict(zip(stream.times, stream.frames, strict=True))
        if all(time in by_time for time in opened.timestamps):
            return tuple(by_time[time] for time in opened.timestamps)
    check.same_count(stream.frames, opened.clip.num_frames, f"input: {opened.spec}")
    return stream.frames


def _without_unusable_rpus(found: Sequence[Metadata]) -> tuple[tuple[Metadata, ...], list[str]]:
    """RPUs of profile 8 describe the picture we have. Profile 7 needs its second layer, 5 its own colour space."""
    for frame in found:
        if frame.rpu is not None:
            profile = dolbyvision.profile(frame.rpu)
            if profile != 8:
                kept = tuple(replace(one, rpu=None) if one.rpu else one for one in found)
                return kept, [
                    f"Dolby Vision metadata: it is of profile {profile}, only profile 8 has a single HDR layer"
                ]
            return tuple(found), []
    return tuple(found), []
