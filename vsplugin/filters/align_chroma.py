"""Colour that lies beside the picture, as analogue tape leaves it, laid back."""

from __future__ import annotations

from typing import Annotated

import vapoursynth as vs

from .. import color, registration
from ..spec import Range, check_progressive, restoration

_SMALLEST = 2.0  # luma pixels: on real clips without any shift the measurement finds up to 1.6


@restoration()
def align_chroma(
    clip: vs.VideoNode,
    *,
    right: Annotated[
        float | None, Range(-16, 16, "pixels of luma"), "How far chroma lies to the right. None: measured."
    ] = None,
    down: Annotated[
        float | None, Range(-16, 16, "pixels of luma"), "How far chroma lies below. None: measured."
    ] = None,
) -> vs.VideoNode:
    """Move chroma back onto luma by parts of pixels, the same in all frames.

    Where ``right`` or ``down`` is None the edges of chroma are laid over those of luma on a few frames of the clip
    while the script loads (:mod:`vsplugin.registration`), and one shift serves the whole clip. A measured direction under two
    pixels, which is what the measurement errs by, and one the frames do not agree on, counts as none. Clips without a
    shift pass as they are; so do GRAY clips. Chroma that bled (was blurred) stays so. Each frame gets
    ``VSPluginChromaShift``, right and down in pixels of luma.

    Any constant YUV format goes in (8-16 bit, half, float) and the same comes out. Raises ``vs.Error`` for RGB, and for
    interlaced clips: deinterlace first.
    """
    check_progressive("align_chroma", clip)
    if clip.format.color_family == vs.RGB:
        raise vs.Error("align_chroma: clip must be YUV: in RGB there is no chroma to move")
    if clip.format.color_family == vs.GRAY:
        return clip
    if right is None or down is None:
        found = [far if abs(far) >= _SMALLEST else 0.0 for far in registration.chroma_shift(clip)]
        right = found[0] if right is None else right
        down = found[1] if down is None else down
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
