"""A clip, or a range of it, becomes an encoded file: PyAV encodes, colour and HDR metadata go with it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
import vapoursynth as vs
from av.video.stream import VideoStream

from .errors import UserError, one_line
from .hdr import inject, x265
from .hdr import props as hdr
from .hdr.metadata import NOTHING, Metadata

# In the part files a picture's timestamp is its number within the chunk, in milliseconds (Matroska's default unit).
PART_TIME_BASE = Fraction(1, 1000)
_MOST_REORDERED = 64  # no encoder holds back more pictures than this


@dataclass(frozen=True)
class Codec:
    """An encoder: bit depths it takes, its default quality, and options that make its output repeatable.

    Thread counts are fixed because these encoders' decisions depend on them; the same chunk encoded on another
    machine, or after an interruption, is the same stream.
    """

    name: str
    depths: tuple[int, ...]
    crf: float | None
    options: dict[str, str]
    threads: int


CODECS = {
    codec.name: codec
    for codec in (
        Codec("libx265", (10, 12), 16, {"preset": "medium"}, 0),
        Codec("libx264", (8, 10), 14, {"preset": "medium"}, 4),
        Codec("ffv1", (8, 9, 10, 12, 14, 16), None, {"level": "3", "slices": "4", "slicecrc": "1", "g": "1"}, 4),
    )
}
_X265 = "frame-threads=3:open-gop=0:repeat-headers=1:log-level=error"


@dataclass(frozen=True)
class Encoding:
    """How the result is encoded, complete and explicit, as the plan stores it."""

    codec: str
    pixel_format: str
    options: dict[str, str]
    threads: int
    hdr: str = "carry"  # or "strip": what became of the source's HDR metadata


def plan_encoding(
    clip: vs.VideoNode, codec: str, crf: float | None, props: dict[str, Any], hdr_mode: str = "carry"
) -> Encoding:
    """The encoding for this clip. Raises ``UserError`` for an unknown codec or a quality it does not have."""
    if codec not in CODECS:
        raise UserError(f"--codec must be one of {', '.join(CODECS)}; got '{codec}'")
    chosen = CODECS[codec]
    options = dict(chosen.options)
    if crf is not None and chosen.crf is None:
        raise UserError(f"--crf has no meaning for {codec}, which is lossless")
    if chosen.crf is not None:
        quality = chosen.crf if crf is None else crf
        if not 0 <= quality <= 51:
            raise UserError(f"--crf must be in [0, 51]; got {quality:g}")
        options["crf"] = f"{quality:g}"
    if codec == "libx265":
        static = x265.static_parameters(props)
        options["x265-params"] = ":".join([_X265, *(f"{k}={v}" for k, v in static.items())])
    return Encoding(codec, _pixel_format(clip.format, chosen.depths), options, chosen.threads, hdr_mode)


def _pixel_format(kind: vs.VideoFormat, depths: tuple[int, ...]) -> str:
    """FFmpeg's name for the nearest format the encoder takes; never fewer bits than the source if it can be helped."""
    bits = 16 if kind.sample_type == vs.FLOAT else kind.bits_per_sample
    depth = next((depth for depth in depths if depth >= bits), depths[-1])
    if kind.color_family == vs.GRAY:
        base = "gray"
    elif kind.color_family == vs.RGB:
        if 16 in depths and depth == 8:
            return "bgr0"  # FFV1 has no planar RGB of 8 bits
        base = "gbrp" if 16 in depths else "yuv444p"
    else:
        sampling = {(1, 1): "420", (1, 0): "422", (0, 0): "444"}.get((kind.subsampling_w, kind.subsampling_h), "444")
        base = f"yuv{sampling}p"
    return base + ("" if depth == 8 else f"{depth}le")


def lost_metadata(codec: str, props: dict[str, Any]) -> list[str]:
    """What of the source's HDR metadata this encoder cannot be given, in words."""
    if codec == "libx265":
        return []
    lost = []
    if "HDR10Plus" in props:
        lost.append("HDR10+ metadata per frame (libx265 keeps it)")
    if "DolbyVisionRPU" in props:
        lost.append("Dolby Vision metadata (libx265 keeps it)")
    if "VSPluginST2094_50" in props:
        lost.append("ST 2094-50 metadata per frame (libx265 keeps it)")
    if "MasteringDisplayMaxLuminance" in props or "ContentLightLevelMax" in props:
        lost.append("mastering display and content light level (libx265 keeps them)")
    return lost


def conform(clip: vs.VideoNode, pixel_format: str) -> vs.VideoNode:
    """The clip in the encoder's format; fewer bits are reached with error diffusion."""
    target = _vapoursynth_format(pixel_format)
    if clip.format.id == target.id:
        return clip
    options: dict[str, Any] = {}
    if clip.format.color_family == vs.RGB and target.color_family == vs.YUV:
        options["matrix"] = 1
    if target.bits_per_sample < clip.format.bits_per_sample or clip.format.sample_type == vs.FLOAT:
        options["dither_type"] = "error_diffusion"
    return clip.resize.Bicubic(format=target.id, **options)


def _vapoursynth_format(pixel_format: str) -> vs.VideoFormat:
    name = pixel_format.removesuffix("le")
    for start, family, sampling in (
        ("bgr0", vs.RGB, (0, 0)),
        ("gray", vs.GRAY, (0, 0)),
        ("gbrp", vs.RGB, (0, 0)),
        ("yuv420p", vs.YUV, (1, 1)),
        ("yuv422p", vs.YUV, (1, 0)),
        ("yuv444p", vs.YUV, (0, 0)),
    ):
        if name.startswith(start):
            return vs.core.query_video_format(family, vs.INTEGER, int(name.removeprefix(start) or 8), *sampling)
    raise ValueError(pixel_format)


def encode(
    clip: vs.VideoNode,
    handle: Any,
    encoding: Encoding,
    rate: Fraction,
    on_frame: Callable[[int], None] = lambda _: None,
    on_picture: Callable[[int, vs.VideoFrame], None] = lambda _, __: None,
) -> int:
    """Encode every frame of ``clip`` as Matroska into a binary file object; how many there were.

    ``on_frame`` is called after each with how many are done, ``on_picture`` before with its number and the frame as
    the encoder gets it; what they raise stops the encoding. A frame that cannot
    be made raises ``vs.Error``, after everything before it has been written: see :class:`BrokenFrameError`.
    """
    clip = conform(clip, encoding.pixel_format)
    done = 0
    broken: vs.Error | None = None
    with av.open(handle, "w", format="matroska") as out:
        stream: VideoStream | None = None
        shape = _Shape()
        muxer = _Muxer(out, encoding.codec)
        frames = clip.frames(close=True)
        try:
            while True:
                try:
                    frame = next(frames, None)
                except vs.Error as error:
                    broken = error
                    break
                if frame is None:
                    break
                if stream is None:
                    stream = _add_stream(out, frame, encoding, rate)
                    shape = _Shape(frame, encoding.pixel_format, 1 / rate)
                on_picture(done, frame)
                muxer.expect(done, frame)
                muxer.mux(_encoded(stream, shape.tag(to_av(frame, encoding.pixel_format, done)), first=not done))
                done += 1
                on_frame(done)
        finally:
            frames.close()
        if stream is not None:
            muxer.mux(stream.encode())
    if broken is not None:
        raise BrokenFrameError(done, one_line(broken))
    return done


class BrokenFrameError(Exception):
    """Frame ``done`` of the clip could not be made; the ones before are encoded."""

    def __init__(self, done: int, text: str) -> None:
        super().__init__(text)
        self.done = done


def _add_stream(
    out: av.container.OutputContainer, first: vs.VideoFrame, encoding: Encoding, rate: Fraction
) -> VideoStream:
    """The stream, tagged as the first frame's properties say."""
    props = dict(first.props)
    stream = cast(VideoStream, out.add_stream(encoding.codec, rate=rate, options=dict(encoding.options)))
    stream.width, stream.height, stream.pix_fmt = first.width, first.height, encoding.pixel_format
    context = stream.codec_context
    context.time_base = 1 / rate
    context.thread_count = encoding.threads
    context.color_range = 2 if int(props.get("_Range", 0)) == 1 else 1
    context.colorspace = int(props.get("_Matrix", 2))
    context.color_trc = int(props.get("_Transfer", 2))
    context.color_primaries = int(props.get("_Primaries", 2))
    if "_ChromaLocation" in props:
        context.chroma_sample_location = int(props["_ChromaLocation"]) + 1  # FFmpeg counts from 1, 0 is unknown
    if props.get("_SARNum", 0) > 0 and props.get("_SARDen", 0) > 0:
        context.sample_aspect_ratio = Fraction(int(props["_SARNum"]), int(props["_SARDen"]))
    stream.time_base = PART_TIME_BASE
    return stream


def _encoded(stream: VideoStream, picture: av.VideoFrame, first: bool) -> list[av.Packet]:
    """``UserError`` if the encoder refuses the first picture: a damaged file may have any size or colour tag."""
    if not first:
        return stream.encode(picture)
    context = stream.codec_context
    # Said before it is known to be needed: a context that could not be opened must not be looked into (PyAV 19).
    tags = f"{context.color_primaries}/{context.color_trc}/{context.colorspace}"
    what = f"{picture.width}x{picture.height} {picture.format.name}, colour {tags}"
    try:
        return stream.encode(picture)
    except av.error.FFmpegError:
        raise UserError(f"the encoder takes no pictures of {what}") from None


class _Shape:
    """The shape of the pixels, put on each frame: FFV1 keeps it there and nowhere else."""

    def __init__(
        self, first: vs.VideoFrame | None = None, pixel_format: str = "", time_base: Fraction = PART_TIME_BASE
    ) -> None:
        self._graph: av.filter.Graph | None = None
        across, down = (first.props.get("_SARNum", 0), first.props.get("_SARDen", 0)) if first is not None else (0, 0)
        if first is None or across == down or not (across and down):
            return
        self._graph = av.filter.Graph()
        source = self._graph.add_buffer(
            width=first.width, height=first.height, format=pixel_format, time_base=time_base
        )
        setsar, sink = self._graph.add("setsar", f"{across}/{down}"), self._graph.add("buffersink")
        source.link_to(setsar)
        setsar.link_to(sink)
        self._graph.configure()

    def tag(self, picture: av.VideoFrame) -> av.VideoFrame:
        if self._graph is None:
            return picture
        self._graph.push(picture)
        return cast(av.VideoFrame, self._graph.pull())


class _Muxer:
    """Writes an encoder's packets under their numbers, each with the HDR metadata of its own frame.

    The metadata is put into HEVC packets after encoding: no encoder changes, shortens or forgets it.
    """

    def __init__(self, out: av.container.OutputContainer, codec: str) -> None:
        self._out = out
        self._injects = codec == "libx265"
        self._order = itertools.count(-_MOST_REORDERED)
        self._metadata: dict[int, Metadata] = {}

    def expect(self, number: int, frame: vs.VideoFrame) -> None:
        """A frame is on its way into the encoder, which may hold it back."""
        found = hdr.from_props(frame.props) if self._injects else NOTHING
        if found != NOTHING:
            self._metadata[number] = found

    def mux(self, packets: list[av.Packet]) -> None:
        for encoded in packets:
            packet = encoded
            found = self._metadata.pop(cast(int, packet.pts), None)
            if found is not None:
                packet = _replaced(packet, inject.into_packet(bytes(packet), found))
            # Numbers instead of times: exact, whatever the frame rate. Decoding order is the order they come in; what
            # x265 says of it is undefined for clips shorter than its look-ahead.
            packet.dts = next(self._order)
            packet.time_base = PART_TIME_BASE
            packet.duration = 1
            self._out.mux_one(packet)


def _replaced(packet: av.Packet, data: bytes) -> av.Packet:
    """The packet with other bytes; a packet's size is fixed."""
    new = av.Packet(data)
    new.stream, new.pts, new.is_keyframe = packet.stream, packet.pts, packet.is_keyframe
    return new


def to_av(frame: vs.VideoFrame, pixel_format: str, number: int) -> av.VideoFrame:
    """One copy per plane, row by row where the strides differ."""
    picture = av.VideoFrame(frame.width, frame.height, pixel_format)
    picture.pts = number
    if pixel_format == "bgr0":
        packed = np.frombuffer(picture.planes[0], np.uint8).reshape(frame.height, picture.planes[0].line_size)
        for place, index in enumerate((2, 1, 0)):
            packed[:, place : 4 * frame.width : 4] = np.asarray(frame[index])
        return picture
    # FFmpeg stores planar RGB as G, B, R.
    order = (1, 2, 0) if pixel_format.startswith("gbrp") else range(frame.format.num_planes)
    for plane, index in zip(picture.planes, order, strict=True):
        source = np.asarray(frame[index])
        rows = np.frombuffer(plane, source.dtype).reshape(plane.height, plane.line_size // source.itemsize)
        rows[:, : source.shape[1]] = source
    return picture
