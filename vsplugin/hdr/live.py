"""Metadata into a running x265: a tap on the clip writes a line per frame, in order, into a FIFO for --nalu-file.

One pass instead of two: nothing has to be rendered beforehand to learn the metadata.
"""

from __future__ import annotations

import os
import queue
import stat
import threading
from pathlib import Path

import vapoursynth as vs

from ..disk import located
from ..errors import UserError
from . import hdr10plus, props, x265

_PATIENCE = 2.0  # seconds
_SLACK = 512  # frames a reader may ask for ahead of the first one missing; more means that it skipped one


def nalu_fifo(clip: vs.VideoNode, fifo: str | os.PathLike[str], length: int = 99) -> vs.VideoNode:
    """The clip, which writes its frames' HDR10+ into ``fifo`` as x265 reads it, while it is being rendered.

    ``fifo`` is made by ``mkfifo``. ``length`` in bytes is what every payload is filled up to with zeros: x265 3.5
    aborts if a later one is longer, so it must be known from the start. :func:`.x265.padded_length` tells it for
    metadata at hand; 99 is enough for profile A and B with one window (at most 90 bytes).

    Frames must be asked for from the first one on, each once, as vspipe does. A frame without metadata, with a longer
    payload, or skipped raises ``vs.Error``; the FIFO is closed then.
    """
    path = located(fifo)
    if not path.exists() or not stat.S_ISFIFO(path.stat().st_mode):
        raise vs.Error(f"nalu_fifo: fifo must be a named pipe (made by mkfifo); got {path}")
    if length < 1:
        raise vs.Error(f"nalu_fifo: length must be at least 1 byte; got {length}")
    feed = _Feed(path, clip.num_frames, -(-length // 3) * 3)

    def tap(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        try:
            payload = props.from_props(f.props).hdr10plus
            if payload is None:
                raise UserError("has no HDR10+ metadata")
            hdr10plus.parse(payload)
            feed.put(n, payload)
        except UserError as error:
            feed.close()
            raise vs.Error(f"nalu_fifo: frame {n}: {error}") from None
        return f

    return clip.std.ModifyFrame(clip, tap)


class _Feed:
    """Lines put in any order, written in the order of their numbers by a thread of its own.

    Opening a FIFO waits for its reader, and x265 opens it only after the first bytes of video: hence the thread.
    """

    def __init__(self, path: Path, frames: int, length: int) -> None:
        self._path, self._frames, self._length = path, frames, length
        self._lock = threading.Lock()
        self._waiting: dict[int, str] = {}
        self._next = 0
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None

    def put(self, number: int, payload: bytes) -> None:
        """``UserError`` if the payload is too long, or a frame before this one is never asked for."""
        line = x265.nalu_line(number, payload, self._length)
        with self._lock:
            self._start()
            if number < self._next:
                return  # asked for once more, as by a cache that forgot it
            self._waiting[number] = line
            if number - self._next > _SLACK:
                raise UserError(f"frame {self._next} was skipped; trim the clip in the script instead")
            while (ready := self._waiting.pop(self._next, None)) is not None:
                self._lines.put(ready)
                self._next += 1
            if self._next == self._frames:
                self._lines.put(None)

    def close(self) -> None:
        """End the lines here; an encoder that is about to open the FIFO gets the time to, or it would wait for ever."""
        with self._lock:
            writer = self._start()
        self._lines.put(None)
        writer.join(_PATIENCE)

    def _start(self) -> threading.Thread:
        if self._writer is None:
            self._writer = threading.Thread(target=self._write, name="nalu_fifo", daemon=True)
            self._writer.start()
        return self._writer

    def _write(self) -> None:
        try:
            with self._path.open("w") as out:
                while (line := self._lines.get()) is not None:
                    out.write(line)
                    out.flush()
        except BrokenPipeError:
            return  # the encoder is gone; it says why itself
