"""Colour primaries as H.273 numbers them, and linear light from one set to another. All of them have white D65."""

from __future__ import annotations

import numpy as np

from .transfer import Floats

BT709, BT2020, P3_D65 = 1, 9, 12
D65 = (0.3127, 0.3290)

# x, y of red, green, blue (H.273, table 2).
CHROMATICITIES = {
    BT709: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    5: ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060)),  # BT.601, 625 lines
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),  # BT.601, 525 lines
    7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),  # SMPTE 240M
    BT2020: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    P3_D65: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}


def xyz_of_rgb(points: tuple[tuple[float, float], ...], white: tuple[float, float] = D65) -> Floats:
    """The matrix from linear R, G, B with these chromaticities to X, Y, Z; white has Y = 1 (SMPTE RP 177)."""
    columns = np.array([(x / y, 1, (1 - x - y) / y) for x, y in points]).T
    x, y = white
    return np.asarray(columns * np.linalg.solve(columns, [x / y, 1, (1 - x - y) / y]))


def conversion(source: int, target: int) -> Floats:
    """The matrix from linear R, G, B of one set of primaries (H.273 numbers) to another."""
    if source == target:
        return np.eye(3)
    return np.asarray(np.linalg.solve(xyz_of_rgb(CHROMATICITIES[target]), xyz_of_rgb(CHROMATICITIES[source])))
