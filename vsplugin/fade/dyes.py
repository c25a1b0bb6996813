"""How much of red, green and blue light each dye of a colour film absorbs.

Spectra are sums of Gaussians, set by hand after the typical shape of the curves that data sheets of print films show
(Kodak VISION Color Print Film 2383, H-1-2383, "Spectral Dye-Density Curves": peaks near 660, 550 and 445 nm, unwanted
absorptions of a tenth to a fifth); they are not digitised from any sheet. The scanner sees them through bands at the
peaks of Status A densitometry (ISO 5-3), which most film scanners' red, green and blue come near. Other stocks and
scanners differ by some hundredths: the estimator is trained over them (:func:`absorption` with ``wander``).
"""

from __future__ import annotations

from functools import cache

import numpy as np

Array = np.ndarray

_NANOMETRES = np.arange(380.0, 731.0, 2.0)
# Peaks: nanometres, width below and above (standard deviations, nm), density of a dye whose main peak has 1.
_CYAN = ((660, 52, 45, 1.0), (420, 40, 35, 0.12))
_MAGENTA = ((548, 36, 26, 1.0), (425, 30, 40, 0.16), (640, 20, 40, 0.03))
_YELLOW = ((446, 40, 32, 1.0), (560, 40, 40, 0.02))
_BANDS = ((620, 16), (534, 17), (440, 17))  # of red, green and blue: peak and standard deviation


def _curve(peaks: tuple[tuple[float, float, float, float], ...]) -> Array:
    total = np.zeros_like(_NANOMETRES)
    for centre, below, above, height in peaks:
        away = (_NANOMETRES - centre) / np.where(centre > _NANOMETRES, below, above)
        total += height * np.exp(-(away**2) / 2)
    return total


@cache
def _typical() -> Array:
    dyes = np.stack([_curve(peaks) for peaks in (_CYAN, _MAGENTA, _YELLOW)])
    bands = np.stack([np.exp(-(((_NANOMETRES - peak) / width) ** 2) / 2) for peak, width in _BANDS])
    bands /= bands.sum(1, keepdims=True)
    return -np.log10(bands @ (10**-dyes.T))  # (3 bands, 3 dyes), at a density near 1


def absorption(wander: Array | None = None) -> Array:
    """``(3, 3)``: densities to red, green and blue light of the amounts 1 of cyan, magenta and yellow.

    One of each makes a neutral grey of density 1. ``wander``, of the same shape, is added to the unwanted absorptions
    of dyes as high as their main one (its diagonal does not count).
    """
    matrix = _typical() / np.diag(_typical())
    if wander is not None:
        matrix = np.maximum(matrix + wander * (1 - np.eye(3)), 0)
    return matrix * np.linalg.solve(matrix, np.ones(3))


MIXING = absorption()
UNMIXING = np.linalg.inv(MIXING)
