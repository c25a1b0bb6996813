"""How far a movement between two pictures can be believed: what parts of the picture say of it, each by itself.

A fit knows how well the samples it kept agree; it does not know that those it outvoted may have been right. So parts of
32 pixels are asked after it, with one vote each: how far they still are from where the movement puts them.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from .. import kernels
from ..hdr.transfer import Floats
from . import fields

_SIDE, _STEP = 32, 16  # pixels of a part, and from one to the next
_OVERLAP = (_SIDE / _STEP) ** 2  # parts that share a sample: so many times fewer are independent
_REACH = 2  # pixels to each side that are tried
_ALIKE = 0.4  # correlation: less is no sign of anything
_NEAR = 0.5  # pixels: parts farther from the movement than this do not support it
_EXACT = 0.02  # pixels: no part is known better
_UNKNOWN = 1e6  # squared pixels
_FEWEST, _SHARE = 12, 0.2  # parts that have to support a movement: in number, and of the picture
_MORE, _CLOSER = 1.1, 0.85  # times the support, and the spread, of another: clearly better
_AROUND = 0.2  # of the extent of the whole: what a fifth of the picture has, in one place
_FASTER = 0.05  # more of it for each pixel moved: gates weave by a few, objects go where they want


@dataclass(frozen=True)
class Parts:
    """Parts of a picture that are alike somewhere near, after a movement."""

    places: Floats  # (parts, 2): centres, in -1..1 over the picture
    left: Floats  # (parts, 2): pixels from where the movement puts them; NaN if alike at the end of the reach only
    asked: Floats  # (more parts, 2): centres of all, those that say nothing too

    @functools.cached_property
    def _near(self) -> Floats:
        """How far each part says that the movement is right, 0..1."""
        return np.maximum(1 - (np.nan_to_num(self.left, nan=_NEAR) ** 2).sum(axis=1) / _NEAR**2, 0)

    @functools.cached_property
    def extent(self) -> float:
        """How far those parts lie apart, 1 if everywhere: an object is in one place, the background all around."""
        if self._near.sum() < _FEWEST:
            return 0.0
        extent = np.sqrt(np.cov(self.places.T, aweights=self._near, ddof=0).diagonal().prod())
        return float(extent / max(self.asked.std(axis=0).prod(), _EXACT))

    @property
    def support(self) -> float:
        """How much of the picture says that the movement is right, or lies between parts that do: 0 to about 1."""
        return self.extent * float(self._near.sum()) / max(len(self.asked), 1)

    @property
    def spread(self) -> float:
        """Mean square of how far parts that support the movement still are from it, in squared pixels."""
        near = self._near
        return float((near @ np.nan_to_num(self.left) ** 2).sum() / max(near.sum(), _EXACT)) + _EXACT**2

    def better_than(self, other: Parts) -> bool:
        """Whether clearly more of the picture supports this movement, or as much, clearly closer.

        Movements with more freedom come a little closer to parts that say nothing but grain.
        """
        return self.support > _MORE * other.support or self.closer_than(other)

    def closer_than(self, other: Parts) -> bool:
        """Whether as much of the picture supports this movement, clearly closer."""
        return self.support >= other.support and self.spread < _CLOSER * other.spread

    @property
    def enough(self) -> bool:
        """Whether the background moves so, if nothing else is known."""
        return self.support >= _SHARE

    def all_around(self, moved: float) -> bool:
        """Whether it may be the background, and not an object, that moved so many pixels: if it has no rival."""
        return self.extent >= _AROUND + _FASTER * moved

    def agreement(self, near: float, shape: tuple[int, ...]) -> Floats:
        """``(H, W)``: how far, 0..1, the parts around each pixel are within ``near`` pixels of the movement.

        1 in a picture too small to have parts.
        """
        import cv2

        if not len(self.asked):
            return np.ones(shape, np.float32)
        belief = np.clip(1 - (np.nan_to_num(self.left, nan=near) ** 2).sum(axis=1) / near**2, 0, 1) ** 2
        height, width = shape
        x, y = (np.unique(side) for side in self.asked.T)
        coarse = np.zeros((len(y), len(x)), np.float32)
        coarse[np.searchsorted(y, self.places[:, 1]), np.searchsorted(x, self.places[:, 0])] = belief
        at_x = (np.arange(width) - (x[0] + 1) / 2 * width) / _STEP
        at_y = (np.arange(height) - (y[0] + 1) / 2 * height) / _STEP
        columns, rows = np.meshgrid(at_x.astype(np.float32), at_y.astype(np.float32))
        return np.asarray(cv2.remap(coarse, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))

    def variances(self, degree: int) -> Floats:
        """``(terms, 2)``: of the coefficients of a movement of ``degree``, as if it had been fitted to these parts.

        Least squares' own, from the spread of all that are near: in squared pixels. A million if they cannot tell.
        """
        known = np.isfinite(self.left[:, 0])
        terms = fields.basis(self.places[known, 0], self.places[known, 1], degree)
        count = terms.shape[1]
        if known.sum() < 2 * count or np.linalg.matrix_rank(terms) < count:
            return np.full((count, 2), _UNKNOWN)
        spread = np.maximum((self.left[known] ** 2).mean(axis=0), _EXACT**2) * _OVERLAP
        return np.diag(np.linalg.inv(terms.T @ terms))[:, None] * spread


def parts(first: Floats, second: Floats, dx: Floats, dy: Floats) -> Parts:
    """What parts of ``first`` say of the movement ``dx``, ``dy`` to ``second``.

    All ``(H, W)`` float32, the pictures without slow shades. Each is matched by normalised correlation within two
    pixels along each axis; the vertex of the parabola through the best and its neighbours is where it is.
    """
    import cv2

    height, width = first.shape
    margin = _REACH + int(np.ceil(min(max(np.abs(dx).max(), np.abs(dy).max()), min(height, width) / 4)))
    rows, columns = (np.arange(margin + _SIDE // 2, side - margin - _SIDE // 2 + 1, _STEP) for side in (height, width))
    if not (len(rows) and len(columns)):
        return Parts(*np.empty((3, 0, 2)))
    there, at = kernels.warp(second, dx, dy), np.ix_(rows, columns)

    def mean(picture: Floats) -> Floats:
        means = cv2.boxFilter(picture, cv2.CV_32F, (_SIDE, _SIDE), borderType=cv2.BORDER_REFLECT)
        return np.asarray(means[at], np.float64)

    own = mean(first)
    power = mean(first * first) - own**2

    def alike(x: int, y: int) -> Floats:
        moved = np.roll(there, (-y, -x), (0, 1))
        other = mean(moved)
        powers = power * (mean(moved * moved) - other**2)
        return (mean(first * moved) - own * other) / np.sqrt(np.maximum(powers, 1e-14))

    middle, steps = alike(0, 0), [k for k in range(-_REACH, _REACH + 1) if k]
    across, down = (
        np.stack([*found[:_REACH], middle, *found[_REACH:]])
        for found in ([alike(k, 0) for k in steps], [alike(0, k) for k in steps])
    )
    says = np.maximum(across, down).max(axis=0) > _ALIKE
    left = np.stack([_vertex(across), _vertex(down)], axis=-1)[says]
    left[np.isnan(left).any(axis=1)] = np.nan
    places = np.stack(np.meshgrid(columns / width * 2 - 1, rows / height * 2 - 1), axis=-1)
    return Parts(places[says], left, places.reshape(-1, 2))


def _vertex(values: Floats) -> Floats:
    """Of the parabolas through the middle of ``(2 * _REACH + 1, ...)`` and its neighbours; NaN if it is not largest."""
    before, here, after = values[_REACH - 1 : _REACH + 2]
    bend = before + after - 2 * here
    off = (before - after) / (2 * np.where(bend < 0, bend, -np.inf))
    return np.where((values.argmax(axis=0) == _REACH) & (bend < 0), off, np.nan)
