"""Halos and ringing: how far a picture leaves the range of the truth around each pixel."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np

from .registry import LOWER, Luma, metric

RADIUS = 2  # pixels: what one source pixel of an enlargement by two reaches


def halo_energy(out: np.ndarray, truth: np.ndarray, radius: int = RADIUS) -> float:
    """Mean square of how far ``out`` leaves the range of ``truth`` within ``radius`` pixels; both ``(H, W)``.

    In the square of the samples' unit; ``radius`` pixels of border are left out; NaN if nothing else is left.
    """
    if min(truth.shape) <= 2 * radius:
        return math.nan
    low, high = (_extremes(truth, radius, pick) for pick in (np.minimum, np.maximum))
    inner = out[radius:-radius, radius:-radius]
    return float(np.mean((np.maximum(inner - high, 0) + np.maximum(low - inner, 0)) ** 2, dtype=np.float64))


def _extremes(plane: np.ndarray, radius: int, pick: np.ufunc) -> np.ndarray:
    """Running minimum or maximum over squares, where they lie inside."""
    for axis in (0, 1):
        size = plane.shape[axis] - 2 * radius
        parts = [plane[(slice(None),) * axis + (slice(start, start + size),)] for start in range(2 * radius + 1)]
        plane = pick.reduce(parts)
    return plane


@metric()
def halo(reference: Luma, distorted: Luma) -> Annotated[float, "8-bit steps²", LOWER]:
    """Energy of halos and ringing: how far luma leaves the range of the reference's within 2 pixels, squared.

    Mean over the picture of (max(0, distorted - local maximum) + max(0, local minimum - distorted))², nominal luma
    times 255, a border of 2 pixels left out. Noise counts as well.

    Source: own; the overshoot that de-ringing filters limit (for example libplacebo's anti-ringing), as a measure.
    """
    return halo_energy(distorted, reference) * 255**2
