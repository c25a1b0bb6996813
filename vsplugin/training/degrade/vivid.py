"""Pictures in colours that photographs lack.

Where a network has seen nothing it may answer with anything: on saturated flat areas one of ours answered with 700
times full scale (docs/training.md).
"""

from __future__ import annotations

import numpy as np

_LOW = np.float32([-0.08, -0.58, -0.58])[:, None, None]  # what 8-bit codes can say, and a little more
_HIGH = np.float32([1.1, 0.58, 0.58])[:, None, None]
_BRIGHT = 2.6  # ten times the light in gamma 2.4


def recoloured(planes: np.ndarray, rng: np.random.Generator, share: float, bright: float = 0.0) -> np.ndarray:
    """``(N, 3, H, W)`` float32 Y, Cb, Cr; ``share`` of them with contrast and level of each plane drawn anew.

    Levels reach the ends of what codes can say; the part ``bright`` of these goes 2.6 times as far, as HDR does in the
    gamma that models see (4,000 cd/m², vsplugin/hdr/gamma.py).
    """

    def uniform(low: float, high: float, of: int = 1) -> np.ndarray:
        return rng.uniform(low, high, (len(planes), of, 1, 1)).astype(np.float32)

    chosen = uniform(0, 1) < share
    contrast = uniform(0, 1.5, 3)
    level = np.concatenate([uniform(-0.08, 1.1), uniform(-0.58, 0.58, 2)], 1)
    reach = np.ones((len(planes), 1, 1, 1), np.float32)
    if bright:
        reach += np.float32(_BRIGHT - 1) * (uniform(0, 1) < bright)
    drawn = reach * (level + contrast * (planes - planes.mean((2, 3), keepdims=True)))
    return np.where(chosen, np.clip(drawn, reach * _LOW, reach * _HIGH), planes)


def other_levels(
    low: np.ndarray, high: np.ndarray, rng: np.random.Generator, share: float, bright: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """The same for pairs of luma, ``(N, H, W)``: both of a pair by one straight line, so that they stay a pair."""

    def uniform(lowest: float, highest: float) -> np.ndarray:
        return rng.uniform(lowest, highest, (len(low), 1, 1)).astype(np.float32)

    chosen = uniform(0, 1) < share
    contrast, level = uniform(0, 1.5), uniform(-0.08, 1.1)
    reach = 1 + np.float32(_BRIGHT - 1) * (uniform(0, 1) < bright)
    mean = low.mean((1, 2), keepdims=True)
    drawn = (reach * (level + contrast * (plane - mean)) for plane in (low, high))
    new_low, new_high = (np.where(chosen, new, plane) for new, plane in zip(drawn, (low, high), strict=True))
    return new_low, new_high
