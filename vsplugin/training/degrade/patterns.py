"""Luma patches of what photographs lack: noise, screens, stripes, single points and lines, at full contrast.

A network trained on photographs alone answered a chessboard of single pixels with 90 times full scale.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..pictures import imresize

_MARGIN = 4  # low-resolution pixels around the patch that its shrinking looks at


def _cells(rng: np.random.Generator, side: int, draw: Callable[[tuple[int, int]], np.ndarray]) -> np.ndarray:
    """Values drawn for cells of 1 to 4 pixels, at a random place of their grid."""
    cell = int(rng.integers(1, 5))
    values = draw((side // cell + 2, side // cell + 2)).repeat(cell, 0).repeat(cell, 1)
    y, x = rng.integers(cell, size=2)
    return values[y : y + side, x : x + side]


def _noise(rng: np.random.Generator, side: int) -> np.ndarray:
    return _cells(rng, side, lambda shape: rng.random(shape))


def _black_and_white(rng: np.random.Generator, side: int) -> np.ndarray:
    return _cells(rng, side, lambda shape: rng.integers(0, 2, shape).astype(np.float64))


def _points(rng: np.random.Generator, side: int) -> np.ndarray:
    share = 10 ** rng.uniform(-2.5, -1)
    return _cells(rng, side, lambda shape: (rng.random(shape) < share).astype(np.float64))


def _chessboard(rng: np.random.Generator, side: int) -> np.ndarray:
    return _cells(rng, side, lambda shape: np.indices(shape).sum(0) % 2.0)


def _stripes(rng: np.random.Generator, side: int) -> np.ndarray:
    """Of any direction and period, with hard or soft edges."""
    angle, period, phase = rng.uniform(0, np.pi), 2 ** rng.uniform(1, 4.5), rng.uniform(0, 2 * np.pi)
    y, x = np.indices((side, side))
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period + phase)
    return np.clip(0.5 + wave * 2 ** rng.uniform(-1, 3), 0, 1)


def _lines(rng: np.random.Generator, side: int) -> np.ndarray:
    """A few straight lines, one to three pixels thick, and the edge of a half plane."""
    y, x = np.indices((side, side))
    out = np.zeros((side, side))
    for line in range(int(rng.integers(1, 5))):
        angle, far = rng.uniform(0, np.pi), rng.uniform(0.2, 0.8) * side
        distance = (x - far) * np.cos(angle) + (y - far) * np.sin(angle)
        out = np.maximum(out, distance > 0 if line == 0 else np.abs(distance) < rng.uniform(0.5, 1.5))
    return out


PATTERNS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "noise": _noise,
    "black and white": _black_and_white,
    "points": _points,
    "chessboard": _chessboard,
    "stripes": _stripes,
    "lines": _lines,
}
_KINDS = tuple(PATTERNS.values())


def pattern(rng: np.random.Generator, patch: int, scale: int) -> tuple[np.ndarray, np.ndarray]:
    """A patch of ``patch`` pixels a side and the same ``scale`` times larger, float32 in 0..1."""
    side = (patch + 2 * _MARGIN) * scale
    high = _KINDS[int(rng.integers(len(_KINDS)))](rng, side)
    if rng.random() < 0.5:
        high = 1 - high
    low = imresize(high[..., None], side // scale, side // scale)[..., 0]
    edge = _MARGIN * scale
    low, high = low[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN], high[edge:-edge, edge:-edge]
    return low.astype(np.float32), high.astype(np.float32)
