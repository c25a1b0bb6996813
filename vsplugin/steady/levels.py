"""Two pictures that meet at a seam, brought to one level there: scans darken towards their edges, and films flicker."""

from __future__ import annotations

import vapoursynth as vs

from .. import color

_SOFT = 2  # pixels: of what is finer than that, one picture or the other is shown, never both


def met(clip: vs.VideoNode, other: vs.VideoNode, known: vs.VideoNode, margin: vs.VideoNode) -> vs.VideoNode:
    """``clip`` with the level of ``other``, of the same format, as far as ``margin`` says.

    ``known`` and ``margin`` are GRAYS, 0..1, of the clip's size: where both pictures are to be believed, and how much
    of their difference is taken over. Only what is coarse changes, so nothing is seen twice (in two bands, after Burt &
    Adelson 1983, "A multiresolution spline with application to image mosaics"). Where ``margin`` is 0 nothing changes
    by a bit.
    """
    core, planes = vs.core, []
    for p in range(clip.format.num_planes):
        one, two = (color.plane(each, p) for each in (clip, other))
        there, much = (color.shrunk(each, one) for each in (known, margin))
        apart = _soft(core.std.Expr([one, two, there], "y x - z *", vs.GRAYS))
        level = core.std.Expr([apart, _soft(there)], "y 0.01 > x y / 0 ?")
        planes.append(core.std.Expr([one, level, much], "z 0 > x y z * + x ?"))
    return color.joined(planes, clip)


def _soft(plane: vs.VideoNode) -> vs.VideoNode:
    """Blurred, as far as the plane is large enough for it."""
    across, down = (min(_SOFT, (side - 1) // 2) for side in (plane.width, plane.height))
    return plane.std.BoxBlur(hradius=across, hpasses=2, vradius=down, vpasses=2)
