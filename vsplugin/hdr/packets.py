"""Metadata straight from a file's packets, in order of display: PyAV finds the packets, nothing is decoded.

Decoders are no witnesses here: FFmpeg's repeats the last message it saw, in the order of decoding, on every picture
that has none, and writes HDR10+ anew instead of passing it on.
"""

from __future__ import annotations

import contextlib
import itertools
import mmap
import struct
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av

from ..container import codec_name, is_cover, seconds_per_tick
from ..errors import UserError, one_line
from . import metadata, nal
from .metadata import NOTHING, Metadata, Stream
from .poc import PictureOrder, Place
from .static import ContentLight, MasteringDisplay

RAW = {"hevc"}  # demuxers of bare Annex B streams, which give no times


def read(path: Path, track: int | None = None) -> Stream:
    """The metadata of every shown picture of ``path`` (of stream number ``track``, else of the first with video).

    Raises ``UserError`` if the file cannot be read, or its pictures cannot be put in order. Codecs other than HEVC and
    AV1 carry none that is known here; their pictures are listed without any.
    """
    try:
        with av.open(str(path)) as inside:
            stream = _video(path, inside, track)
            codec = codec_name(stream)
            if stream.codec_context is None:
                raise UserError(f"input: {path} cannot be read as video ({codec}, or its header is damaged)")
            colour = _colour(stream.codec_context)
            if inside.format.name in RAW:
                return Stream(path, codec, _read_raw(path), None, colour=colour)
            pictures = list(_pictures(inside, stream, codec))
            order = _display_order(path, codec, pictures)
            frames = tuple(pictures[index].metadata for index in order)
            times = [time for index in order if (time := pictures[index].time) is not None]
            if frames:
                frames = (_with(frames[0], _from_container(stream.codec_context.coded_side_data)), *frames[1:])
            complete = len(set(times)) == len(frames)
            return Stream(path, codec, frames, tuple(times) if complete else None, seconds_per_tick(stream), colour)
    except av.error.FFmpegError as error:
        raise UserError(f"input: {path} cannot be read as video ({error.strerror or one_line(error)})") from None


def _video(path: Path, inside: av.container.InputContainer, track: int | None) -> Any:
    found = [s for s in inside.streams if s.type == "video" and not is_cover(s) and track in (None, s.index)]
    if not found:
        raise UserError(f"input: {path} has no video stream" + ("" if track is None else f" {track}"))
    return found[0]


def display_numbers(path: Path, track: int | None = None) -> list[int | None]:
    """For each packet of a container's video stream, which shown picture it holds; None: none.

    Errors as for :func:`read`, and for a file of which a copy would show more: only pictures before the first can be
    hidden again, by their times.
    """
    with av.open(str(path)) as inside:
        stream = _video(path, inside, track)
        codec = codec_name(stream)
        pictures = list(_pictures(inside, stream, codec))
    order = _display_order(path, codec, pictures)
    begin = pictures[order[0]].time if order else None
    for picture in pictures:
        hidden = not picture.shown and (picture.place.shown if picture.place else codec != "hevc")
        if hidden and begin is not None and picture.time is not None and picture.time > begin:
            raise UserError(f"input: {path} hides pictures behind its first by an edit list; a copy would show them")
    numbers: list[int | None] = [None] * len(pictures)
    for number, index in enumerate(order):
        numbers[index] = number
    return numbers


def first(path: Path, track: int | None = None) -> Metadata:
    """The metadata of the first picture that is stored; the rest is not read. Errors as for :func:`read`."""
    try:
        with av.open(str(path)) as inside:
            stream = _video(path, inside, track)
            return next((picture.metadata for picture in _pictures(inside, stream, codec_name(stream))), NOTHING)
    except av.error.FFmpegError as error:
        raise UserError(f"input: {path} cannot be read as video ({error.strerror or one_line(error)})") from None


class Picture(NamedTuple):
    """What a packet holds."""

    time: int | None
    place: Place | None  # by picture order count
    metadata: Metadata
    shown: bool = True


def _pictures(inside: av.container.InputContainer, stream: Any, codec: str) -> Iterator[Picture]:
    """One for each packet, in order of decoding."""
    return _hevc(inside, stream) if codec == "hevc" else _others(inside, stream, codec)


def _hevc(inside: av.container.InputContainer, stream: Any) -> Iterator[Picture]:
    config = nal.configuration(stream.codec_context.extradata)
    order = PictureOrder()
    for unit in config.nals if config else ():
        _learn(order, unit)
    lasting = _lasting(config.nals if config else ())
    for packet in packets_of(inside, stream):
        data = bytes(packet)
        ranges = nal.length_prefixed(data, config.length_size) if config else nal.annex_b(data)
        units = list(nal.units(data, ranges))
        place = _place(order, units, data)
        if place is None or not place.shown or packet.is_discard:
            yield Picture(packet.pts, place, NOTHING, shown=False)
            continue
        yield Picture(packet.pts, place, _with(metadata.from_nals(units, data), lasting))
        lasting = NOTHING


def packets_of(inside: av.container.InputContainer, stream: Any) -> Iterator[av.Packet]:
    """Packets up to the end, or to where a damaged file breaks off; what can be decoded is what counts."""
    try:
        for packet in inside.demux(stream):
            if packet.size:
                yield packet
    except av.error.FFmpegError:
        return


def _lasting(units: tuple[bytes, ...]) -> Metadata:
    """Static metadata that stands in the container's header only."""
    data = b"".join(nal.START_CODE + unit for unit in units)
    return metadata.from_nals(nal.units(data, nal.annex_b(data)), data)


def _with(found: Metadata, lasting: Metadata) -> Metadata:
    if lasting == NOTHING:
        return found
    return Metadata(
        found.hdr10plus, found.rpu, found.st2094_50, found.mastering or lasting.mastering, found.light or lasting.light
    )


def _learn(order: PictureOrder, unit: bytes) -> None:
    try:
        order.parameters(unit)
    except UserError:
        return  # a damaged set: pictures that need it are not decodable, and not counted


def _place(order: PictureOrder, units: list[nal.Nal], data: nal.Data) -> Place | None:
    """Where the access unit's picture is shown; None if it has no picture that can be decoded."""
    place: Place | None = None
    for unit in units:
        if unit.first_slice and place is None:
            try:
                place = order.picture(unit.bytes(data))
            except UserError:
                return None
        elif not unit.is_slice and nal.SPS <= unit.type <= nal.END_OF_BITSTREAM:
            _learn(order, unit.bytes(data))
    return place


def _others(inside: av.container.InputContainer, stream: Any, codec: str) -> Iterator[Picture]:
    for packet in packets_of(inside, stream):
        found = metadata.from_av1(bytes(packet)) if codec == "av1" else NOTHING
        yield Picture(packet.pts, None, found, not packet.is_discard)


def _display_order(path: Path, codec: str, pictures: Sequence[Picture]) -> list[int]:
    """Which of the pictures are shown, in order of display: by their times, or by count where some have none."""
    shown = [index for index, picture in enumerate(pictures) if picture.shown]
    times = {pictures[index].time for index in shown}
    if None not in times and len(times) == len(shown):
        return sorted(shown, key=lambda index: pictures[index].time or 0)
    if codec == "av1":
        return shown  # its temporal units are stored as they are shown
    if codec == "hevc":
        return _by_count(path, [(place, index) for index in shown if (place := pictures[index].place)])
    raise UserError(f"input: {path}: {len(shown) - len(times - {None})} packets have no time of their own")


def _read_raw(path: Path) -> tuple[Metadata, ...]:
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = [
            (place, metadata.from_nals(units, data))
            for place, units in placed(data)
            if place is not None and place.shown
        ]
    return tuple(_by_count(path, found))


def _colour(context: Any) -> dict[str, int]:
    """Colour tags as frame properties; those that are not set are left out (H.273 has 2 for that)."""
    tags = {"_Primaries": context.color_primaries, "_Transfer": context.color_trc, "_Matrix": context.colorspace}
    found = {name: int(value) for name, value in tags.items() if int(value) != 2}
    if context.color_range:
        found["_Range"] = int(context.color_range) - 1
    if context.chroma_sample_location:
        found["_ChromaLocation"] = int(context.chroma_sample_location) - 1
    return found


def _from_container(side_data: Mapping[str, bytes]) -> Metadata:
    """Static metadata of the container itself: FFmpeg's structures of ratios, in order R, G, B."""
    display, light = side_data.get("mastering_display_metadata"), side_data.get("content_light_level")
    mastering = light_level = None
    if display and len(display) >= 88:
        *numbers, has_primaries, has_luminance = struct.unpack("=22i", display[:88])
        values = [Fraction(up, down) if down else Fraction(0) for up, down in zip(*[iter(numbers)] * 2, strict=True)]
        if has_primaries and has_luminance:
            names = ("red_x", "red_y", "green_x", "green_y", "blue_x", "blue_y", "white_point_x", "white_point_y")
            fields = dict(zip((*names, "min_luminance", "max_luminance"), map(str, values), strict=True))
            with contextlib.suppress(UserError):  # a display that cannot be says nothing
                mastering = MasteringDisplay.from_ffmpeg(fields).to_sei()
    if light and len(light) >= 8:
        with contextlib.suppress(UserError):
            light_level = ContentLight(*struct.unpack("=2I", light[:8])).to_sei()
    return Metadata(mastering=mastering, light=light_level)


def placed(data: nal.Data) -> Iterator[tuple[Place | None, list[nal.Nal]]]:
    """The access units of an Annex B stream in order of decoding, with their pictures' places."""
    order = PictureOrder()
    for units in nal.access_units(nal.units(data, nal.annex_b(data))):
        yield _place(order, units, data), units


def _by_count[Item](path: Path, pictures: list[tuple[Place, Item]]) -> list[Item]:
    pictures.sort(key=lambda picture: picture[0].key)
    for (one, _), (other, _) in itertools.pairwise(pictures):
        if one.key == other.key:
            raise UserError(f"input: {path}: two pictures have picture order count {one.count}: the stream is damaged")
    return [item for _, item in pictures]
