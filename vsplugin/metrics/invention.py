"""Detail in an enlargement that its source does not explain: as a number per frame, and as a map.

Let D shrink a picture to the source's size (the degradation model) and U enlarge one, both with the same bicubic
kernel. A picture that some source would give by U is explained by that source: for it u = U (D U)^-1 D u holds. The
rest, n = u - U (D U)^-1 D u, is detail that no source can show: true, guessed or drawn, the source does not say.

A sharp edge is part of n, but the source's contrast supports it: between two levels that lie R apart, no pixel is more
than R / 2 away from what U makes of them. Only what exceeds half of the local range of the source is called invented.
And where D u leaves the local range of the source, the enlargement contradicts it: that counts too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import vapoursynth as vs

from .registry import LOWER, Clip, Graph, NotSuitableError, metric
from .views import luma

Degradation = Callable[[vs.VideoNode], vs.VideoNode]  # GRAYS of the enlargement's size -> GRAYS of the source's size

_ROUNDS = 20  # back-projections; the slowest part shrinks to about a hundredth
_DETAIL, _INVENTED = "VSPluginDetail", "VSPluginInvented"


def _shrinking(low: vs.VideoNode) -> Degradation:
    """Antialiased Catmull-Rom, as super-resolution is judged by (MATLAB's imresize)."""
    return lambda clip: clip.resize.Bicubic(low.width, low.height, filter_param_a=0, filter_param_b=0.5)


def _enlarged(clip: vs.VideoNode, width: int, height: int) -> vs.VideoNode:
    return clip.resize.Bicubic(width, height, filter_param_a=0, filter_param_b=0.5)


def explained(enlarged: vs.VideoNode, degrade: Degradation) -> vs.VideoNode:
    """U (D U)^-1 D of a GRAYS clip, by back-projection (Irani and Peleg, CVGIP 53, 1991)."""
    seen = degrade(enlarged)
    source = seen
    out = _enlarged(source, enlarged.width, enlarged.height)
    for _ in range(_ROUNDS):
        source = vs.core.std.Expr([source, seen, degrade(out)], "x y + z -")
        out = _enlarged(source, enlarged.width, enlarged.height)
    return out


def _planes(low: vs.VideoNode, enlarged: vs.VideoNode) -> tuple[vs.VideoNode, vs.VideoNode]:
    for axis in ("width", "height"):
        small, large = getattr(low, axis), getattr(enlarged, axis)
        if large % small:
            raise NotSuitableError(
                f"measure: invented needs an enlargement by whole numbers; the source is {low.width}x{low.height}, the "
                f"enlargement {enlarged.width}x{enlarged.height}"
            )
    return luma(low), luma(enlarged)


@metric()
def unseen_detail(
    low: Clip, enlarged: Clip, degrade: Degradation | None = None
) -> Annotated[Graph, "8-bit steps²", LOWER]:
    """Energy of all detail in an enlargement that its source cannot show: true, guessed and drawn alike.

    Mean over the picture of n², n = u - U (D U)^-1 D u, nominal luma times 255; D antialiased bicubic shrinking unless
    another degradation is given, U bicubic enlargement. 0 for every bicubic enlargement.

    Source: own; the null space of the degradation as in Wang et al., DDNM, ICLR 2023 (arXiv 2212.00490), with U for the
    pseudo-inverse.
    """
    source, out = _planes(low, enlarged)
    rest = vs.core.std.Expr([out, explained(out, degrade or _shrinking(source))], "x y - 255 * dup *")
    return rest.std.PlaneStats(prop=_DETAIL), _DETAIL + "Average"


@metric()
def invented(low: Clip, enlarged: Clip, degrade: Degradation | None = None) -> Annotated[Graph, "8-bit steps²", LOWER]:
    """Energy in an enlargement that its source neither shows nor supports by local contrast, or contradicts.

    Mean of i² over the picture, nominal luma times 255: i is the part of |n| beyond half the range of the source within
    one source pixel (n as for unseen_detail), plus the distance of D u from that range. 0 for bicubic enlargements but
    for their overshoot, small for sharpened edges, large for texture drawn on flat ground. Texture that replaces
    texture of the same contrast is only found by unseen_detail.

    The clip returned is the map: GRAYS, |i| in nominal units (1 is black to white).

    Source: own; consistency after Bahat and Michaeli, Explorable super resolution, CVPR 2020.
    """
    source, out = _planes(low, enlarged)
    degrade = degrade or _shrinking(source)
    floor, ceiling = source.std.Minimum(), source.std.Maximum()
    size = {"width": out.width, "height": out.height}
    # The range of a source pixel holds for all pixels it became, and those of its neighbours.
    support = vs.core.std.Expr([ceiling, floor], "x y - 2 /").resize.Point(**size)
    beyond = vs.core.std.Expr([degrade(out), floor, ceiling], "y x - x z - max 0 max").resize.Point(**size)
    found = vs.core.std.Expr([out, explained(out, degrade), support, beyond], "x y - abs z - 0 max a +")
    energy = found.std.Expr("x 255 * dup *").std.PlaneStats(prop=_INVENTED)
    return found.std.CopyFrameProps(energy, props=[_INVENTED + "Average"]), _INVENTED + "Average"
