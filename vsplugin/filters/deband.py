"""Steps in skies and shadows, where a coder had too few levels, made smooth again."""

from __future__ import annotations

from typing import Annotated

import vapoursynth as vs

from .. import color
from ..spec import Range, restoration
from .extras import plugin


@restoration()
def deband(
    clip: vs.VideoNode,
    *,
    threshold: Annotated[
        float,
        Range(0, 16, "8-bit steps"),
        "Steps up to about twice as high are smoothed (255 = full scale); what is higher is an edge.",
    ] = 1.5,
    radius: Annotated[int, Range(1, 31, "pixels"), "How far away it is looked for levels to mix."] = 15,
) -> vs.VideoNode:
    """Smooth steps between flat levels, and dither what comes out.

    Any constant YUV, GRAY or RGB format goes in (8-16 bit, half, float) and the same comes out, with its frame
    properties. A sample becomes the mean of four others around it where all are as near to it as ``threshold``
    (flash3kyuu_deband, as in the plugin vszip, with its fixed pattern of chance); everything else stays to the bit.
    Integers are rounded by ordered dither, or the steps would come back. RGB is worked on as BT.709 Y'CbCr; of PQ and
    HLG ``threshold`` is meant in code values.

    Fine texture of that little contrast goes, too: grain should be taken off before and laid back after. Needs the
    extra ``presets``; raises ``vs.Error`` where it is not installed.
    """
    zip_ = plugin("deband", "vszip", "vapoursynth-vszip")
    if threshold == 0:
        return clip
    working = color.to_yuv(clip)
    smooth = zip_.Deband(working, range=radius, thr=[threshold], grain=[0.0], sample_mode=2)
    # The plugin clips to black and white; what lies beyond them stays as it is.
    beyond = ["x 0 < x 1 > or x y ?", "x -0.5 < x 0.5 > or x y ?"]
    smooth = vs.core.std.Expr([working, smooth], beyond[: working.format.num_planes])
    if clip.format.color_family == vs.RGB:
        residual = color.rgb_residual(vs.core.std.MakeDiff(smooth, working))
        smooth = vs.core.std.MergeDiff(color.to_float(clip), residual)
    if smooth.format.id == clip.format.id:
        return vs.core.std.CopyFrameProps(smooth, clip)
    out = smooth.resize.Point(format=clip.format.id, dither_type="ordered")
    return vs.core.std.CopyFrameProps(out, clip)
