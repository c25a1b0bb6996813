"""Hairs in the gate of a clip: the graph around :mod:`.gate`."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

from ..motion.pairs import CUT, shifted
from . import gate

_VOUCHING = (3, -3, 6, -6)  # frames away whose windows vouch for a hair: it may come or go within a frame's own
_STEPS = range(min(gate.OFFSETS), max(gate.OFFSETS))  # pairs of frames between the first and the last of a window


def hair_mask(luma: vs.VideoNode, motion: vs.VideoNode, threshold: float) -> vs.VideoNode:
    """GRAY8, 255 where a hair lies in the gate.

    ``luma`` GRAYS, 1 = full scale; ``motion`` the flow of each frame to the next (:func:`vsplugin.flow`).
    """
    core, times = vs.core, gate.factor(luma.height)
    width, height = max(1, luma.width // times), max(1, luma.height // times)
    small = core.std.BlankClip(luma, format=vs.RGBS, width=width, height=height, keep=True)
    cells = core.std.BlankClip(small, width=max(1, width // gate.CELL), height=max(1, height // gate.CELL), keep=True)

    def look(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        out, picture = f[0].copy(), gate.reduced(np.asarray(f[1][0]))
        for p, plane in enumerate((picture, *gate.thin(picture))):
            np.asarray(out[p])[:] = plane
        return out

    def move(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        out = f[0].copy()
        found = None if f[1].props.get(CUT, 0) else gate.camera(*(np.asarray(f[1][p]) for p in range(3)))
        for p in (0, 1):
            np.asarray(out[p])[:] = 0 if found is None else found[p]
        out.props[CUT] = int(found is None)
        return out

    looked = core.std.ModifyFrame(small, [small, luma], look)
    moved = core.std.ModifyFrame(cells, [cells, motion], move)
    blank = core.std.BlankClip(small, format=vs.GRAY8, keep=True)
    frames, count = len(gate.OFFSETS), luma.num_frames

    def find(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        ways = dict(zip(_STEPS, f[1 + frames :], strict=True))
        out = f[0].copy()
        middle, moments = np.asarray(f[1][0]), []
        for away, frame in zip(gate.OFFSETS, f[1 : 1 + frames], strict=True):
            if 0 <= n + away < count:
                picture, dark, bright = (np.asarray(frame[p]) for p in range(3))
                field = _since(ways, away)
                moments.append(
                    gate.Moment(dark, bright, picture, field, field is None and gate.unlike(middle, picture))
                )
        np.asarray(out[0])[:] = gate.find(moments, threshold)
        return out

    windows = [shifted(looked, away) for away in gate.OFFSETS]
    found = core.std.ModifyFrame(blank, [blank, *windows, *(shifted(moved, step) for step in _STEPS)], find)

    def join(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        out = f[0].copy()
        own, *others = [
            (np.asarray(mask[0]), np.asarray(thin[1]), np.asarray(thin[2]))
            for thin, mask in zip(f[1::2], f[2::2], strict=True)
        ]
        np.asarray(out[0])[:] = 255 * gate.shown(*own, others)
        return out

    witnesses = [shifted(node, away) for away in _VOUCHING for node in (looked, found)]
    joined = core.std.ModifyFrame(blank, [blank, looked, found, *witnesses], join)
    return core.resize.Point(joined, luma.width, luma.height)


def _since(ways: dict[int, vs.VideoFrame], away: int) -> gate.Field | None:
    """How far the picture has moved ``away`` frames from the middle of a window; None beyond a cut."""
    steps = [ways[step] for step in range(min(away, 0), max(away, 0))]
    if any(frame.props.get(CUT, 0) for frame in steps):
        return None
    total = sum((np.stack([np.asarray(frame[p]) for p in (0, 1)]) for frame in steps), _still(ways[0]))
    return total if away >= 0 else -total


def _still(frame: vs.VideoFrame) -> gate.Field:
    return np.zeros((2, *np.asarray(frame[0]).shape), np.float32)
