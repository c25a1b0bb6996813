"""Dust, dirt, hairs and blotches: what one frame shows and its neighbours, laid onto it, do not.

A sample outside the range of all neighbours (3x3 around each, which forgives a pixel of misalignment) is an outlier:
the rank-ordered differences of Nadenau and Mitra (SROD, IEEE ICIP 1996) after Storey's dirt detector (BBC 1985).
Outliers that touch make a blob; a blob is damage if the picture around it lies well on its neighbours and if these
agree on what is below it. Where the whole neighbourhood fails to match, motion was not found, and nothing is damage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Plane = np.ndarray[tuple[int, int], np.dtype[np.float32]]
Mask = np.ndarray[tuple[int, int], np.dtype[np.uint8]]

# Chosen on scenes of training stills in motion, under the dirt of train/damage (benchmarks/repair.py tells how well).
_FAINT = 0.4  # of the threshold: what a blob may reach down to where it begins
_WIDE = 8  # pixels around, over which neighbours' disagreement is averaged
_AROUND = (2, 5)  # pixels from a blob: the ring that must lie well
_BETTER = 2.5  # times the ring's difference that a blob must differ by
_STILL = 0.012  # difference, 1 = full scale, below which a ring counts as lying perfectly
_AGREED = 1.2  # times what the neighbours differ by among themselves
_SAME = 0.05  # difference of 3x3 pixels that a frame and its repetition never reach
_EDGE = 2  # pixels around a blob that its soft edge may cover


@dataclass(frozen=True)
class Neighbour:
    """A frame ``away`` from this one (before: below 0), laid onto it: luma, and where its flow stays in the picture."""

    away: int
    luma: Plane
    inside: Mask


def repeats(luma: Plane, other: Plane) -> bool:
    """Whether the other frame is this one again, as film is shown at more frames than it has: it has the same dirt."""
    import cv2

    return bool(cv2.blur(cv2.absdiff(luma, other), (3, 3)).max() < _SAME)


def find(luma: Plane, neighbours: list[Neighbour], threshold: float, *, sides: int = 2) -> Mask:
    """``(H, W)``: 1 where ``luma`` is damaged. ``threshold``: least contrast of a blob, 1 = full scale.

    Without neighbours on both ``sides`` nothing is found: what one side does not show may just have been hidden there.

    Cost: about 60 ns per pixel with four neighbours, and a little for each blob.
    """
    import cv2

    mask = np.zeros(luma.shape, np.uint8)
    if len(neighbours) < 2 or len({neighbour.away > 0 for neighbour in neighbours}) < sides:
        return mask
    planes = [neighbour.luma for neighbour in neighbours]
    highest, lowest = _extreme(cv2.max, planes), _extreme(cv2.min, planes)
    square = np.ones((3, 3), np.uint8)
    outlying = np.maximum(luma - cv2.dilate(highest, square), cv2.erode(lowest, square) - luma)
    seen = np.sum([neighbour.inside for neighbour in neighbours], 0, dtype=np.uint8)
    outlying[seen < 2] = 0
    disagreed = highest - lowest
    unsure = 0.75 * cv2.blur(disagreed, (2 * _WIDE + 1, 2 * _WIDE + 1))
    faint = (outlying > np.maximum(_FAINT * threshold, 0.5 * unsure)).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(faint, connectivity=8)
    if count == 1:
        return mask
    difference = luma - middle(planes)
    differing = np.abs(difference)
    sure = outlying > np.maximum(threshold, unsure)
    begun = np.bincount(labels.ravel(), sure.ravel(), count) > 0
    area = boxes[:, 4].astype(np.float64)
    contrast = np.bincount(labels.ravel(), differing.ravel(), count) / area
    doubt = np.bincount(labels.ravel(), disagreed.ravel(), count) / area
    for blob in np.flatnonzero(begun & (contrast > _AGREED * doubt)):
        if blob and contrast[blob] > _BETTER * max(_ring(labels, faint, differing, boxes[blob], int(blob)), _STILL):
            mask[labels == blob] = 1
    return _with_edges(mask, difference, _FAINT * threshold / 2)


def middle(planes: list[Plane]) -> Plane:
    """The median of up to four planes (of four: the mean of the inner two)."""
    if len(planes) < 3:
        return np.mean(planes, 0, dtype=np.float32)
    import cv2

    total = np.sum(planes, 0, dtype=np.float32)
    inner = total - _extreme(cv2.max, planes) - _extreme(cv2.min, planes)
    return np.asarray(inner / np.float32(len(planes) - 2))


def _extreme(function: Any, planes: list[Plane]) -> Plane:
    out = planes[0]
    for plane in planes[1:]:
        out = function(out, plane)
    return out


def _disc(radius: int) -> Mask:
    import cv2

    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def _ring(labels: np.ndarray[Any, Any], faint: Mask, differing: Plane, box: np.ndarray[Any, Any], blob: int) -> float:
    """Mean difference to the neighbours around a blob, where there is no other."""
    import cv2

    near, far = _AROUND
    x, y, width, height = (int(value) for value in box[:4])
    rows, columns = slice(max(y - far - 1, 0), y + height + far + 1), slice(max(x - far - 1, 0), x + width + far + 1)
    own = (labels[rows, columns] == blob).astype(np.uint8)
    ring = (cv2.dilate(own, _disc(far)) > 0) & (cv2.dilate(own, _disc(near)) == 0) & (faint[rows, columns] == 0)
    return float(differing[rows, columns][ring].mean()) if ring.any() else 0.0


def _with_edges(mask: Mask, difference: Plane, least: float) -> Mask:
    """The mask and the pixels next to it that differ the same way: soft edges."""
    import cv2

    if not mask.any():
        return mask
    side = 4 * _EDGE + 1
    way = np.sign(cv2.blur(np.where(mask > 0, difference, 0).astype(np.float32), (side, side)))
    near = cv2.dilate(mask, _disc(_EDGE)) > 0
    return ((mask > 0) | (near & (difference * way > least))).astype(np.uint8)
