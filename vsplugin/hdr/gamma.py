"""PQ and HLG pictures as the models know pictures, and the models' corrections back into PQ and HLG.

Denoisers are trained on SDR, where a camera's noise has about the same strength in light and shade. PQ spreads the
shades and squeezes the highlights: there the same noise is several times stronger in the dark than in the bright, and
a model that is told one level leaves much of it (benchmarks/hdr.py). So models get a copy in gamma 2.4, where 1 is
400 cd/m², and what they correct is taken back. The picture itself is never converted: where nothing is corrected,
nothing changes, down to the bit.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import vapoursynth as vs

from .. import color
from . import transfer
from .props import HLG, PQ
from .transfer import Floats

_WHITE = 400.0  # cd/m²: what SDR shows lies where models know it, and few highlights lie beyond
_TOE = (
    0.03  # PQ signal (0.02 cd/m²) where the curve is least steep; it goes on straight below, so that codes stay apart
)
_STEP = 1e-5
_HLG_PEAK = (1000 / _WHITE) ** (1 / 2.4)  # HLG's reference display in gamma


def _pq(signal: Floats) -> Floats:
    def curve(n: Floats) -> Floats:
        return (transfer.pq_eotf(n) / _WHITE) ** (1 / 2.4)

    start, slope = _pq_toe()
    return np.where(signal > _TOE, curve(np.maximum(signal, _TOE)), start + slope * (signal - _TOE))


@functools.cache
def _pq_toe() -> tuple[float, float]:
    """Value and slope at the end of the straight part."""
    below, at, above = (transfer.pq_eotf([_TOE - _STEP, _TOE, _TOE + _STEP]) / _WHITE) ** (1 / 2.4)
    return float(at), float(above - below) / (2 * _STEP)


def _pq_back(value: str) -> str:
    """The inverse of :func:`_pq` as an expression of an expression (RPN)."""
    start, slope = _pq_toe()
    light = f"{value} {start:.9g} max 2.4 pow {_WHITE / 10_000:.9g} * {2610 / 16384} pow"
    bright = f"{light} dup {2413 / 128} * {3424 / 4096} + swap {2392 / 128} * 1 + / {2523 / 32} pow"
    return f"{value} {start:.9g} > {bright} {value} {start:.9g} - {1 / slope:.9g} * {_TOE} + ?"


def _hlg(signal: Floats) -> Floats:
    """Scene light to the power 1.2 (the OOTF for 1,000 cd/m²) and 1 / 2.4; straight up to half the signal."""
    bright = np.sqrt(transfer.hlg_inverse_oetf(np.maximum(signal, 0.5)))
    return _HLG_PEAK * np.where(signal > 0.5, bright, signal / np.sqrt(3))


def _hlg_back(value: str) -> str:
    a, b, c = transfer.HLG_ABC
    knee = _HLG_PEAK * 0.5 / 3**0.5
    bright = f"{value} {knee:.9g} max dup * {12 / _HLG_PEAK**2:.9g} * {b:.9g} - log {a:.9g} * {c:.9g} +"
    return f"{value} {knee:.9g} > {bright} {value} {3**0.5 / _HLG_PEAK:.9g} * ?"


@dataclass(frozen=True)
class Curve:
    """A monotone curve from signal to gamma, and its inverse as an expression of ``std.Expr``."""

    forward: Callable[[Floats], Floats]
    back: Callable[[str], str]

    def slope(self, signal: Floats) -> Floats:
        return (self.forward(signal + _STEP) - self.forward(signal - _STEP)) / (2 * _STEP)


_CURVES = {PQ: Curve(_pq, _pq_back), HLG: Curve(_hlg, _hlg_back)}


@dataclass(frozen=True)
class Gamma:
    """One clip's way there and back."""

    clip: vs.VideoNode  # float32 YUV or GRAY: in gamma, for models to look at
    luma: vs.VideoNode  # its luma
    curve: Curve
    slope: vs.VideoNode | None  # of the curve, at chroma's size

    def back(self, residual: vs.VideoNode) -> vs.VideoNode:
        """The model's corrections, of the clip's format, in the signal's own units. 0 stays 0."""
        core = vs.core
        moved, still = self.curve.back("x y +"), self.curve.back("x")
        out = core.std.Expr([self.luma, color.plane(residual, 0)], f"{moved} {still} -")
        if self.slope is None:
            return out
        chroma = [core.std.Expr([color.plane(residual, p), self.slope], "x y /") for p in (1, 2)]
        return core.std.ShufflePlanes([out, *chroma], [0, 0, 0], vs.YUV)


def of(yuv: vs.VideoNode) -> Gamma | None:
    """The gamma copy of a float32 YUV or GRAY clip; None if its first frame is neither PQ nor HLG.

    Luma goes through the curve; colour differences are scaled by its slope at the luma there, which is what the curve
    does to small differences, and end where those of the models' pictures end.
    """
    curve = _CURVES.get(color.transfer(yuv))
    if curve is None:
        return None
    signal = color.plane(yuv, 0)
    luma = _looked_up(signal, curve.forward)
    if yuv.format.color_family == vs.GRAY:
        return Gamma(luma, luma, curve, None)
    first = color.plane(yuv, 1)
    if (first.width, first.height) != (signal.width, signal.height):
        signal = vs.core.resize.Bilinear(signal, first.width, first.height)
    slope = _looked_up(signal, curve.slope)
    chroma = [vs.core.std.Expr([color.plane(yuv, p), slope], "x y * -0.5 max 0.5 min") for p in (1, 2)]
    return Gamma(vs.core.std.ShufflePlanes([luma, *chroma], [0, 0, 0], vs.YUV), luma, curve, slope)


def _looked_up(signal: vs.VideoNode, function: Callable[[Floats], Floats]) -> vs.VideoNode:
    """``function`` of a GRAYS signal, through a table of all codes of 16-bit limited range, illegal ones included."""
    codes = vs.core.resize.Point(signal, format=vs.GRAY16, range=vs.RANGE_LIMITED)
    values = function((np.arange(1 << 16) - 4096) / 56064)
    return vs.core.std.Lut(codes, lutf=values.tolist(), floatout=True)
