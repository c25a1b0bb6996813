"""Colour that lies beside the picture, as analogue tape leaves it, laid back."""

from __future__ import annotations

from typing import Annotated

import vapoursynth as vs

from .. import color, registration
from ..spec import Range, check_progressive, restoration

_SMALLEST = 2.0  # luma pixels: on real clips without any shift the measurement finds up to 1.2


@restoration()
def align_chroma(
    clip: vs.VideoNode,
    *,
    right: Annotated[
        float | None, Range(-16, 16, "pixels of luma"), "How far chroma lies to the right. None: measured."
    ] = None,
    down: Annotated[float, Range(-16, 16, "pixels of luma"), "How far chroma lies below."] = 0.0,
) -> vs.VideoNode:
    """Move chroma back onto luma by parts of pixels, the same in all frames.

    Where ``right`` is None the edges of chroma are laid over those of luma on a few frames of the clip while the script
    loads (:mod:`vsplugin.registration`), and one shift serves the whole clip. Less than two pixels, which is what the
    measurement errs by, and what the frames do not agree on, counts as none. Clips without a shift pass as they are; so
    do GRAY clips. ``down`` is not measured: on real clips that erred by as much as tapes do. Chroma that bled (was
    blurred) stays so. Frames that were moved get ``VSPluginChromaShift``, right and down in pixels of luma.

    Any constant YUV format goes in (8-16 bit, half, float) and the same comes out. Raises ``vs.Error`` for RGB, and for
    interlaced clips: deinterlace first.
    """
    check_progressive("align_chroma", clip)
    if clip.format.color_family == vs.RGB:
        raise vs.Error("align_chroma: clip must be YUV: in RGB there is no chroma to move")
    if clip.format.color_family == vs.GRAY:
        return clip
    if right is None:
        found = registration.chroma_delay(clip)
        right = found if abs(found) >= _SMALLEST else 0.0
    if right == 0 and down == 0:
        return clip
    kind = clip.format
    planes = [color.plane(clip, p) for p in range(3)]
    moved = [
        plane.resize.Bicubic(src_left=right / (1 << kind.subsampling_w), src_top=down / (1 << kind.subsampling_h))
        for plane in planes[1:]
    ]
    out = vs.core.std.ShufflePlanes([planes[0], *moved], [0, 0, 0], vs.YUV)
    return vs.core.std.CopyFrameProps(out, clip).std.SetFrameProps(VSPluginChromaShift=[right, down])
