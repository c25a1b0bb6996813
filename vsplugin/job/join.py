"""Finished chunks and everything else of the source, packed into one file. Nothing is encoded here."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from pathlib import Path

import av

from ..disk import outlet
from ..errors import UserError
from ..hdr import dolby_record, packets
from ..source import Source
from . import streams
from .clock import Clock, Timed, other_packets, video_packets
from .folder import Record
from .plan import Plan

FORMATS = {".mkv": "matroska", ".mp4": "mp4", ".mov": "mov"}


def check(plan: Plan, records: list[Record], *, complete: bool) -> None:
    """The records cover the plan's frames without gap or overlap."""
    at = plan.frames[0]
    for record in records:
        if record.first != at or record.last - record.first != record.frames:
            raise RuntimeError(f"join: frames {at} to {record.first} are missing or double")
        at = record.last
    if complete and at != plan.frames[1]:
        raise RuntimeError(f"join: the chunks end at frame {at}, not {plan.frames[1]}")


def join(source: Source, plan: Plan, chunks: list[Path], part: Path, final: Path) -> list[str]:
    """Write the result to ``part`` and make it durable; the streams that could not be taken along, in words."""
    kind = FORMATS[final.suffix.lower()]
    inside = av.open(str(source.path)) if source.path else None
    dovi = _dolby_vision(source, plan, chunks[0])
    first_chunk = av.open(dolby_record.template(_head(chunks[0]), dovi) if dovi else str(chunks[0]))
    try:
        # FFmpeg counts the Dolby Vision record of MP4 as unofficial. An audit names the file's hash: no random ids.
        options = {"strict": "unofficial"} | ({"fflags": "+bitexact"} if plan.forensic else {})
        with outlet(part) as file, av.open(file, "w", format=kind, options=options) as out:
            video = streams.add_video(out, first_chunk.streams.video[0], source, inside)
            copies, dropped = streams.add_others(out, inside, source) if inside else ({}, [])
            if inside:
                streams.copy_metadata(out, inside, whole=plan.frames == (0, source.clip.num_frames))
            clock = Clock(source, plan)
            sources = [video_packets(chunks, video, clock)]
            if inside and copies:
                sources.append(other_packets(inside, copies, clock))
            _mux(out, sources)
    finally:
        first_chunk.close()
        if inside:
            inside.close()
    return dropped


def _dolby_vision(source: Source, plan: Plan, chunk: Path) -> bytes | None:
    """The configuration record the result needs, if its pictures carry RPUs."""
    if plan.encoding["codec"] != "libx265" or not packets.first(chunk).rpu:
        return None
    with av.open(str(chunk)) as inside:
        video = inside.streams.video[0]
        return dolby_record.record(video.width, video.height, source.rate, source.facts.transfer)


def _head(chunk: Path) -> bytes:
    with chunk.open("rb") as handle:
        return handle.read(dolby_record.HEAD)


def _mux(out: av.container.OutputContainer, packets: list[Iterator[Timed]]) -> None:
    for timed in heapq.merge(*packets, key=lambda one: one[:2]):
        out.mux_one(timed[2])


def not_kept(source: Source, codec: str, final: Path) -> list[str]:
    """The streams a container of this kind cannot hold, known before the long run.

    Raises ``UserError`` if it cannot hold the restored video itself.
    """
    kind = FORMATS[final.suffix.lower()]
    if not streams.takes_codec(kind, codec):
        raise UserError(f"output: a {final.suffix} file cannot hold {codec}; end the name in .mkv")
    if source.path is None:
        return []
    with av.open(str(source.path)) as inside:
        return streams.dropped(inside, source, kind)
