"""How a filter says that it filled pixels in: the one place where that contract is written.

``VSPluginSynthesized`` (int): 1 on a frame in which any pixel was made up, that is, comes neither from this frame nor,
motion-compensated, from a neighbour; 0 or absent otherwise. A filter that sets 1 should also set
``VSPluginSynthesizedMask``: a GRAY8 frame of the frame's own size, 255 where pixels were made up, 0 elsewhere. Filters
that only change what is there (all others) keep both, as every property; a filter that enlarges the picture enlarges
the mask (:func:`enlarged`). Forensic mode refuses frames that say 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

import numpy as np
import vapoursynth as vs

SYNTHESIZED = "VSPluginSynthesized"
MASK = "VSPluginSynthesizedMask"


def mark(clip: vs.VideoNode, mask: vs.VideoNode) -> vs.VideoNode:
    """``clip`` with both properties, from a GRAY8 mask clip of its size (0 and 255).

    Masks add up over filters; one of another size, left by a filter that did not enlarge it, gives way.
    """
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
            out.props[MASK] = _both(picture.props.get(MASK), filled)
        elif SYNTHESIZED not in out.props:
            out.props[SYNTHESIZED] = 0
        return out

    return clip.std.ModifyFrame([clip, stats], write)


def _both(before: object, filled: vs.VideoFrame) -> vs.VideoFrame:
    if not _is_mask(before) or (before.width, before.height) != (filled.width, filled.height):
        return filled
    out = filled.copy()
    np.maximum(np.asarray(before[0]), np.asarray(filled[0]), out=np.asarray(out[0]))
    return out


def _is_mask(value: object) -> TypeGuard[vs.VideoFrame]:
    return isinstance(value, vs.VideoFrame) and value.format.id == vs.GRAY8


def mark_all(clip: vs.VideoNode) -> vs.VideoNode:
    """``clip`` with all its pixels called made up: what a generative network drew."""

    def write(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        out = f[0].copy()
        out.props[SYNTHESIZED], out.props[MASK] = 1, f[1]
        return out

    return clip.std.ModifyFrame([clip, clip.std.BlankClip(format=vs.GRAY8, color=255, keep=True)], write)


def enlarged(clip: vs.VideoNode, scale: int) -> vs.VideoNode:
    """``clip`` with masks that came from pictures ``scale`` times smaller at its own size."""

    def write(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        picture, empty = f
        mask = picture.props.get(MASK)
        if not _is_mask(mask) or (mask.width * scale, mask.height * scale) != (picture.width, picture.height):
            return picture
        out, large = picture.copy(), empty.copy()
        np.copyto(np.asarray(large[0]), np.asarray(mask[0]).repeat(scale, 0).repeat(scale, 1))
        out.props[MASK] = large
        return out

    return clip.std.ModifyFrame([clip, clip.std.BlankClip(format=vs.GRAY8, keep=True)], write)


def is_synthesized(props: Mapping[str, Any]) -> bool:
    """Whether a frame with these properties holds pixels that were made up."""
    return bool(props.get(SYNTHESIZED, 0))
