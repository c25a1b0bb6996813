"""The Dolby Vision configuration record, without which players take a file of HEVC and RPUs for plain HDR10.

PyAV passes a stream's record on from a file that has one but cannot make one: so a template is made here, the head of a
Matroska file of ours with the record put into its track.
"""

from __future__ import annotations

import io
from fractions import Fraction

_SEGMENT, _TRACKS, _TRACK, _CLUSTER = b"\x18\x53\x80\x67", b"\x16\x54\xae\x6b", b"\xae", b"\x1f\x43\xb6\x75"
_MAPPING, _TYPE, _DATA = b"\x41\xe4", b"\x41\xe7", b"\x41\xed"  # BlockAdditionMapping, BlockAddIDType, ...ExtraData
HEAD = 8 << 20  # bytes of the file that are enough to know the stream

# Luma samples per second that each level allows (Dolby Vision profiles and levels, table 3).
_RATES = (
    22_118_400, 27_648_000, 49_766_400, 62_208_000, 124_416_000, 199_065_600, 248_832_000, 398_131_200, 497_664_000,
    995_328_000, 995_328_000, 1_990_656_000, 3_981_312_000,
)  # fmt: skip


def record(width: int, height: int, rate: Fraction, transfer: int) -> bytes:
    """Profile 8 with RPUs and one layer, which is HDR10 (PQ, 8.1) or HLG (8.4): the 24 bytes of ``dvvC``."""
    pixels = width * height * rate
    level = next((n for n, most in enumerate(_RATES, 1) if pixels <= most), len(_RATES))
    compatible = 4 if transfer == 18 else 1
    head = bytes((1, 0, 8 << 1 | level >> 5, (level & 31) << 3 | 0b101, compatible << 4))
    return head.ljust(24, b"\0")


def template(data: bytes, dovi: bytes) -> io.BytesIO:
    """The head of a Matroska file as FFmpeg writes them, its only track with this record.

    ``data`` is a file with that track only, up to its first pictures or further.
    """
    data = data[:HEAD]
    begin = data.index(_SEGMENT)
    at = begin + len(_SEGMENT) + 9 - data[begin + len(_SEGMENT)].bit_length()
    tracks = b""
    while data[at : at + 4] != _CLUSTER:  # the index at the front names the others' places, which change: left out
        name, content, at = _read(data, at)
        tracks = content if name == _TRACKS else tracks
    name, track, end = _read(tracks, 0)
    while name != _TRACK:  # a checksum comes first
        name, track, end = _read(tracks, end)
    mapping = _element(_MAPPING, _element(_TYPE, b"dvvC") + _element(_DATA, dovi))
    unknown = b"\x01" + b"\xff" * 7
    new = _element(_TRACKS, _element(_TRACK, track + mapping))
    return io.BytesIO(data[:begin] + _SEGMENT + unknown + new + data[at:])


def _read(data: bytes, at: int) -> tuple[bytes, bytes, int]:
    """An element's name, what it holds, and where it ends."""
    begin = at + 9 - data[at].bit_length()
    length = 9 - data[begin].bit_length()
    size = int.from_bytes(data[begin : begin + length]) & (1 << 7 * length) - 1
    end = begin + length + size
    return data[at:begin], data[begin + length : end], end


def _element(name: bytes, content: bytes) -> bytes:
    return name + (1 << 56 | len(content)).to_bytes(8) + content
