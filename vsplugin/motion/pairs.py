"""A clip of flows from a function of two pictures: the graph around every provider."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import vapoursynth as vs

from .. import kernels, scenes

CUT = "VSPluginFlowCut"  # frame property: 1 where the pair has no flow, being of two scenes or beyond the clip's ends

Vectors = tuple[np.ndarray, np.ndarray]  # dx, dy: (H, W) float32


def shifted(clip: vs.VideoNode, delta: int) -> vs.VideoNode:
    """Frame n of the result is frame n + delta; the first or last frame stands for those beyond the ends."""
    if delta == 0:
        return clip
    count = min(abs(delta), clip.num_frames)
    if delta > 0:
        last = clip[-1] * count
        return last if count == clip.num_frames else clip[count:] + last
    first = clip[0] * count
    return first if count == clip.num_frames else first + clip[:-count]


def flows(luma: vs.VideoNode, delta: int, others: list[vs.VideoNode], find: Callable[..., Vectors]) -> vs.VideoNode:
    """RGBS: ``find(frame, other, *frames of others)`` on each pair of frames of ``luma``, delta apart.

    ``find`` gets the pictures as ``(H, W)`` uint8 and frame n of ``others``. It should release the interpreter lock.
    """
    core = vs.core
    width, height, last = luma.width, luma.height, luma.num_frames - 1
    blank = core.std.BlankClip(format=vs.RGBS, width=width, height=height, length=luma.num_frames, keep=True)

    def pair(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        out = core.create_video_frame(blank.format, width, height)
        out.props.update(f[1].props)
        planes = [np.asarray(out[p]) for p in range(3)]
        cut = not 0 <= n + delta <= last
        if not cut:
            frame, other = np.asarray(f[1][0]), np.asarray(f[2][0])
            dx, dy = find(frame, other, *f[3:])
            cut = not scenes.same_scene(frame, other, dx, dy)
        for plane, value in zip(planes, (0, 0, 0) if cut else (dx, dy, 1), strict=True):
            plane[...] = value
        out.props[CUT] = int(cut)
        return out

    return core.std.ModifyFrame(blank, [blank, luma, shifted(luma, delta), *others], pair)


def chained(first: vs.VideoNode, second: vs.VideoNode) -> vs.VideoNode:
    """The flow over two pairs: ``first``'s, and from where that leads ``second``'s. 0 where either pair is cut."""
    core = vs.core

    def join(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        out = core.create_video_frame(first.format, first.width, first.height)
        out.props.update(f[0].props)
        planes = [np.asarray(out[p]) for p in range(3)]
        there, on = ([np.asarray(each[p]) for p in range(3)] for each in f)
        cut = bool(f[0].props[CUT] or f[1].props[CUT])
        for p, plane in enumerate(planes):
            if cut:
                plane[...] = 0
            elif p == 2:
                plane[...] = 1
            else:
                kernels.warp(on[p], there[0], there[1], mode="bilinear", out=plane)
                plane += there[p]
        out.props[CUT] = int(cut)
        return out

    return core.std.ModifyFrame(first, [first, second], join)
