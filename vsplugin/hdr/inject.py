"""Metadata put into pictures of HEVC and AV1 that are encoded already: messages come and go, no slice changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ..errors import UserError
from . import av1, check, dolbyvision, metadata, nal, packets
from .metadata import NOTHING, Metadata
from .poc import Place
from .static import ContentLight, MasteringDisplay

Edit = tuple[int, int, bytes]  # data[start:end] becomes these bytes
_DYNAMIC = ("hdr10plus", "st2094_50", "rpu")
_STATIC = ("mastering", "light")
_MESSAGES = {"mastering": nal.MASTERING_DISPLAY, "light": nal.CONTENT_LIGHT}


def into_stream(data: nal.Data, frames: Sequence[Metadata], write: Callable[[bytes], object]) -> int:
    """Give the Annex B stream ``data`` to ``write`` in pieces, with metadata of ``frames`` in order of display.

    Metadata the stream has is replaced, each kind only if ``frames`` bring it. Mastering display and content light, of
    which the first counts, go to every picture that decoding can begin with. Returns how many pictures there are.
    ``UserError``, before the first piece, if the counts differ or metadata is incomplete.
    """
    check.complete(frames, "inject")
    groups = list(packets.placed(data))
    numbers = _display_numbers([place for place, _ in groups])
    check.same_count(frames, len(numbers), "inject")
    kinds, lasting = kinds_of(frames), static(frames)
    at = 0
    for index, (_, units) in enumerate(groups):
        meta = frames[numbers[index]] if index in numbers else NOTHING
        for start, end, new in _edits(data, units, with_static(meta, lasting), kinds):
            write(data[at:start])
            write(new)
            at = end
    write(data[at:])
    return len(numbers)


def into_packet(data: bytes, meta: Metadata, kinds: frozenset[str] | None = None, length_size: int = 0) -> bytes:
    """The same for one HEVC picture: in Annex B, or with lengths of ``length_size`` bytes as containers keep it.

    ``kinds`` is what is replaced; if not given, what ``meta`` has.
    """
    ranges = nal.length_prefixed(data, length_size) if length_size else nal.annex_b(data)
    edits = _edits(data, list(nal.units(data, ranges)), meta, kinds_of([meta]) if kinds is None else kinds, length_size)
    return _applied(data, edits)


def into_unit(data: bytes, meta: Metadata, kinds: frozenset[str]) -> bytes:
    """The same for one temporal unit of AV1. RPUs have another form there, which is not written."""
    found = metadata.from_av1(data)
    kinds = frozenset(kind for kind in kinds if kind not in _STATIC or getattr(found, kind) != getattr(meta, kind))
    display, light = (getattr(meta, name) if name in kinds else None for name in _STATIC)
    lasting = [(av1.MASTERING_DISPLAY, MasteringDisplay.from_sei(display).to_av1())] if display else []
    lasting += [(av1.CONTENT_LIGHT, ContentLight.from_sei(light).to_sei())] if light else []
    own = [(av1.T35, payload) for payload in (meta.hdr10plus, meta.st2094_50) if payload]
    return av1.with_metadata(data, lasting, own, lambda kind, body: metadata.av1_name(kind, body) in kinds)


def kinds_of(frames: Sequence[Metadata]) -> frozenset[str]:
    """The names of the fields that any of these frames has."""
    return frozenset(field for field in (*_DYNAMIC, *_STATIC) if any(getattr(frame, field) for frame in frames))


def static(frames: Sequence[Metadata]) -> Metadata:
    """The first mastering display and the first content light of these frames."""
    first = {name: next((v for f in frames if (v := getattr(f, name)) is not None), None) for name in _STATIC}
    return Metadata(**first)


def with_static(meta: Metadata, lasting: Metadata) -> Metadata:
    return replace(meta, mastering=lasting.mastering, light=lasting.light)


def _applied(data: bytes, edits: Iterator[Edit]) -> bytes:
    out, at = bytearray(), 0
    for start, end, new in edits:
        out += data[at:start] + new
        at = end
    return bytes(out + data[at:]) if out else data


def _display_numbers(places: Sequence[Place | None]) -> dict[int, int]:
    """For each picture that is shown, by its number in order of decoding, its number in order of display."""
    shown = sorted((place.key, index) for index, place in enumerate(places) if place is not None and place.shown)
    for (one, _), (other, _) in itertools.pairwise(shown):
        if one == other:
            raise UserError(f"inject: two pictures have picture order count {one[1]}: the stream is damaged")
    return {index: number for number, (_, index) in enumerate(shown)}


def _edits(
    data: nal.Data, units: list[nal.Nal], meta: Metadata, kinds: frozenset[str], length_size: int = 0
) -> Iterator[Edit]:
    """In order of place: old messages out, the new ones before the first slice, the RPU after everything else."""
    kinds = _changed(data, units, meta, kinds) if kinds & set(_STATIC) else kinds
    last = max((n for n, unit in enumerate(units) if unit.type not in _ENDS), default=-1)
    new = b"".join(_framed(nal.sei(messages), length_size) for messages in _messages(units, meta, kinds))
    for number, unit in enumerate(units):
        start = unit.start - (length_size or (4 if unit.start > 3 and data[unit.start - 4] == 0 else 3))
        if unit.is_slice and new:
            yield start, start, new
            new = b""
        elif unit.type == nal.PREFIX_SEI:
            whole = unit.bytes(data)
            rest = nal.without(whole, lambda message: metadata.message_name(*message) in kinds)
            if rest is not whole:
                yield start, unit.end, _framed(rest, length_size) if rest else b""
        elif unit.type == nal.RPU and "rpu" in kinds:
            yield start, unit.end, b""
        if number == last and meta.rpu is not None:
            yield unit.end, unit.end, _framed(dolbyvision.to_nal(meta.rpu), length_size)


_ENDS = (nal.END_OF_SEQUENCE, nal.END_OF_BITSTREAM)


def _framed(unit: bytes, length_size: int) -> bytes:
    return (len(unit).to_bytes(length_size) if length_size else nal.START_CODE) + unit


def _changed(data: nal.Data, units: list[nal.Nal], meta: Metadata, kinds: frozenset[str]) -> frozenset[str]:
    """Without the static metadata that is there already: it stays where it is."""
    found = metadata.from_nals(units, data)
    return frozenset(kind for kind in kinds if kind not in _STATIC or getattr(found, kind) != getattr(meta, kind))


def _messages(units: list[nal.Nal], meta: Metadata, kinds: frozenset[str]) -> Iterator[list[nal.Message]]:
    """What the picture gets, one list for each SEI NAL unit."""
    names = [name for name in _STATIC if name in kinds and getattr(meta, name)]
    if names and any(nal.BLA_FIRST <= unit.type < nal.IRAP_END for unit in units):
        yield [(_MESSAGES[name], getattr(meta, name)) for name in names]
    for payload in (meta.hdr10plus, meta.st2094_50):
        if payload is not None:
            yield [(nal.T35, payload)]
