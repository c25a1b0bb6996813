"""Grain of classic film stocks from their published rms granularity.

The published figure fixes the Wiener spectrum at low frequencies (Selwyn: density's deviation times the root of the
area is constant), and so the strength of grain for any size of pixel. What the data sheets do not say is assumed here:
deviation grows with the root of density (Siedentopf), grains have a Gaussian spectrum whose radius follows the
granularity (0.35 micrometres per unit), the scanner blurs by 0.45 pixels, and a video signal is light to the power of
1/2.4.
"""

from __future__ import annotations

import math
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..errors import did_you_mean
from .model import GrainModel, PlaneGrain
from .spectrum import Array

Gate = Literal["35mm", "super35", "16mm", "super16", "8mm", "super8"]
_WIDTHS = {"35mm": 21.95, "super35": 24.89, "16mm": 10.26, "super16": 12.52, "8mm": 4.8, "super8": 5.79}  # mm
_APERTURE = math.pi * 24.0**2  # square micrometres: the circle granularity is measured over
_SIGNAL = 2.4
_GREY = 0.18  # light at which a normally exposed negative has density 1
_TONES = np.array([0.02, 0.08, 0.18, 0.32, 0.5, 0.7, 0.85, 0.98])
# Three layers of equal and independent grain as Y, Cb and Cr of BT.709, over that of Y.
_CHROMA = (0.856, 0.903)


@cache
def table() -> dict[str, dict[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "stocks.toml").read_text())


def find(name: str, gate: Gate = "35mm", width: int = 2048) -> GrainModel:
    """The grain of a stock in a picture ``width`` samples wide; ``ValueError`` lists the stocks."""
    if name not in table():
        hint = did_you_mean(name, table())
        raise ValueError(
            f"must be model, layer, a file ending in .json, or one of {', '.join(table())}; got '{name}'{hint}"
        )
    stock, pixel = table()[name], _WIDTHS[gate] * 1000 / width
    luma = PlaneGrain(_TONES, _shape(stock["rms"], pixel) * _signal_deviation(stock)[:, None, None])
    planes = (luma,) if stock.get("monochrome") else (luma, *(luma.times(part) for part in _CHROMA))
    return GrainModel(width, planes, about={"stock": name, "gate": gate, "source": stock["source"]})


def _shape(rms: float, pixel: float) -> Array:
    """``(S, S)`` filter that makes noise of deviation ``rms / 1000`` over the aperture, for pixels of ``pixel`` µm."""
    radius = math.hypot(0.45, 0.35 * rms / pixel)
    half = min(max(2, math.ceil(3 * radius)), 31)
    one = np.exp(-(np.arange(-half, half + 1) ** 2) / (2 * radius * radius))
    taps = np.outer(one, one)
    # White noise of deviation 1 per pixel has rms sum(taps) * pixel / sqrt(area) over an area of many pixels.
    return taps / taps.sum() * (rms / 1000 * math.sqrt(_APERTURE) / pixel)


def _signal_deviation(stock: dict[str, Any]) -> Array:
    """``(T,)`` deviation of the signal at each tone for a density deviation of 1 at density 1."""
    light = _TONES**_SIGNAL
    if stock["kind"] == "reversal":
        density, exposure = -np.log10(light), 1.0  # looked at as it is: one unit of density is one of log light
    else:
        density, exposure = np.maximum(1 + stock["gamma"] * np.log10(light / _GREY), 0.05), 1 / stock["gamma"]
    return _TONES * math.log(10) / _SIGNAL * exposure * np.sqrt(density)
