"""VMAF, by an ffmpeg that has libvmaf: both clips are piped into it while everything else is measured."""

from __future__ import annotations

import functools
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import vapoursynth as vs

from ..errors import UserError
from .registry import HIGHER, Clip, NotSuitableError, metric

_SMALLEST = 32  # libvmaf crashes on 16x16
_LAYOUTS = {(1, 1): "420", (1, 0): "422", (0, 0): "444"}


@functools.cache
def executable() -> str:
    """An ffmpeg with libvmaf: ``VSPLUGIN_FFMPEG``, the one on PATH, or that of the package imageio-ffmpeg."""
    found = [os.environ.get("VSPLUGIN_FFMPEG", ""), shutil.which("ffmpeg") or ""]
    try:
        import imageio_ffmpeg

        found.append(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        pass
    for candidate in filter(None, found):
        try:
            listed = subprocess.run([candidate, "-hide_banner", "-filters"], capture_output=True, text=True, timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if " libvmaf " in listed.stdout:
            return candidate
    raise NotSuitableError(
        "measure: vmaf needs an ffmpeg with libvmaf and found none: name one in VSPLUGIN_FFMPEG, or "
        "pip install imageio-ffmpeg"
    )


class Vmaf:
    """A running comparison. ``push`` both frames in order, then ``finish`` for the scores; ``close`` in any case."""

    def __init__(self, name: str, model: str, reference: vs.VideoNode) -> None:
        kind = reference.format
        layout = _LAYOUTS.get((kind.subsampling_w, kind.subsampling_h), "")
        if kind.color_family != vs.YUV or not layout:
            raise NotSuitableError(f"measure: {name} needs Y'CbCr 4:2:0, 4:2:2 or 4:4:4; these clips are {kind.name}")
        if min(reference.width, reference.height) < _SMALLEST:
            raise NotSuitableError(
                f"measure: {name} needs pictures of at least 32x32; these are {reference.width}x{reference.height}"
            )
        self._name, self._model = name, model
        depth = kind.bits_per_sample if kind.sample_type == vs.INTEGER and kind.bits_per_sample in (8, 10, 12) else 10
        self.format = vs.core.query_video_format(
            vs.YUV, vs.INTEGER, depth, kind.subsampling_w, kind.subsampling_h
        )  # fmt: skip
        self._pixels = f"yuv{layout}p" + (f"{depth}le" if depth > 8 else "")
        self._size = f"{reference.width}x{reference.height}"
        self._ffmpeg = executable()
        self._process: subprocess.Popen[bytes] | None = None
        self._feeds: list[_Feed] = []

    def push(self, reference: vs.VideoFrame, distorted: vs.VideoFrame) -> None:
        """The next pair of frames, of :attr:`format`."""
        if self._process is None:
            self._start()
        for feed, frame in zip(self._feeds, (distorted, reference), strict=True):
            feed.put(b"".join(np.ascontiguousarray(frame[plane]).tobytes() for plane in range(3)))

    def _start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="vsplugin-vmaf-")
        ends = [os.pipe() for _ in range(2)]
        inputs: list[str] = []
        for reader, _ in ends:
            inputs += ["-f", "rawvideo", "-pixel_format", self._pixels, "-video_size", self._size]
            inputs += ["-framerate", "25", "-i", f"pipe:{reader}"]
        graph = f"libvmaf=model=version={self._model}:log_fmt=json:log_path=vmaf.json:n_threads={vs.core.num_threads}"
        self._process = subprocess.Popen(
            [self._ffmpeg, "-v", "error", "-nostdin", *inputs, "-lavfi", graph, "-f", "null", "-"],
            cwd=self._folder.name, pass_fds=[reader for reader, _ in ends],
            stdout=subprocess.DEVNULL, stderr=(Path(self._folder.name) / "errors").open("wb"),
        )  # fmt: skip
        for reader, _ in ends:
            os.close(reader)
        self._feeds = [_Feed(writer) for _, writer in ends]

    def finish(self) -> list[float]:
        """One score per frame. ``UserError`` if ffmpeg failed."""
        assert self._process is not None
        for feed in self._feeds:
            feed.end()
        code = self._process.wait()
        log = Path(self._folder.name) / "vmaf.json"
        if code or not log.exists():
            errors = (Path(self._folder.name) / "errors").read_text(errors="replace").strip().splitlines()
            raise UserError(f"measure: {self._name}: ffmpeg failed: {errors[-1] if errors else f'exit code {code}'}")
        frames = json.loads(log.read_text())["frames"]
        return [float(frame["metrics"]["vmaf"]) for frame in frames]

    def close(self) -> None:
        """End it, finished or not."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for feed in self._feeds:
                feed.end()
            self._folder.cleanup()
            self._process = None


class _Feed:
    """One input of ffmpeg's: it reads the two in its own order, so each has a thread."""

    def __init__(self, descriptor: int) -> None:
        self._waiting: queue.Queue[bytes | None] = queue.Queue(maxsize=4)
        self._descriptor = descriptor
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def put(self, data: bytes) -> None:
        self._waiting.put(data)

    def _write(self) -> None:
        broken = False
        with open(self._descriptor, "wb", buffering=0) as pipe:  # noqa: PTH123 - a descriptor, not a path
            while (data := self._waiting.get()) is not None:
                view = memoryview(data)
                while view and not broken:
                    try:
                        view = view[pipe.write(view) or 0 :]
                    except OSError:  # ffmpeg is gone; `finish` says why
                        broken = True

    def end(self) -> None:
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()


@metric(sdr_only=True)
def vmaf(reference: Clip, distorted: Clip) -> Annotated[Any, "points", HIGHER]:
    """VMAF 0.6.1: predicted opinion of 1080p at three screen heights, 0 to 100. Sharpening raises it: see vmaf_neg.

    By the user's ffmpeg (libvmaf) on 8, 10 or 12 bits; pooled as mean. 100 is not reached by equal clips.

    Source: Li et al., Toward a practical perceptual video quality metric (Netflix, 2016); github.com/Netflix/vmaf.
    """
    return Vmaf("vmaf", "vmaf_v0.6.1", reference)


@metric(sdr_only=True)
def vmaf_neg(reference: Clip, distorted: Clip) -> Annotated[Any, "points", HIGHER]:
    """VMAF NEG 0.6.1: VMAF without the gain that enhancement brings; the one to quote for restoration.

    As vmaf, with the gain of the detail and visual-information features limited to 1.

    Source: Netflix, VMAF NEG (2020); github.com/Netflix/vmaf, resource/doc/models.md.
    """
    return Vmaf("vmaf_neg", "vmaf_v0.6.1neg", reference)
