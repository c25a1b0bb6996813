"""What 16x16 blocks of a plane say about its noise."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SIDE = 16
NOTHING = 1e-5  # blocks with less have one value, as borders do
_STEP = 1 / 230  # of full scale: holds one code of 8 bits, limited range
_PILE = 2.0  # times as many samples at the very end of the range as just before it: they were clipped there
_CUT = 0.02  # part of a block's samples that may lie there
_FEW = 1e-3  # part of a plane's samples; fewer at its end say nothing


class Blocks(NamedTuple):
    """``(N)`` each, in the unit of the samples."""

    mean: np.ndarray
    sigma: np.ndarray  # by Immerkaer's mask: of white noise its standard deviation
    spread: np.ndarray  # standard deviation after a plane is taken off: of white noise on a smooth picture the same
    whole: np.ndarray  # whether its noise is not cut off (:func:`unclipped`)


def tiled(plane: np.ndarray) -> np.ndarray:
    """``(H, W)`` -> ``(N, 16, 16)``; rows and columns that fill no block are left out."""
    height, width = (side // SIDE for side in plane.shape)
    cut = plane[: height * SIDE, : width * SIDE].reshape(height, SIDE, width, SIDE)
    return cut.swapaxes(1, 2).reshape(-1, SIDE, SIDE)


def response(plane: np.ndarray) -> np.ndarray:
    """``(H-2, W-2)`` whose mean is the standard deviation of white noise; planes and most edges leave nothing.

    The mask of J. Immerkaer, "Fast noise variance estimation", Computer Vision and Image Understanding 64 (1996).
    """
    rows = plane[:-2] - 2 * plane[1:-1] + plane[2:]
    found: np.ndarray = np.abs(rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]) * np.sqrt(np.pi / 2) / 6
    return found


def clipped(plane: np.ndarray) -> np.ndarray:
    """``(H, W)``: where samples lie at an end of the range that more reach than come near it.

    There noise is cut off: blown sky, crushed shadows. Tails of noise and gradients that end by themselves thin out
    towards their end and are no clipping.
    """
    low, high = plane.min(), plane.max()
    out = np.zeros(plane.shape, bool)
    for distance in (plane - low, high - plane):
        at_end = distance < _STEP
        count, near = at_end.sum(), ((distance >= _STEP) & (distance < 2 * _STEP)).sum()
        if count > max(_PILE * near, _FEW * plane.size):
            out |= distance < _STEP / 2
    return out


def unclipped(at_end: np.ndarray) -> np.ndarray:
    """``(N)``: the blocks of a plane's :func:`clipped` that have next to no such samples."""
    return np.asarray(tiled(at_end).mean((1, 2)) <= _CUT)


def measured(plane: np.ndarray) -> Blocks:
    """Of ``(H, W)`` float samples, at least 16x16 of them."""
    blocks = tiled(plane)
    laplace = np.zeros(plane.shape)
    laplace[1:-1, 1:-1] = response(plane)
    sigma = tiled(laplace)[:, 1:-1, 1:-1].mean((1, 2))
    mean = blocks.mean((1, 2))
    rest = blocks - mean[:, None, None]
    ramp = np.arange(SIDE) - (SIDE - 1) / 2
    ramp /= np.sqrt((ramp**2).sum() * SIDE)
    slopes = (np.einsum("nyx,y->n", rest, ramp), np.einsum("nyx,x->n", rest, ramp))
    left = (rest**2).sum((1, 2)) - sum(slope**2 for slope in slopes)
    spread = np.sqrt(np.maximum(left, 0) / (SIDE**2 - 3))
    return Blocks(mean, sigma, spread, unclipped(clipped(plane)))
