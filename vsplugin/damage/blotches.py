"""Dust, dirt, hairs and blotches: what one frame shows and its neighbours, laid onto it, do not.

A sample outside the range of all neighbours (3x3 around each, which forgives a pixel of misalignment) is an outlier:
the rank-ordered differences of Nadenau and Mitra (SROD, IEEE ICIP 1996) after Storey's dirt detector (BBC 1985). A
network sees these outliers, the frame and its neighbours, and says how likely each pixel is dirt; pixels that are
likely and touch make a blob (hysteresis, Canny 1986).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Plane = np.ndarray[tuple[int, int], np.dtype[np.float32]]
Mask = np.ndarray[tuple[int, int], np.dtype[np.uint8]]

# Chosen on samples held back from the network's training (benchmarks/repair.py tells how well).
_LIKELY, _CERTAIN = 0.2, 0.6  # of the network's answer: as far as a blob reaches, and what must be in it
_MEAN = 0.45  # of the network's answer: what a blob must have on average
_PLAIN = (0.28, 0.3)  # mean answer and mean contrast: the network is shy of large plain blobs
_APART = 0.4  # of a blob's contrast: what the frames before and after it may differ by, below it
_OPAQUE = 0.2  # mean contrast: a blob of more is believed in spite of that
_COARSE = 2.0  # pixels: sigma by which that is smoothed, so that grain is no difference
_FAINT = 0.4  # of the threshold: what a blob may reach down to where it begins
_SAME = 0.05  # difference of 3x3 pixels that a frame and its repetition never reach
_EDGE = 2  # pixels around a blob that its soft edge may cover


@dataclass(frozen=True)
class Neighbour:
    """A frame ``away`` from this one (before: below 0), laid onto it: luma, and where its flow stays in the picture.

    ``beyond``: 1 where, as the picture as a whole moves, the neighbour shows what lies outside of it.
    """

    away: int
    luma: Plane
    inside: Mask
    beyond: Mask | None = None


def repeats(luma: Plane, other: Plane, where: Mask) -> bool:
    """Whether the other frame is this one again, as film is shown at more frames than it has: it has the same dirt.

    Compared ``where`` it is not 0.
    """
    import cv2

    return bool(cv2.blur(np.where(where > 0, cv2.absdiff(luma, other), 0), (3, 3)).max() < _SAME)


def find(luma: Plane, likely: Plane, neighbours: list[Neighbour], threshold: float, *, sides: int = 2) -> Mask:
    """``(H, W)``: 1 where ``luma`` is damaged. ``threshold``: least contrast of a blob, 1 = full scale.

    ``likely`` is the network's answer, about 0..1 (:mod:`vsplugin.damage.confirm`). A blob reaches as far as it is
    likely, and must be certain somewhere and likely on average. Without neighbours on both ``sides`` nothing is found,
    nor (unless it goes on from beside) where those of one side show what lay outside of the picture: what one side does
    not show may just have been hidden there, and the network cannot tell (it takes 0.4 % of clean pictures for dirt).
    Nor is what lies where both sides differ from one another, unless it is opaque: below dirt they show the same, but a
    limb that swings is elsewhere on each ("pathological motion": Corrigan, Harte & Kokaram 2012).
    """
    import cv2

    mask = np.zeros(luma.shape, np.uint8)
    if len(neighbours) < 2 or len({neighbour.away > 0 for neighbour in neighbours}) < sides:
        return mask
    difference = luma - middle([neighbour.luma for neighbour in neighbours])
    differing = np.abs(difference)
    seen = np.sum([neighbour.inside for neighbour in neighbours], 0, dtype=np.uint8) >= 2
    before, after = by_side(neighbours)
    if sides == 2:
        seen &= _within(before) & _within(after)
    reached = (likely > _LIKELY) & (differing > _FAINT * threshold)
    count, parts = cv2.connectedComponents(reached.astype(np.uint8), connectivity=8)
    whole = np.asarray(parts, np.int32)
    labels, reached = np.where(seen, whole, 0), reached & seen  # by which a blob is judged
    certain = reached & (likely > _CERTAIN) & (differing > threshold)
    begun = np.bincount(labels.ravel(), certain.ravel(), count) > 0
    area = np.maximum(np.bincount(labels.ravel(), minlength=count), 1)
    mean = np.bincount(labels.ravel(), likely.ravel(), count) / area
    contrast = np.bincount(labels.ravel(), differing.ravel(), count) / area
    kept = (begun & (mean > _MEAN)) | ((mean > _PLAIN[0]) & (contrast > _PLAIN[1]))
    if sides == 2:
        apart = np.bincount(labels.ravel(), _apart(before, after).ravel(), count) / area
        kept &= (apart < _APART * contrast) | (contrast > _OPAQUE)
    kept[0] = False
    # Where not both sides see it: what differs the same way as the rest of its blob.
    alike = difference * np.bincount(labels.ravel(), difference.ravel(), count)[whole] > 0
    mask = (kept[whole] & (seen | alike)).astype(np.uint8)
    return _with_edges(mask, difference, _FAINT * threshold / 2)


def outlying(luma: Plane, planes: list[Plane]) -> Plane:
    """By how much samples are above (> 0) or below (< 0) all 3x3 samples of their neighbours; 0 within their range."""
    import cv2

    square = np.ones((3, 3), np.uint8)
    above = luma - cv2.dilate(_extreme(cv2.max, planes), square)
    below = cv2.erode(_extreme(cv2.min, planes), square) - luma
    return np.asarray(np.maximum(above, 0) - np.maximum(below, 0))


def middle(planes: list[Plane]) -> Plane:
    """The median of up to four planes (of four: the mean of the inner two)."""
    if len(planes) < 3:
        return np.mean(planes, 0, dtype=np.float32)
    import cv2

    total = np.sum(planes, 0, dtype=np.float32)
    inner = total - _extreme(cv2.max, planes) - _extreme(cv2.min, planes)
    return np.asarray(inner / np.float32(len(planes) - 2))


def by_side(neighbours: list[Neighbour]) -> tuple[list[Neighbour], list[Neighbour]]:
    """Those before a frame, and those after it."""
    before, after = ([each for each in neighbours if (each.away > 0) == later] for later in (False, True))
    return before, after


def _within(side: list[Neighbour]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where one of them at least shows what was in the picture."""
    return np.any([each.beyond == 0 if each.beyond is not None else each.inside > 0 for each in side], 0)


def _apart(before: list[Neighbour], after: list[Neighbour]) -> Plane:
    import cv2

    one, other = (np.mean([each.luma for each in side], 0, dtype=np.float32) for side in (before, after))
    return np.abs(np.asarray(cv2.GaussianBlur(one - other, (0, 0), _COARSE), np.float32))


def _extreme(function: Any, planes: list[Plane]) -> Plane:
    out = planes[0]
    for plane in planes[1:]:
        out = function(out, plane)
    return out


def disc(radius: int) -> Mask:
    """What masks are dilated and closed with: round, ``radius`` pixels on each side of its middle."""
    import cv2

    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def _with_edges(mask: Mask, difference: Plane, least: float) -> Mask:
    """The mask and the pixels next to it that differ the same way: soft edges."""
    import cv2

    if not mask.any():
        return mask
    side = 4 * _EDGE + 1
    way = np.sign(cv2.blur(np.where(mask > 0, difference, 0).astype(np.float32), (side, side)))
    near = cv2.dilate(mask, disc(_EDGE)) > 0
    return ((mask > 0) | (near & (difference * way > least))).astype(np.uint8)
