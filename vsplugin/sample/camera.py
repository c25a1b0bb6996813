"""What cheap cameras and codecs do to pictures, each from the frame number alone."""

from __future__ import annotations

from functools import cache

import numpy as np

from .draw import Array

Planes = tuple[Array, Array, Array]


def sensor_noise(planes: Planes, frame: int, luma: float, chroma: float) -> Planes:
    """White noise on all planes."""
    rng = np.random.default_rng([1927, 6, frame])
    amounts = (luma, chroma, chroma)
    y, u, v = (
        plane + np.float32(amount) * rng.standard_normal(plane.shape, dtype=np.float32)
        for plane, amount in zip(planes, amounts, strict=True)
    )
    return y, u, v


@cache
def _dct() -> Array:
    k, n = np.mgrid[0:8, 0:8]
    basis = np.sqrt(np.where(k == 0, 1, 2) / 8) * np.cos(np.pi * (2 * n + 1) * k / 16)
    return basis.astype(np.float32)


def blocks(plane: Array, step: float) -> Array:
    """What a codec with 8x8 blocks leaves: transform coefficients rounded, the high ones more coarsely."""
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % 8), (0, -width % 8)), mode="edge")
    tiles = padded.reshape(padded.shape[0] // 8, 8, padded.shape[1] // 8, 8).transpose(0, 2, 1, 3)
    basis = _dct()
    steps = np.float32(step) * (1 + np.add.outer(np.arange(8), np.arange(8)).astype(np.float32) * 0.55)
    coefficients = np.rint(basis @ tiles @ basis.T / steps) * steps
    tiles = basis.T @ coefficients @ basis
    return tiles.transpose(0, 2, 1, 3).reshape(padded.shape)[:height, :width]
