"""What is below a scratch: drawn across it from both sides, since the frames before and after have it, too."""

from __future__ import annotations

from typing import Any

import numpy as np

from .blotches import Mask, Plane

Numbers = np.ndarray[Any, np.dtype[Any]]

_SLANTS = (0, 1, -1, 2, -2, 3, -3)  # rows by which the two sides that belong together may lie apart
_PENALTY = 0.003  # of full scale, per row of slant
_SMOOTH = 7  # rows: what is finer is grain and detail, which is taken from one side
_AGREE = 5  # rows that choose a slant together


def mended(plane: Plane, mask: Mask) -> Plane:
    """``(H, W)`` float32 with the pixels of ``mask`` filled from both sides of their row. 1 = full scale.

    What is smooth is interpolated along the slant on which both sides agree best (as edge-based line averaging does for
    interlaced pictures, Doyle & Looymans 1990, turned by 90 degrees); grain and detail are those of the nearer side,
    mirrored. A row without any clean pixel stays.
    """
    rows, columns = np.nonzero(mask)
    out = plane.copy()
    if not len(rows):
        return out
    left, right = _ends(mask)
    left, right = left[rows, columns], right[rows, columns]
    open_ = (left >= 0) | (right < plane.shape[1])
    rows, columns, left, right = rows[open_], columns[open_], left[open_], right[open_]
    left, right = np.where(left < 0, right, left), np.where(right >= plane.shape[1], left, right)
    smooth = _smoothed(plane)
    near, far = np.abs(columns - left), np.abs(right - columns)
    share = near / np.maximum(near + far, 1)
    slant = _slants(smooth, mask.shape, rows, left, right, columns)
    last = plane.shape[0] - 1
    base = (1 - share) * smooth[np.clip(rows - slant, 0, last), left]
    base += share * smooth[np.clip(rows + slant, 0, last), right]
    mirrored = np.where(near <= far, 2 * left - columns, 2 * right - columns)
    inside = (mirrored >= 0) & (mirrored < plane.shape[1])
    mirrored = np.clip(mirrored, 0, plane.shape[1] - 1)
    clean = inside & (mask[rows, mirrored] == 0)
    detail = np.where(clean, plane[rows, mirrored] - smooth[rows, mirrored], 0)
    out[rows, columns] = base + detail
    return out


def _ends(mask: Mask) -> tuple[Numbers, Numbers]:
    """For every pixel the columns of the nearest clean ones to its left (-1: none) and right (width: none)."""
    width = mask.shape[1]
    column = np.broadcast_to(np.arange(width), mask.shape)
    left = np.maximum.accumulate(np.where(mask == 0, column, -1), axis=1)
    right = np.minimum.accumulate(np.where(mask == 0, column, width)[:, ::-1], axis=1)[:, ::-1]
    return left, right


def _smoothed(plane: Plane) -> Plane:
    import cv2

    return np.asarray(cv2.blur(plane, (1, _SMOOTH), borderType=cv2.BORDER_REPLICATE))


def _slants(
    smooth: Plane, shape: tuple[int, ...], rows: Numbers, left: Numbers, right: Numbers, columns: Numbers
) -> Numbers:
    """The slant of each masked pixel, agreed on with those above and below."""
    import cv2

    costs = []
    for slant in _SLANTS:
        up, down = (np.clip(rows + sign * slant, 0, shape[0] - 1) for sign in (-1, 1))
        cost = np.zeros(shape, np.float32)
        cost[rows, columns] = np.abs(smooth[up, left] - smooth[down, right]) + _PENALTY * abs(slant)
        costs.append(cv2.blur(cost, (1, _AGREE))[rows, columns])
    return np.asarray(_SLANTS)[np.argmin(costs, 0)]
