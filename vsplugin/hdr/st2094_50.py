"""SMPTE ST 2094-50: how a picture becomes brighter or darker for a display's headroom, as T.35 payloads.

Syntax and meaning as in annex C of the second public committee draft (2026-02). Values are kept as the integers of the
payload, so that every valid payload packs to itself; ``curves`` gives their meaning. :mod:`.headroom` applies it.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from ..errors import UserError
from .bits import BitReader, BitWriter
from .primaries import BT709, BT2020, CHROMATICITIES, D65, P3_D65
from .t35 import ST2094_50
from .transfer import Floats

_WHAT = "ST 2094-50"
REFERENCE_WHITE = 203.0  # cd/m², where a payload says nothing else
MOST_POINTS = 32

_WHITE_UNIT = 5  # in 1 cd/m²
HEADROOM_UNIT = 10_000  # in 1 stop
X_UNIT, Y_UNIT = 1000, 10_000
_ANGLE_ZERO, _ANGLES = 18_000, 36_000  # slope 0, and how many make half a turn
_RATIO = 50_000

# Weights of R, G, B, their maximum, their minimum, and of each component itself (C.3.6); 3 is written out.
_MIXES = {0: (0.0, 0.0, 0.0, 1.0, 0.0, 0.0), 1: (0.0, 0.0, 0.0, 0.0, 0.0, 1.0), 2: (1 / 6, 1 / 6, 1 / 6, 0.5, 0.0, 0.0)}
_MODES = {0: BT709, 1: P3_D65, 2: BT2020}
MAX_RGB = 0
IN_BT2020 = 2


@dataclass(frozen=True, slots=True)
class Mix:
    """What a gain curve looks at: ``kind`` 0 max(R, G, B), 1 each component, 2 both halves, 3 ``coefficients``."""

    kind: int = MAX_RGB
    coefficients: tuple[int | None, ...] = ()  # kind 3: six in 1/50000; None where the payload leaves one out

    @property
    def weights(self) -> tuple[float, ...]:
        if self.kind in _MIXES:
            return _MIXES[self.kind]
        values = [min(value or 0, _RATIO) / _RATIO for value in self.coefficients]
        return tuple(value / sum(values) for value in values)


@dataclass(frozen=True, slots=True)
class GainCurve:
    """Control points: linear light in 1/1000 of reference white, gain in 1/10000 stops without its sign, slopes."""

    x: tuple[int, ...]
    y: tuple[int, ...]
    angles: tuple[int, ...] | None = None  # of the slopes, in 1/200 degree from -90; None: by PCHIP


@dataclass(frozen=True, slots=True)
class Alternate:
    """The picture for another headroom (in 1/10000 stops above reference white)."""

    headroom: int
    mix: Mix
    curve: GainCurve


@dataclass(frozen=True, slots=True)
class ToneMap:
    """The picture's own headroom in 1/10000 stops, and what it becomes for others; None: by the standard's C.3.8."""

    baseline: int
    alternates: tuple[Alternate, ...] | None
    chromaticities: int | tuple[int, ...] = IN_BT2020  # 0 BT.709, 1 P3, 2 BT.2020, or x, y of R, G, B, W in 1/50000
    common_mix: bool = False  # the payload says the first mix, or the first curve's x, once for all
    common_curve: bool = False

    @property
    def primaries(self) -> tuple[tuple[float, float], ...]:
        """x, y of red, green, blue and white of the light that gains apply to."""
        if isinstance(self.chromaticities, int):
            return (*CHROMATICITIES[_MODES[self.chromaticities]], D65)
        values = [min(value, _RATIO) / _RATIO for value in self.chromaticities]
        return tuple(zip(values[::2], values[1::2], strict=True))


@dataclass(frozen=True, slots=True)
class St2094_50:  # noqa: N801  the standard's number
    """One picture's metadata. ``rest`` is what follows it in the payload."""

    tone_map: ToneMap | None = None
    white: int | None = None  # reference white in 1/5 cd/m²; None: 203 cd/m²
    version: int = 0
    rest: bytes = b""

    @property
    def reference_white(self) -> float:
        """In cd/m²."""
        return REFERENCE_WHITE if self.white is None else min(max(self.white, 1), 50_000) / _WHITE_UNIT


@dataclass(frozen=True, slots=True)
class Curve:
    """An alternate's meaning: headroom in stops, weights of the mix, control points and slopes of gains in stops."""

    headroom: float
    weights: tuple[float, ...]
    x: Floats
    y: Floats
    slope: Floats


def curves(tone_map: ToneMap) -> list[Curve]:
    """What the alternates of a tone map mean (C.3.4 to C.3.9), in order of headroom."""
    baseline = min(tone_map.baseline, 60_000) / HEADROOM_UNIT
    if tone_map.alternates is None:
        return _reference_white_curves(baseline)
    out = []
    for alternate in tone_map.alternates:
        headroom = min(alternate.headroom, 60_000) / HEADROOM_UNIT
        sign = 1 if tone_map.baseline < alternate.headroom else -1
        x = np.minimum(np.array(alternate.curve.x), 64_000) / X_UNIT
        y = sign * np.minimum(np.array(alternate.curve.y), 60_000) / Y_UNIT
        slope = pchip(x, y) if alternate.curve.angles is None else slope_of_angle(np.array(alternate.curve.angles))
        out.append(Curve(headroom, alternate.mix.weights, x, y, slope))
    return out


def slope_of_angle(angle: Floats | np.ndarray) -> Floats:
    return np.asarray(np.tan((np.clip(angle, 1, _ANGLES - 1) - _ANGLE_ZERO) * np.pi / _ANGLES))


def angle_of_slope(slope: Floats) -> Floats:
    return np.clip(np.rint(np.arctan(slope) * _ANGLES / np.pi) + _ANGLE_ZERO, 1, _ANGLES - 1)


def pchip(x: Floats, y: Floats) -> Floats:
    """Slopes of the monotone cubic through these points (C.3.9; Fritsch & Butland 1984)."""
    if len(x) == 1:
        return np.zeros(1)
    h = np.diff(x)
    s = np.divide(np.diff(y), h, out=np.zeros_like(h), where=h > 0)
    if len(x) == 2:
        return np.array([s[0], s[0]])
    before, after, left, right = s[:-1], s[1:], h[:-1], h[1:]
    total = (2 * left + right) * before + (left + 2 * right) * after
    inner = 3 * (left + right) * before * after
    inner = np.divide(inner, total, out=np.zeros_like(inner), where=(before * after > 0) & (total != 0))

    def end(h0: float, h1: float, s0: float, s1: float) -> float:
        return ((2 * h0 + h1) * s0 - h0 * s1) / (h0 + h1) if h0 + h1 else 0.0

    return np.array([end(h[0], h[1], s[0], s[1]), *inner, end(h[-1], h[-2], s[-1], s[-2])])


def _reference_white_curves(baseline: float) -> list[Curve]:
    """C.3.8: down to SDR and to a headroom of 8/3, by a knee at reference white."""
    if baseline == 0:
        return []
    part = min(baseline / math.log2(1000 / 203), 1)
    headrooms = (0.0, math.log2(8 / 3) * part)
    return [
        Curve(headroom, _MIXES[MAX_RGB], *_knee_curve(white, 2**baseline, 2**headroom))
        for headroom, white in zip(headrooms, (1 - 0.5 * part, 1.0), strict=True)
    ]


def _knee_curve(y_knee: float, x_max: float, y_max: float) -> tuple[Floats, Floats, Floats]:
    """Eight points of the gain of a Bézier curve from (1, y_knee) to (x_max, y_max): (C.3) to (C.6)."""
    t = np.arange(8) / 7
    kappa = 0.65
    x_mid, y_mid = (1 - kappa) + kappa * y_max / y_knee, (1 - kappa) * y_knee + kappa * y_max
    ax, bx, ay, by = 1 - 2 * x_mid + x_max, 2 * x_mid - 2, y_knee - 2 * y_mid + y_max, 2 * y_mid - 2 * y_knee
    x, y = ax * t**2 + bx * t + 1, ay * t**2 + by * t + y_knee
    slope = (2 * ay * t + by) / (2 * ax * t + bx)
    return x, np.log2(y / x), (x * slope - y) / (math.log(2) * x * y)


def is_st2094_50(payload: bytes) -> bool:
    return payload.startswith(ST2094_50)


def parse(payload: bytes) -> St2094_50:
    """Read a T.35 payload that begins with the country code. ``UserError`` says what is wrong with it."""
    if not is_st2094_50(payload):
        raise UserError(f"{_WHAT}: a payload begins with {ST2094_50.hex()}; got {payload[:5].hex() or 'nothing'}")
    bits = BitReader(payload[len(ST2094_50) :][:2048], _WHAT)
    version, needed = bits.read(3), bits.read(3)
    if needed:
        raise UserError(f"{_WHAT}: needs version {needed} of the standard; only 0 is known")
    bits.read(2)
    has_white, has_tone_map = bits.flag(), bits.flag()
    bits.read(6)
    white = bits.read(16) if has_white else None
    tone_map = _read_tone_map(bits) if has_tone_map else None
    consumed = min(len(payload), 2048 + len(ST2094_50)) - bits.left // 8
    return St2094_50(tone_map, white, version, payload[consumed:])


def _read_tone_map(bits: BitReader) -> ToneMap:
    baseline = bits.read(16)
    if bits.flag():
        bits.read(7)
        out = ToneMap(baseline, None)
        _check(out)
        return out
    count, mode = min(bits.read(3), 4), bits.read(2)
    common_mix, common_curve = bits.flag(), bits.flag()
    chromaticities = tuple(bits.read(16) for _ in range(8)) if mode == 3 else mode
    alternates: list[Alternate] = []
    for _ in range(count):
        headroom = bits.read(16)
        mix = alternates[0].mix if alternates and common_mix else _read_mix(bits)
        first = alternates[0].curve if alternates and common_curve else None
        alternates.append(Alternate(headroom, mix, _read_curve(bits, first)))
    out = ToneMap(baseline, tuple(alternates), chromaticities, common_mix, common_curve)
    _check(out)
    return out


def _read_mix(bits: BitReader) -> Mix:
    kind = bits.read(2)
    if kind != 3:
        bits.read(6)
        return Mix(kind)
    present = [bits.flag() for _ in range(6)]
    return Mix(kind, tuple(bits.read(16) if there else None for there in present))


def _read_curve(bits: BitReader, first: GainCurve | None) -> GainCurve:
    if first:
        x, by_pchip = first.x, first.angles is None
    else:
        count, by_pchip = bits.read(5) + 1, bits.flag()
        bits.read(2)
        x = tuple(bits.read(16) for _ in range(count))
    y = tuple(bits.read(16) for _ in x)
    return GainCurve(x, y, None if by_pchip else tuple(bits.read(16) for _ in x))


def _check(tone_map: ToneMap) -> None:
    """The standard's constraints (6.2.2, 6.4.2, 6.5.2). ``UserError`` names the one that does not hold."""
    alternates = tone_map.alternates or ()
    headrooms = [alternate.headroom for alternate in alternates]
    if len(headrooms) > 4:
        raise UserError(f"{_WHAT}: there must be at most 4 alternates; got {len(headrooms)}")
    if tone_map.baseline in headrooms or sorted(set(headrooms)) != headrooms:
        raise UserError(f"{_WHAT}: headrooms must rise and differ from the baseline's; got {headrooms}")
    if max([tone_map.baseline, *headrooms]) > 60_000:
        raise UserError(f"{_WHAT}: headrooms must be in [0, 6] stops")
    if not isinstance(tone_map.chromaticities, int) and tone_map.chromaticities[1::2].count(0):
        raise UserError(f"{_WHAT}: chromaticities must have y above 0")
    for number, alternate in enumerate(alternates):
        x, y, angles = alternate.curve.x, alternate.curve.y, alternate.curve.angles
        if not len(x) == len(y) == len(angles or x) or not 1 <= len(x) <= MOST_POINTS:
            raise UserError(f"{_WHAT}: alternate {number} must have 1 to 32 points, with y (and slope) each")
        if max(x) > 64_000 or max(y) > 60_000:
            raise UserError(f"{_WHAT}: alternate {number}: x must be in [0, 64] and gains in [-6, 6] stops")
        if any(b < a or (a == b and y[i] != y[i + 1]) for i, (a, b) in enumerate(itertools.pairwise(x))):
            raise UserError(f"{_WHAT}: alternate {number}: points must rise in x; got {list(x)}")
        if alternate.mix.kind == 3 and not any(alternate.mix.coefficients):
            raise UserError(f"{_WHAT}: alternate {number}: the mix must have a weight above 0")


def pack(meta: St2094_50) -> bytes:
    """The T.35 payload, from the country code on. ``UserError`` names what does not fit."""
    bits = BitWriter(_WHAT)
    bits.write(3, meta.version, "version")
    bits.write(5, 0, "minimum version")
    bits.write(1, meta.white is not None, "reference white flag")
    bits.write(1, meta.tone_map is not None, "tone map flag")
    bits.write(6, 0, "reserved")
    if meta.white is not None:
        bits.write(16, meta.white, "reference white")
    if meta.tone_map:
        _check(meta.tone_map)
        _write_tone_map(bits, meta.tone_map)
    return ST2094_50 + bits.bytes() + meta.rest


def _write_tone_map(bits: BitWriter, tone_map: ToneMap) -> None:
    bits.write(16, tone_map.baseline, "baseline headroom")
    bits.write(1, tone_map.alternates is None, "reference white tone mapping flag")
    if tone_map.alternates is None:
        bits.write(7, 0, "reserved")
        return
    own = not isinstance(tone_map.chromaticities, int)
    bits.write(3, len(tone_map.alternates), "number of alternates")
    bits.write(2, 3 if own else tone_map.chromaticities, "chromaticities")  # type: ignore[arg-type]
    bits.write(1, tone_map.common_mix, "common mix flag")
    bits.write(1, tone_map.common_curve, "common curve flag")
    _write_all(bits, tone_map.chromaticities if own else (), "chromaticity")  # type: ignore[arg-type]
    for number, alternate in enumerate(tone_map.alternates):
        bits.write(16, alternate.headroom, "headroom")
        if number == 0 or not tone_map.common_mix:
            _write_mix(bits, alternate.mix)
        _write_curve(bits, alternate.curve, number == 0 or not tone_map.common_curve)


def _write_mix(bits: BitWriter, mix: Mix) -> None:
    bits.write(2, mix.kind, "kind of mix")
    if mix.kind != 3:
        bits.write(6, 0, "reserved")
        return
    for value in mix.coefficients:
        bits.write(1, value is not None, "mix flag")
    _write_all(bits, tuple(value for value in mix.coefficients if value is not None), "mix weight")


def _write_curve(bits: BitWriter, curve: GainCurve, with_x: bool) -> None:
    if with_x:
        bits.write(5, len(curve.x) - 1, "number of points")
        bits.write(1, curve.angles is None, "PCHIP flag")
        bits.write(2, 0, "reserved")
        _write_all(bits, curve.x, "x")
    _write_all(bits, curve.y, "gain")
    _write_all(bits, curve.angles or (), "slope")


def _write_all(bits: BitWriter, values: tuple[int, ...], name: str) -> None:
    for value in values:
        bits.write(16, value, name)
