"""Holes that no neighbouring frame shows, filled by a network from what is around them: the graph.

The network (``models/inpaint``) was trained as a masked autoencoder on natural pictures: it corrects a smooth filling
(:mod:`.smooth`). It runs where there are holes only: a frame without any is passed on as it is; one with a few is
looked at through windows around them; one with many as a whole.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import vapoursynth as vs

from .. import color, infer, kernels, models
from ..grain import argument
from ..grain.model import GrainModel
from ..grain.synthesis import grain as drawn
from . import grains, smooth
from .windows import WINDOW, Windows

_NEAR = 64  # pixels around the holes that the smooth filling looks at

Choose = Callable[[np.ndarray[Any, Any]], vs.VideoNode]


def smoothed(clip: vs.VideoNode, holes: vs.VideoNode) -> vs.VideoNode:
    """The clip with its holes closed smoothly: enough to search motion on. Cheap."""
    laid = _laid(clip, _base(color.to_yuv(clip), holes), None, holes, None)
    return _where_needed(clip, holes, lambda hole: laid)


def filled(
    clip: vs.VideoNode, holes: vs.VideoNode, grain: GrainModel | None = None, measured: vs.VideoNode | None = None
) -> vs.VideoNode:
    """The clip with its holes filled by the network, and with ``grain`` drawn into them (the network draws none).

    ``measured`` (:func:`.grains.measuring`) says instead which grain, once there is a hole.

    ``clip`` is of any constant YUV, GRAY or RGB format (8-16 bit, half, float), ``holes`` GRAY8 of its size, not 0
    where there is a hole; a chroma sample belongs to the luma pixel it lies on. Outside of the holes nothing changes by
    a bit; frames that are hole all over stay. PQ and HLG are filled as they are coded: the network sees levels and
    contrasts relative to those nearby, so how large they are makes no difference.

    Cost: 25 k multiply-accumulates of ``models/inpaint`` per pixel, of windows of 256x256 around cells of 128x128 that
    have a hole, or of the whole frame where that is less; about 20 ns per sample for the smooth filling.
    """
    base = _base(color.to_yuv(clip), holes)
    shown = _shown(base, holes)

    def laid(answer: vs.VideoNode) -> vs.VideoNode:
        if measured is None:
            return _laid(clip, base, answer, holes, grain)
        lay = functools.cache(lambda text: _laid(clip, base, answer, holes, argument.model_of("repair", text)))
        return vs.core.std.FrameEval(clip, lambda n, f: lay(f.props[grains.GRAIN]), prop_src=measured, clip_src=[clip])

    whole = laid(_corrected(shown))
    if min(clip.width, clip.height) < WINDOW:
        return _where_needed(clip, holes, lambda hole: whole)
    windows = Windows(shown, _corrected)

    def choose(hole: np.ndarray[Any, Any]) -> vs.VideoNode:
        touched = windows.touched(hole)
        if sum(touched) * WINDOW**2 >= clip.width * clip.height:
            return whole
        return laid(windows.answer(touched))

    return _where_needed(clip, holes, choose)


def _where_needed(clip: vs.VideoNode, holes: vs.VideoNode, choose: Choose) -> vs.VideoNode:
    """What ``choose`` says for frames with holes; the clip's own frame where there is none, or nothing but hole."""

    def decide(n: int, f: vs.VideoFrame) -> vs.VideoNode:
        hole = np.asarray(f[0]) > 0
        return choose(hole) if hole.any() and not hole.all() else clip

    return vs.core.std.FrameEval(clip, decide, prop_src=[holes], clip_src=[clip, holes])


def _base(working: vs.VideoNode, holes: vs.VideoNode) -> vs.VideoNode:
    """RGBS, luma's size: Y, Cb and Cr (0 for GRAY) with holes closed smoothly. Chroma is repeated, and unknown in all
    of a sample that any hole touches."""
    core = vs.core
    luma, *chroma = (color.plane(working, p) for p in range(working.format.num_planes))
    blank = core.std.BlankClip(luma, format=vs.RGBS, keep=True)

    def close(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        out = core.create_video_frame(blank.format, blank.width, blank.height)
        hole = (np.asarray(f[1][0]) > 0).astype(np.float32)
        np.copyto(np.asarray(out[0]), _closed_nearby(np.asarray(f[2][0]), hole))
        for p in (1, 2):
            plane = np.asarray(f[1 + 1 + p][0]) if chroma else np.zeros((1, 1), np.float32)
            ratio = [-(-large // small) for large, small in zip(hole.shape, plane.shape, strict=True)]
            small = _any_of(hole, ratio)
            full = (_closed_nearby(plane, small) if chroma else plane).repeat(ratio[0], 0).repeat(ratio[1], 1)
            np.copyto(np.asarray(out[p]), full[: hole.shape[0], : hole.shape[1]])
        return out

    return core.std.ModifyFrame(blank, [blank, holes, luma, *chroma], close)


def _any_of(hole: np.ndarray[Any, Any], ratio: list[int]) -> np.ndarray[Any, Any]:
    """1 for each sample of a coarser plane that covers any of the hole."""
    height, width = (math.ceil(side / step) for side, step in zip(hole.shape, ratio, strict=True))
    wide = np.pad(hole, [(0, height * ratio[0] - hole.shape[0]), (0, width * ratio[1] - hole.shape[1])])
    return np.asarray(wide.reshape(height, ratio[0], width, ratio[1]).max((1, 3)))


def _closed_nearby(plane: np.ndarray[Any, Any], hole: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """:func:`.smooth.closed`, which needs to look at the surroundings of the holes only."""
    y, x = np.nonzero(hole)
    rows, columns = (slice(max(int(at.min()) - _NEAR, 0), int(at.max()) + _NEAR + 1) for at in (y, x))
    out = np.nan_to_num(plane, nan=0.0)
    out[rows, columns] = smooth.closed(out[rows, columns], hole[rows, columns])
    return out


def _shown(base: vs.VideoNode, holes: vs.VideoNode) -> list[vs.VideoNode]:
    """:func:`.smooth.shown` as a graph: RGBS, the mask, and the unit of the answer (GRAYS)."""
    core, around = vs.core, {"hradius": smooth.NEAR, "vradius": smooth.NEAR}
    away = core.std.Expr([base, base.std.BoxBlur(**around)], "x y -")
    power = core.std.Expr(color.plane(away, 0), "x x *").std.BoxBlur(**around)
    contrast = core.std.Expr(power, f"x 0 max {smooth.LEAST**2} + sqrt")
    low, high = -smooth.LIMIT, smooth.LIMIT
    limited = f"x y {smooth.SPAN} * / {low} max {high} min"
    planes = [core.std.Expr([color.plane(away, p), contrast], limited) for p in range(3)]
    mask = _share(holes)
    return [core.std.ShufflePlanes(planes, [0] * 3, vs.RGB), mask, core.std.Expr([mask, contrast], "x y *")]


def _share(holes: vs.VideoNode) -> vs.VideoNode:
    return vs.core.std.Expr(holes, "x 0 > 1 0 ?", vs.GRAYS)


def _corrected(shown: list[vs.VideoNode]) -> vs.VideoNode:
    """RGBS: the network's answer, 0 outside of the holes."""
    return infer.run("repair", shown, models.find("repair", "inpaint", "inpaint"))


def _laid(
    clip: vs.VideoNode, base: vs.VideoNode, answer: vs.VideoNode | None, holes: vs.VideoNode, grain: GrainModel | None
) -> vs.VideoNode:
    """The clip with what is found for its holes, and grain, in them."""
    core, working = vs.core, color.to_yuv(clip)
    count = working.format.num_planes
    found = color.joined([_plane(base, answer, holes, p, color.plane(working, p)) for p in range(count)], working)
    if grain:
        found = core.std.Expr([found, drawn(found, grain)], "x y +")
    changes = []
    for p in range(count):
        plane = color.plane(working, p)
        hole = holes
        if (plane.width, plane.height) != (holes.width, holes.height):
            hole = holes.resize.Point(plane.width, plane.height)
        changes.append(core.std.Expr([plane, color.plane(found, p), hole], "z 0 > y x - 0 ?"))
    residual = color.joined(changes, working)
    if clip.format.color_family == vs.RGB:
        residual = color.rgb_residual(residual)
    return kernels.plugin().Merge(clip, residual)


def _plane(
    base: vs.VideoNode, answer: vs.VideoNode | None, holes: vs.VideoNode, p: int, like: vs.VideoNode
) -> vs.VideoNode:
    """A plane of base and answer at the size of ``like``."""
    plane = color.shrunk(color.plane(base, p), like)
    if answer is None:
        return plane
    # The answer is 0 in those of a sample's pixels that are no hole: its mean is one over the others.
    parts = [plane, color.shrunk(color.plane(answer, p), like), color.shrunk(_share(holes), like)]
    return vs.core.std.Expr(parts, "x y z 0.05 max / +")
