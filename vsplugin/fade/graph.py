"""Corrections on frames, as expressions: signal, density, dyes, regrown dyes, density, signal."""

from __future__ import annotations

import math

import numpy as np
import vapoursynth as vs

from .. import color
from .correction import KNEE, Correction
from .density import FLARE, LINEAR, SRGB
from .dyes import MIXING, UNMIXING

_TEN = math.log(10)


def densities(rgb: vs.VideoNode, transfer: int) -> list[vs.VideoNode]:
    """Planes of density of an RGBS clip."""
    whole = rgb.std.Expr(f"{_light(transfer)} {FLARE} + {1 / (1 + FLARE):.9g} * log {-1 / _TEN:.9g} *")
    return [color.plane(whole, p) for p in range(3)]


def dyes(density: list[vs.VideoNode], correction: Correction) -> list[vs.VideoNode]:
    """Planes of cyan, magenta and yellow as they were."""
    out = []
    for row, gain, bend in zip(UNMIXING, correction.gain, correction.bend, strict=True):
        base = sum(share * value for share, value in zip(row, correction.base, strict=True))
        amount = f"{_mix(row)} {base:.9g} -"
        power = f"dup dup * {KNEE**2:.9g} + {1 / (1 + KNEE**2):.9g} * {bend / 2:.9g} pow * " if bend else ""
        out.append(vs.core.std.Expr(density, f"{amount} {power}{gain:.9g} *"))
    return out


def picture(dyes: list[vs.VideoNode], transfer: int) -> vs.VideoNode:
    """RGBS from planes of dye. Light below black is black; above white it stays."""
    planes = [
        vs.core.std.Expr(dyes, f"{_mix(row)} {-_TEN:.9g} * exp {1 + FLARE} * {FLARE} - 0 max {_signal(transfer)}")
        for row in MIXING
    ]
    return vs.core.std.ShufflePlanes(planes, [0, 0, 0], vs.RGB)


def _mix(row: np.ndarray) -> str:
    red, green, blue = (float(share) for share in row)
    return f"x {red:.9g} * y {green:.9g} * + z {blue:.9g} * +"


def _light(transfer: int) -> str:
    if transfer == LINEAR:
        return "x 0 max"
    if transfer == SRGB:
        return "x 0.04045 > x 0.055 + 1.055 / 2.4 pow x 0 max 12.92 / ?"
    return "x 0 max 2.4 pow"


def _signal(transfer: int) -> str:
    if transfer == LINEAR:
        return ""
    power = f"{1 / 2.4:.9g} pow"
    if transfer == SRGB:
        return f"dup 0.0031308 > swap dup {power} 1.055 * 0.055 - swap 12.92 * ?"
    return power
