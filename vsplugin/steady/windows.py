"""What is measured once between every two neighbouring frames, and read over a window of them.

Measurements travel as frame properties of clips of 1x1 pixels, kept by VapourSynth's own cache: nothing is remembered
anywhere else, so any frame asked for in any order is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import vapoursynth as vs

from ..hdr.transfer import Floats
from ..motion.pairs import shifted

_PROPERTY = "VSPluginPair"
_LARGEST = 1e6  # nominal units: more is no picture
_CACHED = 64  # measurements beyond two windows, for frames in flight

# Takes frame n of each clip; None where frame n and the next do not belong together.
Measure = Callable[[list[Any]], np.ndarray | None]


def small(plane: vs.VideoNode, longest: int) -> vs.VideoNode:
    """A GRAYS plane with no side longer than ``longest``, without samples that are no numbers.

    As if it were SDR, because flow would look at HDR in gamma, which it has to clamp.
    """
    shrink = min(1.0, longest / max(plane.width, plane.height))
    width, height = (max(1, round(side * shrink)) for side in (plane.width, plane.height))
    plane = plane.resize.Bilinear(width, height).std.RemoveFrameProps("_Transfer")
    # NaN counts as greater than anything.
    return vs.core.std.Expr(plane, f"x abs {_LARGEST:g} > 0 x ?")


def measured(clips: Sequence[vs.VideoNode], radius: int, measure: Measure) -> vs.VideoNode:
    """``measure(frame n of each clip)`` for every n, kept for windows of ``radius`` frames."""
    token = vs.core.std.BlankClip(format=vs.GRAY8, width=1, height=1, length=clips[0].num_frames, keep=True)

    def fill(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        return _holding(f[0], measure(f[1:]))

    node = vs.core.std.ModifyFrame(token, [token, *clips], fill)
    vs.core.std.SetVideoCache(node, mode=1, fixedsize=1, maxsize=2 * (2 * radius + 1) + _CACHED)
    return node


def known(pairs: Sequence[Floats | None]) -> vs.VideoNode:
    """The same from measurements that are there already."""
    token = vs.core.std.BlankClip(format=vs.GRAY8, width=1, height=1, length=len(pairs), keep=True)
    return vs.core.std.ModifyFrame(token, token, lambda n, f: _holding(f, pairs[n]))


def _holding(token: vs.VideoFrame, values: Floats | None) -> vs.VideoFrame:
    out = token.copy()
    out.props[_PROPERTY] = np.asarray([] if values is None else values, np.float64).tobytes()
    return out


def read(frame: vs.VideoFrame) -> Floats | None:
    """A measurement; None where the frame and the next do not belong together."""
    values = np.frombuffer(frame.props[_PROPERTY], np.float64)
    return values if values.size else None


@dataclass(frozen=True)
class Window:
    """The steps between neighbouring frames around one frame, as far as they belong together."""

    steps: Floats  # (frames - 1, values): from the first frame to the second, ...
    centre: int  # which of the frames the window is about
    radius: int  # how far it reaches where nothing ends it


def windowed(
    pairs: vs.VideoNode,
    radius: int,
    picture: vs.VideoNode,
    draw: Callable[[Window, list[np.ndarray]], None],
) -> vs.VideoNode:
    """``picture`` (float, three planes) drawn by ``draw`` from the pairs between frame n and its ``radius`` neighbours.

    ``pairs`` holds at n what is between n and n + 1. Windows end at the clip's ends and at cuts: a frame without
    neighbours has no steps. ``draw`` gets the window and the planes to write.
    """
    wanted, radius = radius, min(radius, pairs.num_frames - 1)
    offsets = range(-radius, radius)
    around = [shifted(pairs, offset) for offset in offsets]
    last = pairs.num_frames - 1

    def fill(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        found = {k: read(frame) for k, frame in zip(offsets, f[1:], strict=True) if 0 <= n + k < last}
        before = _unbroken(found, range(-1, -radius - 1, -1))[::-1]
        after = _unbroken(found, range(radius))
        out = f[0].copy()
        steps = np.stack([*before, *after]) if before or after else np.empty((0, 0))
        draw(Window(steps, len(before), wanted), [np.asarray(out[p]) for p in range(3)])
        return out

    return vs.core.std.ModifyFrame(picture, [picture, *around], fill)


def _unbroken(found: dict[int, Floats | None], order: range) -> list[Floats]:
    """The measurements in this order, up to the first that is missing."""
    out: list[Floats] = []
    for k in order:
        values = found.get(k)
        if values is None:
            break
        out.append(values)
    return out
