"""Signals to light and back: PQ, HLG and BT.1886, as the standards write them, on numpy arrays in float64.

Signals are non-linear values, 0 black and 1 nominal peak (integer code values first become these: H.273 range).
Light is display light in cd/m² unless a function says otherwise. Arrays have any shape; HLG's display functions need
R, G and B along the last axis, because its OOTF works on luminance.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

PQ_PEAK = 10_000.0  # cd/m²

# BT.2100-2, table 4 (SMPTE ST 2084).
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32

# BT.2100-2, table 5.
_A = 0.17883277
_B = 1 - 4 * _A
_C = 0.5 - _A * math.log(4 * _A)
HLG_ABC = _A, _B, _C

LUMINANCE = np.array([0.2627, 0.6780, 0.0593])  # of BT.2020 R, G, B (BT.2020-2, table 4)


def pq_eotf(signal: ArrayLike) -> Floats:
    """PQ signal -> cd/m² (BT.2100-2, table 4). Negative signals are black; above 1 the formula goes on past 10,000."""
    root = np.maximum(np.asarray(signal, np.float64), 0) ** (1 / _M2)
    return PQ_PEAK * (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1)


def pq_inverse_eotf(light: ArrayLike) -> Floats:
    """cd/m² -> PQ signal (BT.2100-2, table 4). Negative light is black."""
    y = (np.maximum(np.asarray(light, np.float64), 0) / PQ_PEAK) ** _M1
    return ((_C1 + _C2 * y) / (1 + _C3 * y)) ** _M2


def hlg_oetf(scene: ArrayLike) -> Floats:
    """Scene light, 1 = the brightest HLG can hold -> signal (BT.2100-2, table 5). Negative light is black."""
    scene = np.maximum(np.asarray(scene, np.float64), 0)
    bright = _A * np.log(np.maximum(12 * scene - _B, 1e-9)) + _C
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright)


def hlg_inverse_oetf(signal: ArrayLike) -> Floats:
    """Signal -> scene light, 1 = the brightest HLG can hold (BT.2100-2, table 5). Negative signals are black."""
    signal = np.maximum(np.asarray(signal, np.float64), 0)
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - _C) / _A) + _B) / 12)


def hlg_gamma(peak: float) -> float:
    """The OOTF's exponent for a display of ``peak`` cd/m²: 1.2 at 1,000.

    BT.2100-2, note 5f, between 400 and 2,000 cd/m²; its extension to other displays from BT.2390 (6.2) outside.
    """
    if 400 <= peak <= 2000:
        return 1.2 + 0.42 * math.log10(peak / 1000)
    return float(1.2 * 1.111 ** math.log2(peak / 1000))


def hlg_ootf(scene: ArrayLike, peak: float = 1000.0) -> Floats:
    """Scene light ``(..., 3)``, BT.2020 -> display light in cd/m² (BT.2100-2, table 5)."""
    scene = np.asarray(scene, np.float64)
    luminance = np.maximum(scene @ LUMINANCE, 0)[..., None]
    return np.asarray(peak * luminance ** (hlg_gamma(peak) - 1) * scene)


def hlg_inverse_ootf(light: ArrayLike, peak: float = 1000.0) -> Floats:
    """Display light ``(..., 3)`` in cd/m², BT.2020 -> scene light (BT.2100-2, note 5i)."""
    light = np.asarray(light, np.float64)
    luminance = np.maximum(light @ LUMINANCE, 0)[..., None] / peak
    gamma = hlg_gamma(peak)
    with np.errstate(divide="ignore"):
        factor = np.where(luminance > 0, luminance ** ((1 - gamma) / gamma), 0)
    return np.asarray(factor * light / peak)


def hlg_eotf(signal: ArrayLike, peak: float = 1000.0, black: float = 0.0) -> Floats:
    """HLG signal ``(..., 3)``, BT.2020 -> cd/m² on a display of this peak and black level (BT.2100-2, table 5)."""
    lift = math.sqrt(3 * (black / peak) ** (1 / hlg_gamma(peak)))
    return hlg_ootf(hlg_inverse_oetf((1 - lift) * np.asarray(signal, np.float64) + lift), peak)


def hlg_inverse_eotf(light: ArrayLike, peak: float = 1000.0, black: float = 0.0) -> Floats:
    """cd/m² ``(..., 3)``, BT.2020 -> the HLG signal that shows it; negative below the display's black level."""
    lift = math.sqrt(3 * (black / peak) ** (1 / hlg_gamma(peak)))
    return np.asarray((hlg_oetf(hlg_inverse_ootf(light, peak)) - lift) / (1 - lift))


def bt1886_eotf(signal: ArrayLike, white: float = 100.0, black: float = 0.0) -> Floats:
    """SDR signal -> cd/m² on a display of this white and black level (BT.1886, annex 1). Superwhites go on."""
    contrast = white ** (1 / 2.4) - black ** (1 / 2.4)
    lifted = np.asarray(signal, np.float64) + black ** (1 / 2.4) / contrast
    return np.asarray(contrast**2.4 * np.maximum(lifted, 0) ** 2.4)


def bt1886_inverse_eotf(light: ArrayLike, white: float = 100.0, black: float = 0.0) -> Floats:
    """cd/m² -> the SDR signal that shows it (BT.1886, annex 1); negative below the display's black level."""
    contrast = white ** (1 / 2.4) - black ** (1 / 2.4)
    return np.maximum(np.asarray(light, np.float64), 0) ** (1 / 2.4) / contrast - black ** (1 / 2.4) / contrast
