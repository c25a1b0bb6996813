"""SDR to HDR as Report ITU-R BT.2446-1 maps luma and luminance: the curves of methods A and C, in float64.

The filter ``lift_hdr`` computes the same in VapourSynth's expressions; these draw the plots and make ST 2094-50 curves.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from .transfer import Floats

LOWEST_GAIN = 0.01  # of SDR white: below this light :func:`gain_curve` is constant


def rho(peak: float) -> float:
    """How many shades a display of ``peak`` cd/m² has, in method A's scale of lightness (table 2, step 1)."""
    return float(1 + 32 * (peak / 10_000) ** (1 / 2.4))


def method_a(luma: ArrayLike, peak: float = 1000.0) -> Floats:
    """SDR luma Y' -> HDR luma, both gamma 2.4 and 1 at nominal white (section 4.2, table 4). Superwhite goes on.

    The Report's curve is for 1,000 cd/m². For another peak its result, taken into method A's scale of lightness with
    rho(1000), is spread over rho(peak) (table 2, steps 1 and 3): the same lightness between black and peak.
    """
    y = 255 * np.maximum(np.asarray(luma, np.float64), 0)
    dark = 1.8712e-5 * y**2 - 2.7334e-3 * y + 1.3141
    bright = 2.8305e-6 * y**2 - 7.4622e-4 * y + 1.2528
    expanded = y ** np.where(y <= 70, dark, bright) / 1000
    if peak == 1000:
        return np.asarray(expanded)
    lightness = np.log1p((rho(1000) - 1) * expanded) / math.log(rho(1000))
    return np.asarray((rho(peak) ** lightness - 1) / (rho(peak) - 1))


# Section 6.1.4, equation (10), and the inflection point of equation (6).
K1, K2, K3, K4 = 0.83802, 15.09968, 0.74204, 78.99439
INFLECTION = 58.5  # cd/m² of SDR


def method_c(luminance: ArrayLike) -> Floats:
    """SDR -> HDR luminance, both in cd/m², SDR white 100 (section 6.2: the inverse of 6.1.4)."""
    y = np.maximum(np.asarray(luminance, np.float64), 0)
    highlights = INFLECTION / K1 * (np.exp((y - K4) / K2) + K3)
    return np.where(y < INFLECTION, y / K1, highlights)


def gain_curve(light: ArrayLike, peak: float) -> Floats:
    """How many cd/m² for each unit of linear SDR light (1 = white): method A's curve, as one gain for R, G and B.

    White becomes ``peak`` exactly; superwhite is held there. Below 1 % of white the gain is constant: method A goes on
    falling, but steeper than metadata with steps of 0.001 can say.
    """
    light = np.asarray(light, np.float64)
    inside = np.clip(light, LOWEST_GAIN, 1)
    lifted = peak * (method_a(inside ** (1 / 2.4), peak) / method_a(1.0, peak)) ** 2.4
    return np.asarray(lifted / np.maximum(light, inside))
