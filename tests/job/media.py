"""Ground truth that is not ours: what PyAV and ffprobe find in a file, and small files to feed in."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

TRANSCODE = ("--scale", "1", "--denoise", "off")  # an empty chain


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "vsplugin", *map(str, arguments)]


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Until a file that ``process`` writes is there; the test fails if it never is, or the process ends before."""
    patience = time.monotonic() + 120  # seconds, of a machine that does other work
    while not path.exists() and process.poll() is None and time.monotonic() < patience:
        time.sleep(0.005)
    if process.poll() is None and path.exists():
        return
    process.kill()
    _, err = process.communicate()
    pytest.fail(f"{path.name} was not there to interrupt the job after; it said: {(err or b'').decode()}")


def pictures(path: Path) -> list[str]:
    """A hash of every decoded frame."""
    with av.open(str(path)) as inside:
        return [hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest() for frame in inside.decode(video=0)]


def times(path: Path) -> list[Fraction]:
    """Seconds at which the frames are shown."""
    with av.open(str(path)) as inside:
        video = inside.streams.video[0]
        base = Fraction(video.time_base.numerator, video.time_base.denominator)
        return sorted(frame.pts * base for frame in inside.decode(video))


def packets(path: Path, kind: str) -> list[bytes]:
    """The packets of the first stream of a kind."""
    with av.open(str(path)) as inside:
        stream = next(stream for stream in inside.streams if stream.type == kind)
        return [bytes(packet) for packet in inside.demux(stream) if packet.size]


def probe(path: Path) -> dict[str, Any]:
    """ffprobe's view of the first video stream and the container."""
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed")
    query = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", "-show_chapters", str(path)]
    found: dict[str, Any] = json.loads(subprocess.run(query, capture_output=True, check=True).stdout)
    found["video"] = next(stream for stream in found["streams"] if stream["codec_type"] == "video")
    return found


def pixel_shapes(path: Path) -> set[str]:
    """The sample aspect ratios ffprobe sees on the frames."""
    probe(path)
    query = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=sample_aspect_ratio"]
    found = subprocess.run([*query, "-of", "csv=p=0", str(path)], capture_output=True, check=True, text=True).stdout
    return {line.strip(",") for line in found.split()}


def write_video(path: Path, frames: int = 12, size: tuple[int, int] = (64, 48), seed: int = 0, **colour: int) -> Path:
    """A small FFV1 file of smooth random pictures."""
    rng = np.random.default_rng(seed)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25, options={"g": "1"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for name, value in colour.items():
            setattr(stream.codec_context, name, value)
        for number in range(frames):
            noise = rng.integers(0, 256, (size[1] * 3 // 2, size[0]), np.uint8)
            frame = av.VideoFrame.from_ndarray(noise, "yuv420p")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path
