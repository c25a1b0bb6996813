"""Damage by real encoders: pictures go through libx264, libx265, MPEG-2, MPEG-4 ASP or JPEG and back, by PyAV.

The cost of a codec is opening it, not the pixels of a patch, so :func:`compress` tiles many patches into one picture.
Quality is the quantiser itself: on clips of a few frames a bit rate says nothing, since rate control needs many more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import ModuleType

import numpy as np

from .colour import repeat_chroma, shrink_chroma
from .warp import shift

Planes = tuple[np.ndarray, np.ndarray, np.ndarray]  # uint8 Y (H, W), Cb and Cr (H/2, W/2)


@dataclass(frozen=True)
class Codec:
    """How to drive one encoder: ``low``..``high`` is the range of its quantiser, growing with the damage."""

    encoder: str
    decoder: str
    low: int
    high: int
    options: Callable[[int], dict[str, str]]
    full_range: bool = False  # JPEG files and M-JPEG cameras use 0..255, video 16..235
    between: bool = True  # predicts from other frames


def _fixed_scale(quality: int) -> dict[str, str]:
    """libavcodec's own encoders: rate control left one quantiser scale to choose.

    Its "qscale" flag reads the quality of each frame, which PyAV cannot set. ``lmin``: scale 1 needs it (118 a step).
    """
    return {"qmin": str(quality), "qmax": str(quality), "lmin": "118"}


def _x264(quality: int) -> dict[str, str]:
    return {"preset": "veryfast", "x264-params": f"qp={quality}"}


def _x265(quality: int) -> dict[str, str]:
    return {"preset": "ultrafast", "x265-params": f"log-level=none:qp={quality}:pools=none:frame-threads=1"}


CODECS = {
    "x264": Codec("libx264", "h264", 1, 51, _x264),
    "x265": Codec("libx265", "hevc", 1, 51, _x265),
    "mpeg2": Codec("mpeg2video", "mpeg2video", 1, 31, _fixed_scale),
    "mpeg4": Codec("mpeg4", "mpeg4", 1, 31, _fixed_scale),
    "mjpeg": Codec("mjpeg", "mjpeg", 1, 31, _fixed_scale, full_range=True, between=False),
}


def _av() -> ModuleType:
    try:
        import av
    except ImportError as error:
        raise ImportError("codecs: PyAV is missing; install it with: pip install av") from error
    return av


def _encode(av: ModuleType, clip: Sequence[Planes], codec: Codec, options: dict[str, str]) -> list:
    height, width = clip[0][0].shape
    context = av.CodecContext.create(codec.encoder, "w")
    context.width, context.height = width, height
    context.pix_fmt = "yuvj420p" if codec.full_range else "yuv420p"
    context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
    context.thread_count = 1
    context.options = options
    packets = []
    for number, planes in enumerate(clip):
        packed = np.concatenate([plane.ravel() for plane in planes]).reshape(height * 3 // 2, width)
        frame = av.VideoFrame.from_ndarray(packed, format=context.pix_fmt)
        frame.pts, frame.time_base = number, context.time_base
        packets += context.encode(frame)
    return packets + context.encode(None)


def _decode(av: ModuleType, packets: list, codec: Codec) -> list[Planes]:
    context = av.CodecContext.create(codec.decoder, "r")
    context.thread_count = 1
    frames = [frame for packet in packets for frame in context.decode(packet)] + context.decode(None)
    clip = []
    for frame in frames:
        flat = frame.to_ndarray().ravel()
        luma, chroma = frame.width * frame.height, (frame.height // 2, frame.width // 2)
        cb, cr = flat[luma:].reshape(2, *chroma)
        clip.append((flat[:luma].reshape(frame.height, frame.width), cb, cr))
    return clip


def round_trip(
    clip: Sequence[Planes], name: str, quality: int, *, b_frames: int = 0, deblock: bool = True
) -> list[Planes]:
    """Encode and decode a clip of 8-bit 4:2:0 frames (even sides); the first is the only intra frame.

    ``quality`` is the quantiser: QP 1..51 for x264 and x265 of P frames, of which intra frames
    get 3 less as in most footage, but a single frame is coded at ``quality`` itself; the quantiser scale 1..31 for the
    others. ``b_frames`` between two others; ``deblock=False`` turns off x264's and x265's loop
    filter. Returns as many frames of the same size, in order of display.
    """
    codec = CODECS[name]
    if not codec.low <= quality <= codec.high:
        raise ValueError(f"codecs: quality of {name} must be in [{codec.low}, {codec.high}]; got {quality}")
    options = codec.options(quality)
    if codec.between:
        options |= {"g": "250", "bf": str(b_frames)}
    if f"{name}-params" in options:
        extra = [] if deblock else ["no-deblock=1", *(["no-sao=1"] if name == "x265" else [])]
        extra += ["ipratio=1"] if len(clip) == 1 else []
        options[f"{name}-params"] = ":".join([options[f"{name}-params"], *extra])
    av = _av()
    decoded = _decode(av, _encode(av, clip, codec, options), codec)
    if len(decoded) != len(clip):
        raise RuntimeError(f"codecs: {name} returned {len(decoded)} of {len(clip)} frames")
    return decoded


def to_8bit(ycbcr: np.ndarray, *, full_range: bool = False) -> Planes:
    """``(..., 3, H, W)`` float (Y 0..1, Cb and Cr -0.5..0.5), even sides, to 4:2:0 code values of BT.601 or JFIF."""
    luma, chroma = shrink_chroma(ycbcr)
    black, span, chroma_span = (0, 255, 255) if full_range else (16, 219, 224)
    low, high = (0, 255) if full_range else (1, 254)  # noise may leave 16..235, as it does on tape and disc
    y = np.clip(np.rint(black + span * luma), low, high).astype(np.uint8)
    colour = np.clip(np.rint(128 + chroma_span * chroma), low, high).astype(np.uint8)
    return y, colour[..., 0, :, :], colour[..., 1, :, :]


def from_8bit(planes: Planes, *, full_range: bool = False) -> np.ndarray:
    """The inverse of :func:`to_8bit`: ``(3, H, W)`` float32, each chroma sample repeated over its 2x2 pixels."""
    black, span, chroma_span = (0, 255, 255) if full_range else (16, 219, 224)
    luma = (planes[0].astype(np.float32) - black) / span
    chroma = (np.stack(planes[1:]).astype(np.float32) - 128) / chroma_span
    return repeat_chroma(luma, chroma)


def tile(patches: np.ndarray) -> np.ndarray:
    """``(N, 3, H, W)`` side by side in one ``(3, rows * H, columns * W)`` picture; empty places repeat the first."""
    count, planes, height, width = patches.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    full = patches[np.arange(rows * columns) % count].reshape(rows, columns, planes, height, width)
    return full.transpose(2, 0, 3, 1, 4).reshape(planes, rows * height, columns * width)


def untile(picture: np.ndarray, count: int, height: int, width: int) -> np.ndarray:
    """The first ``count`` tiles: the inverse of :func:`tile`."""
    planes, columns = picture.shape[0], picture.shape[2] // width
    tiles = picture.reshape(planes, -1, height, columns, width).transpose(1, 3, 0, 2, 4)
    return tiles.reshape(-1, planes, height, width)[:count]


@dataclass(frozen=True)
class Encoding:
    """One way to encode: ``frames`` per clip of which ``shown`` (0 = intra) is returned."""

    codec: str
    quality: int
    frames: int = 1
    shown: int = 0
    b_frames: int = 0
    deblock: bool = True
    motion: float = 0.0  # standard deviation of the speed per axis, pixels per frame


def compress(patches: np.ndarray, how: Encoding, rng: np.random.Generator) -> np.ndarray:
    """``(N, 3, H, W)`` float32 (Y 0..1, Cb and Cr -0.5..0.5; even sides) through a codec, all in one encode.

    For predicted frames each patch moves at its own random constant speed, and the frame where it stands at its own
    place is returned: shape and place as given, chroma 4:2:0 repeated over 2x2, values as decoded from 8 bit. Tiles
    touch: a few pixels at patch edges carry the neighbour's damage, so give patches a margin and cut it.
    """
    codec = CODECS[how.codec]
    count, _, height, width = patches.shape
    speeds = rng.normal(0, how.motion, (count, 2)) if how.frames > 1 else np.zeros((count, 2))
    clip = []
    for number in range(how.frames):
        age = number - how.shown
        moved = patches
        if age:
            moved = np.stack([shift(p, age * dx, age * dy) for p, (dx, dy) in zip(patches, speeds, strict=True)])
        clip.append(to_8bit(tile(moved), full_range=codec.full_range))
    decoded = round_trip(clip, how.codec, how.quality, b_frames=how.b_frames, deblock=how.deblock)[how.shown]
    return untile(from_8bit(decoded, full_range=codec.full_range), count, height, width)
