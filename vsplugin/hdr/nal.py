"""HEVC bitstreams as NAL units (ITU-T H.265): Annex B or length-prefixed; access units; SEI messages read and written.

Damaged streams are read as far as they go: what is incomplete is left out, nothing is guessed.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .bits import escape, unescape

# NAL unit types (table 7-1)
RASL = (8, 9)
LEADING = (6, 7, 8, 9)  # RADL and RASL
BLA_FIRST, IDR_FIRST, CRA, IRAP_END, VCL_LAST = 16, 19, 21, 24, 31  # random access: BLA_FIRST up to IRAP_END
VPS, SPS, PPS, DELIMITER, END_OF_SEQUENCE, END_OF_BITSTREAM = 32, 33, 34, 35, 36, 37
PREFIX_SEI, RPU = 39, 62
_BEGINS_UNIT = {VPS, SPS, PPS, DELIMITER, PREFIX_SEI, *range(41, 45), *range(48, 56)}

# SEI payload types (annex D)
T35, MASTERING_DISPLAY, CONTENT_LIGHT = 4, 137, 144

START_CODE = b"\0\0\0\1"
_SLICE_HEAD = 64  # bytes of a slice that are looked at

Data = bytes | mmap.mmap
Range = tuple[int, int]
Message = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Nal:
    """A NAL unit by its place in the data: ``[start, end)``, header included, start code or length excluded."""

    type: int
    start: int
    end: int
    first_slice: bool = False

    @property
    def is_slice(self) -> bool:
        return self.type <= VCL_LAST

    def bytes(self, data: Data) -> bytes:
        """All of it; only the beginning of a slice, which is all that is ever needed."""
        return data[self.start : min(self.end, self.start + _SLICE_HEAD) if self.is_slice else self.end]


def annex_b(data: Data) -> Iterator[Range]:
    """NAL units between start codes, without zero bytes at the end."""
    at = data.find(b"\0\0\1")
    while at >= 0:
        start = at + 3
        at = data.find(b"\0\0\1", start)
        end = at if at >= 0 else len(data)
        while end > start and data[end - 1] == 0:
            end -= 1
        if end - start >= 2:
            yield start, end


def length_prefixed(data: Data, size: int) -> Iterator[Range]:
    """NAL units behind their length in ``size`` bytes, as MP4 and Matroska keep them; ends where one is cut off."""
    at = 0
    while at + size <= len(data):
        start = at + size
        at = start + int.from_bytes(data[at:start])
        if at > len(data):
            return
        if at - start >= 2:
            yield start, at


def units(data: Data, ranges: Iterable[Range]) -> Iterator[Nal]:
    """The NAL units of the base layer; Dolby Vision's enhancement layer (type 63) and other layers are passed over."""
    for start, end in ranges:
        kind = data[start] >> 1 & 0x3F
        if not (data[start] & 1 or data[start + 1] >> 3):
            yield Nal(kind, start, end, kind <= VCL_LAST and end - start > 2 and data[start + 2] >> 7 == 1)


def access_units(nals: Iterable[Nal]) -> Iterator[list[Nal]]:
    """NAL units grouped by picture (7.4.2.4.4); what has no picture, as at a cut-off end, is left out."""
    group: list[Nal] = []
    seen = False
    for nal in nals:
        if seen and (nal.type in _BEGINS_UNIT or nal.first_slice):
            yield group
            group, seen = [], False
        group.append(nal)
        seen = seen or nal.is_slice
    if seen:
        yield group


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a container's ``hvcC`` says: bytes of each length, and NAL units that hold for the whole stream."""

    length_size: int
    nals: tuple[bytes, ...]


def configuration(extradata: bytes | None) -> Configuration | None:
    """Read ``hvcC`` (ISO/IEC 14496-15, 8.3.3.1); None for Annex B, where NAL units are in the stream itself."""
    if not extradata or len(extradata) < 23 or extradata[:3] in (b"\0\0\0", b"\0\0\1"):
        return None
    found: list[bytes] = []
    at = 23
    for _ in range(extradata[22]):
        count = int.from_bytes(extradata[at + 1 : at + 3])
        at += 3
        for _ in range(count):
            if at + 2 > len(extradata):
                break
            length = int.from_bytes(extradata[at : at + 2])
            found.append(extradata[at + 2 : at + 2 + length])
            at += 2 + length
    return Configuration((extradata[21] & 3) + 1, tuple(nal for nal in found if len(nal) >= 2))


def sei_messages(nal: bytes) -> list[Message]:
    """The messages of an SEI NAL unit as (payload type, payload)."""
    data = unescape(nal[2:]).rstrip(b"\0")  # ends with 0x80
    out: list[Message] = []
    at = 0
    while at + 2 <= len(data):
        kind, at = _chained(data, at)
        size, at = _chained(data, at)
        if at + size > len(data):
            break
        out.append((kind, data[at : at + size]))
        at += size
    return out


def _chained(data: bytes, at: int) -> tuple[int, int]:
    """A number written as any count of 255 and a last byte, and where it ends."""
    value = 0
    while at < len(data) and data[at] == 255:
        value += 255
        at += 1
    return value + (data[at] if at < len(data) else 0), at + 1


def sei(messages: list[Message]) -> bytes:
    """A prefix SEI NAL unit with these messages."""
    body = bytearray()
    for kind, payload in messages:
        for number in (kind, len(payload)):
            body += b"\xff" * (number // 255) + bytes((number % 255,))
        body += payload
    return bytes((PREFIX_SEI << 1, 1)) + escape(bytes(body) + b"\x80")


def without(nal: bytes, unwanted: Callable[[Message], bool]) -> bytes | None:
    """An SEI NAL unit without the messages ``unwanted`` picks: the same bytes if none is, None if none is left."""
    messages = sei_messages(nal)
    kept = [message for message in messages if not unwanted(message)]
    if len(kept) == len(messages):
        return nal
    return sei(kept) if kept else None
