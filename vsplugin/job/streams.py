"""The streams of the result: the restored video, and copies of everything else the container can hold."""

from __future__ import annotations

import io
import struct
from typing import Any

import av

from ..container import accepts, codec_name
from ..sink import CODECS
from ..source import Source

# Tags that describe the old file as a file and would be wrong for the new one.
_STALE = {"encoder", "major_brand", "minor_version", "compatible_brands", "duration"}


def add_video(
    out: av.container.OutputContainer,
    template: av.video.stream.VideoStream,
    source: Source,
    inside: av.container.InputContainer | None,
) -> av.stream.Stream:
    """The restored video, with language, title and display matrix (rotation) of the original."""
    stream = out.add_stream_from_template(template, opaque=True)
    stream.time_base = source.time_base
    if template.codec_context.name == "hevc" and out.format.name in ("mp4", "mov"):
        stream.codec_context.codec_tag = "hvc1"  # the only name Apple's players know HEVC by
    if inside and source.track is not None:
        original: Any = inside.streams[source.track]
        for name in ("language", "title"):
            if name in original.metadata:
                stream.metadata[name] = original.metadata[name]
        matrix = original.codec_context.coded_side_data.get("display_matrix")
        if matrix and len(matrix) == 36:
            values = list(struct.unpack("=9i", matrix))
            for place, scale in ((6, template.width / original.width), (7, template.height / original.height)):
                values[place] = round(values[place] * scale)  # the shift that brings a turned picture back into view
            stream.set_display_matrix(values)
    return stream


def add_others(
    out: av.container.OutputContainer, inside: av.container.InputContainer, source: Source
) -> tuple[dict[int, Any], list[str]]:
    """Copies of audio and subtitle streams by source index, and what had to be left out; attachments are copied too."""
    kind = out.format.name
    copies: dict[int, Any] = {}
    stream: Any
    for stream in inside.streams:
        if not _keeps(kind, stream):
            continue
        if stream.type == "attachment":
            name, mime = stream.name or "attachment", stream.mimetype or "application/octet-stream"
            out.add_attachment(name, mime, stream.data)
            continue
        copy = out.add_stream_from_template(stream, opaque=True)
        copy.time_base = stream.time_base
        copy.metadata.update({k: v for k, v in stream.metadata.items() if not k.startswith("DURATION")})
        copy.disposition = stream.disposition
        copies[stream.index] = copy
    return copies, dropped(inside, source, kind)


def dropped(inside: av.container.InputContainer, source: Source, kind: str) -> list[str]:
    """The source's streams that a container of this kind does not get, in words."""
    return [
        f"stream {stream.index}: {stream.type}, {codec_name(stream)}"
        for stream in inside.streams
        if stream.index != source.track and not _keeps(kind, stream)
    ]


def _keeps(kind: str, stream: av.stream.Stream) -> bool:
    if stream.type == "attachment":
        return kind.startswith("matroska")
    return stream.type in ("audio", "subtitle") and bool(stream.codec_context) and accepts(kind, stream)


def takes_codec(kind: str, codec: str) -> bool:
    """Whether a container format can hold what this encoder makes."""
    try:
        with av.open(io.BytesIO(), "w", format=kind) as trial:
            trial.add_stream(CODECS[codec].name, rate=25)
    except (av.error.FFmpegError, ValueError):
        return False
    return True


def copy_metadata(out: av.container.OutputContainer, inside: av.container.InputContainer, *, whole: bool) -> None:
    """Title, dates, tags; and the chapters, if the result is as long as the source."""
    out.metadata.update({k: v for k, v in inside.metadata.items() if k.lower() not in _STALE})
    if whole:
        out.set_chapters(inside.chapters())
