"""AV1 bitstreams as OBUs (AV1 Bitstream & Decoding Process Specification, 5.3 to 5.9): metadata read and written.

Damaged streams are read as far as they go: what is incomplete is left out, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ..errors import UserError

_SEQUENCE_HEADER, _FRAME_HEADER, _METADATA, _FRAME = 1, 3, 5, 6
CONTENT_LIGHT, MASTERING_DISPLAY, T35 = 1, 2, 4  # metadata types

Message = tuple[int, bytes]  # metadata type, payload


class Obu(NamedTuple):
    """An OBU's payload, and its place in the data with header and size."""

    type: int
    payload: bytes
    start: int
    end: int


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


def _to_leb128(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def obus(data: bytes) -> Iterator[Obu]:
    """The OBUs of a temporal unit; ends where one is cut off."""
    at = 0
    while at < len(data):
        start, head = at, data[at]
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
        yield Obu(head >> 3 & 15, data[at : at + size], start, at + size)
        at += size


def metadata(data: bytes) -> Iterator[Message]:
    """Metadata OBUs as (metadata type, payload): T.35 from the country code on, without the trailing bit."""
    for obu in obus(data):
        found = _message(obu)
        if found:
            yield found


def _message(obu: Obu) -> Message | None:
    if obu.type != _METADATA or (read := _leb128(obu.payload, 0)) is None:
        return None
    kind, at = read
    body = obu.payload[at:]
    return kind, body.rstrip(b"\0").removesuffix(b"\x80") if kind == T35 else body


def metadata_obu(kind: int, body: bytes) -> bytes:
    """A metadata OBU with its size: T.35 from the country code on."""
    content = _to_leb128(kind) + body + b"\x80"  # the trailing bit
    return bytes((_METADATA << 3 | 2,)) + _to_leb128(len(content)) + content


def with_metadata(
    data: bytes, lasting: Sequence[Message], own: Sequence[Message], unwanted: Callable[[int, bytes], bool]
) -> bytes:
    """A temporal unit without the metadata that ``unwanted`` picks, and with new.

    ``lasting`` holds for the sequence: it is put before the first frame, where the unit has a sequence header. ``own``
    is the shown frame's: it is put between that and hidden frames before it (AOM, HDR10+ AV1 Metadata Handling).
    ``UserError`` if no frame is shown.
    """
    units = list(obus(data))
    header = next((obu for obu in units if obu.type == _SEQUENCE_HEADER), None)
    frames = [obu for obu in units if obu.type in (_FRAME_HEADER, _FRAME)]
    shown = next((obu for obu in frames if _is_shown(obu, header)), None)
    if shown is None:
        raise UserError("AV1: a temporal unit shows no frame: the stream is damaged")
    out, at = bytearray(), 0
    for obu in units:
        out += data[at : obu.start]
        at = obu.start
        if obu is frames[0] and header:
            out += b"".join(metadata_obu(*message) for message in lasting)
        if obu is shown:
            out += b"".join(metadata_obu(*message) for message in own)
        message = _message(obu)
        if message and unwanted(*message):
            at = obu.end
    return bytes(out + data[at:])


def _is_shown(frame: Obu, header: Obu | None) -> bool:
    """show_existing_frame or show_frame of the frame header (5.9.2); stills of the reduced kind have neither."""
    reduced = header is not None and bool(header.payload[:1]) and header.payload[0] >> 3 & 1
    return bool(reduced or (frame.payload[:1] and frame.payload[0] & 0x90))
