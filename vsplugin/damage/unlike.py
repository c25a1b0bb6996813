"""Whether a frame as a whole is another picture than its neighbours: two exposures on one frame, a jump out of focus.

There every part differs from what the neighbours show, and none of it is dirt; what was taken for dirt would be
invented anew, badly. Dirt, however much of it there is, leaves the rest of the frame as the neighbours show it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .blotches import Mask, Neighbour, Plane, by_side, middle

Row = np.ndarray[tuple[int], np.dtype[np.float32]]

# Fitted to samples for the network of repair (vsplugin/training/degrade/dirt_scenes.py): of those with much dirt, 19 of
# 20 stay below 0.54. Of frames blended from shifted neighbours, looked at all over, about nine of ten are above.
_DIFFERS = 0.6  # times: as far from the neighbours as these are from one another, where nothing is marked
_MARKED = 0.08  # of a frame: less than that is taken for dirt without asking
_CELL = 16  # pixels
_COARSE = 2.0  # pixels: sigma by which grain is smoothed away
_FLOOR = 0.01  # of full scale: differences of coding
_AROUND = 9  # pixels across: what is beside a mark counts as marked
_FREE = 0.2  # of a cell: with less marked than this, it is looked at
_FEWEST = 8  # cells: with fewer, nothing is left to judge a frame by
_AGREE = 0.6  # of the cells: those that agree best decide about level and contrast


def unlike(luma: Plane, neighbours: list[Neighbour], found: Mask, *, suspect: bool = False) -> bool:
    """Whether most of what is not ``found`` to be dirt disagrees with the neighbours on both sides, too.

    Level and contrast of the whole frame do not count (flicker). False where little was found, unless the frame is
    ``suspect``, and without neighbours on both sides.
    """
    before, after = by_side(neighbours)
    if (found.mean() < _MARKED and not suspect) or not before or not after:
        return False
    import cv2

    free = _cells(np.asarray(cv2.dilate(found, np.ones((_AROUND, _AROUND), np.uint8)), np.float32)) < _FREE
    if free.sum() < _FEWEST:
        return True
    own, between, one, other = map(
        _smooth, (luma, middle([each.luma for each in neighbours]), before[0].luma, after[0].luma)
    )
    differs = _cells(np.abs(own - _levelled(between, own, free)))
    moves = _cells(np.abs(one - other))
    return float(np.median((differs / (moves + _FLOOR))[free])) > _DIFFERS


def _smooth(plane: Plane) -> Plane:
    import cv2

    return np.asarray(cv2.GaussianBlur(plane, (0, 0), _COARSE), np.float32)


def _levelled(plane: Plane, like: Plane, free: Any) -> Plane:
    """The plane at the level and contrast of another one, as far as most of the free cells agree on them."""
    x, y = _cells(plane)[free], _cells(like)[free]
    keep = np.ones(x.shape, bool)
    gain, level = 1.0, 0.0
    for _ in range(3):
        spread = x[keep] - x[keep].mean()
        gain = float((spread * y[keep]).sum() / max((spread**2).sum(), 1e-6))
        level = float(y[keep].mean() - gain * x[keep].mean())
        misses = np.abs(gain * x + level - y)
        keep = misses <= np.quantile(misses, _AGREE)
    return np.asarray(np.float32(gain) * plane + np.float32(level))


def _cells(plane: Plane) -> Row:
    """Means over whole squares of ``_CELL`` pixels, in a row."""
    side = min(_CELL, *plane.shape)
    rows, columns = (length // side for length in plane.shape)
    cut = plane[: rows * side, : columns * side]
    return cut.reshape(rows, side, columns, side).mean((1, 3), dtype=np.float32).ravel()
