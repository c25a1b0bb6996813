"""The neighbours of a frame that are laid onto it: which of them say something about it."""

from __future__ import annotations

from typing import Any

import numpy as np
import vapoursynth as vs

from ..motion.pairs import CUT
from .blotches import Neighbour, Plane, repeats
from .evidence import NEIGHBOURS

_SPARSE = 8  # of so many pixels one tells how the picture moves


def of(
    luma: Plane, laid: list[vs.VideoFrame], flows: list[vs.VideoFrame], marked: vs.VideoFrame
) -> dict[int, Neighbour]:
    """By their place in ``NEIGHBOURS``, without those of other scenes and repetitions of the frame itself.

    ``flows``: dx, dy, and 0 where they lead to what the neighbour does not show. ``marked`` is not 0 where ``luma``
    does not show the picture; there, nothing is compared.
    """
    return {
        place: _neighbour(NEIGHBOURS[place], laid[place], flows[place]) for place in places(luma, laid, flows, marked)
    }


def places(luma: Plane, laid: list[vs.VideoFrame], flows: list[vs.VideoFrame], marked: vs.VideoFrame) -> list[int]:
    """Which of them :func:`of` holds."""
    shown = np.asarray(marked[0]) == 0
    return [
        place
        for place, (frame, motion) in enumerate(zip(laid, flows, strict=True))
        if not motion.props.get(CUT, 0)
        and not repeats(luma, np.asarray(frame[0]), (shown & (np.asarray(motion[2]) > 0)).astype(np.uint8))
    ]


def _neighbour(away: int, laid: vs.VideoFrame, motion: vs.VideoFrame) -> Neighbour:
    dx, dy, visible = (np.asarray(motion[p]) for p in range(3))
    inside = (_within(dx, dy) & (visible > 0)).astype(np.uint8)
    # What came into the picture, or left it, is told by how the picture as a whole moves: below dirt no flow is sure.
    across, down = (np.full((1, 1), np.median(part[::_SPARSE, ::_SPARSE]), np.float32) for part in (dx, dy))
    beyond = ~np.broadcast_to(_within(across, down, dx.shape), dx.shape)
    return Neighbour(away, np.asarray(laid[0]), inside, beyond.astype(np.uint8))


def _within(dx: Plane, dy: Plane, shape: tuple[int, ...] | None = None) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where a flow, or one for all pixels of a ``shape``, stays in the picture."""
    height, width = shape or dx.shape
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    return (x + dx >= 0) & (x + dx <= width - 1) & (y + dy >= 0) & (y + dy <= height - 1)
