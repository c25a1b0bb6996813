"""Samples of float clips that are no numbers, taken for missing: a kernel would spread each over all it touches."""

from __future__ import annotations

import vapoursynth as vs

from .. import color

_LARGEST = 1e30  # more is infinity to a kernel
_REACH = 2  # samples


def filled(clip: vs.VideoNode) -> vs.VideoNode:
    """A float clip with NaN and infinity replaced by the mean of the numbers within two samples, or by 0.

    0 where there are none: black, and no colour. Planes have at least 4x4 samples. Clips of integers are returned as
    they are.
    """
    if clip.format.sample_type != vs.FLOAT:
        return clip
    return color.joined([_filled(color.plane(clip, p)) for p in range(clip.format.num_planes)], clip)


def _filled(plane: vs.VideoNode) -> vs.VideoNode:
    core = vs.core
    broken = f"x abs {_LARGEST:g} >"  # NaN counts as greater than anything
    single = plane.resize.Point(format=vs.GRAYS)
    numbers, known = core.std.Expr(single, f"{broken} 0 x ?"), core.std.Expr(single, f"{broken} 0 1 ?")
    near = (node.std.BoxBlur(hradius=_REACH, vradius=_REACH) for node in (numbers, known))
    # The smallest share that one of 25 samples leaves is 0.04: less is arithmetic.
    return core.std.Expr([plane, *near], f"{broken} z 0.02 > y z / 0 ? x ?")
