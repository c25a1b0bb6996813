"""Runs launches of CUDA kernels on the host: the .cu file compiled by the C++ compiler over emulator.hpp."""

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from vsplugin.cuda import source
from vsplugin.cuda.launch import Launch, buffer_of

HERE = Path(__file__).parent
COMPILER = next((name for name in (os.environ.get("CXX", "c++"), "g++", "clang++") if shutil.which(name)), None)
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="needs a C++ compiler to run kernels on the host")

MAIN = """
#include "emulator.hpp"
#include "{file}"
#include <utility>

template <class... Arguments, size_t... i>
void call(void (*kernel)(Arguments...), void** values, std::index_sequence<i...>) {{
  kernel(*static_cast<std::remove_cv_t<Arguments>*>(values[i])...);
}}
template <class... Arguments>
void call(void (*kernel)(Arguments...), void** values, size_t count) {{
  if (count != sizeof...(Arguments)) emulator::stop("another number of arguments than the kernel takes");
  call(kernel, values, std::index_sequence_for<Arguments...>());
}}

extern "C" void run(const unsigned* shape, size_t shared, unsigned seed, void** values, size_t count) {{
  emulator::launch({{shape[0], shape[1], shape[2]}}, {{shape[3], shape[4], shape[5]}}, shared, seed,
                   [&] {{ call({kernel}, values, count); }});
}}
"""


@cache
def _library(file: str, kernel: str, macros: tuple[tuple[str, str], ...]) -> ctypes.CDLL:
    folder = Path(tempfile.gettempdir()) / f"vsplugin-emulated-{os.getuid()}"
    folder.mkdir(exist_ok=True, mode=0o700)
    text = MAIN.format(file=file, kernel=kernel)
    facts = (text, macros, COMPILER, (HERE / "emulator.hpp").read_text(), sorted(source.closure(file).items()))
    built = folder / (hashlib.sha256(repr(facts).encode()).hexdigest()[:24] + ".so")
    if not built.is_file():
        with tempfile.TemporaryDirectory(dir=folder) as work:
            Path(work, "main.cpp").write_text(text)
            # No contraction, as on the GPU: sums must be equal to the last bit. No fortified longjmp: fibers jump.
            options = ["-std=c++20", "-O1", "-ffp-contract=off", "-fPIC", "-shared", "-U_FORTIFY_SOURCE", "-w"]
            options += [f"-D{key}={value}" for key, value in macros]
            options += ["-I", str(HERE), "-I", str(source.folder()), "main.cpp", "-o", "out.so"]
            subprocess.run([COMPILER, *options], check=True, cwd=work)
            Path(work, "out.so").replace(built)
    library = ctypes.CDLL(str(built))
    library.run.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_void_p, ctypes.c_size_t]
    return library


def run(launch: Launch, seed: int = 0) -> None:
    """What ``vsplugin.cuda.device.run`` does on a GPU. ``seed`` orders the threads between barriers."""
    library = _library(launch.file, launch.kernel, tuple(sorted((k, str(v)) for k, v in launch.macros.items())))
    shape = np.array([*launch.grid, *launch.block], np.uint32)
    boxes = [np.array([value]) for value in launch.arguments]
    values = np.array([box.ctypes.data for box in boxes], np.uint64)
    library.run(shape.ctypes.data, launch.shared, seed, values.ctypes.data, len(boxes))


def buffer(array):
    return buffer_of("test", "array", array, array.ctypes.data)
