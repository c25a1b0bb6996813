"""The order in which HEVC pictures are shown, from picture order counts (ITU-T H.265, 7.3 and 8.3.1).

A raw stream has no timestamps, and its pictures are stored in the order of decoding.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UserError
from . import nal
from .bits import BitReader, unescape

_WHAT = "HEVC"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture is shown: places sort in the order of display. Some pictures are decoded only."""

    sequence: int
    count: int
    shown: bool

    @property
    def key(self) -> tuple[int, int]:
        return self.sequence, self.count


@dataclass(frozen=True, slots=True)
class _Sps:
    count_bits: int
    colour_planes: bool


@dataclass(frozen=True, slots=True)
class _Pps:
    sps: int
    extra_bits: int
    output_flag: bool


class PictureOrder:
    """Fed with a stream's NAL units in order, says of every picture where it is shown."""

    def __init__(self) -> None:
        self._sps: dict[int, _Sps] = {}
        self._pps: dict[int, _Pps] = {}
        self._sequence = -1
        self._fresh = True  # nothing decoded since the beginning or an end of sequence
        self._skips_rasl = True
        self._previous = 0

    def parameters(self, unit: bytes) -> None:
        """A parameter set, or an end of sequence; anything else is of no interest."""
        kind = unit[0] >> 1 & 0x3F
        if kind in (nal.SPS, nal.PPS):
            bits = BitReader(unescape(unit[2:]), _WHAT)
            if kind == nal.SPS:
                number, sps = _read_sps(bits)
                self._sps[number] = sps
            else:
                number, pps = _read_pps(bits)
                self._pps[number] = pps
        elif kind in (nal.END_OF_SEQUENCE, nal.END_OF_BITSTREAM):
            self._fresh = True

    def picture(self, unit: bytes) -> Place:
        """The place of a picture, from its first slice. ``UserError`` without the parameter sets it names."""
        kind, layer_time = unit[0] >> 1 & 0x3F, (unit[1] & 7) - 1
        bits = BitReader(unescape(unit[2:]), _WHAT)
        bits.read(1)
        random_access = nal.BLA_FIRST <= kind <= 23
        if random_access:
            bits.read(1)
        pps = self._pps.get(number := bits.golomb())
        sps = self._sps.get(pps.sps) if pps else None
        if pps is None or sps is None:
            raise UserError(f"{_WHAT}: a picture uses parameter set {number}, which the stream does not have")
        bits.read(pps.extra_bits)
        bits.golomb()  # slice type
        output = bits.flag() if pps.output_flag else True
        if sps.colour_planes:
            bits.read(2)
        low = 0 if kind in (nal.IDR_FIRST, nal.IDR_FIRST + 1) else bits.read(sps.count_bits)
        return self._place(kind, layer_time, random_access, low, sps.count_bits, output)

    def _place(self, kind: int, time_layer: int, random_access: bool, low: int, bits: int, output: bool) -> Place:
        period = 1 << bits
        if random_access and (self._fresh or kind < nal.CRA):
            self._sequence += 1
            self._skips_rasl = True
            count = low
        else:
            if random_access:
                self._skips_rasl = False
            count = self._previous - self._previous % period + low
            ahead = low - self._previous % period
            if ahead <= -period // 2:
                count += period
            elif ahead > period // 2:
                count -= period
        self._fresh = False
        if time_layer == 0 and kind not in nal.LEADING and (kind >= nal.BLA_FIRST or kind % 2):
            self._previous = count
        return Place(self._sequence, count, output and not (kind in nal.RASL and self._skips_rasl))


def _read_sps(bits: BitReader) -> tuple[int, _Sps]:
    bits.read(4)
    layers = bits.read(3)
    bits.read(1 + 88 + 8)  # nesting flag, general profile, general level
    if layers:
        present = [(bits.flag(), bits.flag()) for _ in range(layers)]
        bits.read(2 * (8 - layers))
        for profile, level in present:
            bits.read(88 * profile + 8 * level)
    number = bits.golomb()
    planes = bits.flag() if bits.golomb() == 3 else False
    bits.golomb(), bits.golomb()  # width, height
    if bits.flag():
        for _ in range(4):
            bits.golomb()  # conformance window
    bits.golomb(), bits.golomb()  # bit depths
    count_bits = bits.golomb() + 4
    if number > 15 or count_bits > 16:
        raise UserError(f"{_WHAT}: a sequence parameter set is damaged")
    return number, _Sps(count_bits, planes)


def _read_pps(bits: BitReader) -> tuple[int, _Pps]:
    number, sps = bits.golomb(), bits.golomb()
    if number > 63 or sps > 15:
        raise UserError(f"{_WHAT}: a picture parameter set is damaged")
    bits.read(1)  # dependent slice segments, which a picture's first is not
    output_flag = bits.flag()
    return number, _Pps(sps, bits.read(3), output_flag)
