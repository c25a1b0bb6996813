"""The .cu files: where they lie, what they include, and machine code made of them by NVRTC. Needs no GPU.

NVRTC is the CUDA compiler as a library; it comes with the ``cuda`` extra. Machine code (a cubin) is kept on disk under
a name that hashes everything it depends on, so that a kernel is compiled once per kind of GPU and version.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from functools import cache
from pathlib import Path

from vsplugin.errors import UserError, one_line

EXTRA = "it comes with the extra 'cuda': pip install 'vapoursynth-vsplugin[cuda]'"
_INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.MULTILINE)
_OPTIONS = ("-std=c++17",)
# Of the host only: what the tests put in the place of the GPU.
_NOT_OURS = ("emulator.hpp",)


def folder() -> Path:
    """The kernels' sources: in the wheel beside this file, in a clone under kernels/."""
    packed = Path(__file__).parent / "kernels"
    return packed if packed.is_dir() else Path(__file__).parents[2] / "kernels"


@cache
def closure(name: str) -> dict[str, str]:
    """The text of ``name`` (such as ``warp/warp.cu``) and of every file of ours that it includes, by path."""
    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        path = waiting.pop()
        if path not in found and path not in _NOT_OURS:
            found[path] = (folder() / path).read_text()
            waiting += _INCLUDE.findall(found[path])
    return found


def cache_folder() -> Path:
    """Where machine code is kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vsplugin" / "cuda"


def nvrtc() -> object:
    """CuPy's binding of NVRTC. Raises ``UserError`` naming the extra where it or the library is absent."""
    try:
        from cupy.cuda import nvrtc as found

        found.getVersion()
    except Exception as error:  # CuPy reports a missing libnvrtc by several kinds
        raise UserError(f"cuda: NVRTC does not load ({one_line(error)}); {EXTRA}") from None
    return found


def architectures() -> tuple[int, ...]:
    """The compute capabilities that the installed NVRTC makes machine code for, such as 75 for Turing."""
    return tuple(nvrtc().getSupportedArchs())  # type: ignore[attr-defined]


def compiled(
    name: str, arch: int, macros: dict[str, object], *, exact: bool = True, log: list[str] | None = None
) -> bytes:
    """Machine code of the file ``name`` for compute capability ``arch``, with macros defined.

    ``exact`` forbids fused multiply-adds, which round once where the CPU kernels round twice. Raises ``RuntimeError``
    with the compiler's text when the file does not compile: a fault of ours, never of the user.
    """
    tool = nvrtc()
    files = closure(name)
    headers = {path.encode(): text.encode() for path, text in files.items() if path != name}
    options = [*_OPTIONS, f"-arch=sm_{arch}", f"-fmad={'false' if exact else 'true'}"]
    options += [f"-D{key}={value}" for key, value in macros.items()]
    if log is not None:
        options.append("-Xptxas=-v")
    program = tool.createProgram(files[name], name, list(headers.values()), list(headers))  # type: ignore[attr-defined]
    try:
        tool.compileProgram(program, tuple(options))  # type: ignore[attr-defined]
        if log is not None:
            log.append(tool.getProgramLog(program))  # type: ignore[attr-defined]
        return tool.getCUBIN(program)  # type: ignore[attr-defined]
    except tool.NVRTCError as error:  # type: ignore[attr-defined]
        text = tool.getProgramLog(program)  # type: ignore[attr-defined]
        raise RuntimeError(f"cuda: {name} does not compile for sm_{arch} ({error}):\n{text}") from None
    finally:
        tool.destroyProgram(program)  # type: ignore[attr-defined]


def cubin(name: str, arch: int, macros: dict[str, object], *, exact: bool = True) -> Path:
    """The file with the machine code: from the cache, or compiled now and kept there."""
    version = nvrtc().getVersion()  # type: ignore[attr-defined]
    facts = (name, arch, sorted(macros.items()), exact, version, _OPTIONS, sorted(closure(name).items()))
    path = cache_folder() / f"{Path(name).stem}-sm_{arch}-{hashlib.sha256(repr(facts).encode()).hexdigest()[:24]}.cubin"
    if not path.is_file():
        code = compiled(name, arch, macros, exact=exact)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two processes may compile the same kernel: each writes its own file, and a rename is all or nothing.
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(code)
        Path(file.name).replace(path)
    return path
