"""What is installed here and what would be used: the facts a bug report needs."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import av
import vapoursynth as vs

from . import __version__, cuda, infer, models, tiles
from .errors import one_line
from .source import cache_folder

_FEATURES = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
_PLUGINS = {
    "bs": "vapoursynth-bestsource",
    "ov": "vapoursynth-mlrt-ov",
    "ort": "vapoursynth-mlrt-ort",
    "trt": "vapoursynth-mlrt-trt",
    "vsplugin": "ours",
}
_NEEDED = ("bs", "vsplugin")


def examine() -> dict[str, Any]:
    """All findings; ``problems`` lists what keeps something from working, each with its cure."""
    problems: list[str] = []
    findings: dict[str, Any] = {
        "vsplugin": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "vapoursynth": str(vs.core.core_version),
        "pyav": av.__version__,
        "kernels": _kernels(problems),
        "plugins": _plugins(problems),
        "cpu": _cpu(),
        "memory free": f"{tiles.free_memory() / 2**30:.1f} GiB",
        "gpu": _gpu(),
        "gpu kernels": cuda.why_not() or "run",
        "backend": _backend(problems),
        "fused engine": _fused(),
        "models": _models(problems),
        "index cache": str(cache_folder()),
    }
    return {**findings, "problems": problems}


def _kernels(problems: list[str]) -> str:
    try:
        from . import kernels

        kernels.load()
        return f"{kernels.cpu_level()} (of {', '.join(kernels.cpu_levels())})"
    except (ImportError, AttributeError, vs.Error) as error:
        problems.append(f"our kernels do not load: {one_line(error)}; build them with ./run test or pip install .")
        return "missing"


def _plugins(problems: list[str]) -> dict[str, str]:
    there = {plugin.namespace: f"{plugin.version.major}.{plugin.version.minor}" for plugin in vs.core.plugins()}
    for name in _NEEDED:
        if name not in there and name != "vsplugin":
            problems.append(f"plugin {name} is missing: pip install {_PLUGINS[name]}")
    return {name: there.get(name, "not installed") for name in _PLUGINS}


def _cpu() -> str:
    flags = infer.cpu_flags()
    found = [name for name in _FEATURES if name in flags]
    return f"{len(os.sched_getaffinity(0))} cores, {', '.join(found) or 'no vector extensions known'}"


def _gpu() -> str:
    if not infer.has_cuda_device():
        return "none: there is no NVIDIA device (/dev/nvidia0)"
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return "NVIDIA device present, nvidia-smi missing"
    query = [tool, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=20)
    except subprocess.TimeoutExpired:
        return "NVIDIA device present, nvidia-smi does not answer"
    return done.stdout.strip().replace("\n", "; ") or f"NVIDIA device present, nvidia-smi: {done.stderr.strip()}"


def _backend(problems: list[str]) -> str:
    try:
        choice = infer.choose("doctor")
        return f"{choice.name} ({choice.precision}): {choice.reason}"
    except vs.Error as error:
        problems.append(one_line(error))
        return "none"


def _fused() -> dict[str, str]:
    """For each model: whether the fused engine would run it, or why it cannot; and what only the GPU's cannot."""
    found = {}
    for model in models.installed():
        if model.output == "correction":  # it judges numbers: no runtime for pictures is asked
            continue
        refusal = infer.tile_refusal(model)
        try:
            choice = infer.choose("", model=model)
            on_gpu = None if refusal else cuda.refusal(model.path)
            found[model.name] = (
                f"cannot: {refusal}; auto takes {choice.name}"
                if refusal
                else f"can; auto takes {choice.name}: {choice.reason}"
            ) + (f"; cuda.TileSR cannot: {on_gpu}" if on_gpu else "")
        except vs.Error as error:
            found[model.name] = one_line(error)
    return found


def _models(problems: list[str]) -> str:
    found = models.installed()
    problems += [f"model {one.name}: {one.path} is missing" for one in found if not Path(one.path).is_file()]
    if not found:
        problems.append("no models: VSPLUGIN_MODELS names a folder that has some")
    return ", ".join(one.name for one in found) or "none"
