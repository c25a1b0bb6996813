"""Damage that stays on the screen for many frames: where scratches are."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

from ..motion.pairs import CUT, shifted
from . import flanks, lines, scratches
from .evidence import NEIGHBOURS

_SURE, _PICTURE = "_VSPluginSureLines", "_VSPluginPictureLines"  # frame properties between two nodes of this file
_SPAN = 4  # frames on each side in which a scratch that is sure vouches for its own continuation


def scratch_mask(luma: vs.VideoNode, flows: list[vs.VideoNode], threshold: float) -> vs.VideoNode:
    """GRAY8, 1 where ``luma`` (GRAYS) is scratched; ``flows`` to ``NEIGHBOURS``."""
    core = vs.core
    three = core.std.BlankClip(luma, format=vs.RGBS, keep=True)

    def respond(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        out, picture = f[0].copy(), np.asarray(f[1][0])
        for p, plane in enumerate((*lines.response(picture), flanks.smoothed(picture))):
            np.asarray(out[p])[:] = plane
        return out

    responses = core.std.ModifyFrame(three, [three, luma], respond)
    blank = core.std.BlankClip(luma, format=vs.GRAY8, keep=True)
    others = [shifted(responses, away) for away in NEIGHBOURS]

    def find(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        moments = [
            scratches.Moment(
                away, *(np.asarray(part[p]) for part, planes in ((plane, 3), (flow, 2)) for p in range(planes))
            )
            for away, plane, flow in zip(NEIGHBOURS, f[3:7], f[7:11], strict=True)
            if not flow.props.get(CUT, 0)
        ]
        out = f[0].copy()
        bright, dark, smooth = (np.asarray(f[2][p]) for p in range(3))
        told = scratches.find(np.asarray(f[1][0]), smooth, (bright, dark), moments, threshold)
        np.asarray(out[0])[:], out.props[_SURE], out.props[_PICTURE] = told.numbers, told.sure, told.picture
        return out

    found = core.std.ModifyFrame(blank, [blank, luma, responses, *others, *flows], find)
    steps = [step for far in range(1, _SPAN + 1) for step in (far, -far)]

    def join(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        own, *rest = [_told(frame) for frame in f[1:]]
        out = f[0].copy()
        here = [(step, each) for step, each in zip(steps, rest, strict=True) if 0 <= n + step < luma.num_frames]
        np.asarray(out[0])[:] = scratches.joined(own, here)
        return out

    return core.std.ModifyFrame(blank, [blank, found, *(shifted(found, step) for step in steps)], join)


def _told(frame: vs.VideoFrame) -> scratches.Found:
    sure, picture = (_list(frame.props.get(name, [])) for name in (_SURE, _PICTURE))
    return scratches.Found(np.asarray(frame[0]), sure, picture)


def _list(value: int | list[int]) -> list[int]:
    """A frame property with one number comes back as that number."""
    return [value] if isinstance(value, int) else list(value)
