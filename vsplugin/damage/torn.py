"""Tears of a clip: the graph around :mod:`.tear`."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

from ..motion.pairs import CUT, shifted
from . import tear

PAIRS = ((-1, 1), (-1, 2), (-2, 1))  # frames on both sides that a torn one is compared with: the next may be torn, too


def tear_mask(luma: vs.VideoNode, flows: dict[int, vs.VideoNode]) -> vs.VideoNode:
    """GRAY8, 255 where ``luma`` (GRAYS) is torn; ``flows`` of the clip by frames ahead: 2 and 3.

    That over 3 frames is asked for only where the frames beside a frame do not show one scene.
    """
    out = vs.core.std.BlankClip(luma, format=vs.GRAY8, keep=True)
    for first, second in reversed(PAIRS):
        out = _searched(luma, flows[second - first], first, second, out)
    return out


def _searched(
    luma: vs.VideoNode, motion: vs.VideoNode, first: int, second: int, otherwise: vs.VideoNode
) -> vs.VideoNode:
    """``otherwise`` where the frames that many away are none of the clip, or not of one scene."""
    core = vs.core
    leading = shifted(motion, first)

    def search(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        out = f[0].copy()
        one, own, other = (np.asarray(frame[0]) for frame in f[1:4])
        laid = tear.halfway(one, other, (f[4][0], f[4][1]), -first / (second - first))
        np.asarray(out[0])[:] = 255 * tear.find(own, *laid)
        return out

    blank = core.std.BlankClip(luma, format=vs.GRAY8, keep=True)
    found = core.std.ModifyFrame(blank, [blank, shifted(luma, first), luma, shifted(luma, second), leading], search)

    def choose(n: int, f: vs.VideoFrame) -> vs.VideoNode:
        there = n + first >= 0 and n + second < luma.num_frames and not f.props.get(CUT, 0)
        return found if there else otherwise

    return core.std.FrameEval(blank, choose, prop_src=[leading], clip_src=[found, otherwise, leading])
