"""How a frame is cut for a network: whole if memory allows, else into tiles that overlap so far that no seam shows."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from pathlib import Path

from .models import Model

# OpenVINO and ONNX Runtime keep about this many activations of the widest layer alive at once, in float32.
_LIVE_LAYERS = 3
# Part of the free memory a network may take; the rest is for VapourSynth's frame cache, the decoder and the encoder.
_SHARE = 0.4
# No network takes more, however much is free: 4096x2160 frames go through sr2-fast in tiles rather than in 4 GiB.
_MOST = 3 << 30


@dataclass(frozen=True)
class TilePlan:
    """``tile``: width and height with the overlap, or None for whole frames; ``overlap`` in input pixels."""

    tile: tuple[int, int] | None
    overlap: int
    megabytes: float
    reason: str


def free_memory() -> int:
    """Bytes that can be had without swapping, within the control group's limit where there is one."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        fields = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        free = int(fields["MemAvailable"].split()[0]) * 1024
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        if limit != "max":
            free = min(free, int(limit) - int(Path("/sys/fs/cgroup/memory.current").read_text()))
    except (OSError, KeyError, ValueError):
        pass
    return free


def memory(model: Model, width: int, height: int, streams: int = 1) -> float:
    """Estimated bytes a network needs for one frame or tile of this size."""
    scale = model.scale or 1
    return streams * width * height * 4.0 * (_LIVE_LAYERS * model.channels + 3 * (1 + scale**2))


def fused(model: Model, width: int, height: int) -> TilePlan:
    """For our own engine, which cuts frames into columns by itself: its memory, with input and output in float32."""
    from . import kernels

    planes = 4 * width * height * (1 + (model.scale or 1) ** 2)
    megabytes = (kernels.TileSR(model.path).memory(width) + planes) / 2**20
    return TilePlan(None, 0, megabytes, f"all layers at once in the cache: {megabytes:.0f} MiB with both planes")


def halved(model: Model, before: TilePlan, width: int, height: int) -> TilePlan | None:
    """Tiles of half the side, for when memory ran out after all; None if they cannot become smaller."""
    side = max(before.tile or (width, height)) // 2
    smaller = plan(model, width, height, tile=side)
    area = math.prod(smaller.tile or (width, height))
    if area >= math.prod(before.tile or (width, height)):
        return None
    return replace(smaller, reason=smaller.reason.split(":")[0] + ": memory ran out with larger ones")


def plan(model: Model, width: int, height: int, *, tile: int = 0, free: int | None = None) -> TilePlan:
    """Tiles for frames of ``width`` x ``height``. ``tile`` forces a side length; 0 chooses."""
    # A model of unknown reach gets a generous overlap; the even number keeps subsampled phases aligned.
    reach = 32 if model.radius is None else model.radius
    step = math.lcm(model.multiple, 2)
    overlap = math.ceil(reach / step) * step
    # vs-mlrt advances by the tile less twice the overlap in *output* pixels; 64 more keeps the waste bearable.
    smallest = math.ceil((2 * overlap * (model.scale or 1) + 64) / step) * step
    whole = memory(model, width, height) / 2**20
    budget = min((free_memory() if free is None else free) * _SHARE, _MOST) / 2**20
    if not tile and whole <= budget:
        return TilePlan(None, 0, whole, f"whole frame: {whole:.0f} MiB of {budget:.0f} MiB allowed")
    side = max(tile, smallest) if tile else max(width, height)
    side = math.ceil(side / step) * step
    while not tile and side > smallest and memory(model, side, side) / 2**20 > budget:
        side = max(smallest, math.ceil(side / 2 / step) * step)
    size = (min(side, width), min(side, height))
    if size == (width, height):
        return TilePlan(None, 0, whole, f"whole frame: it is no larger than a tile of {side}")
    megabytes = memory(model, *size) / 2**20
    why = f"tile={tile} was asked for" if tile else f"a whole frame needs {whole:.0f} MiB of {budget:.0f} MiB allowed"
    return TilePlan(size, overlap, megabytes, f"tiles of {size[0]}x{size[1]}, overlap {overlap}: {why}")
