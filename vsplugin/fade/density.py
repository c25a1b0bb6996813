"""Light into density and back.

A signal is display-referred: light is what a screen shows, BT.1886 (a power of 2.4) or sRGB's curve, white is 1. The
density of a place of a film is minus the decimal logarithm of the light it lets through. Scanners and screens add
some stray light, so black is no infinite density: :data:`FLARE` of white is added to all light, which ends density at
3, what print film reaches.
"""

from __future__ import annotations

import numpy as np

FLARE = 1e-3  # of white: black has density 3
_FLOOR = FLARE / 10  # light is not believed to be less: density ends at 4
LINEAR, SRGB = 8, 13  # H.273's numbers of transfers that are read as they are; all other SDR is taken as BT.1886

Array = np.ndarray


def light(signal: Array, transfer: int = 1) -> Array:
    """Display light, white = 1, of a signal 0..1; below black it is black."""
    x = np.maximum(signal, 0)
    if transfer == LINEAR:
        return x
    if transfer == SRGB:
        return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    return x**2.4


def signal(light: Array, transfer: int = 1) -> Array:
    """The inverse of :func:`light`."""
    x = np.maximum(light, 0)
    if transfer == LINEAR:
        return x
    if transfer == SRGB:
        return np.where(x <= 0.0031308, x * 12.92, 1.055 * x ** (1 / 2.4) - 0.055)
    return x ** (1 / 2.4)


def density(light: Array) -> Array:
    """Density of light with the flare: white has 0, black 3, brighter than white less than 0."""
    return -np.log10(np.maximum(light + FLARE, _FLOOR) / (1 + FLARE))


def transmitted(density: Array) -> Array:
    """The inverse of :func:`density`; below 0 where the density is more than black's."""
    return (1 + FLARE) * 10**-density - FLARE
