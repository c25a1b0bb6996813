"""The neighbours of a frame that are laid onto it: which of them say something about it."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

from ..motion.pairs import CUT
from .blotches import Mask, Neighbour, Plane, repeats
from .evidence import NEIGHBOURS


def of(
    luma: Plane, laid: list[vs.VideoFrame], flows: list[vs.VideoFrame], marked: vs.VideoFrame
) -> dict[int, Neighbour]:
    """By their place in ``NEIGHBOURS``, without those of other scenes and repetitions of the frame itself.

    ``flows``: dx, dy, and 0 where they lead to what the neighbour does not show. ``marked`` is not 0 where ``luma``
    does not show the picture; there, nothing is compared.
    """
    return {
        place: Neighbour(NEIGHBOURS[place], np.asarray(laid[place][0]), _inside(flows[place]))
        for place in places(luma, laid, flows, marked)
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


def _inside(motion: vs.VideoFrame) -> Mask:
    dx, dy, visible = (np.asarray(motion[p]) for p in range(3))
    height, width = dx.shape
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    inside = (x + dx >= 0) & (x + dx <= width - 1) & (y + dy >= 0) & (y + dy <= height - 1) & (visible > 0)
    return inside.astype(np.uint8)
