"""What is found in a clip: its scenes and their corrections, from the pictures, from points and from dyes.

Errors are ``vs.Error`` in the words of the filter ``unfade``, whose arguments these are.
"""

from __future__ import annotations

import logging
from typing import Any

import vapoursynth as vs

from .. import color, models
from ..disk import located, write_whole
from ..hdr.props import HLG, PQ
from ..spec import check_progressive
from . import anchors, estimate, scenes, sheet
from .sheet import Scene

log = logging.getLogger("vsplugin")


def measured(clip: vs.VideoNode, values: dict[str, Any]) -> dict[str, Any]:
    """``scenes`` for complete arguments of ``unfade``, where they are to be found and something will be done."""
    if values["scenes"] is not None or values["strength"] == 0 or clip.format.color_family == vs.GRAY:
        return {}
    check(clip)
    wanted = {name: value for name, value in values.items() if name not in ("strength", "show", "scenes")}
    return {"scenes": sheet.text(found(clip, **wanted))}


def check(clip: vs.VideoNode) -> None:
    """Refuse what has no dyes to be seen as they are: interlaced clips and HDR."""
    check_progressive("unfade", clip)
    if color.transfer(clip) in (PQ, HLG):
        raise vs.Error("unfade: the clip is HDR (PQ or HLG); unfade the SDR scan, then lift_hdr")


def found(
    clip: vs.VideoNode,
    *,
    by: str,
    sure: float,
    grey: str | None,
    white: str | None,
    black: str | None,
    known: str | None,
    cyan: float | None,
    magenta: float | None,
    yellow: float | None,
    stain: float | None,
    model: str,
    analysis: str | None,
) -> list[Scene]:
    """The scenes of a clip: from the file ``analysis`` if it is there, else measured, and stored in it."""
    dyes = anchors.Known(kept=(cyan, magenta, yellow), stain=stain)
    points = _points(clip, grey=grey, white=white, black=black, colour=known)
    stored = _stored(clip, analysis, given=bool(points or dyes))
    if stored is not None:
        return stored
    try:
        out = _measured(clip, models.find("unfade", model, "unfade"), by, sure, points, dyes)
    except ValueError as error:
        raise vs.Error(f"unfade: model: {error}") from None
    if analysis is not None:
        _store(analysis, sheet.written(clip.num_frames, out))
    return out


def rgb_of(clip: vs.VideoNode) -> vs.VideoNode:
    """RGBS of the same primaries and transfer."""
    if clip.format.color_family == vs.RGB:
        return color.to_float(clip)
    return clip.resize.Bicubic(format=vs.RGBS, matrix_in=color.matrix(clip))


def _points(clip: vs.VideoNode, **texts: str | None) -> list[anchors.Point]:
    out: list[anchors.Point] = []
    for kind, text in texts.items():
        if text is None:
            continue
        name = "known" if kind == "colour" else kind
        try:
            named = anchors.points(kind, text)  # type: ignore[arg-type]
        except ValueError as error:
            raise vs.Error(f"unfade: {name} {error}") from None
        for point in named:
            if point.x >= clip.width or point.y >= clip.height or point.frame >= clip.num_frames:
                raise vs.Error(
                    f"unfade: {name}: point {point.x},{point.y}@{point.frame} is outside the clip, which has "
                    f"{clip.width}x{clip.height} pixels and {clip.num_frames} frames"
                )
        out += named
    return out


def _measured(
    clip: vs.VideoNode,
    model: models.Model,
    by: str,
    sure: float,
    points: list[anchors.Point],
    dyes: anchors.Known,
) -> list[Scene]:
    rgb, transfer = rgb_of(clip), color.transfer(clip)
    firsts = scenes.starts(rgb) if by == "scene" else [0]
    ends = list(zip(firsts, [*firsts[1:], rgb.num_frames], strict=True))
    pixels = [scenes.measured(rgb, transfer, first, last, whole=by == "clip") for first, last in ends]
    if not points and not dyes and all(map(estimate.looks_negative, pixels)):
        raise vs.Error(
            "unfade: the clip looks like the scan of a colour negative (nothing in it is clearer than an orange mask); "
            "invert it to a positive first, or give points or dyes to say that it is none"
        )
    out: list[Scene] = []
    for (first, last), seen in zip(ends, pixels, strict=True):
        here = [
            (point, scenes.at_point(rgb, transfer, point.frame, point.x, point.y))
            for point in points
            if first <= point.frame < last
        ]
        result = estimate.found(model, seen, anchors.Known(here, dyes.kept, dyes.stain), sure)
        correction = result.correction.rounded()
        log.info("unfade: frames %d to %d: %s: %s", first, last - 1, result.reason, correction.to_json())
        out.append(Scene(first, correction, result.reason))
    return out


def _stored(clip: vs.VideoNode, analysis: str | None, *, given: bool) -> list[Scene] | None:
    if analysis is None or not (path := located(analysis)).exists():
        return None
    if given:
        raise vs.Error(f"unfade: analysis {path} is there and says all; delete it to measure again with points or dyes")
    try:
        return sheet.read(path.read_text(), clip.num_frames)
    except (OSError, ValueError) as error:
        raise vs.Error(f"unfade: analysis {path} {error}") from None


def _store(analysis: str, text: str) -> None:
    try:
        write_whole(located(analysis), text)
    except OSError as error:
        raise vs.Error(f"unfade: analysis {analysis} cannot be written: {error.strerror}") from None
