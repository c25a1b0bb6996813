"""A tear on a frame: a ragged gap that runs in from the left or the right border, drawn and not copied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..draw import Array


@dataclass(frozen=True)
class Rip:
    """``cover``: how much each pixel is hidden, ``(H, W)`` 0..1; ``below``: 255 beneath the gap's middle, else 0.

    What lies below is displaced by ``(right, down)`` pixels; a gap that ends within the picture displaces nothing.
    """

    cover: Array
    below: Array
    right: float
    down: float


def rip(rng: np.random.Generator, width: int, height: int, size: float, gape: float, shift: float) -> Rip:
    """A rip about ``size`` pixels long that gapes about ``gape`` pixels, displacing by ``shift`` (deviation)."""
    length = size * float(np.exp(rng.normal(0, 0.45)))
    gape = max(1.5, gape * float(np.exp(rng.normal(0, 0.4))))
    start, slope = float(rng.uniform(0.1, 0.9)) * height, float(rng.normal(0, 0.25))
    across = length >= width
    along = np.arange(width, dtype=np.float64)
    middle = start + slope * along + 0.03 * height * _walk(rng, width, 1.0)
    left = 1.0 if across else np.clip((length - along) / (0.5 * length), 0, 1) ** 0.5
    up, down = (gape / 2 * left * np.clip(1 + 0.35 * _walk(rng, width, 0.6), 0.15, 3) for _ in range(2))
    if rng.random() < 0.5:
        middle, up, down = middle[::-1], up[::-1], down[::-1]
    moved = rng.normal(0, shift, 2) if across else (0.0, 0.0)
    rows = np.arange(height)[:, None]
    gap = up + down
    cover = np.clip(0.5 + np.minimum(rows - (middle - up), middle + down - rows), 0, 1) * np.clip(gap, 0, 1)
    below = np.where(across & (rows > middle), 255, 0).astype(np.uint8)
    return Rip(cover.astype(np.float32), below, *(round(float(by), 3) for by in moved))


def _walk(rng: np.random.Generator, count: int, slope: float) -> Array:
    """Noise along a line whose spectrum falls with frequency to the power ``slope``; mean 0, deviation 1."""
    spectrum = np.fft.rfft(rng.standard_normal(2 * count))
    frequency = np.fft.rfftfreq(2 * count)
    frequency[0] = np.inf
    out = np.fft.irfft(spectrum * frequency**-slope)[:count]
    return (out - out.mean()) / out.std()
