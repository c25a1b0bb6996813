"""Pictures whose contrast is the same all over: what is faint says as much of a movement as what is strong."""

from __future__ import annotations

import numpy as np

from .. import kernels
from ..hdr.transfer import Floats

_AROUND = 33  # pixels, twice: contrast is that of a part of the picture, as :mod:`.trust` and :mod:`.blocks` know them
_EVEN = 0.05  # of full scale: the contrast that all get
_NOISE = 20.0  # times the noise: below, contrast is not raised, or grain would say as much as the picture
_LEAST = 0.02  # of full scale, five codes: what codecs make of flat places moves with none of the picture
_NOISE_AROUND, _FLATTEST = 17, 0.15  # pixels, and part of the picture that has no more noise than is taken for it


def evened(first: Floats, second: Floats, dx: Floats, dy: Floats) -> tuple[Floats, Floats]:
    """Two pictures ``(H, W)`` without slow shades, each over its own contrast; ``dx``, ``dy`` is the flow between them.

    What a movement is fitted to deviates by errors in proportion to contrast (objects, shades, sampling) and by noise.
    """
    least = max(_NOISE * _noise(first, second, dx, dy), _LEAST)
    return _over_contrast(first, least), _over_contrast(second, least)


def _over_contrast(picture: Floats, least: float) -> Floats:
    import cv2

    side = (_AROUND, _AROUND)
    power = cv2.blur(cv2.blur(picture * picture, side), side)
    return np.asarray(picture * np.float32(_EVEN) / np.sqrt(power + np.float32(least**2)))


def _noise(first: Floats, second: Floats, dx: Floats, dy: Floats) -> float:
    """The standard deviation of what differs along the flow, where least does."""
    import cv2

    there = kernels.warp(second, dx, dy)
    power = cv2.blur((there - first) ** 2, (_NOISE_AROUND, _NOISE_AROUND))
    return float(np.sqrt(np.quantile(power[::8, ::8], _FLATTEST) / 2))
