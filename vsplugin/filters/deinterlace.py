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
    content: Annotated[
        Literal["video", "film"],
        "film: telecined film (3:2 pulldown). Fields of one film frame are put together again instead of interpolated.",
    ] = "video",
) -> vs.VideoNode:
    """Make a whole frame of the first field of each interlaced frame; progressive clips pass as they are.

    The number of frames and their times stay. The missing lines are interpolated by Bwdif (W3FDIF's vertical filter and
    yadif's check in time) from two frames on each side; the field itself stays to the bit. Any constant YUV, GRAY or
    RGB format goes in (8-16 bit, half, float) and the same comes out, with its frame properties and ``_FieldBased`` 0.

    ``content="film"`` is for film on NTSC discs and in NTSC broadcasts, each frame of which lies in two or three fields
    in turn: fields are matched by VFM (of VIVTC, after Telecide and TIVTC), so that film frames come back to the bit,
    and only frames that stay combed are interpolated. One frame in five is then there twice; in a script
    ``core.vivtc.VDecimate`` leaves it out and makes 24 frames a second of 30.

    Needs the extra ``presets``; raises ``vs.Error`` where it is not installed.
    """
    tagged = field_order == "auto"
    if tagged:
        with clip.get_frame(0) as frame:
            based = int(frame.props.get("_FieldBased", 0))
    else:
        based = ("progressive", "bottom", "top").index(field_order)
    if based not in (1, 2):
        return clip if tagged else clip.std.SetFrameProps(_FieldBased=0)
    if clip.height < 4:
        raise vs.Error(f"deinterlace: clip must be at least 4 lines high; got {clip.height}")
    bwdif = plugin("deinterlace", "bwdif", "vapoursynth-bwdif")
    half = clip.format.sample_type == vs.FLOAT and clip.format.bits_per_sample == 16
    working = color.to_float(clip.std.SetFrameProps(_FieldBased=0)) if half else clip  # zimg would want lines by four
    working = working.std.SetFrameProps(_FieldBased=based)
    out = bwdif.Bwdif(working, field=based - 1)
    if content == "film":
        out = _matched(working, out, based)
    return out.resize.Point(format=clip.format.id) if half else out


def _matched(clip: vs.VideoNode, interpolated: vs.VideoNode, based: int) -> vs.VideoNode:
    """Frames of fields that belong together; the interpolated one where there are none."""
    vivtc = plugin("deinterlace", "vivtc", "vapoursynth-vivtc")
    luma = color.plane(color.to_yuv(clip.std.SetFrameProps(_FieldBased=0)), 0)
    luma = luma.resize.Point(format=vs.GRAY8)  # what VFM can look at
    found = vivtc.VFM(luma, order=based - 1, clip2=clip)
    whole = found.std.CopyFrameProps(interpolated)

    def choose(n: int, f: vs.VideoFrame) -> vs.VideoNode:
        return interpolated if f.props["_Combed"] else whole

    return clip.std.FrameEval(choose, prop_src=found, clip_src=[interpolated, whole])
