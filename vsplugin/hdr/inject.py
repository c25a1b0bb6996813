"""Metadata put into HEVC pictures that are encoded already: NAL units are added or replaced, no slice changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

from ..errors import UserError
from . import check, dolbyvision, nal, packets, t35
from .metadata import NOTHING, Metadata
from .poc import Place

Edit = tuple[int, int, bytes]  # data[start:end] becomes these bytes


def into_stream(data: nal.Data, frames: Sequence[Metadata], write: Callable[[bytes], object]) -> int:
    """Give the Annex B stream ``data`` to ``write`` in pieces, with metadata of ``frames`` in order of display.

    HDR10+ and RPUs the stream has are replaced, each only where ``frames`` bring their own kind. Returns how many
    pictures there are. ``UserError``, before the first piece, if the counts differ or metadata is incomplete.
    """
    check.complete(frames, "inject")
    groups = list(packets.placed(data))
    numbers = _display_numbers([place for place, _ in groups])
    check.same_count(frames, len(numbers), "inject")
    replaced = _kinds(frames)
    at = 0
    for index, (_, units) in enumerate(groups):
        meta = frames[numbers[index]] if index in numbers else NOTHING
        for start, end, new in _edits(data, units, meta, replaced):
            write(data[at:start])
            write(new)
            at = end
    write(data[at:])
    return len(numbers)


def into_packet(data: bytes, meta: Metadata) -> bytes:
    """The same for one picture as an encoder gives it, in Annex B."""
    units = list(nal.units(data, nal.annex_b(data)))
    out, at = bytearray(), 0
    for start, end, new in _edits(data, units, meta, _kinds([meta])):
        out += data[at:start] + new
        at = end
    return bytes(out + data[at:])


def _kinds(frames: Sequence[Metadata]) -> frozenset[str]:
    return frozenset(field for field in ("hdr10plus", "rpu") if any(getattr(frame, field) for frame in frames))


def _display_numbers(places: Sequence[Place | None]) -> dict[int, int]:
    """For each picture that is shown, by its number in order of decoding, its number in order of display."""
    shown = sorted((place.key, index) for index, place in enumerate(places) if place is not None and place.shown)
    for (one, _), (other, _) in itertools.pairwise(shown):
        if one == other:
            raise UserError(f"inject: two pictures have picture order count {one[1]}: the stream is damaged")
    return {index: number for number, (_, index) in enumerate(shown)}


def _edits(data: nal.Data, units: list[nal.Nal], meta: Metadata, replaced: frozenset[str]) -> Iterator[Edit]:
    """In order of place: old messages out, the new one before the first slice, the RPU after everything else."""
    last = max((n for n, unit in enumerate(units) if unit.type not in _ENDS), default=-1)
    waiting = meta.hdr10plus is not None
    for number, unit in enumerate(units):
        start = unit.start - (4 if unit.start > 3 and data[unit.start - 4] == 0 else 3)
        if unit.is_slice and waiting and meta.hdr10plus is not None:
            yield start, start, nal.START_CODE + nal.sei([(nal.T35, meta.hdr10plus)])
            waiting = False
        elif unit.type == nal.PREFIX_SEI and "hdr10plus" in replaced:
            whole = unit.bytes(data)
            rest = nal.without(whole, _is_hdr10plus)
            if rest is not whole:
                yield start, unit.end, nal.START_CODE + rest if rest else b""
        elif unit.type == nal.RPU and "rpu" in replaced:
            yield start, unit.end, b""
        if number == last and meta.rpu is not None:
            yield unit.end, unit.end, nal.START_CODE + dolbyvision.to_nal(meta.rpu)


_ENDS = (nal.END_OF_SEQUENCE, nal.END_OF_BITSTREAM)


def _is_hdr10plus(message: nal.Message) -> bool:
    return message[0] == nal.T35 and t35.kind(message[1]) == "HDR10+"
