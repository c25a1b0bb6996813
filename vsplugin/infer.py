"""A model on clips: choose the backend, pad, tile, run it through vs-mlrt or our own engine, crop.

vs-mlrt's plugins (``core.ov``, ``core.ort``, ``core.trt``) are separate GPL works loaded by VapourSynth at run time;
nothing here links to them.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import vapoursynth as vs

from . import tiles
from .errors import one_line
from .models import Model

log = logging.getLogger("vsplugin")

BACKENDS = ("auto", "tile", "ov", "ort", "ort-cuda", "trt")

# Builds of TileSR that were measured faster than OpenVINO at its own precision; auto takes TileSR on these only.
# Measured with sr2-fast on EPYCs (Zen 4, Zen 5) with AVX-512 BF16: avx512 makes 1.2 times the frames of OpenVINO's
# bf16, and avx2 2.3 and 1.4 times those of its f32 with AVX-512, so more on a CPU without. vnni, which runs INT8
# networks, is measured against OpenVINO on the same files: 1.1 (sr2-fast-int8), 2.6 times (sr4-realtime-int8). amx is
# not measured yet. A fixed list, not a race at run time: every chunk of a job must make the same choice.
_TILE_IS_FASTER = ("avx2", "avx512", "vnni")
# MiB by a tile plan from which on a CPU runtime makes a first frame while the graph is built: running out of memory
# then means smaller tiles, and later a lost frame.
_TRIED_FROM = 1024
_GPU_EXTRA = "pip install 'vapoursynth-vsplugin[cuda]'"
_NO_MEMORY = r"out[ _]of[ _]memory|bad[ _]alloc|fail\w* to allocate"  # as OpenVINO, ONNX Runtime and CUDA say it
# Luma and chroma of SDR, and of HDR as models see it (hdr/gamma.py), with room at both ends.
_TRAINED_ON = (-1.5, 2.8)


@dataclass(frozen=True)
class Choice:
    """A backend and why it was taken."""

    name: str
    precision: str
    reason: str


@cache
def cpu_flags() -> frozenset[str]:
    """Instruction sets of this CPU as Linux names them; empty where they cannot be read."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.split(":")[1] for line in lines if line.startswith("flags")), "").split())


@cache
def has_cuda_device() -> bool:
    """Whether an NVIDIA driver with a device is present (its control device exists)."""
    return any(Path(device).exists() for device in ("/dev/nvidia0", "/dev/dxg"))


def tile_refusal(model: Model) -> str | None:
    """Why the fused engine (``core.vsplugin.TileSR``) cannot run this model, in one line; None if it can."""
    if len(model.inputs) > 1:
        return f"it takes {len(model.inputs)} planes; TileSR runs one plane to one plane"
    return _read_refusal(model.path)


@cache
def _read_refusal(path: Path) -> str | None:
    """The same of the file alone."""
    try:
        from . import kernels

        kernels.TileSR(path)
    except (ImportError, ValueError, OSError) as error:
        return one_line(error)
    return None


@cache
def _tile_build(path: Path) -> str:
    """The build that would run the network in this file: INT8 ones have their own."""
    from . import kernels

    return kernels.TileSR(path).cpu


def _available(model: Model | None = None) -> dict[str, str]:
    """Backend -> reason to take it, best first, for what is installed here (and can run the model, if given)."""
    found: dict[str, str] = {}
    core = vs.core
    if has_cuda_device():
        if hasattr(core, "trt") and model is not None and _engine(model).is_file():
            found["trt"] = f"an NVIDIA GPU, TensorRT and an engine of this model ({_engine(model).name}) are present"
        if hasattr(core, "ort") and _ort_has_cuda():
            found["ort-cuda"] = "an NVIDIA GPU and ONNX Runtime with CUDA are present" + _without_int8(model)
    gpu = f"no runtime for the NVIDIA GPU here ({_GPU_EXTRA})" if has_cuda_device() else "no GPU"
    build = _tile_build(model.path) if model is not None and tile_refusal(model) is None else ""
    wins = build in _TILE_IS_FASTER
    if wins:
        found["tile"] = f"{gpu}; the fused engine runs this model and is faster than OpenVINO with {build}"
    instead = "" if model is None or wins else "; " + _not_fused(model, build)
    if hasattr(core, "ov"):
        fast = cpu_precision() == "bf16"
        why = "this CPU multiplies bf16, which OpenVINO uses" if fast else "OpenVINO is present"
        found["ov"] = f"{gpu}; {why}{instead}"
    if hasattr(core, "ort"):
        found["ort"] = f"{gpu} and no OpenVINO; ONNX Runtime is present{instead}"
    if build and not wins:
        found["tile"] = f"no other runtime; the fused engine runs this model with {build}"
    return found


def _engine(model: Model) -> Path:
    """Where TensorRT's engine of a model would lie: ``core.trt`` reads no ONNX, and an engine fits one kind of GPU."""
    return model.path.with_suffix(".engine")


def _without_int8(model: Model | None) -> str:
    """What ONNX Runtime's CUDA makes of an INT8 model: its INT8 products on GPUs are TensorRT's alone."""
    if model is None or b"QuantizeLinear" not in model.path.read_bytes():
        return ""
    return "; it multiplies this model's INT8 layers as floats, no faster than the float model's"


def _not_fused(model: Model, build: str) -> str:
    """Why auto passes the fused engine by."""
    refusal = tile_refusal(model)
    if refusal:
        return f"the fused engine cannot run it: {refusal}"
    if build == "scalar":
        return "the fused engine is fast only with AVX2 (INT8: AVX-512 VNNI), which this CPU lacks"
    return f"the fused engine was not measured faster with {build}"


@cache
def _ort_has_cuda() -> bool:
    version = vs.core.ort.Version()
    return "cuda_runtime_version" in version or "CUDA" in str(version.get("providers", ""))


def cpu_precision() -> str:
    """``"bf16"`` where the CPU has instructions for it (AMX or AVX-512), else ``"f32"``."""
    return "bf16" if cpu_flags() & {"amx_bf16", "avx512_bf16"} else "f32"


def choose(owner: str, backend: str = "auto", model: Model | None = None) -> Choice:
    """The backend to run ``model`` on; ``vs.Error`` names what is usable if the one asked for is not."""
    available = _available(model)
    if backend == "auto":
        if not available:
            raise vs.Error(f"{owner}: backend: none installed; pip install vapoursynth-mlrt-ov")
        backend, reason = next(iter(available.items()))
    elif backend in available:
        reason = f"backend={backend} was asked for"
    elif backend == "tile" and model is not None:
        raise vs.Error(f"{owner}: backend 'tile' cannot run model {model.name}: {tile_refusal(model)}")
    elif backend == "trt" and model is not None and has_cuda_device() and hasattr(vs.core, "trt"):
        raise vs.Error(
            f"{owner}: backend 'trt' needs an engine of model {model.name} made for this GPU, and there is no "
            f"{_engine(model)}; trtexec --onnx={model.path} --saveEngine=... makes one (docs/cuda.md)"
        )
    else:
        raise vs.Error(f"{owner}: backend '{backend}' is not usable here; usable: {', '.join(available) or 'none'}")
    return Choice(backend, _precision(backend, model), reason)


def _precision(backend: str, model: Model | None) -> str:
    if backend == "tile" and model is not None:
        return {"amx": "bf16", "vnni": "int8"}.get(_tile_build(model.path), "f32")
    return cpu_precision() if backend == "ov" else ("f32" if backend == "ort" else "fp16")


def _runner(choice: Choice) -> Callable[..., vs.VideoNode]:
    core = vs.core
    if choice.name == "ov":
        precision = choice.precision

        def run_ov(clips: list[vs.VideoNode], path: str, **options: Any) -> vs.VideoNode:
            return core.ov.Model(
                clips, path, device="CPU", config=lambda: {"INFERENCE_PRECISION_HINT": precision}, **options
            )

        return run_ov
    if choice.name == "ort":
        return core.ort.Model
    if choice.name == "ort-cuda":
        return lambda clips, path, **options: core.ort.Model(clips, path, provider="CUDA", fp16=True, **options)
    return lambda clips, path, **options: core.trt.Model(clips, str(Path(path).with_suffix(".engine")), **options)


def pad(clip: vs.VideoNode, width: int, height: int) -> vs.VideoNode:
    """Enlarge the frame to the right and below by mirroring its edge."""
    if (clip.width, clip.height) == (width, height):
        return clip
    return vs.core.resize.Point(clip, width, height, src_width=width, src_height=height)


def _safe(clip: vs.VideoNode) -> vs.VideoNode:
    """A copy within what networks are trained on; what is no number becomes the lower end."""
    low, high = _TRAINED_ON
    return vs.core.std.Limiter(clip, min=[low] * clip.format.num_planes, max=[high] * clip.format.num_planes)


def run(owner: str, clips: list[vs.VideoNode], model: Model, *, backend: str = "auto", tile: int = 0) -> vs.VideoNode:
    """What the network makes of ``clips`` (GRAYS or RGBS, equal sizes; their planes are its input channels).

    Samples outside -1.5..2.8, infinities and NaN are shown to the network as the nearest of these (NaN: the lower).
    Returns GRAYS or RGBS at ``model.scale`` times the size. Raises ``vs.Error`` in one line if the file cannot be
    loaded or does not fit the planes.
    """
    choice = choose(owner, backend, model)
    clips = [_safe(clip) for clip in clips]
    width, height = clips[0].width, clips[0].height
    if choice.name == "tile":
        return _fused(owner, choice, clips[0], model)
    step = model.multiple
    padded = [pad(clip, math.ceil(width / step) * step, math.ceil(height / step) * step) for clip in clips]
    out = _tiled(owner, choice, padded, model, tiles.plan(model, padded[0].width, padded[0].height, tile=tile))
    scale = out.width // padded[0].width
    if scale < 1 or (out.width, out.height) != (padded[0].width * scale, padded[0].height * scale):
        raise vs.Error(f"{owner}: model {model.path.name} makes {out.width}x{out.height} of {width}x{height}")
    if (padded[0].width, padded[0].height) != (width, height):
        out = out.std.CropAbs(width * scale, height * scale, 0, 0)
    return out


def enlarged(
    owner: str, clip: vs.VideoNode, model: Model, strength: float, overshoot: float, *, backend: str = "auto"
) -> vs.VideoNode | None:
    """``clip`` (GRAY, integers) enlarged and what the network adds to it, finished in the clip's format in one pass.

    None where that takes several passes: with a runtime but our own, with a model that returns pictures or none larger.
    ``overshoot`` is TileSR's: negative switches the limit off.
    """
    choice = choose(owner, backend, model)
    if choice.name != "tile" or model.output != "residual" or model.scale == 1:
        return None
    return _fused(owner, choice, clip, model, strength=strength, overshoot=overshoot)


def _fused(owner: str, choice: Choice, clip: vs.VideoNode, model: Model, **options: float) -> vs.VideoNode:
    from . import kernels

    _say(owner, model, choice, tiles.fused(model, clip.width, clip.height))
    return kernels.plugin().TileSR(clip, str(model.path), **options)


def _say(owner: str, model: Model, choice: Choice, plan: tiles.TilePlan) -> None:
    log.info(
        "%s: model %s on %s (%s): %s; %s", owner, model.name, choice.name, choice.precision, choice.reason, plan.reason
    )


def _tiled(owner: str, choice: Choice, clips: list[vs.VideoNode], model: Model, plan: tiles.TilePlan) -> vs.VideoNode:
    """The network on the clips in tiles, in smaller ones as long as memory runs out."""
    while True:
        _say(owner, model, choice, plan)
        try:
            return _attempt(choice, clips, model, plan)
        except vs.Error as error:
            text = " ".join(str(error).split())
        smaller = tiles.halved(model, plan, clips[0].width, clips[0].height) if _ran_out_of_memory(text) else None
        if smaller is None and (damaged := _damage(model.path)):
            raise vs.Error(f"{owner}: model {model.path.name} cannot be used: {damaged}")
        if smaller is None:
            raise vs.Error(f"{owner}: model {model.path.name} cannot be used on {choice.name}: {text[:300]}")
        plan = smaller


def _damage(path: Path) -> str | None:
    """Why a file is no ONNX model at all, by our own reader: runtimes say "parse failed", or name an operator."""
    refusal = _read_refusal(path)
    return refusal if refusal and "is damaged" in refusal else None


def _attempt(choice: Choice, clips: list[vs.VideoNode], model: Model, plan: tiles.TilePlan) -> vs.VideoNode:
    """The network on the clips; where memory is in doubt, after a frame of nothing went through."""
    options: dict[str, Any] = {}
    if plan.tile:
        # vs-mlrt crops tiles by `overlap` pixels of the *output*, so the input overlap must be scale times the reach.
        options = {"tilesize": list(plan.tile), "overlap": [plan.overlap * (model.scale or 1)] * 2}
    runner = _runner(choice)
    if _must_try(choice, plan):
        blank = [vs.core.std.BlankClip(clip, length=1, keep=True) for clip in clips]
        runner(blank, str(model.path), **options).get_frame(0).close()
    return runner(clips, str(model.path), **options)


def _must_try(choice: Choice, plan: tiles.TilePlan) -> bool:
    """Whether a frame is tried first: a GPU's memory is not in the estimate, and a CPU's may be less than it says."""
    return choice.name in ("ort-cuda", "trt") or plan.megabytes > _TRIED_FROM


def _ran_out_of_memory(text: str) -> bool:
    return re.search(_NO_MEMORY, text, re.IGNORECASE) is not None
