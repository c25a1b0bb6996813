"""Interlaced frames of tape, broadcast and DVD made whole, by Bwdif."""

from __future__ import annotations

from typing import Annotated, Literal

import vapoursynth as vs

from .. import color
from ..spec import restoration
from .extras import plugin


@restoration(temporal=2)
def deinterlace(
    clip: vs.VideoNode,
    *,
    field_order: Annotated[
        Literal["auto", "progressive", "top", "bottom"],
        "Which field is the earlier one. auto: as the frames are tagged; those that are not, are left alone.",
    ] = "auto",
) -> vs.VideoNode:
    """Make a whole frame of the first field of each interlaced frame; progressive clips pass as they are.

    The number of frames and their times stay. The missing lines are interpolated by Bwdif (W3FDIF's vertical filter and
    yadif's check in time) from two frames on each side; the field itself stays to the bit. Any constant YUV, GRAY or
    RGB format goes in (8-16 bit, half, float) and the same comes out, with its frame properties and ``_FieldBased`` 0.

    Telecined film (3:2 pulldown) is better undone by matching fields and leaving the doubled frames out, which changes
    the number of frames: ``core.vivtc.VFM`` and ``VDecimate`` do that. Needs the extra ``presets``; raises ``vs.Error``
    where it is not installed.
    """
    tagged = field_order == "auto"
    if tagged:
        with clip.get_frame(0) as frame:
            based = int(frame.props.get("_FieldBased", 0))
    else:
        based = ("progressive", "bottom", "top").index(field_order)
    if based not in (1, 2):
        return clip if tagged else clip.std.SetFrameProps(_FieldBased=0)
    bwdif = plugin("deinterlace", "bwdif", "vapoursynth-bwdif")
    half = clip.format.sample_type == vs.FLOAT and clip.format.bits_per_sample == 16
    working = (color.to_float(clip) if half else clip).std.SetFrameProps(_FieldBased=based)
    out = bwdif.Bwdif(working, field=based - 1)
    return out.resize.Point(format=clip.format.id) if half else out
