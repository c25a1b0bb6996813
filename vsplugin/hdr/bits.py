"""Bits, Exp-Golomb numbers and emulation prevention (ITU-T H.265, 9.2 and 7.3.1.1): how these formats are written."""

from __future__ import annotations

from ..errors import UserError


class BitReader:
    """Reads unsigned numbers from bytes; ``UserError`` at the end instead of numbers that are not there."""

    def __init__(self, data: bytes, what: str) -> None:
        self._value = int.from_bytes(data)
        self._what = what
        self.left = 8 * len(data)

    def read(self, bits: int) -> int:
        if bits > self.left:
            raise UserError(f"{self._what}: ends in the middle of a value")
        self.left -= bits
        return self._value >> self.left & (1 << bits) - 1

    def flag(self) -> bool:
        return self.read(1) == 1

    def golomb(self) -> int:
        """``ue(v)``; at most 32 bits long, as all that HEVC has."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > 32:
                raise UserError(f"{self._what}: a number is longer than 32 bits")
        return (1 << zeros) - 1 + self.read(zeros)


class BitWriter:
    """Collects unsigned numbers; ``UserError`` for one that does not fit."""

    def __init__(self, what: str) -> None:
        self._value = 0
        self._bits = 0
        self._what = what

    def write(self, bits: int, value: int, name: str) -> None:
        if not 0 <= value < 1 << bits:
            raise UserError(f"{self._what}: {name} must be in [0, {(1 << bits) - 1}]; got {value}")
        self._value = self._value << bits | value
        self._bits += bits

    @property
    def to_byte(self) -> int:
        """How many bits are missing to a whole byte."""
        return -self._bits % 8

    def bytes(self) -> bytes:
        return (self._value << self.to_byte).to_bytes((self._bits + 7) // 8)


def unescape(data: bytes) -> bytes:
    """A NAL unit's bytes without emulation prevention (H.265, 7.3.1.1): 00 00 03 becomes 00 00."""
    at = data.find(b"\0\0\3")
    if at < 0:
        return data
    out, begin = bytearray(), 0
    while at >= 0:
        out += data[begin : at + 2]
        begin = at + 3
        at = data.find(b"\0\0\3", begin)
    return bytes(out + data[begin:])


def escape(data: bytes) -> bytes:
    """With emulation prevention: no 00 00 00, 00 00 01 or 00 00 02 remains."""
    out = bytearray()
    zeros = 0
    for byte in data:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)
