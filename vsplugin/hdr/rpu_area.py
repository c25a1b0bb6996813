"""The active picture in a Dolby Vision RPU: level 5 metadata, edges in pixels, which must grow with the picture.

An RPU is read as far as this block (ETSI GS CCM 001, 5.3: rpu_data_header, vdr_rpu_data_payload, vdr_dm_data_payload);
all its other fields stay as they are, bit for bit.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from ..errors import UserError
from .bits import BitReader, escape, unescape
from .dolbyvision import checksum

_WHAT = "Dolby Vision"
_LEVEL, _WIDTH = 5, 13  # of the block; bits of an edge
_MOST = (1 << _WIDTH) - 1
_DM_BITS = (9 * 16, 3 * 32, 9 * 16, 16 * 3 + 32, 5 + 2 + 2 + 2, 12 + 12 + 10)  # matrices, transfer, format, luminances

Edges = tuple[int, int, int, int]  # left, right, top, bottom


def edges(rpu: bytes) -> Edges | None:
    """The edges of level 5; None if the RPU has none. ``UserError`` for RPUs that cannot be read so far."""
    plain = unescape(rpu)
    at = _position(plain)
    return None if at is None else _read(plain, at)


def with_edges(rpu: bytes, new: Edges) -> bytes:
    """The RPU with these edges instead of its own. ``UserError`` if it has none, or cannot be read so far."""
    plain = unescape(rpu)
    at = _position(plain)
    if at is None:
        raise UserError(f"{_WHAT}: the RPU has no level 5")
    end = len(plain.rstrip(b"\0"))
    value, bits = int.from_bytes(plain[: end - 5]), 8 * (end - 5)  # without checksum and 0x80
    for number, edge in enumerate(new):
        shift = bits - at - _WIDTH * (number + 1)
        value = value & ~(_MOST << shift) | min(edge, _MOST) << shift
    body = value.to_bytes(end - 5)
    return body[:1] + escape(body[1:] + checksum(body[1:]) + plain[end - 1 :])


@lru_cache(maxsize=1024)
def scaled(rpu: bytes, across: Fraction, down: Fraction) -> bytes:
    """The RPU for a picture that many times as wide and high; itself if it names no edges, or cannot be read so far."""
    try:
        old = edges(rpu)
    except UserError:
        return rpu
    if not old or not any(old):
        return rpu
    left, right, top, bottom = old
    return with_edges(rpu, (round(left * across), round(right * across), round(top * down), round(bottom * down)))


def _read(plain: bytes, at: int) -> Edges:
    value = int.from_bytes(plain) >> 8 * len(plain) - at - 4 * _WIDTH
    left, right, top, bottom = (value >> _WIDTH * place & _MOST for place in (3, 2, 1, 0))
    return left, right, top, bottom


def _position(plain: bytes) -> int | None:
    """At which bit the edges begin."""
    bits = BitReader(plain, _WHAT)
    bits.read(8 + 6)
    has_layer = not bits.read(11) & 0x700
    bits.read(8)
    if not bits.flag():
        raise UserError(f"{_WHAT}: the RPU has no sequence information")
    bits.read(1)
    floats = bits.read(2) == 1
    fraction = 32 if floats else bits.golomb()
    bits.read(3)
    depth, layer_depth, residual = 10, 10, False
    if has_layer:
        depth, layer_depth = bits.golomb() + 8, (bits.golomb() & 0xFF) + 8
        bits.golomb()
        bits.read(5)
        residual = not bits.flag()
    has_dm = bits.flag()
    if bits.flag():
        bits.golomb()
    else:
        _skip_mapping(bits, depth, layer_depth if residual else 0, fraction, floats)
    return _in_display_management(bits, len(plain)) if has_dm else None


def _skip_mapping(bits: BitReader, depth: int, layer_depth: int, fraction: int, floats: bool) -> None:
    """The curves between the layers; ``layer_depth`` 0: no residual."""

    def coefficient() -> None:
        if not floats:
            bits.golomb()  # se(v) is as long
        bits.read(fraction)

    for _ in range(3):
        bits.golomb()
    pieces = []
    for _ in range(3):
        pieces.append(bits.golomb() + 1)
        bits.read(depth * (pieces[-1] + 1))
    if layer_depth:
        bits.read(3 + 2 * depth)
    bits.golomb(), bits.golomb()
    for _ in range(sum(pieces)):
        if bits.golomb() == 0:
            order = bits.golomb() + 1
            if order == 1 and bits.flag():
                raise UserError(f"{_WHAT}: the RPU has a curve of an unknown kind")
            count = order + 1
        else:
            count = 1 + 7 * (bits.read(2) + 1)
        for _ in range(count):
            coefficient()
    if layer_depth:
        for _ in range(3):
            bits.read(layer_depth)
            for _ in range(3):
                coefficient()


def _in_display_management(bits: BitReader, length: int) -> int | None:
    for _ in range(3):
        bits.golomb()
    bits.read(sum(_DM_BITS))
    blocks = bits.golomb()
    bits.read(bits.left % 8)
    for _ in range(blocks):
        size, level = bits.golomb(), bits.read(8)
        if level == _LEVEL:
            if 8 * size < 4 * _WIDTH or bits.left < 8 * size:
                raise UserError(f"{_WHAT}: level 5 is cut off")
            return 8 * length - bits.left
        bits.read(8 * size)
    return None
