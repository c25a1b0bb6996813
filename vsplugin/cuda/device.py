"""The GPU itself, through CuPy: arrays in and out without copies, launches on the caller's stream, memory, limits."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from vsplugin.errors import UserError, one_line

from . import source
from .launch import Buffer, Launch, buffer_of
from .plan import Limits

_log = logging.getLogger(__name__)
_loading = threading.Lock()
_RESERVED = 1024  # bytes of a block's shared memory that CUDA keeps for itself


@cache
def cupy() -> Any:
    """CuPy with a GPU to run on. Raises ``UserError`` in one line that says what is missing: the extra, or a GPU."""
    try:
        import cupy as found
    except ImportError as error:
        raise UserError(f"cuda: CuPy does not load ({one_line(error)}); {source.EXTRA}") from None
    try:
        count = found.cuda.runtime.getDeviceCount()
    except found.cuda.runtime.CUDARuntimeError as error:
        raise UserError(f"cuda: no GPU to run on ({one_line(error)}); it needs an NVIDIA GPU and its driver") from None
    if count == 0:
        raise UserError("cuda: no GPU to run on; it needs an NVIDIA GPU and its driver")
    return found


def why_not() -> str | None:
    """What keeps GPU kernels from running here, in one line; ``None`` where they run."""
    try:
        cupy()
        source.nvrtc()
        arch()
    except UserError as error:
        return str(error)
    return None


def arch() -> int:
    """The architecture that kernels are compiled for on the current GPU: its own, or the newest one before it of the
    same generation that the installed NVRTC knows."""
    device = cupy().cuda.Device()
    capability = int(device.compute_capability)
    known = [each for each in source.architectures() if each <= capability and each // 10 == capability // 10]
    if not known:
        raise UserError(
            f"cuda: the installed NVRTC makes no machine code for compute capability {capability}; "
            f"it knows {', '.join(map(str, source.architectures()))}"
        )
    return max(known)


def limits() -> Limits:
    runtime = cupy().cuda.runtime
    device = runtime.getDevice()
    return Limits(
        runtime.deviceGetAttribute(runtime.cudaDevAttrMaxSharedMemoryPerBlockOptin, device),
        runtime.deviceGetAttribute(runtime.cudaDevAttrMultiProcessorCount, device),
    )


@cache
def _function(device: int, file: str, kernel: str, macros: tuple[tuple[str, object], ...], exact: bool) -> Any:
    del device  # machine code is loaded once per GPU
    path = source.cubin(file, arch(), dict(macros), exact=exact)
    _log.info("%s from %s", kernel, path)
    return cupy().RawModule(path=str(path)).get_function(kernel)


def run(launch: Launch) -> None:
    """Start the kernel on CuPy's current stream. Returns at once, as all of CUDA does."""
    with _loading:
        key = tuple(sorted(launch.macros.items()))
        function = _function(cupy().cuda.Device().id, launch.file, launch.kernel, key, launch.exact)
        if launch.shared > 48 * 1024 - _RESERVED:
            function.max_dynamic_shared_size_bytes = launch.shared
    function(launch.grid, launch.block, launch.arguments, shared_mem=launch.shared)


@contextlib.contextmanager
def stream(given: Any) -> Iterator[None]:
    """Make ``given`` current: CuPy's, torch's or the number of any CUDA stream; None stays on CuPy's current one."""
    found = cupy().cuda
    if given is None:
        yield
        return
    number = given if isinstance(given, int) else getattr(given, "cuda_stream", getattr(given, "ptr", None))
    if number is None:
        raise UserError(f"cuda: stream must be a CuPy or torch stream or the number of one; got {type(given).__name__}")
    with given if isinstance(given, found.Stream) else found.ExternalStream(number):
        yield


def adopt(owner: str, name: str, array: Any) -> Any:
    """``array`` as a CuPy array: without a copy where it is in this GPU's memory (CuPy, torch, anything with DLPack),
    copied there where it is a numpy array."""
    found = cupy()
    if isinstance(array, np.ndarray | found.ndarray):
        return found.asarray(array)
    if not hasattr(array, "__dlpack__"):
        raise UserError(f"{owner}: {name} must be a numpy, CuPy or torch array; got {type(array).__name__}")
    try:
        return found.from_dlpack(array)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise UserError(f"{owner}: {name} cannot be used on the GPU: {one_line(error)}") from None


def like(array: Any, result: Any) -> Any:
    """``result``, a CuPy array, as the kind of array that ``array`` is: numpy (a copy, waited for), CuPy, or torch."""
    if isinstance(array, np.ndarray):
        return cupy().asnumpy(result)
    if type(array).__module__.partition(".")[0] == "torch":
        import torch

        return torch.from_dlpack(result)
    return result


def memory_for(owner: str, out: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Memory for a result: the caller's ``out`` where it lies in the GPU's memory, or new."""
    if out is None or isinstance(out, np.ndarray):
        if out is not None and (out.shape != shape or out.dtype != dtype):
            raise UserError(f"{owner}: out must be {shape} {np.dtype(dtype)}; got {out.shape} {out.dtype}")
        return cupy().empty(shape, dtype)
    return adopt(owner, "out", out)


def give(given: Any, out: Any, result: Any) -> Any:
    """``out`` with the result in it, or the result as the kind of array that was given."""
    if isinstance(out, np.ndarray):
        out[...] = cupy().asnumpy(result)
    return out if out is not None else like(given, result)


def plane(owner: str, name: str, array: Any) -> Buffer:
    """What a launch needs to know of a CuPy array."""
    return buffer_of(owner, name, array, array.data.ptr)
