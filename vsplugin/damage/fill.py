"""What is below damage: for each part the one neighbour to take it from, with its grain, or that none shows it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .blotches import Mask, Neighbour, Plane

HOLE = 255  # in the answer of :func:`choose`: no neighbour shows what is here

# Chosen on 20 clips of stills in motion with scratches, and 20 with scanned dirt (training/degrade/dirt_scenes.py, dirt
# of train/): docs/film.md says by how much. Tests say what they must do.
_LARGEST = 64  # pixels: longer damage (scratches) is cut, since one neighbour need not fit along all of it
_RING = 3  # pixels around a part in which neighbours are compared with the frame
_THIN = 8.0  # pixels from the middle of a part to its edge, up to which a guess is told from both its sides
_WORSE = (0.6, 1.5)  # times a guess's error that a neighbour may differ by, around a part of that width and of more:
# below damage neighbours are wrong by nearly twice what they are around it, and a guess is one blurred patch
_FAR = 40  # pixels: beyond that a guess is wrong by all there is
_FINE = 0.02  # difference, 1 = full scale, that is always good enough: grain


def choose(mask: Mask, luma: Plane, neighbours: list[Neighbour], *, anyway: bool = False, guessed: bool = True) -> Mask:
    """``(H, W)``: 0 where the frame stays, 1 + the index of the neighbour each part is taken from, or :data:`HOLE`.

    One neighbour for a whole part, because a mean of several would have less grain than the picture around it: the one
    nearest to the median of all, and to the frame itself just outside; where that one sees nothing (``inside`` is 0),
    the next. A neighbour is not taken that lies worse around a part than a guess from the surroundings would, as such
    guesses fare around it; nor any where they show different things (what moved past hid it in some of them). So
    scratches, which a guess crosses in a few pixels, need neighbours that lie better than blotches do; unless nothing
    will be ``guessed``: then damage stays where no neighbour is taken. With ``anyway`` the best one is taken there,
    too. A frame that is masked all over and has no neighbour stays: there is nothing to guess from.
    """
    import cv2

    if not neighbours or not mask.any():
        return (0 * mask if mask.all() else HOLE * (mask > 0)).astype(np.uint8)
    labels, count = _parts(mask)
    square = np.ones((2 * _RING + 1, 2 * _RING + 1), np.uint8)
    around = (cv2.dilate(mask, square) > 0) & (mask == 0)
    nearest = cv2.dilate(labels.astype(np.float32), square).astype(np.int32)
    ring, inner = _Means(nearest[around], count), labels[mask > 0]
    within = _Means(inner, count)
    seen = np.stack([each.inside[mask > 0] > 0 for each in neighbours])
    blind = np.stack([ring.of((each.inside == 0)[around]) for each in neighbours])
    lies = np.stack([ring.of(np.abs(each.luma - luma)[around], each.inside[around] > 0) for each in neighbours])
    lies[blind == 1] = np.inf  # it may lie anywhere
    half = _half_widths(mask, labels, count)
    guesses = ring.of(*_guessed(luma, mask, around, np.ceil(half).astype(int)[nearest[around]]))
    allowed = np.maximum(np.where((half <= _THIN) & guessed, *_WORSE) * guesses, _FINE)
    near = (lies <= allowed) | anyway
    # Who sees nothing of a part, or lies wrong around it, has no say in what the others show.
    told = seen & (near[:, inner] | ~near.any(0)[inner])
    planes = np.stack([each.luma[mask > 0] for each in neighbours])
    apart = np.abs(planes - _middle_of(planes, told))
    differs = np.stack([within.of(*each) for each in zip(apart, seen, strict=True)])
    silent = np.stack([within.of(each) for each in told]) == 0
    torn = np.asarray(np.ma.median(np.ma.masked_where(silent, differs), 0).filled(0))
    unseen = 1 - np.stack([within.of(each) for each in seen])
    fits = near & ((torn <= allowed) | anyway)
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


def _middle_of(planes: np.ndarray[Any, Any], told: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The median of all, in which the mean of the others stands for those not ``told``."""
    if not told.all():
        mean = np.where(told, planes, 0).sum(0) / np.maximum(told.sum(0), 1)
        planes = np.where(told, planes, mean)
    return np.asarray(np.median(planes, 0), np.float32)


def _half_widths(mask: Mask, labels: np.ndarray[Any, Any], count: int) -> np.ndarray[Any, Any]:
    """Of each part: pixels from its middle to what is known."""
    import cv2

    out, where = np.zeros(count, np.float32), mask > 0
    far = cv2.distanceTransform(where.astype(np.uint8), cv2.DIST_L2, 3)[where]
    np.maximum.at(out, labels[where], np.minimum(far, _FAR))  # infinite where all is masked
    return out


def _guessed(
    luma: Plane, mask: Mask, around: np.ndarray[Any, Any], half: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """How wrong a guess is ``around`` parts, and where one can be made.

    Each sample is guessed from what is known on its four sides, as far off as the middle of a part of ``half`` the
    width is from what is known around it. On stills in motion this is what the inpainting network is wrong by: 0.9 to
    1.3 times it, whatever the width.
    """
    y, x = np.nonzero(around)
    far, total, known = np.minimum(half + 1, _FAR), np.zeros(len(y), np.float32), np.zeros(len(y), np.float32)
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        rows, columns = y + down * far, x + right * far
        inside = (rows >= 0) & (rows < mask.shape[0]) & (columns >= 0) & (columns < mask.shape[1])
        rows, columns = np.where(inside, rows, y), np.where(inside, columns, x)
        there = inside & (mask[rows, columns] == 0)
        total += np.where(there, luma[rows, columns], 0)
        known += there
    return np.abs(luma[y, x] - total / np.maximum(known, 1)), known > 0


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
