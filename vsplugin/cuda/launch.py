"""What a kernel is started with, as plain data: made without a GPU, run by CuPy or by the emulator of the tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vsplugin.errors import UserError

# The names of sample types in kernels/common/device.hpp.
SAMPLES = {np.dtype(np.uint8): "Byte", np.dtype(np.uint16): "Word", np.dtype(np.float16): "HalfBits"}
SAMPLES[np.dtype(np.float32)] = "float"


@dataclass(frozen=True)
class Buffer:
    """A plane where a kernel reaches it. Neighbouring samples of a row lie side by side; ``stride`` is in bytes."""

    pointer: int
    stride: int
    width: int
    height: int
    dtype: np.dtype[Any]

    @property
    def sample(self) -> str:
        return SAMPLES[self.dtype]

    @property
    def arguments(self) -> tuple[np.generic, ...]:
        return np.uint64(self.pointer), np.int64(self.stride)


NOTHING = Buffer(0, 0, 1, 1, np.dtype(np.float32))


@dataclass(frozen=True)
class Launch:
    """One kernel of one .cu file, compiled with ``macros``, over ``grid`` blocks of ``block`` threads."""

    file: str
    kernel: str
    grid: tuple[int, int, int]
    block: tuple[int, int, int]
    arguments: tuple[np.generic, ...]
    macros: dict[str, object] = field(default_factory=dict)
    shared: int = 0  # bytes of shared memory
    exact: bool = True  # no fused multiply-adds: equal to the CPU kernels to the last bit


def buffer_of(owner: str, name: str, array: Any, pointer: int) -> Buffer:
    """The plane of an array with ``shape``, ``strides`` (bytes) and ``dtype``; refuses what kernels cannot read."""
    dtype = np.dtype(array.dtype)
    if dtype not in SAMPLES:
        raise UserError(f"{owner}: {name} must be uint8, uint16, float16 or float32; got {dtype}")
    if len(array.shape) != 2 or 0 in array.shape:
        raise UserError(f"{owner}: {name} must be a plane (height, width); got shape {tuple(array.shape)}")
    height, width = array.shape
    if width > 1 and array.strides[1] != dtype.itemsize:
        raise UserError(f"{owner}: {name} must have neighbouring samples in a row; got strides {array.strides}")
    return Buffer(pointer, array.strides[0], width, height, dtype)


def require_size(owner: str, name: str, plane: Buffer, width: int, height: int, dtype: Any = np.float32) -> None:
    if plane.dtype != dtype or (plane.width, plane.height) != (width, height):
        raise UserError(
            f"{owner}: {name} must be {width}x{height} {np.dtype(dtype)}; "
            f"got {plane.width}x{plane.height} {plane.dtype}"
        )


def blocks(count: int, per_block: int) -> int:
    """Blocks that ``count`` things fill."""
    return -(-count // per_block)


def peak_of(plane: Buffer, bits: int) -> np.float32:
    """The largest code of the plane's samples; floats do not use it."""
    return np.float32((1 << (8 if plane.dtype == np.uint8 else bits)) - 1)
