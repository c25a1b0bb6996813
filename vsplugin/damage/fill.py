"""What is below damage: for each part the one neighbour to take it from, with its grain, or that none shows it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .blotches import Mask, Neighbour, Plane, middle

HOLE = 255  # in the answer of :func:`choose`: no neighbour shows what is here

# Set by reasoning (tests/damage/test_fill.py says what they must do). Of 7910 parts of scanned dirt over stills in
# motion (training/degrade/dirt_scenes.py) they come within 0.1 dB of what a _ROUGH of 0.8 would reach. A _TORN of 0.5
# would gain 0.5 dB, but then one neighbour that lies wrong takes away the word of one that lies right.
_LARGEST = 64  # pixels: longer damage (scratches) is cut, since one neighbour need not fit along all of it
_RING = 3  # pixels around a part in which neighbours are compared with the frame
_LOCAL = 17  # pixels a side of the squares from whose mean texture is measured
_ROUGH = 1.0  # times the texture of the ring that a neighbour may differ by there: beyond that a guess is better
_FINE = 0.02  # difference, 1 = full scale, that is always good enough: grain
_TORN = 2.0  # times the same that neighbours may differ by among themselves


def choose(mask: Mask, luma: Plane, neighbours: list[Neighbour], *, anyway: bool = False) -> Mask:
    """``(H, W)``: 0 where the frame stays, 1 + the index of the neighbour each part is taken from, or :data:`HOLE`.

    One neighbour for a whole part, because a mean of several would have less grain than the picture around it: the one
    nearest to the median of all, and to the frame itself just outside; where that one sees nothing (``inside`` is 0),
    the next. A neighbour that lies worse around a part than a guess from the surroundings would is not taken, nor any
    where they show different things (what moved past hid it in some of them); with ``anyway`` the best one is taken
    there, too. A frame that is masked all over and has no neighbour stays: there is nothing to guess from.
    """
    import cv2

    if not neighbours or not mask.any():
        return (0 * mask if mask.all() else HOLE * (mask > 0)).astype(np.uint8)
    best = _middle_of_seen(neighbours)
    labels, count = _parts(mask)
    square = np.ones((2 * _RING + 1, 2 * _RING + 1), np.uint8)
    around = (cv2.dilate(mask, square) > 0) & (mask == 0)
    nearest = cv2.dilate(labels.astype(np.float32), square).astype(np.int32)
    ring = _Means(nearest[around], count)
    within = _Means(labels[mask > 0], count)
    unseen, blind = (
        np.stack([means.of((each.inside == 0)[where]) for each in neighbours])
        for means, where in ((within, mask > 0), (ring, around))
    )
    lies = np.stack([ring.of(np.abs(each.luma - luma)[around], each.inside[around] > 0) for each in neighbours])
    lies[blind == 1] = np.inf  # it may lie anywhere
    differs = np.stack(
        [within.of(np.abs(each.luma - best)[mask > 0], each.inside[mask > 0] > 0) for each in neighbours]
    )
    allowed = np.maximum(_ROUGH * ring.of(_texture(luma, mask)[around]), _FINE)
    # Who sees nothing of a part has no say in whether the others agree.
    torn = np.asarray(np.ma.median(np.ma.masked_where(unseen == 1, differs), 0).filled(0))
    fits = ((lies <= allowed) & (torn <= _TORN * allowed)) | anyway
    out = np.full(mask.shape, HOLE, np.uint8)
    for order in np.argsort(lies + differs + unseen, 0, kind="stable"):  # of each part the best, the second ...
        best_left = order[labels]
        for index, each in enumerate(neighbours):
            out[(out == HOLE) & (best_left == index) & fits[index][labels] & (each.inside > 0)] = 1 + index
    return np.where(mask > 0, out, 0).astype(np.uint8)


class _Means:
    """Means over the samples of each label."""

    def __init__(self, labels: np.ndarray[Any, Any], count: int) -> None:
        self.labels, self.count = labels, count
        self.samples = np.maximum(np.bincount(labels, minlength=count), 1)

    def of(self, values: np.ndarray[Any, Any], where: np.ndarray[Any, Any] | None = None) -> np.ndarray[Any, Any]:
        """Of all samples or of those ``where`` it is true; 0 where there are none."""
        if where is None:
            return np.bincount(self.labels, values, self.count) / self.samples
        samples = np.maximum(np.bincount(self.labels, where, self.count), 1)
        return np.bincount(self.labels, np.where(where, values, 0), self.count) / samples


def _middle_of_seen(neighbours: list[Neighbour]) -> Plane:
    """The median of all, in which the mean of the others stands for what one does not see."""
    seen = np.stack([each.inside > 0 for each in neighbours])
    if seen.all():
        return middle([each.luma for each in neighbours])
    planes = np.stack([each.luma for each in neighbours])
    mean = np.where(seen, planes, 0).sum(0) / np.maximum(seen.sum(0), 1)
    return middle(list(np.where(seen, planes, mean).astype(np.float32)))


def _texture(luma: Plane, mask: Mask) -> Plane:
    """How far samples are from the mean of those around them that are not masked: about so wrong a guess would be."""
    import cv2

    side = (_LOCAL, _LOCAL)
    known = (mask == 0).astype(np.float32)
    mean = cv2.blur(np.where(mask > 0, 0, luma).astype(np.float32), side) / np.maximum(cv2.blur(known, side), 1e-3)
    return np.abs(luma - np.asarray(mean, np.float32))


def _parts(mask: Mask) -> tuple[np.ndarray[Any, Any], int]:
    """Labels 1.. of what hangs together and lies in one square of ``_LARGEST`` pixels, and their count with 0."""
    import cv2

    _, labels = cv2.connectedComponents(mask, connectivity=8)
    y, x = np.nonzero(mask)
    squares = (y // _LARGEST) * (mask.shape[1] // _LARGEST + 1) + x // _LARGEST
    pairs = labels[y, x].astype(np.int64) * (int(squares.max()) + 1) + squares
    found, numbers = np.unique(pairs, return_inverse=True)
    labels[y, x] = 1 + numbers
    return labels, 1 + len(found)
