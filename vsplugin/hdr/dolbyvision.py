"""Dolby Vision RPUs, carried as bytes: never decoded further than needed to say what they are and that they are whole.

As in the frame property ``DolbyVisionRPU`` (and a NAL unit of type 62 without its two header bytes), an RPU here begins
with 0x19 and keeps its emulation prevention bytes.
"""

from __future__ import annotations

from functools import cache

from ..errors import UserError
from .bits import BitReader, unescape

NAL_HEADER = b"\x7c\x01"  # type 62, layer 0
_START = b"\0\0\0\1"


@cache
def _crc_table() -> tuple[int, ...]:
    def entry(value: int) -> int:
        for _ in range(8):
            value = value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)
        return value & 0xFFFFFFFF

    return tuple(entry(byte << 24) for byte in range(256))


def _crc(data: bytes) -> int:
    """CRC-32/MPEG-2."""
    table, value = _crc_table(), 0xFFFFFFFF
    for byte in data:
        value = value << 8 & 0xFFFFFFFF ^ table[value >> 24 ^ byte]
    return value


def checksum(body: bytes) -> bytes:
    """The four bytes behind an RPU's body, which is without the leading 0x19."""
    return _crc(body).to_bytes(4)


def check(rpu: bytes) -> None:
    """``UserError`` unless the RPU is whole: begins with 0x19, ends with 0x80, and its checksum is right."""
    plain = unescape(rpu).rstrip(b"\0")  # a start code of four bytes leaves a zero behind
    if len(plain) < 8 or plain[0] != 0x19 or plain[-1] != 0x80:
        raise UserError(f"Dolby Vision: an RPU begins with 19 and ends with 80; got {rpu[:4].hex()}…{rpu[-2:].hex()}")
    if _crc(plain[1:-5]) != int.from_bytes(plain[-5:-1]):
        raise UserError("Dolby Vision: the checksum of an RPU is wrong: it is damaged")


def profile(rpu: bytes) -> int:
    """The profile, from the RPU's header: 4, 5, 7 or 8; 0 where it is none of these."""
    bits = BitReader(unescape(rpu[:64]), "Dolby Vision")
    if bits.read(8) != 0x19 or bits.read(6) != 2:
        raise UserError(f"Dolby Vision: this is no RPU of type 2: {rpu[:4].hex()}")
    form = bits.read(11)
    kind, _level = bits.read(4), bits.read(4)
    if not bits.flag():  # no sequence information: as the RPU before it
        return 0
    bits.read(1)
    if bits.read(2) == 0:
        bits.golomb()
    bits.read(2)
    full_range = bits.flag()
    if kind == 0:
        return 5 if full_range else 0
    if kind != 1 or form & 0x700:
        return 0
    bits.golomb(), bits.golomb()
    depth = bits.golomb() + 8
    bits.read(1 + 3)
    enhanced, no_residual = bits.flag(), bits.flag()
    return (7 if depth == 12 else 4) if enhanced and not no_residual else 8


def to_nal(rpu: bytes) -> bytes:
    """The NAL unit, without start code."""
    return NAL_HEADER + rpu


def write_file(rpus: list[bytes]) -> bytes:
    """The RPU file of x265 (``--dolby-vision-rpu``) and dovi_tool: frames in order of display."""
    return b"".join(_START + rpu for rpu in rpus)


def read_file(data: bytes) -> list[bytes]:
    """The RPUs of such a file. ``UserError`` if it is none."""
    if not data.startswith(_START):
        raise UserError("Dolby Vision: an RPU file begins with 00000001")
    found = [part.removeprefix(NAL_HEADER) for part in data.split(_START)[1:]]
    for number, rpu in enumerate(found):
        try:
            check(rpu)
        except UserError as error:
            raise UserError(f"{error} (frame {number})") from None
    return found
