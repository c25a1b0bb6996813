"""The messages of ofx_bridge/protocol.hpp, which says what they mean; a test compares the two files' numbers."""

from __future__ import annotations

import enum
import struct
from typing import NamedTuple

MAGIC = 0x57505356
VERSION = 1
LARGEST = 64 * 1024
HEADER = struct.Struct("<IHHII")
_SLOT = struct.Struct("<iiQ")
_PICTURE = struct.Struct("<q6i")
_FRAME = struct.Struct("<q")
_RENDER = struct.Struct("<3q32s2id")
_TAKEN = struct.Struct("<ii")
_PROGRESS = struct.Struct("<dii")
_ERROR = struct.Struct("<ii")


class Type(enum.IntEnum):
    OPEN = 1
    HELLO = 2
    SLOT = 3
    HAVE = 4
    NONE = 5
    RENDER = 6
    CANCEL = 7
    READY = 32
    TAKEN = 33
    NEED = 34
    PROGRESS = 35
    DONE = 36
    ERROR = 37


class ErrorKind(enum.IntEnum):
    FAILED = 0
    MEMORY = 1
    VERSION = 2
    CANCELLED = 3


class Picture(NamedTuple):
    """A picture in a slot: packed rows, the top one first."""

    frame: int
    slot: int
    width: int
    height: int
    depth: int  # 0 byte, 1 short, 2 half, 3 float
    premultiplied: int
    swapped: int


class Render(NamedTuple):
    """What is asked for."""

    frame: int
    first: int  # frame number of the clip's beginning
    length: int  # frames of the clip; 0: the host does not say
    out: Picture
    temporal: bool  # the host gives frames of other times
    mix: float
    json: bytes


class Message(NamedTuple):
    type: int
    version: int
    serial: int
    body: bytes


def message(kind: Type, serial: int, body: bytes = b"") -> bytes:
    return HEADER.pack(MAGIC, VERSION, kind, serial, len(body)) + body


def parse(data: bytes) -> Message:
    """The parts of a datagram; ``ValueError`` if it is none of ours."""
    if len(data) < HEADER.size:
        raise ValueError(f"a message of {len(data)} bytes")
    magic, version, kind, serial, size = HEADER.unpack_from(data)
    if magic != MAGIC or size != len(data) - HEADER.size:
        raise ValueError(f"a message that is not ours: {data[:16].hex()}")
    return Message(kind, version, serial, data[HEADER.size :])


def parse_slot(body: bytes) -> tuple[int, int]:
    """Number and bytes."""
    slot, _, size = _SLOT.unpack(body)
    return slot, size


def parse_picture(body: bytes) -> Picture:
    return Picture(*_PICTURE.unpack(body))


def parse_frame(body: bytes) -> int:
    frame: int = _FRAME.unpack(body)[0]
    return frame


def parse_render(body: bytes) -> Render:
    frame, first, count, out, temporal, _, mix = _RENDER.unpack_from(body)
    return Render(frame, first, count, parse_picture(out), bool(temporal), mix, body[_RENDER.size :])


def need(serial: int, frame: int) -> bytes:
    return message(Type.NEED, serial, _FRAME.pack(frame))


def taken(serial: int, slot: int) -> bytes:
    return message(Type.TAKEN, serial, _TAKEN.pack(slot, 0))


def progress(serial: int, stage: int, fraction: float = -1.0) -> bytes:
    """Stage 0: making ready, 1: rendering."""
    return message(Type.PROGRESS, serial, _PROGRESS.pack(fraction, stage, 0))


def error(serial: int, kind: ErrorKind, text: str) -> bytes:
    return message(Type.ERROR, serial, _ERROR.pack(kind, 0) + text.encode(errors="replace")[:4000])
