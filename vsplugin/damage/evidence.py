"""What the network of ``repair`` sees: a frame, how it differs from its aligned neighbours, and outliers in sign.

Needs no vapoursynth: training (vsplugin/training/degrade/dirt.py) and filter make the planes by this one function.
"""

from __future__ import annotations

import numpy as np

from .blotches import Plane, outlying

NEIGHBOURS = (1, -1, 2, -2)  # frames away, in the order of the planes
PLANES = ("luma", *(f"difference {away:+d}" for away in NEIGHBOURS), "outlier")
_STEEP = 4.0  # times: faint dirt becomes easy to see, and what is beyond a quarter of full scale is plain anyway


def completed(laid: dict[int, Plane]) -> list[Plane] | None:
    """The four neighbours in order, by frames away; None with fewer than two of them.

    For one that is missing stands the other one of its side, or else the one as far away on the other side: copies
    agree to the bit, by which the network can tell.
    """
    if len(laid) < 2:
        return None
    every = []
    for away in NEIGHBOURS:
        nearer = 1 if away > 0 else -1
        order = (away, 2 * nearer if abs(away) == 1 else nearer, -away, *laid)
        every.append(laid[next(other for other in order if other in laid)])
    return every


def planes(luma: Plane, neighbours: list[Plane]) -> np.ndarray:
    """``(6, H, W)`` float32 from a frame and its :func:`completed` neighbours; luma 1 = full scale, all clamped."""
    steep = [np.clip(_STEEP * (luma - neighbour), -1, 1) for neighbour in neighbours]
    outlier = np.clip(_STEEP * outlying(luma, neighbours), -1, 1)
    return np.stack([np.clip(luma, -0.1, 1.1), *steep, outlier]).astype(np.float32)
