"""How the picture beside a line moves from one frame to another, to a fraction of a pixel and without the line itself.

Dense flow is drawn along by a line that stays: a bright scratch holds it in its place over tens of pixels. So strips on
both sides, which leave out the line where it is in either frame, are laid onto the other frame in blocks of rows: from
the best of several guesses by the steps of Lucas & Kanade (1981; as in Baker & Matthews, "Lucas-Kanade 20 years on",
IJCV 2004, the inverse way), with weights against outliers. How sharply the strips' texture fixes the motion, and how
well they match, says how sure it is: on a flat wall nothing is.
"""

from __future__ import annotations

import copy
import functools
from dataclasses import dataclass

import numpy as np

from .blotches import Plane
from .lines import Numbers

BLOCK = 24  # rows that move as one
_INNER, _OUTER = 6, 21  # pixels from the line's middle: what a strip covers
_STEPS = np.concatenate([np.arange(-_OUTER, 1 - _INNER), np.arange(_INNER, 1 + _OUTER)])
_SIGMA = 1.0  # pixels: smooth enough for linear interpolation not to move what it samples
_ROUNDS = 4
_STEP, _FARTHEST = 0.7, 2.0  # pixels: of one round, and from the guess
_CAP = 0.06  # difference of a sample, 1 = full scale, from which on it is an outlier when guesses are compared
_FLOOR = 0.003  # difference of a sample that is none
_NOISE = 0.0015  # of a sample, whatever two frames that a codec made equal say: half a step of 8 bits is not known
_SHOWN = 0.3  # of a block's samples: so many must be in the picture and free of the line in both frames
_BOTH = 0.5  # of each side's samples: at the border of the picture the other side alone may be another thing
_ALIKE = 3.0  # smoothing by _SIGMA leaves about one independent sample in nine
_FITS = 0.3  # of a block's texture: so much may be left of it after it was laid on


def smoothed(luma: Plane) -> Plane:
    """Luma as :class:`Strips` compares it."""
    import cv2

    return np.asarray(cv2.GaussianBlur(luma, (0, 0), _SIGMA, borderType=cv2.BORDER_REPLICATE))


@dataclass(frozen=True)
class Blocks:
    """Rows of a line, in runs of about ``BLOCK``."""

    rows: Numbers
    starts: Numbers
    of_row: Numbers

    def sums(self, values: Numbers) -> Numbers:
        """Over each block's rows; what is beyond the first axis stays."""
        return np.asarray(np.add.reduceat(values, self.starts))

    def means(self, values: Numbers) -> Numbers:
        """Over each block's rows; what is beyond the first axis stays."""
        counts = np.diff(self.starts, append=len(self.rows))
        return self.sums(values) / counts.reshape(-1, *[1] * (values.ndim - 1))


def blocks(rows: Numbers) -> Blocks:
    count = max(1, len(rows) // BLOCK)
    of_row = np.minimum(np.arange(len(rows)) // BLOCK, count - 1)
    return Blocks(rows, BLOCK * np.arange(count), of_row)


@dataclass(frozen=True)
class Moved:
    """Motion of blocks in pixels, and the standard error of dx: infinite where nothing matches."""

    dx: Numbers
    dy: Numbers
    error: Numbers


class Strips:
    """What is beside a line of one frame, whose :func:`smoothed` luma is ``own``."""

    def __init__(self, own: Plane, rows: Numbers, columns: Numbers) -> None:
        self.blocks, self.columns = blocks(rows), columns[:, None]
        self.x = (self.columns + _STEPS).astype(np.float32)
        self.y = np.broadcast_to(rows[:, None], self.x.shape).astype(np.float32)
        self.shape, half = own.shape, np.float32(0.5)
        self.here = self._inside(self.x, self.y)
        self.luma = sampled(own, self.x, self.y)
        self.across = sampled(own, self.x + half, self.y) - sampled(own, self.x - half, self.y)
        self.down = sampled(own, self.x, self.y + half) - sampled(own, self.x, self.y - half)
        self.all = self._sum(np.ones_like(self.x))
        sides = np.split(self.here.astype(np.float32), 2, 1)
        self.beside = np.min([self.blocks.means(side.mean(1)) for side in sides], 0) >= _BOTH

    def moved(self, other: Plane, shift: Numbers, guesses: list[tuple[Numbers, Numbers]]) -> Moved:
        """To another frame, whose :func:`smoothed` luma is ``other``, from the best of the ``guesses`` on.

        Those are dx and dy of each block. ``shift``: the line's own motion, in each row.
        """
        line = self.columns + shift[:, None]
        dx, dy = start = self._best(other, line, guesses)
        for _ in range(_ROUNDS):
            miss, there = self._missed(other, line, dx, dy)
            xx, xy, yy, x, y = self._normal(miss, self._weights(miss, there))
            det = xx * yy - xy**2
            dx = dx + np.clip((yy * x - xy * y) / det, -_STEP, _STEP)
            dy = dy + np.clip((xx * y - xy * x) / det, -_STEP, _STEP)
        miss, there = self._missed(other, line, dx, dy)
        weights = self._weights(miss, there)
        xx, xy, yy, *_ = self._normal(miss, weights)
        power = self._mean(miss**2, weights)
        error = _ALIKE * np.sqrt((power + _NOISE**2) / (xx - xy**2 / yy))
        texture = np.sqrt(self._mean((self.luma - self._mean(self.luma, there)[self.blocks.of_row, None]) ** 2, there))
        fits = (np.sqrt(power) < _FITS * texture + _FLOOR) & (self._sum(there) > _SHOWN * self.all)
        fits &= self.beside & (np.hypot(dx - start[0], dy - start[1]) < _FARTHEST)
        return Moved(dx, dy, np.where(fits, error, np.inf))

    @functools.cached_property
    def halves(self) -> list[Strips]:
        """What is on the left of the line, and on the right, as strips of their own."""
        out = []
        for part in (slice(None, len(_STEPS) // 2), slice(len(_STEPS) // 2, None)):
            half = copy.copy(self)
            for name in ("x", "y", "here", "luma", "across", "down"):
                setattr(half, name, getattr(self, name)[:, part])
            half.all = half._sum(np.ones_like(half.x))
            out.append(half)
        return out

    def _best(self, other: Plane, line: Numbers, guesses: list[tuple[Numbers, Numbers]]) -> tuple[Numbers, Numbers]:
        dx, dy = np.zeros(len(self.all)), np.zeros(len(self.all))
        least = np.full(len(self.all), np.inf)
        for right, down in guesses:
            miss, there = self._missed(other, line, right, down)
            cost = self._mean(np.minimum(np.abs(miss), _CAP), there)
            cost[self._sum(there) < _SHOWN * self.all] = np.inf
            better = cost < least
            least, dx, dy = np.where(better, cost, least), np.where(better, right, dx), np.where(better, down, dy)
        return dx, dy

    def _missed(self, other: Plane, line: Numbers, dx: Numbers, dy: Numbers) -> tuple[Numbers, Numbers]:
        """What is left of each sample, and 1 for those that can be seen in both frames."""
        x, y = ((place + by[self.blocks.of_row, None]).astype(np.float32) for place, by in ((self.x, dx), (self.y, dy)))
        there = self.here & self._inside(x, y) & (np.abs(x - line) >= _INNER - 1)
        return self.luma - sampled(other, x, y), there.astype(np.float32)

    def _inside(self, x: Numbers, y: Numbers) -> Numbers:
        return np.asarray((x >= 0) & (x <= self.shape[1] - 1) & (y >= 0) & (y <= self.shape[0] - 1))

    def _weights(self, miss: Numbers, there: Numbers) -> Numbers:
        usual = np.maximum(1.5 * self._mean(np.abs(miss), there), _FLOOR)
        return np.asarray(there / (1 + (miss / usual[self.blocks.of_row, None]) ** 2))

    def _normal(self, miss: Numbers, weights: Numbers) -> list[Numbers]:
        """The normal equations of a step; a trace is added where texture leaves it open."""
        x, y = weights * self.across, weights * self.down
        products = (x * self.across + 1e-7, x * self.down, y * self.down + 1e-7, x * miss, y * miss)
        return [self._sum(each) for each in products]

    def _mean(self, values: Numbers, weights: Numbers) -> Numbers:
        return self._sum(values * weights) / np.maximum(self._sum(weights), 1e-6)

    def _sum(self, values: Numbers) -> Numbers:
        return self.blocks.sums(values.sum(1))


def sampled(plane: Plane, x: Numbers, y: Numbers) -> Numbers:
    import cv2

    return np.asarray(cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
