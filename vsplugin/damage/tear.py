"""Tears: a ragged gap that runs far into one frame, white or black all over, and which no frame beside it has.

What a tear displaces besides can be so much that the frame passes for one of another scene, and then nothing is
compared with it (:mod:`vsplugin.scenes`). So a frame that seems to stand alone between two that show the same scene is
compared with those two, each moved halfway. Where it is not taken for another scene, tears are found as dirt is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from .blotches import Mask, Plane

# Set by reasoning; tests/damage/test_tear.py says what they must do.
_DISPLACED = 0.012  # of the height: so far a place may lie from where its neighbours lead
_SEED, _REACHED = 0.2, 0.06  # beyond all of both neighbours there, 1 = full scale: what a tear has, and reaches down to
_WHITE, _BLACK = 0.75, 0.2  # luma of the gap
_UNIFORM = 0.12  # by so much of it the gap differs from its median
_GAPS = 0.02  # of the height: where the picture is as bright as the gap, that is not seen; so much is bridged
_LONG = 0.35  # of the height: the shortest tear
_THICK = 0.09  # of the height: the widest gap, on average
_BORDER = 0.02  # of the height: so near to the border it begins
_EDGE = 2  # pixels around it that its soft edge covers


def find(luma: Plane, before: Plane, after: Plane) -> Mask:
    """``(H, W)``: 1 where ``luma`` is torn; its neighbours laid onto it roughly (0..1, ``(H, W)`` float32)."""
    import cv2

    reach = max(2, round(_DISPLACED * luma.shape[0]))
    square = np.ones((2 * reach + 1,) * 2, np.uint8)
    out = np.zeros(luma.shape, np.uint8)
    for sign in (1, -1):
        beyond = sign * luma - cv2.dilate(np.maximum(sign * before, sign * after), square)
        out |= _gaps(luma, beyond, sign)
    side = 2 * _EDGE + 1
    return np.asarray(cv2.dilate(out, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))), np.uint8)


def _gaps(luma: Plane, beyond: Plane, sign: int) -> Mask:
    import cv2

    height, width = luma.shape
    out = np.zeros(luma.shape, np.uint8)
    seeds = (beyond > _SEED) & ((luma > _WHITE) if sign > 0 else (luma < _BLACK))
    if not seeds.any():
        return out
    reached = (beyond > _REACHED) & (np.abs(luma - np.median(luma[seeds])) < _UNIFORM)
    side = 2 * max(1, round(_GAPS * height)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    bridged = cv2.morphologyEx(reached.astype(np.uint8), cv2.MORPH_CLOSE, disc)
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(bridged, connectivity=8)
    near = max(1, round(_BORDER * height))
    for label in range(1, len(boxes)):
        x, y, wide, tall = (int(value) for value in boxes[label, :4])
        long = float(np.hypot(wide, tall))
        part = (labels == label) & reached if long >= _LONG * height else None
        at_border = x <= near or y <= near or x + wide >= width - near or y + tall >= height - near
        if part is None or not at_border or part.sum() > _THICK * height * long:
            continue
        if seeds[part].mean() > 0.25:
            out[part] = 1
    return out


def halfway(first: Plane, second: Plane, flow: tuple[Any, Any], part: float) -> tuple[Plane, Plane]:
    """Two frames moved to a time between them, ``part`` (0..1) of the way along the ``flow`` from first to second."""
    dx, dy = (np.ascontiguousarray(each, np.float32) for each in flow)
    there = kernels.warp(first, -part * dx, -part * dy, mode="bilinear")
    return there, kernels.warp(second, (1 - part) * dx, (1 - part) * dy, mode="bilinear")
