"""Frames through a GPU on a conveyor: while one is worked on, the next is copied there and the one before back.

Only pinned memory, which the system never moves, can be copied beside other work; three streams, one for each direction
and one for the work, wait for each other by events and never for the host.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from vsplugin.errors import UserError

from . import device
from .launch import Buffer

_PLACES = 3  # one being filled, one worked on, one being emptied


class _Place:
    """Memory of one frame on its way: pinned and on the GPU, for the image and for the result."""

    def __init__(self, shape: tuple[int, ...], dtype: Any, out_shape: tuple[int, ...], out_dtype: Any) -> None:
        cp = device.cupy()
        self.image, self.result = _pinned(shape, dtype), _pinned(out_shape, out_dtype)
        self.on_gpu, self.made = cp.empty(shape, dtype), cp.empty(out_shape, out_dtype)
        self.uploaded, self.worked, self.done = (cp.cuda.Event(disable_timing=True) for _ in range(3))


def _pinned(shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
    count = int(np.prod(shape))
    memory = device.cupy().cuda.alloc_pinned_memory(count * np.dtype(dtype).itemsize)
    return np.frombuffer(memory, dtype, count).reshape(shape)


def _address(array: np.ndarray[Any, Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


class Conveyor:
    """``push`` takes an image and gives results that are finished, in order; ``rest`` gives what is still under way."""

    def __init__(self, shape: tuple[int, ...], dtype: Any, out_shape: tuple[int, ...], out_dtype: Any) -> None:
        streams = device.cupy().cuda.Stream
        self._up, self._work, self._down = (streams(non_blocking=True) for _ in range(3))
        self._places = [_Place(shape, dtype, out_shape, out_dtype) for _ in range(_PLACES)]
        self._under_way: deque[_Place] = deque()
        self._next = 0

    def push(
        self, image: np.ndarray[Any, Any], work: Callable[[Buffer, Buffer], None]
    ) -> Iterator[np.ndarray[Any, Any]]:
        place = self._places[self._next % _PLACES]
        if image.shape != place.image.shape or image.dtype != place.image.dtype:
            raise UserError(
                f"cuda: frames must all be alike; got {image.shape} {image.dtype} "
                f"after {place.image.shape} {place.image.dtype}"
            )
        # A result is read by the caller while the next frames are pushed, so that one place is always his.
        if len(self._under_way) == _PLACES - 1:
            yield self._finished()
        self._next += 1
        place.image[...] = image
        with self._up:
            self._up.wait_event(place.worked)
            place.on_gpu.data.copy_from_host_async(_address(place.image), place.image.nbytes, self._up)
            place.uploaded.record()
        with self._work:
            self._work.wait_event(place.uploaded)
            self._work.wait_event(place.done)
            work(device.plane("cuda", "image", place.on_gpu), device.plane("cuda", "out", place.made))
            place.worked.record()
        with self._down:
            self._down.wait_event(place.worked)
            place.made.data.copy_to_host_async(_address(place.result), place.result.nbytes, self._down)
            place.done.record()
        self._under_way.append(place)

    def rest(self) -> Iterator[np.ndarray[Any, Any]]:
        while self._under_way:
            yield self._finished()

    def _finished(self) -> np.ndarray[Any, Any]:
        place = self._under_way.popleft()
        place.done.synchronize()
        return place.result
