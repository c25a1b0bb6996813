"""What the network sees of a picture: how its dyes are distributed, 119 numbers that know nothing of places.

Fading bends the neutral axis (the amounts of the three dyes in greys from white to black) as no light does, moves
where the darkest places end, and squeezes colours along the dyes that are gone: quantiles, moments and a histogram
show this.
"""

from __future__ import annotations

import numpy as np

from .dyes import UNMIXING

Array = np.ndarray

_QUANTILES = (0.002, 0.01, 0.03, 0.08, 0.16, 0.3, 0.5, 0.7, 0.84, 0.92, 0.97, 0.99, 0.998)
_TONES = np.array([0, 0.15, 0.35, 0.6, 0.9, 1.25, 1.65, 2.1, 2.6])  # mean amounts of dye at which colour is described
COUNT = 5 * len(_QUANTILES) + 6 * len(_TONES)


def dyes_of(density: Array) -> Array:
    """Amounts of cyan, magenta and yellow ``(..., 3)``, float32, of densities, as if the base were clear."""
    return density.astype(np.float32) @ UNMIXING.T.astype(np.float32)


def features(dyes: Array) -> Array:
    """``(pictures, COUNT)`` float32 of ``(pictures, pixels, 3)`` amounts of dye."""
    tone = dyes.mean(-1)
    red, blue = dyes[..., 0] - dyes[..., 1], dyes[..., 2] - dyes[..., 1]
    place = np.interp(tone, _TONES, np.arange(len(_TONES))).astype(np.float32)
    return np.concatenate([_quantiles(dyes, red, blue), _moments(place, red, blue)], 1).astype(np.float32)


def _quantiles(dyes: Array, red: Array, blue: Array) -> Array:
    """Of each dye and of the differences of cyan and of yellow from magenta."""
    ordered = np.sort(np.stack([*np.moveaxis(dyes, -1, 0), red, blue], 1), -1)
    places = np.round(np.array(_QUANTILES) * (ordered.shape[-1] - 1)).astype(int)
    return ordered[:, :, places].reshape(len(dyes), -1)


def _moments(place: Array, red: Array, blue: Array) -> Array:
    """At each tone: how much of the picture is there, the mean of the differences, and how far they scatter."""
    steps = np.arange(len(_TONES), dtype=np.float32)
    weights = np.maximum(1 - np.abs(place[:, None] - steps[:, None]), 0)
    share = weights.mean(-1)
    powers = np.stack([red, blue, red * red, blue * blue, red * blue], -1)
    sums = (weights @ powers) / (share[..., None] + np.float32(0.005)) / place.shape[1]
    mean = sums[..., :2]
    spread = sums[..., 2:] - np.stack([mean[..., 0] ** 2, mean[..., 1] ** 2, mean[..., 0] * mean[..., 1]], -1)
    flat = [part.reshape(len(place), -1) for part in (mean, np.sign(spread) * np.sqrt(np.abs(spread)))]
    return np.concatenate([np.sqrt(share), *flat], 1)
