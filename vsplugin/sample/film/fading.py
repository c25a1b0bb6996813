"""Faded dyes: what has become of the picture's colours, the same on every frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import vapoursynth as vs

from ... import color
from ...fade.decay import Decay
from ...fade.decay import faded as of_rgb
from ...fade.density import FLARE
from ...fade.dyes import MIXING
from ..draw import Array
from .kinds import Recipe

_STAIN = (0.15, 0.3, 1.0)  # of the base's density to blue light, what it has to red, green and blue
# Weights of red and blue in luma by ``_Matrix`` (H.273, table 4).
_WEIGHTS = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}


@dataclass(frozen=True)
class Fading:
    """The decay, and how the clip's planes become R'G'B': ``weights`` of red and blue in luma, None for RGB."""

    decay: Decay
    transfer: int
    weights: tuple[float, float] | None

    def told(self) -> dict[str, Any]:
        """Every number of it, for JSON."""
        return {
            "left": list(self.decay.kept),
            "base": list(self.decay.stain),
            "absorption": MIXING.tolist(),
            "flare": FLARE,
            "transfer": self.transfer,
            "luma_weights": list(self.weights) if self.weights else None,
        }


def of(recipe: Recipe, clip: vs.VideoNode) -> Fading | None:
    """What a recipe does to a clip; None for grey, which has no dyes. ``vs.Error`` for an unusual ``_Matrix``."""
    if "fade" not in recipe or clip.format.color_family == vs.GRAY:
        return None
    values = recipe["fade"]
    cyan, magenta, yellow = (1 - values.amount * (1 - left) for left in (values.cyan, values.magenta, values.yellow))
    red, green, blue = (values.amount * values.stain * share for share in _STAIN)
    decay = Decay(kept=(cyan, magenta, yellow), stain=(red, green, blue))
    if clip.format.color_family == vs.RGB:
        return Fading(decay, color.transfer(clip), None)
    matrix = color.matrix(clip)
    if matrix not in _WEIGHTS:
        known = ", ".join(map(str, _WEIGHTS))
        raise vs.Error(f"damage: fade: _Matrix of the clip must be one of {known}; got {matrix}; convert it to one")
    return Fading(decay, color.transfer(clip), _WEIGHTS[matrix])


def faded(planes: list[Array], fading: Fading) -> list[Array]:
    """Three planes (float32, nominal) after the decay; chroma counts for all pixels that a sample of it covers."""
    if fading.weights is None:
        out = of_rgb(np.stack(planes, -1), fading.decay, fading.transfer, bits=0)
        return [np.ascontiguousarray(out[..., p], np.float32) for p in range(3)]
    rows, columns = (whole // part for whole, part in zip(planes[0].shape, planes[1].shape, strict=True))
    wide = [planes[0], *(plane.repeat(rows, 0).repeat(columns, 1) for plane in planes[1:])]
    out = of_rgb(_rgb(wide, *fading.weights), fading.decay, fading.transfer, bits=0)
    luma, *chroma = _yuv(out, *fading.weights)
    height, width = planes[1].shape
    small = [plane.reshape(height, rows, width, columns).mean((1, 3)) for plane in chroma]
    return [plane.astype(np.float32) for plane in (luma, *small)]


def _rgb(yuv: list[Array], red: float, blue: float) -> Array:
    """``(H, W, 3)`` R'G'B' of Y'CbCr: the inverse of E'Y = Kr E'R + Kg E'G + Kb E'B (H.273, 8.3)."""
    y, u, v = yuv
    r, b = y + 2 * (1 - red) * v, y + 2 * (1 - blue) * u
    return np.stack([r, (y - red * r - blue * b) / (1 - red - blue), b], -1)


def _yuv(rgb: Array, red: float, blue: float) -> tuple[Array, Array, Array]:
    r, g, b = np.moveaxis(rgb, -1, 0)
    y = red * r + (1 - red - blue) * g + blue * b
    return y, (b - y) / (2 * (1 - blue)), (r - y) / (2 * (1 - red))
