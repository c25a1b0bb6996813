"""Blockiness: how much larger the steps across the grid of a block codec are than those between."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np

from .registry import AS_REFERENCE, Luma, metric

GRID = 8  # MPEG-2, JPEG and H.264's large transform


def blocking_effect(luma: np.ndarray) -> float:
    """The blocking effect factor of ``(H, W)`` in the square of the samples' unit, on blocks from the top left.

    Negative where the steps across the grid are smaller than the others: PSNR-B counts that as 0; kept here, so that a
    difference to the clean picture's is not cut off. Needs more than 8 rows and columns.
    """
    steps = [np.diff(luma.astype(np.float64), axis=axis) ** 2 for axis in (0, 1)]
    across = [steps[0][GRID - 1 :: GRID], steps[1][:, GRID - 1 :: GRID]]
    total, count = (sum(f(step) for step in steps) for f in (np.sum, np.size))
    edge, edges = (sum(f(step) for step in across) for f in (np.sum, np.size))
    if not edges:
        return math.nan
    return math.log2(GRID) / math.log2(min(luma.shape)) * (edge / edges - (total - edge) / (count - edges))


@metric()
def blockiness(picture: Luma) -> Annotated[float, "8-bit steps²", AS_REFERENCE]:
    """Blocking effect factor of luma on a grid of 8 pixels from the top left.

    log2(8) / log2(min(W, H)) times the difference of the mean squared steps across the grid and elsewhere, nominal
    luma times 255; below the reference's value the picture is smoothed across blocks.

    Source: Yim and Bovik, Quality assessment of deblocked images, IEEE TIP 20 (2011), equations 4 to 9, on both
    directions, its threshold at 0 left out.
    """
    return blocking_effect(picture) * 255**2
