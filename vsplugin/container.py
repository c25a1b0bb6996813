"""What a container holds besides pictures, and whether the file ends before the container says it does."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av

from .errors import UserError, one_line


@dataclass(frozen=True)
class Container:
    """Facts PyAV reads without decoding."""

    path: Path
    format: str
    video_tracks: tuple[int, ...]  # stream numbers, cover pictures left out
    promised: dict[int, tuple[int, Fraction | None]]  # stream -> (frames, seconds) the header promises; 0, None unknown
    audio: tuple[str, ...]
    subtitles: tuple[str, ...]
    chapters: int
    attachments: int
    cut: bool  # the outermost element reaches beyond the end of the file

    def cut_off(self, frames: int, last: Fraction, track: int) -> str | None:
        """In words, if fewer frames are there than were promised; None for a complete file.

        An edit list may hide frames in a healthy file, so a low count alone is no proof for MP4.
        """
        count, seconds = self.promised.get(track, (0, None))
        if "matroska" in self.format:
            lost = self.cut
        elif "mp4" in self.format:
            lost = self.cut and frames < count
        else:  # the frame count of IVF's header is a duration where FFmpeg wrote it
            lost = 0 < frames < count and self.format != "ivf"
        if not lost:
            return None
        promise = f" of {count}" if count > frames else f" at {float(last):.3f} s"
        if not count and seconds is not None:
            promise += f" of {float(seconds):.3f} s"
        return f"the file is cut off: it breaks at frame {frames}{promise}"


def inspect(path: Path) -> Container:
    """Read the container. ``UserError`` if it is none or has no video."""
    try:
        with av.open(str(path)) as inside:
            streams = list(inside.streams)
            promised = {stream.index: (stream.frames, _duration(stream)) for stream in streams}
            video = [stream.index for stream in streams if stream.type == "video" and not is_cover(stream)]
            found = Container(
                path=path,
                format=inside.format.name,
                video_tracks=tuple(video),
                promised=promised,
                audio=tuple(_name(stream) for stream in streams if stream.type == "audio"),
                subtitles=tuple(_name(stream) for stream in streams if stream.type == "subtitle"),
                chapters=len(inside.chapters()),
                attachments=sum(stream.type == "attachment" for stream in streams),
                cut=_reaches_beyond_end(path, inside.format.name),
            )
    except av.error.FFmpegError as error:
        raise UserError(f"input: {path} cannot be read as video ({error.strerror or one_line(error)})") from None
    if not found.video_tracks:
        has = "audio only" if found.audio else "no streams"
        raise UserError(f"input: {path} has no video stream ({has})")
    return found


def is_cover(stream: av.stream.Stream) -> bool:
    """Whether a video stream is a still picture attached to the file."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def accepts(kind: str, stream: av.stream.Stream) -> bool:
    """Whether FFmpeg's muxer of this name writes a header with this stream in it."""
    try:
        with av.open(io.BytesIO(), "w", format=kind) as trial:
            trial.add_stream_from_template(stream, opaque=True)
            trial.start_encoding()
    except (av.error.FFmpegError, ValueError):
        return False
    return True


def codec_name(stream: av.stream.Stream) -> str:
    """What FFmpeg calls the stream's codec, whichever decoder it has for it."""
    return stream.codec_context.codec.canonical_name if stream.codec_context else "unknown codec"


def seconds_per_tick(thing: av.stream.Stream | av.Packet) -> Fraction:
    """PyAV's own kind of ratio as a plain fraction."""
    return Fraction(thing.time_base.numerator, thing.time_base.denominator)


def _name(stream: av.stream.Stream) -> str:
    codec = codec_name(stream)
    return f"{codec} ({stream.language})" if stream.language and stream.language != "und" else codec


def _duration(stream: av.stream.Stream) -> Fraction | None:
    text = stream.metadata.get("DURATION", "")
    if text.count(":") == 2:
        hours, minutes, seconds = text.split(":")
        try:
            return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)
        except ValueError:  # damaged
            return None
    return stream.duration * seconds_per_tick(stream) if stream.duration and stream.time_base else None


def _reaches_beyond_end(path: Path, format_name: str) -> bool:
    size = path.stat().st_size
    with path.open("rb") as handle:
        if "mp4" in format_name:
            return _last_atom_end(handle, size) > size
        if "matroska" in format_name:
            return _segment_end(handle.read(4096)) > size
    return False


def _last_atom_end(handle: BinaryIO, size: int) -> int:
    """Walk the top-level atoms (32-bit size, or 64-bit after size 1; 0 means to the end)."""
    at = 0
    while at + 8 <= size:
        handle.seek(at)
        head = handle.read(16)
        length = struct.unpack(">I", head[:4])[0]
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        if length == 0:
            return size
        at += max(length, 8)
    return at


def _segment_end(head: bytes) -> int:
    """Where the EBML Segment says it ends; 0 if unknown (a live recording)."""
    at = 0
    while at + 12 < len(head):
        id_length = _vint_length(head[at])
        name = head[at : at + id_length]
        at += id_length
        length = _vint_length(head[at])
        value = int.from_bytes(head[at : at + length]) & ((1 << 7 * length) - 1)
        unknown = value == (1 << 7 * length) - 1
        at += length
        if name == b"\x18\x53\x80\x67":
            return 0 if unknown else at + value
        at += value
    return 0


def _vint_length(first: int) -> int:
    return 9 - first.bit_length() if first else 8
