"""Metadata into a file's pictures without encoding: packets are copied, those of the video with other metadata."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from ..container import accepts, codec_name, is_cover
from ..errors import UserError, one_line
from . import check, dolby_record, dolbyvision, inject, nal, packets
from .metadata import NOTHING, Metadata

# FFmpeg's names of the containers that hold HEVC or AV1, by the ending of the file.
FORMATS = {
    ".mkv": "matroska",
    ".mp4": "mp4",
    ".mov": "mov",
    ".ts": "mpegts",
    ".webm": "webm",
    ".ivf": "ivf",
    ".obu": "obu",
}


def into_file(source: Path, frames: Sequence[Metadata], output: Any, kind: str) -> tuple[int, list[str]]:
    """Write ``source`` with metadata of ``frames``, in order of display, as a container of FFmpeg's format ``kind``.

    ``output`` is a binary file object. Pictures, times and all streams that the container can hold stay as they are.
    Returns how many pictures there are, and the streams that were left out. ``UserError``, before anything is written,
    if the counts differ, or metadata is incomplete or cannot be put into this codec.
    """
    check.complete(frames, "inject")
    try:
        numbers = packets.display_numbers(source)
        check.same_count(frames, sum(number is not None for number in numbers), "inject")
        with av.open(str(source)) as inside:
            video = next(s for s in inside.streams.video if not is_cover(s))
            edit = _editor(video, frames)
            with av.open(output, "w", format=kind, options={"strict": "unofficial"}) as out:
                copies, dropped = _copies(out, inside, _dolby_vision(source, video, frames))
                if codec_name(video) == "av1" and any(frame.rpu for frame in frames):
                    dropped.append("Dolby Vision RPUs: they can be put into HEVC only")
                if video.index not in copies or (codec_name(video), kind) == ("av1", "mpegts"):
                    raise UserError(f"output: {kind} cannot hold {codec_name(video)}")  # FFmpeg writes it, unreadable
                _copy(out, inside, copies, video.index, edit, numbers)
    except av.error.FFmpegError as error:
        raise UserError(f"inject: {source} cannot be copied ({error.strerror or one_line(error)})") from None
    return len(frames), dropped


Edit = Callable[[bytes, int | None], bytes]  # a packet's bytes and its picture's number -> the new bytes


def _editor(video: Any, frames: Sequence[Metadata]) -> Edit:
    codec = codec_name(video)
    kinds, lasting = inject.kinds_of(frames), inject.static(frames)

    def of(number: int | None) -> Metadata:
        return inject.with_static(NOTHING if number is None else frames[number], lasting)

    if codec == "av1":
        if not kinds - {"rpu"}:
            raise UserError("inject: Dolby Vision RPUs can be put into HEVC only; this is AV1")
        return lambda data, number: inject.into_unit(data, of(number), kinds)
    if codec == "hevc":
        config = nal.configuration(video.codec_context.extradata)
        size = config.length_size if config else 0
        return lambda data, number: inject.into_packet(data, of(number), kinds, size)
    raise UserError(f"input: metadata can be put into HEVC and AV1; this is {codec}")


def _dolby_vision(source: Path, video: Any, frames: Sequence[Metadata]) -> dict[int, io.BytesIO]:
    """A Matroska head to take the video stream from, by its number: with the configuration record that RPUs need.

    None for other profiles than 8, and where the file has a record already.
    """
    context = video.codec_context
    rpus = [frame.rpu for frame in frames if frame.rpu is not None]
    if codec_name(video) != "hevc" or not rpus or "dovi_conf" in context.coded_side_data:
        return {}
    if dolbyvision.profile(rpus[0]) != 8:
        return {}
    rate = Fraction(video.average_rate or 60)
    record = dolby_record.record(context.width, context.height, rate, int(context.color_trc))
    head = io.BytesIO()
    with av.open(str(source)) as inside, av.open(head, "w", format="matroska") as out:
        stream = out.add_stream_from_template(inside.streams[video.index], opaque=True)
        packet = next(packets.packets_of(inside, inside.streams[video.index]))
        packet.stream, packet.pts, packet.dts = stream, 0, 0
        out.mux_one(packet)
    return {video.index: dolby_record.template(head.getvalue(), record)}


def _copies(
    out: av.container.OutputContainer, inside: Any, heads: dict[int, io.BytesIO]
) -> tuple[dict[int, Any], list[str]]:
    """Streams of the new file by the old one's numbers, and what it cannot hold. ``heads`` stand in for streams."""
    copies: dict[int, Any] = {}
    dropped: list[str] = []
    for stream in inside.streams:
        if stream.type == "attachment" and out.format.name == "matroska":
            out.add_attachment(stream.name or "attachment", stream.mimetype or "application/octet-stream", stream.data)
            continue
        if stream.type not in ("video", "audio", "subtitle") or not accepts(out.format.name, stream):
            dropped.append(f"stream {stream.index}: {stream.type}, {codec_name(stream)}")
            continue
        if stream.index in heads:
            with av.open(heads[stream.index]) as head:
                copy = out.add_stream_from_template(head.streams.video[0], opaque=True)
        else:
            copy = out.add_stream_from_template(stream, opaque=True)
        copy.time_base = stream.time_base
        copy.metadata.update({k: v for k, v in stream.metadata.items() if not k.startswith("DURATION")})
        copy.disposition = stream.disposition
        if codec_name(stream) == "hevc" and out.format.name in ("mp4", "mov") and "mp4" not in inside.format.name:
            copy.codec_context.codec_tag = "hvc1"  # the only name Apple's players know HEVC by
        copies[stream.index] = copy
    out.metadata.update({k: v for k, v in inside.metadata.items() if k.lower() != "encoder"})
    if inside.chapters():
        out.set_chapters(inside.chapters())
    return copies, dropped


def _copy(
    out: av.container.OutputContainer,
    inside: Any,
    copies: dict[int, Any],
    video: int,
    edit: Edit,
    numbers: Sequence[int | None],
) -> None:
    at = 0
    for old in packets.packets_of(inside, [stream for stream in inside.streams if stream.index in copies]):
        packet = old
        if old.stream_index == video:
            packet = av.Packet(edit(bytes(old), numbers[at]))
            packet.pts, packet.dts, packet.duration = old.pts, old.dts, old.duration
            packet.time_base, packet.is_keyframe = old.time_base, old.is_keyframe
            for extra in old.iter_sidedata():
                packet.set_sidedata(extra)
            at += 1
        packet.stream = copies[old.stream_index]
        out.mux_one(packet)
