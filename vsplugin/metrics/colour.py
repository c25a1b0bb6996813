"""How far apart colours look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import numpy as np

from ..hdr.ictcp import delta_e_itp as itp_difference
from ..hdr.primaries import BT2020, CHROMATICITIES, xyz_of_rgb
from .registry import LOWER, Light, metric

_XYZ = xyz_of_rgb(CHROMATICITIES[BT2020])
_AT_ONCE = 1 << 13  # pixels
_WHITE = 100.0  # cd/m² of SDR's white, which is the diffuse white of Lab


def lab(light: np.ndarray) -> np.ndarray:
    """L*, a*, b* (CIE 1976) of linear BT.2020 light ``(..., 3)`` in cd/m², against D65 white of 100 cd/m²."""
    white = _XYZ.sum(axis=1)
    ratio = np.maximum(np.asarray(light, np.float64), 0) @ _XYZ.T / (_WHITE * white)
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = (root[..., axis] for axis in range(3))
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _seventh(x: np.ndarray) -> np.ndarray:
    cube = x * x * x
    return cube * cube * x


def delta_e_2000(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """CIEDE2000 between L*a*b* colours ``(..., 3)`` (Sharma, Wu and Dalal, Color Res. Appl. 30, 2005, eq. 2 to 22)."""
    l1, a1, b1 = np.moveaxis(np.asarray(one, np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(other, np.float64), -1, 0)
    chroma7 = _seventh((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2)
    stretch = 1 + 0.5 * (1 - np.sqrt(chroma7 / (chroma7 + 25.0**7)))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0

    turn = np.where(grey, 0, (h2 - h1 + 180) % 360 - 180)
    turn = np.where((turn == -180) & (h2 > h1), 180, turn)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    dl, dc = l2 - l1, c2 - c1

    total = h1 + h2
    far = np.abs(h1 - h2) > 180
    hue = np.where(grey, total, np.where(far, np.where(total < 360, total + 360, total - 360), total) / 2)
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    angle = np.radians
    t = (
        1
        - 0.17 * np.cos(angle(hue - 30))
        + 0.24 * np.cos(angle(2 * hue))
        + 0.32 * np.cos(angle(3 * hue + 6))
        - 0.20 * np.cos(angle(4 * hue - 63))
    )
    sl = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    chroma7 = _seventh(chroma)
    rotation = -2 * np.sqrt(chroma7 / (chroma7 + 25.0**7))
    rotation *= np.sin(angle(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    dl, dc, dh = dl / sl, dc / sc, dh / sh
    return np.asarray(np.sqrt(np.maximum(dl**2 + dc**2 + dh**2 + rotation * dc * dh, 0)))


def _mean(difference: Callable[[np.ndarray, np.ndarray], np.ndarray], one: np.ndarray, other: np.ndarray) -> float:
    """The mean over the pixels, some rows at a time: long formulas on whole pictures wait for memory."""
    rows = max(1, _AT_ONCE // one.shape[1])
    parts = [difference(one[y : y + rows], other[y : y + rows]).sum() for y in range(0, len(one), rows)]
    return float(sum(parts) / (one.shape[0] * one.shape[1]))


@metric(sdr_only=True)
def delta_e2000(reference: Light, distorted: Light) -> Annotated[float, "ΔE00", LOWER]:
    """Mean colour difference CIEDE2000 over the pixels; 1 is about just visible.

    Of display light: BT.1886 on 100 cd/m² (sRGB where tagged so), against D65 white of 100 cd/m², all weights 1.

    Source: CIE 142-2001; Sharma, Wu and Dalal, Color Res. Appl. 30 (2005).
    """
    return _mean(lambda one, other: delta_e_2000(lab(one), lab(other)), reference, distorted)


@metric()
def delta_e_itp(reference: Light, distorted: Light) -> Annotated[float, "ΔE ITP", LOWER]:
    """Mean colour difference ΔE_ITP over the pixels, for HDR and SDR; 1 is just visible.

    720 sqrt(ΔI² + (ΔC_T / 2)² + ΔC_P²) of display light: PQ as it is, HLG on 1,000 cd/m², SDR by BT.1886 on 100 cd/m².

    Source: ITU-R BT.2124-0, annex 1.
    """
    return _mean(itp_difference, reference, distorted)
