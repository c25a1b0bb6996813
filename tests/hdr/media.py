"""Small HEVC files whose every picture and payload say which frame they are; FFmpeg's decoder tells them apart."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from vsplugin.hdr.hdr10plus import pack

from .payloads import numbered

PQ = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:range=limited:chromaloc=2"
DISPLAY = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
STATIC = f"hdr10=1:repeat-headers=1:master-display={DISPLAY}:max-cll=987,321"
# Several slices, threads, and pictures that refer to later ones across key frames.
HARD = "bframes=3:keyint=16:min-keyint=8:open-gop=1:slices=2:frame-threads=2:b-adapt=0:rc-lookahead=8"
# How many pictures these may be shown later than they are decoded.
MOST_REORDERED = 2
SIZE = (192, 128)


def luma(number: int) -> int:
    return 100 + 10 * number


def payloads(count: int, profile: str = "A") -> list[bytes]:
    """Each a whole number of base64 groups long: x265 turns what fills up the last one into bytes of chance."""
    plain = [pack(numbered(number, profile)) for number in range(count)]
    return [payload + b"\0" * (-len(payload) % 3) for payload in plain]


def nalu_file(path: Path, lines: Sequence[bytes | None]) -> Path:
    """x265's file, written by hand; frames with None get no line."""
    rows = [f"{n} PREFIX 39/4 {base64.b64encode(p).decode()}\n" for n, p in enumerate(lines) if p is not None]
    path.write_text("".join(rows))
    return path


def hevc(path: Path, count: int, lines: Sequence[bytes | None] = (), extra: str = HARD) -> Path:
    """Encode ``count`` flat pictures; frame n has luma ``luma(n)`` and the payload ``lines[n]``."""
    params = f"log-level=error:{PQ}:{STATIC}:{extra}"
    if lines:
        params += f":nalu-file={nalu_file(path.with_suffix('.nalu'), lines)}"
    form = {".hevc": "hevc", ".ts": "mpegts", ".mkv": "matroska", ".mp4": "mp4"}[path.suffix]
    with av.open(str(path), "w", format=form) as out:
        stream = out.add_stream("libx265", rate=25, options={"preset": "ultrafast", "crf": "30", "x265-params": params})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p10le"
        pictures = (_picture(number) for number in range(count))
        packets = (packet for picture in (*pictures, None) for packet in stream.encode(picture))
        for order, packet in enumerate(packets, -MOST_REORDERED):
            # Files of one or two pictures: x265 adds memory nobody wrote to their decoding times, and the muxer may
            # refuse them.
            packet.dts = order
            out.mux(packet)
    return path


def _picture(number: int) -> av.VideoFrame:
    planes = np.full((SIZE[1] * 3 // 2, SIZE[0]), 512, np.uint16)
    planes[: SIZE[1]] = luma(number % 90)
    frame = av.VideoFrame.from_ndarray(planes, "yuv420p10le")
    frame.pts = number
    return frame


def shown(path: Path) -> list[int]:
    """The numbers of the pictures in the order in which FFmpeg shows them."""
    with av.open(str(path)) as inside:
        return [round((float(frame.to_ndarray()[: SIZE[1]].mean()) - luma(0)) / 10) for frame in inside.decode(video=0)]
