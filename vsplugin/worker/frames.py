"""The host's pictures during one render: sent beforehand, asked for, or the nearest where it has none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import vapoursynth as vs

from .. import kernels
from .protocol import Picture

_DTYPES = (np.uint8, np.uint16, np.float16, np.float32)
_HELD = 12  # pictures of one render: filters of radius 5; of others only the hash, until they are asked for
_FURTHEST = 16  # frames that are tried towards the rendered one before that one itself is taken


class CancelledError(Exception):
    """The host does not want this frame any more."""


def pixels(memory: Any, picture: Picture) -> np.ndarray[Any, Any]:
    """``(height, width, 4)`` samples of a slot; ``ValueError`` if it is too small for them."""
    dtype = np.dtype(_DTYPES[picture.depth])
    needed = picture.width * picture.height * 4 * dtype.itemsize
    if picture.width < 1 or picture.height < 1 or needed > len(memory):
        raise ValueError(f"a picture of {picture.width}x{picture.height} in a slot of {len(memory)} bytes")
    flat = np.frombuffer(memory, dtype, picture.width * picture.height * 4)
    return flat.reshape(picture.height, picture.width, 4)


@dataclass(frozen=True)
class Image:
    """A picture of the host as VapourSynth has them: RGBS, alpha beside, and 64 bits that tell pictures apart."""

    colour: vs.VideoFrame
    alpha: vs.VideoFrame
    hash: int


def unpack(memory: Any, picture: Picture) -> Image:
    colour = vs.core.create_video_frame(vs.RGBS, picture.width, picture.height)
    alpha = vs.core.create_video_frame(vs.GRAYS, picture.width, picture.height)
    red, green, blue = (np.asarray(colour[index]) for index in range(3))
    found = kernels.unpack_rgba(
        pixels(memory, picture), red, green, blue, np.asarray(alpha[0]), swapped=bool(picture.swapped)
    )
    return Image(colour, alpha, found)


class Frames:
    """What one render may look at. :meth:`get` is called by VapourSynth's threads, the rest by the channel's."""

    def __init__(self, ask: Callable[[int], None]) -> None:
        self._ask = ask
        self._images: dict[int, Image] = {}
        self._hashes: dict[int, int | None] = {}  # of all that the host showed; None: it has no such frame
        self._announced: set[int] = set()  # shown without being asked for
        self._asked: set[int] = set()  # and not here yet
        self._changed = threading.Condition()
        self.cancelled = False
        self.rendered = 0  # the frame that is rendered; the host always has it
        self.temporal = False

    def put(self, frame: int, image: Image | None) -> None:
        with self._changed:
            if frame not in self._asked:
                self._announced.add(frame)
            if image is not None and (frame in self._asked or len(self._images) < _HELD):
                self._images[frame] = image
            self._hashes[frame] = image.hash if image is not None else None
            self._asked.discard(frame)
            self._changed.notify_all()

    def cancel(self) -> None:
        with self._changed:
            self.cancelled = True
            self._changed.notify_all()

    def known(self) -> dict[int, int | None]:
        """Hashes of what the host showed so far; None: it has no frame of that number."""
        with self._changed:
            return dict(self._hashes)

    def announced(self, frame: int) -> bool:
        """Whether the host showed it, or said that it has none, without being asked."""
        with self._changed:
            return frame in self._announced

    def check(self) -> None:
        if self.cancelled:
            raise CancelledError("cancelled")

    def get(self, frame: int) -> tuple[Image, bool]:
        """The host's frame, or (False) the nearest one towards the rendered frame."""
        for number in self._towards_rendered(frame):
            image = self._exactly(number)
            if image is not None:
                return image, number == frame
        raise vs.Error(f"the host gave no frame {self.rendered}")

    def _towards_rendered(self, frame: int) -> list[int]:
        if not self.temporal:
            return [self.rendered]
        step = -1 if frame > self.rendered else 1
        way = list(range(frame, self.rendered, step))[:_FURTHEST] if frame != self.rendered else []
        return [*way, self.rendered]

    def _exactly(self, frame: int) -> Image | None:
        with self._changed:
            while True:
                self.check()
                if frame in self._images:
                    return self._handed_over(frame)
                if frame in self._hashes and self._hashes[frame] is None:
                    return None
                if frame not in self._asked:
                    self._asked.add(frame)
                    self._ask(frame)
                self._changed.wait()

    def _handed_over(self, frame: int) -> Image:
        """VapourSynth keeps what it still needs; here only so many are held."""
        if len(self._images) <= _HELD or frame == self.rendered:
            return self._images[frame]
        return self._images.pop(frame)
