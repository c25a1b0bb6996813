"""How a frame as a whole moves and warps to the next, and what of it is weave.

Displacements are in pixels of the picture, as polynomials of its coordinates (``fields``): degree 1 holds translation,
rotation and scale, degrees 2 and 3 the warp of a gate or of shrunken film.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from math import comb

import numpy as np

from .. import kernels
from ..hdr.transfer import Floats
from . import blocks, contrast, fields, path, trust

DEGREE = 3
TERMS = len(fields.terms(DEGREE))
COLUMNS, ROWS = 10, 8  # of the points whose paths are smoothed

_STEP = 4  # pixels between the vectors that are fitted
_FEWEST = 0.5  # part of the picture that has to move together
# Pixels of the picture searched, and part of the motion: vectors that differ by less move together.
_TOGETHER = (0.5, 0.05)
_SMALLEST_SCALE = 0.05  # pixels: what a good search is off by
_INVERSIONS = 3  # of displacements that change by a few per cent from pixel to pixel: each gains two digits
# Per unit of weight: high degrees must not bend for what only a corner says.
_RIDGE = np.array([1e-6 * (x + y) ** 2 for x, y in fields.terms(DEGREE)])

_ROUNDS, _LONG = 4, 12
_DONE = 2e-3  # pixels: shorter steps change nothing
_STIFF = len(fields.terms(1))  # terms of translation, rotation, scale and shear
_AGREEING = 0.7  # pixels from a movement
_FEW = 0.1  # part of the picture that has to agree before the rest of a movement is asked how it bends
_HALF = 0.25  # belief in the places that say how large deviations are
_SETTLED = 0.4  # part of the picture that supports a movement: nothing else needs to be tried
_FARTHEST = 4.0  # pixels from the start: further is another solution, or none
_MOST = 10_000  # samples with the steepest slopes are looked at
_SHALLOWEST = 1e-3  # of full scale per pixel: flatter places say nothing
_NOISE = 1e-3  # of full scale: no smaller deviation counts as a sign of something else
_STIFFNESS = 25.0  # of _RIDGE, per unit of slope


Believed = tuple[Floats, trust.Parts]  # a movement, and what parts of the picture say of it


def movement(dx: Floats, dy: Floats, confidence: Floats) -> Floats | None:
    """Coefficients ``(TERMS, 2)`` of the displacement that most of a flow ``(H, W)`` agrees on, in its pixels.

    None where less than half of the picture agrees: then objects move, or nothing can be told.
    """
    height, width = dx.shape
    step = _STEP if min(height, width) > 4 * _STEP else 1
    dx, dy, confidence = (part[step // 2 :: step, step // 2 :: step] for part in (dx, dy, confidence))
    columns, rows = (part[step // 2 :: step, step // 2 :: step] for part in fields.grid(width, height))
    weights = confidence.ravel().astype(np.float64)
    known = weights > 0
    if known.mean() < _FEWEST:
        return None
    vectors = np.stack([dx.ravel(), dy.ravel()], axis=1)[known].astype(np.float64)
    terms = fields.basis(columns.ravel()[known], rows.ravel()[known], DEGREE)
    coefficients, _ = fields.fit(terms, vectors, weights[known], _RIDGE, _SMALLEST_SCALE)
    apart = np.hypot(*(vectors - terms @ coefficients).T)
    near = apart < _TOGETHER[0] + _TOGETHER[1] * np.hypot(*np.median(vectors, axis=0))
    return coefficients if near.sum() >= _FEWEST * weights.size else None


def between(first: Floats, second: Floats, flow: Sequence[Floats]) -> tuple[Floats, Floats] | None:
    """How the picture as a whole moves from ``first`` to ``second``: coefficients ``(TERMS, 2)`` in its pixels.

    And their variances. Pictures ``(H, W)`` float32 without slow shades; ``flow``: dx, dy and confidence between them.
    With contrast evened out (:mod:`.contrast`), the flow is refined in degree 1, then by the parts of the picture that
    agree with it alone (:mod:`.trust`), and from there in all degrees; each is kept if clearly more of the picture
    supports it, or as much, clearly closer. Where little does, what blocks say stands still is another start. None
    where nothing is supported.
    """
    plain = first, second
    first, second = contrast.evened(first, second, *flow[:2])
    start = movement(*flow)
    best = None
    if start is not None:
        best = _supported(first, second, refined(first, second, start[:_STIFF], _LONG))
    believed = best is not None and best[1].enough
    if best is None or best[1].support < _SETTLED:
        found = blocks.movement(*plain)
        if found is not None:
            other = _supported(first, second, found)
            if best is None or (other[1].closer_than(best[1]) if believed else other[1].support > best[1].support):
                best, believed = other, other[1].all_around(float(np.hypot(*other[0][0])))
    if best is None or not believed:
        return None
    out, variances = np.zeros((2, TERMS, 2))
    count, degree = len(best[0]), DEGREE if len(best[0]) == TERMS else 1
    out[:count], variances[:count] = best[0], best[1].variances(degree)
    return out, variances


def _supported(first: Floats, second: Floats, start: Floats) -> Believed:
    """What a start of degree 1 leads to, in degree 1 or from there in all: what most parts of the picture support.

    All degrees have to be clearly better, since they bend for objects and for grain, too; few parts cannot say it.
    """
    stiff = _settled(first, second, (start, _asked(first, second, start)))
    if stiff[1].support < _FEW:
        return stiff
    lifted = np.zeros((TERMS, 2))
    lifted[:_STIFF] = stiff[0]
    return _settled(first, second, (lifted, stiff[1]), stiff)


def _settled(first: Floats, second: Floats, known: Believed, otherwise: Believed | None = None) -> Believed:
    """What the parts that agree with a movement make of it if that is clearly better, else the movement."""
    start, asked = known
    found = refined(first, second, start, believed=asked.agreement(_AGREEING, first.shape))
    again = _asked(first, second, found)
    return (found, again) if again.better_than(asked) else otherwise or known


def _asked(first: Floats, second: Floats, found: Floats) -> trust.Parts:
    height, width = first.shape
    dx, dy = (_field(axis, _everywhere(width, height)[: len(found)]) for axis in _floats(found).T)
    return trust.parts(first, second, dx, dy)


def refined(
    first: Floats, second: Floats, start: Floats, rounds: int = _ROUNDS, believed: Floats | None = None
) -> Floats:
    """``start`` improved until ``second``, warped by it, lies on ``first``: ``(H, W)`` float32 without slow shades.

    ``(terms, 2)`` coefficients, those of degree 1 or all. Flow is off by a tenth of a pixel, and guesses where there is
    nothing to see; slopes of the pictures themselves say in which direction each place can be trusted (Lucas and
    Kanade, IJCAI 1981, on all coefficients at once; with the mean of both pictures' slopes as Malis, ICRA 2004).
    Deviations are weighted by Tukey's biweight, and by how far each place is ``believed``, ``(H, W)`` in 0..1. Grain
    makes slopes steeper and steps shorter: it takes more ``rounds``.
    """
    height, width = first.shape
    count = len(start)
    rows, columns = _steepest(first if believed is None else first * np.sqrt(believed))
    if len(rows) < 20 * TERMS:
        return start
    everywhere = _everywhere(width, height)[:count]
    terms, here = everywhere[:, rows, columns].T, first[rows, columns]
    belief = np.ones(len(rows), np.float32) if believed is None else believed[rows, columns]
    out = start
    for _ in range(rounds):
        dx, dy = (_field(axis, everywhere) for axis in _floats(out).T)
        there = kernels.warp(second, dx, dy)
        mean = (first + there) / 2
        slopes = [mean[rows, columns + 1] - mean[rows, columns - 1], mean[rows + 1, columns] - mean[rows - 1, columns]]
        jacobian = np.concatenate([slope[:, None] / 2 * terms for slope in slopes], axis=1)
        deviation = there[rows, columns] - here
        at_x, at_y = columns + dx[rows, columns], rows + dy[rows, columns]
        inside = (belief > _HALF) & (at_x > 2) & (at_x < width - 3) & (at_y > 2) & (at_y < height - 3)
        if inside.sum() < 20 * TERMS:
            return start
        size = max(1.4826 * float(np.median(np.abs(deviation[inside]))), _NOISE)
        weights = belief * inside * np.clip(1 - (deviation / (4.685 * size)) ** 2, 0, 1) ** 2
        normal, right = fields.normal_equations(jacobian, _floats(weights), deviation[:, None])
        normal += np.diag(np.tile(_RIDGE[:count], 2) * _STIFFNESS * np.trace(normal))
        step = np.linalg.solve(normal, right).reshape(2, count).T
        out = out - step
        if np.abs(step).max() < _DONE:
            break
    return out if np.abs(out - start).max() < _FARTHEST else start


@functools.cache
def _everywhere(width: int, height: int) -> np.ndarray:
    """``(TERMS, height, width)``: every term at every pixel."""
    terms = fields.basis(*fields.grid(width, height), DEGREE)
    return np.moveaxis(terms, -1, 0).astype(np.float32, order="C")


def _field(coefficients: np.ndarray, terms: np.ndarray) -> np.ndarray:
    out = coefficients[0] * terms[0]
    for coefficient, term in zip(coefficients[1:], terms[1:], strict=True):
        out += coefficient * term
    return out


def _floats(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32)


def _steepest(picture: Floats) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the samples, of every second, whose slopes say most."""
    if min(picture.shape) < 8:
        return np.empty(0, int), np.empty(0, int)
    down, across = (np.asarray(slope) for slope in np.gradient(picture))
    steepness = (across**2 + down**2)[2:-2:2, 2:-2:2]
    most = min(_MOST, steepness.size)
    rows, columns = np.nonzero(steepness >= max(np.partition(steepness.ravel(), -most)[-most], _SHALLOWEST**2))
    return 2 * rows + 2, 2 * columns + 2


class Picture:
    """Sizes, and points of a picture as pairs of coordinates in -1..1."""

    def __init__(self, width: int, height: int) -> None:
        self.half = np.array([width / 2, height / 2])  # pixels per unit
        self.points = np.stack(fields.grid(COLUMNS, ROWS), axis=-1).reshape(-1, 2)
        self._from_points = np.linalg.pinv(self._basis(self.points))

    @staticmethod
    def _basis(points: Floats) -> Floats:
        # Beyond the picture polynomials run away: there what holds at its edge goes on.
        inside = np.clip(points, -1.25, 1.25)
        return fields.basis(inside[..., 0], inside[..., 1], DEGREE)

    def moved(self, points: Floats, step: Floats) -> Floats:
        return points + self._basis(points) @ step / self.half

    def moved_back(self, points: Floats, step: Floats) -> Floats:
        """The points that ``moved`` brings here."""
        out = points
        for _ in range(_INVERSIONS):
            out = points - self._basis(out) @ step / self.half
        return out

    def paths(self, steps: Floats, centre: int) -> Floats:
        """Displacements ``(frames, points, 2)``, in pixels, of what lies at the points in frame ``centre``."""
        steps = steps.reshape(-1, TERMS, 2)
        places = [self.points]
        for step in steps[centre:]:
            places.append(self.moved(places[-1], step))
        for step in steps[:centre][::-1]:
            places.insert(0, self.moved_back(places[0], step))
        return (np.stack(places) - self.points) * self.half

    def correction(self, steps: Floats, variances: Floats, centre: int, radius: int) -> Floats:
        """Coefficients ``(TERMS, 2)`` of where what lies in frame ``centre`` is meant to lie, from where it is.

        ``variances``: those of the steps. What could be their errors is left where it is.
        """
        paths = self.paths(steps, centre)
        meant, pulls = path.fitted(paths.reshape(len(paths), -1), centre, radius)
        shares = significant(steps, variances, pulls, centre)
        return shares * (self._from_points @ meant.reshape(-1, 2))

    def fetch(self, points: Floats, correction: Floats) -> Floats:
        """Where, in pixels from ``points`` of the steady picture, the frame has what belongs there."""
        return (self.moved_back(points, correction) - points) * self.half


def significant(steps: Floats, variances: Floats, pulls: Floats, centre: int) -> Floats:
    """``(TERMS, 2)``: what part, 0..1, of the shake measured in each coefficient is shake of the picture.

    ``steps`` and ``variances`` ``(frames - 1, TERMS, 2)``; ``pulls`` (frames) are what each frame's place counts for in
    the place that frame ``centre`` is meant to have. Wiener's weight: the variance of the shake (of fourth differences,
    less what errors of the steps put into them) over that and the variance that the errors put into the correction.
    Fewer than five frames have no such differences: what shakes there may as well be meant.
    """
    if len(steps) < 4:
        return np.zeros(steps.shape[1:])
    seen = (np.diff(steps, 3, axis=0) ** 2).mean(axis=0)  # fourth differences of the path are third ones of its steps
    shake = np.maximum(seen - comb(6, 3) * np.median(variances, axis=0), 0) / comb(8, 4)
    # An error between two frames moves all that lie beyond it.
    beyond = np.concatenate([np.cumsum(pulls)[:centre], np.cumsum(pulls[::-1])[::-1][centre + 1 :]])
    wrong = np.tensordot(beyond**2, variances, 1)
    return np.divide(shake, shake + wrong, out=np.zeros_like(shake), where=shake > 0)
