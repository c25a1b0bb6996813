"""How brightness changes from one frame to the next, and what of it is flicker.

The model: where nothing but the exposure changes, luma is multiplied by ``exp(field(x, y) + tone * shade(luma))``.
``field`` is a polynomial of degree 3 over the picture; ``shade`` falls from 1 in black to 0.1 in white, so ``tone``
says how much more the shadows change than the highlights (fog, an offset) while black stays black.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..hdr.transfer import Floats
from . import fields, path

DEGREE = 3
COLUMNS, ROWS = 8, 6  # of the grid on which gains are smoothed over time and handed to the filter
KNEE = 0.1  # luma at which shade has fallen to a half
GREY = 0.5  # luma for which gains are meant

_DARKEST = 0.02  # nominal luma: below, a change by 8 % is less than half an 8-bit step
_BRIGHTEST = 0.98  # SDR that may be clipped
_NOISE = 0.1  # luma at which a sample counts half: there noise is as large a part of it as flicker
_CELL = 4  # pixels of the picture measured that are compared as one
_POWER = 0.6  # of bends: fades end sharper than cameras turn
_FEWEST = 0.05  # part of the picture that has to agree
_SMALLEST_SCALE = 1e-3  # natural logarithms of gain: quantisation of means
_LARGEST_SCALE = 0.12  # foliage in a fast pan scatters by 0.09: more is another scene
# How much worse than the window's median a frame's changes may fit, in times, for it to be corrected whole, and at all.
# Chosen on scenes of training stills with flicker: under grain, dirt and objects none passed 1.4; where another picture
# was laid over a frame at 40 %, half passed 2.
_WORSE, _FOREIGN = 1.6, 2.0
_FITTING = 0.033  # natural logarithms: no fit with a smaller deviation counts as bad
# Per unit of weight. High degrees cannot run away where nothing is known; tone is believed where shades differ.
_RIDGE = np.array([0.0, *[1e-5 * (x + y) ** 2 for x, y in fields.terms(DEGREE)[1:]], 1e-4])


def shade(luma: Floats) -> Floats:
    return KNEE / (np.maximum(luma, 0) + KNEE)


def change(luma: Floats, aligned: Floats, confidence: Floats, *, clipped: bool = True) -> Floats | None:
    """Coefficients of the change from ``luma`` to the next frame ``aligned`` to it: of the field, tone; then deviation.

    All are ``(H, W)``, luma in nominal units of a gamma signal. What moves, is hidden or changes by itself is outvoted.
    ``clipped`` says that white ends at 1. The last value is how far, in natural logarithms, the picture lies apart from
    that change (a robust standard deviation). None where less than a twentieth of the picture can be
    compared, or all of it differs.
    """
    luma, aligned, confidence = (_means(plane) for plane in (luma, aligned, confidence))
    mean = (luma + aligned) / 2
    known = (confidence > 0.5) & (mean > _DARKEST) & np.isfinite(mean)
    if clipped:
        known &= np.maximum(luma, aligned) < _BRIGHTEST
    if known.mean() < _FEWEST:
        return None
    mean, confidence = mean[known].astype(np.float64), confidence[known].astype(np.float64)
    ratio = np.clip((aligned[known] - luma[known]) / (2 * mean), -0.9, 0.9)
    logs = 2 * np.arctanh(ratio)
    weights = confidence * mean**2 / (mean**2 + _NOISE**2)
    columns, rows = fields.grid(luma.shape[1], luma.shape[0])
    terms = fields.basis(columns[known], rows[known], DEGREE)
    terms = np.concatenate([terms, shade(mean)[:, None]], axis=1)
    fitted, left = fields.fit(terms, logs[:, None], weights, _RIDGE, _SMALLEST_SCALE)
    coefficients = fitted[:, 0]
    agreeing = (left > 0.1 * weights).sum() / luma.size
    apart = 1.4826 * float(np.median(np.abs(logs - terms @ coefficients)))
    return np.append(coefficients, apart) if agreeing >= _FEWEST and apart <= _LARGEST_SCALE else None


def _means(plane: Floats) -> Floats:
    """Means of 4x4 samples, of fewer in small pictures: less noise, and less work."""
    size = max(1, min(_CELL, min(plane.shape) // 8))
    height, width = (side // size for side in plane.shape)
    return plane[: size * height, : size * width].reshape(height, size, width, size).mean(axis=(1, 3))


def within(change: Floats, largest: float) -> bool:
    """Whether a change is small enough for flicker: its median over the picture at most ``largest`` (0.3: by 30 %)."""
    return bool(np.median(np.abs(np.expm1(_on_grid(change[:-1])))) <= largest)


class Correction(NamedTuple):
    """What takes the flicker out of a frame: luma * (1 + gain + tone * (shade(luma) - shade(GREY)))."""

    gain: Floats  # (ROWS, COLUMNS)
    tone: float


def correction(steps: Floats, centre: int, radius: int) -> Correction:
    """Of frame ``centre`` of a window of ``radius`` frames on each side, from the changes between its frames.

    Gains are smoothed as they are, not as logarithms: a linear fade is a straight line then, and stays one. Flicker is
    in proportion to the light, so what was dark says more.
    """
    steps, deviations = steps[:, :-1], steps[:, -1]
    total = np.vstack([np.zeros(steps.shape[1]), np.cumsum(steps, axis=0)])
    total -= total[centre]
    logs = _on_grid(total)
    gains, shake = np.exp(logs), path.shake(np.concatenate([logs, total[:, -1:]], axis=1))
    level = np.exp(logs.mean(axis=1))
    meant, _ = path.fitted(np.concatenate([gains, total[:, -1:]], axis=1), centre, radius, shake, level, _POWER)
    share = _belonging(deviations, centre)
    return Correction(share * (meant[:-1] - 1).reshape(ROWS, COLUMNS), share * float(meant[-1]))


def _belonging(deviations: Floats, centre: int) -> float:
    """How much of its correction a frame gets, 0..1, by how its changes fit beside those of the whole window."""
    beside = float(deviations[max(0, centre - 1) : centre + 1].min())
    worse = beside / max(float(np.median(deviations)), _FITTING)
    return float(np.clip((_FOREIGN - worse) / (_FOREIGN - _WORSE), 0, 1))


def _on_grid(coefficients: Floats) -> Floats:
    """The field at the cells of the grid, in logarithms of the gain of grey."""
    return coefficients[..., :-1] @ _GRID.T + coefficients[..., -1:] * shade(np.array(GREY))


_GRID = fields.basis(*fields.grid(COLUMNS, ROWS), DEGREE).reshape(ROWS * COLUMNS, -1)
