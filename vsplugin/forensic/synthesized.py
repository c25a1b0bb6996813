"""How a filter says that it filled pixels in: the one place where that contract is written.

``VSPluginSynthesized`` (int): 1 on a frame in which any pixel was made up, that is, comes neither from this frame nor,
motion-compensated, from a neighbour; 0 or absent otherwise. A filter that sets 1 should also set
``VSPluginSynthesizedMask``: a GRAY8 frame of the frame's own size, 255 where pixels were made up, 0 elsewhere. Filters
that only change what is there (all others) keep both, as every property; a filter that changes the size enlarges the
mask with ``resize.Point``. Forensic mode refuses frames that say 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import vapoursynth as vs

SYNTHESIZED = "VSPluginSynthesized"
MASK = "VSPluginSynthesizedMask"


def mark(clip: vs.VideoNode, mask: vs.VideoNode) -> vs.VideoNode:
    """``clip`` with both properties, from a GRAY8 mask clip of its size (0 and 255). Masks add up over filters."""
    if mask.format.id != vs.GRAY8 or (mask.width, mask.height) != (clip.width, clip.height):
        raise vs.Error(
            f"mark: mask must be GRAY8 {clip.width}x{clip.height}; got {mask.format.name} {mask.width}x{mask.height}"
        )
    stats = mask.std.PlaneStats()

    def write(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        picture, filled = f
        out = picture.copy()
        if filled.props["PlaneStatsMax"]:
            out.props[SYNTHESIZED] = 1
            out.props[MASK] = filled
        elif SYNTHESIZED not in out.props:
            out.props[SYNTHESIZED] = 0
        return out

    return clip.std.ModifyFrame([clip, stats], write)


def is_synthesized(props: Mapping[str, Any]) -> bool:
    """Whether a frame with these properties holds pixels that were made up."""
    return bool(props.get(SYNTHESIZED, 0))
