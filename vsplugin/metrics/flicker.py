"""Brightness that pumps from frame to frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

import numpy as np

from .registry import AS_REFERENCE, Luma, metric, root_mean_square

CELLS = 8  # rows and columns of the raster of local means
REACH = 3  # frames on each side whose mean is the intended course
_DARK = 0.02  # nominal luma; a share of less is no visible step
_CUT = 0.1  # cells that change by such different shares show another scene


def local_means(luma: np.ndarray) -> np.ndarray:
    """Means of ``(H, W)`` on a raster of 8x8 cells, row by row; fewer cells where the picture is smaller."""
    rows, columns = (np.linspace(0, side, min(CELLS, side) + 1).astype(int) for side in luma.shape)
    sums = np.add.reduceat(np.add.reduceat(luma, rows[:-1], axis=0, dtype=np.float64), columns[:-1], axis=1)
    return np.asarray((sums / np.outer(np.diff(rows), np.diff(columns))).ravel())


def residual_variation(means: Sequence[np.ndarray]) -> list[float]:
    """How far each frame's local means lie from their course, as a share of the level: see :func:`flicker`.

    ``means``: one array of cells per frame. NaN at the ends of shots.
    """
    track = np.stack([np.asarray(frame, np.float64) for frame in means])
    shots = np.concatenate([[0], np.cumsum(_cuts(track))])
    out = []
    for now, shot in enumerate(shots):
        reach = 0
        while reach < REACH and _inside(shots, now - reach - 1, shot) and _inside(shots, now + reach + 1, shot):
            reach += 1
        if not reach:
            out.append(math.nan)
            continue
        around = [track[now + step] for lag in range(1, reach + 1) for step in (-lag, lag)]
        course = np.mean(around, axis=0)
        share = np.abs(track[now] - course) / np.maximum(course, _DARK)
        out.append(float(np.median(share)) / math.sqrt(1 + 1 / len(around)))
    return out


def _inside(shots: np.ndarray, frame: int, shot: int) -> bool:
    return bool(0 <= frame < len(shots) and shots[frame] == shot)


def _cuts(track: np.ndarray) -> np.ndarray:
    """Between which frames the scene changes: flicker changes all cells by about the same share, a cut does not."""
    share = np.diff(track, axis=0) / np.maximum((track[1:] + track[:-1]) / 2, _DARK)
    return np.asarray(np.median(np.abs(share - np.median(share, axis=1, keepdims=True)), axis=1) > _CUT)


@metric(series=residual_variation, pool=root_mean_square)
def flicker(picture: Luma) -> Annotated[float, "share of the level", AS_REFERENCE]:
    """Pumping brightness: how far local means of luma leave their course over three frames on each side.

    On a raster of 8x8 cells, the distance of each cell's mean from the mean of the same cell in up to three frames on
    each side, over that mean; the median of the cells, so that motion in a few of them counts nothing; times
    sqrt(2n / (2n + 1)), so that a gain that varies at random from frame to frame gives its own standard deviation
    (pooled as root of the mean square). Straight fades count nothing, cuts are not looked across; pumping slower than
    20 frames is taken for the course.

    Source: own; the local means of van Roosmalen, Restoration of archived film and video (1999), chapter 2.
    """
    return local_means(picture)  # type: ignore[return-value]  # `series` makes the numbers
