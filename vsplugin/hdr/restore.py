"""What ``vsplugin restore`` does by itself for HDR sources: the exact metadata of every frame goes into the chain, and
what the chain makes false is measured anew behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import vapoursynth as vs

from ..errors import UserError
from ..source import Source
from . import check, dolbyvision, frames, packets, props, remake, statistics
from .metadata import Metadata, Stream

Mode = Literal["carry", "recompute", "strip"]
_PLAIN = ("SDR", "HLG")
_REMADE = ("hdr10plus", "dolby_vision", "content_light")  # what recompute replaces or drops
_WORDS = {
    "dolby_vision": "Dolby Vision metadata: it cannot be made anew",
    "content_light": "MaxCLL and MaxFALL: they are known only when every frame is measured",
}


def with_metadata(opened: Source, mode: Mode = "carry") -> tuple[Source, list[str]]:
    """The source with its metadata on its frames, or without any; and in words what of it cannot be kept.

    ``UserError`` names the frame whose metadata is missing or damaged; ``--hdr strip`` goes on without any.
    """
    if mode != "carry":
        kinds = tuple(props.NAMES) if mode == "strip" else _REMADE
        first = {name: value for name, value in opened.first_props.items() if name not in props.of(kinds)}
        there = [kind for kind in _WORDS if set(props.of((kind,))) & set(opened.first_props)]
        lost = [_WORDS[kind] for kind in there if mode == "recompute"]
        return replace(opened, clip=frames.strip(opened.clip, kinds), first_props=first), lost
    if opened.path is None or (opened.facts.hdr in _PLAIN and not _has_gains(opened.path, opened.track)):
        return opened, []
    stream = packets.read(opened.path, opened.track)
    found, lost = _without_unusable_rpus(_matched(stream, opened))
    try:
        # Not the decoder's, which leaves out without a word what cannot be.
        static = {name: value for name, value in stream.props().items() if name not in stream.colour}
        check.complete(found, f"input: {opened.spec}")
    except UserError as error:
        raise UserError(f"{error}; --hdr strip goes on without HDR metadata") from None
    first = {**opened.first_props, **static, **props.to_props(found[0])}
    first = {name: value for name, value in first.items() if value is not None}
    return replace(opened, clip=frames.attach(opened.clip, found), first_props=first), lost


def _has_gains(path: Path, track: int | None) -> bool:
    """Whether an SDR file's first picture has ST 2094-50: few have, so the rest is not read for it."""
    try:
        return packets.first(path, track).st2094_50 is not None
    except UserError:
        return False


def remakes(source: Source, false: tuple[str, ...], mode: Mode) -> bool:
    """Whether HDR10+ is measured anew: the chain makes the source's ``false``, or it is asked for."""
    return mode == "recompute" or (mode == "carry" and "hdr10plus" in false and "HDR10Plus" in source.first_props)


def behind(clip: vs.VideoNode, source: Source, false: tuple[str, ...], mode: Mode) -> vs.VideoNode:
    """The chain's result ``clip``, RPUs scaled with it, and with HDR10+ measured on it if :func:`remakes` and it is PQ.

    ``UserError`` if that was asked for and it is not.
    """
    if _scales_rpus(clip, source):
        clip = frames.fit(clip)
    if not remakes(source, false, mode):
        return clip
    with clip.get_frame(0) as frame:
        transfer = frame.props.get("_Transfer", "not set")
    if transfer == props.PQ:
        return remake.recompute(clip, area=_area(clip, source))
    if mode == "recompute":
        raise UserError(f"--hdr recompute: the result must be PQ (transfer 16); its transfer is {transfer}")
    return clip


def _scales_rpus(clip: vs.VideoNode, source: Source) -> bool:
    same = (clip.width, clip.height) == (source.clip.width, source.clip.height)
    return not same and "DolbyVisionRPU" in source.first_props


def _area(clip: vs.VideoNode, source: Source) -> statistics.Area:
    """The active picture, found on the source where that is PQ: it costs less there than behind the filters."""
    if source.facts.transfer != props.PQ:
        return statistics.active_area(clip)
    found = statistics.active_area(source.clip)
    return found.scaled(clip.width / source.clip.width, clip.height / source.clip.height)


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
