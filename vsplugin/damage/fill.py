"""What is below damage: for each blob, the one neighbour to take it from, with its grain."""

from __future__ import annotations

import numpy as np

from .blotches import Mask, Neighbour, Plane, middle


def choose(mask: Mask, luma: Plane, neighbours: list[Neighbour]) -> Mask:
    """``(H, W)``: 0 where the frame stays, else 1 + the index of the neighbour that each connected part is taken from.

    One neighbour for a whole part, because a mean of several would have less grain than the picture around it: the one
    nearest to the median of all, and to the frame itself just outside.
    """
    import cv2

    out = np.zeros(mask.shape, np.uint8)
    if not neighbours or not mask.any():
        return out
    best = middle([neighbour.luma for neighbour in neighbours])
    count, parts, _, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    labels = np.asarray(parts, np.int32)
    around = (cv2.dilate(mask, np.ones((7, 7), np.uint8)) > 0) & (mask == 0)
    nearest = cv2.dilate(labels.astype(np.float32), np.ones((7, 7), np.uint8)).astype(np.int32)
    costs = []
    for neighbour in neighbours:
        inside = np.abs(neighbour.luma - best) + (neighbour.inside == 0)
        outside = np.where(around, np.abs(neighbour.luma - luma), 0)
        cost = np.bincount(labels.ravel(), inside.ravel(), count) / np.bincount(labels.ravel(), minlength=count)
        ring = np.bincount(nearest.ravel(), around.ravel(), count)
        costs.append(cost + np.bincount(nearest.ravel(), outside.ravel(), count) / np.maximum(ring, 1))
    chosen = 1 + np.argmin(costs, 0).astype(np.uint8)
    return np.where(mask > 0, chosen[labels], 0).astype(np.uint8)
