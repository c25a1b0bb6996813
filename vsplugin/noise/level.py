"""One level for the noise of a plane."""

from __future__ import annotations

import numpy as np

from .blocks import NOTHING, SIDE, clipped, response, tiled, unclipped

_FLATTEST = 0.1  # part of the blocks taken as free of texture
# Ratio of the level found on the flattest tenth of 16x16 blocks to the true one, for white Gaussian noise on a flat
# picture: taking the smallest tenth of estimates that each scatter biases the mean. Computed by tests/test_noise.py.
_BIAS = 0.857


def plane_sigma(plane: np.ndarray, where: np.ndarray | None = None) -> float:
    """Standard deviation of white noise in ``(H, W)`` float samples of a range of about 1, in their unit.

    The mask of Immerkaer (:func:`.blocks.response`) removes the picture up to planes and edges; its
    response is averaged over 16x16 blocks and the flattest tenth is believed, so texture hardly counts. Blocks
    without any noise (letterbox), those where the picture is clipped (:func:`.blocks.clipped`), and those not for the
    larger part ``where`` it is true are left out. 0 for planes smaller than 3x3.
    """
    x = np.nan_to_num(plane.astype(np.float64), posinf=0.0, neginf=0.0)
    if min(x.shape) < 3:
        return 0.0
    found = response(x)
    if min(found.shape) < SIDE:
        return float(found.mean())
    blocks = tiled(found).mean((1, 2))
    kept = (blocks > NOTHING) & unclipped(clipped(x)[1:-1, 1:-1])
    if where is not None:
        kept &= tiled(where[1:-1, 1:-1]).mean((1, 2)) > 0.5
    blocks = np.sort(blocks[kept])
    if not len(blocks):
        return 0.0
    return float(blocks[: max(1, round(len(blocks) * _FLATTEST))].mean() / _BIAS)
