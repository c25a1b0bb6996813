"""Flat areas of colours that photographs lack, for what networks must leave alone."""

from __future__ import annotations

import numpy as np

# Y, Cb, Cr: the corners, edges and faces of the cube of codes, where photographs never go, and its middle.
LEVELS = [
    (y, u, v) for y in (-0.05, 0.0, 0.5, 1.0, 1.05) for u in (-0.55, -0.3, 0.0, 0.55) for v in (-0.55, 0.0, 0.3, 0.55)
]


def side_by_side(width: int) -> list[np.ndarray]:
    """Three planes: every one of ``LEVELS`` over ``width`` x 96 pixels, from left to right."""
    return [np.hstack([np.full((96, width), level[p], np.float32) for level in LEVELS]) for p in range(3)]
