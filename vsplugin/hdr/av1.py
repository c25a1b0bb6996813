"""AV1 bitstreams as OBUs (AV1 Bitstream & Decoding Process Specification, 5.3 and 5.8): the metadata they carry."""

from __future__ import annotations

from collections.abc import Iterator

_METADATA = 5
CONTENT_LIGHT, MASTERING_DISPLAY, T35 = 1, 2, 4  # metadata types


def _leb128(data: bytes, at: int) -> tuple[int, int] | None:
    """A little-endian base-128 number of at most 8 bytes, and where it ends; None if it is cut off."""
    value = 0
    for place in range(8):
        if at + place >= len(data):
            return None
        value |= (data[at + place] & 0x7F) << 7 * place
        if not data[at + place] & 0x80:
            return value, at + place + 1
    return None


def obus(data: bytes) -> Iterator[tuple[int, bytes]]:
    """OBUs as (type, payload); ends where one is cut off."""
    at = 0
    while at < len(data):
        head = data[at]
        at += 2 if head & 4 else 1  # with extension
        if head & 2:  # has a size
            sized = _leb128(data, at)
            if sized is None:
                return
            size, at = sized
        else:
            size = len(data) - at
        if head & 0x80 or at + size > len(data):
            return
        yield head >> 3 & 15, data[at : at + size]
        at += size


def metadata(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Metadata OBUs as (metadata type, payload): T.35 from the country code on, without the trailing bit."""
    for kind, payload in obus(data):
        if kind != _METADATA or (read := _leb128(payload, 0)) is None:
            continue
        name, at = read
        body = payload[at:]
        yield name, body.rstrip(b"\0").removesuffix(b"\x80") if name == T35 else body
