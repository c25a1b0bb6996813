"""Motion of a frame so damaged that it passes for one of another scene, from the frames on both its sides."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

from ..motion.pairs import CUT, shifted
from .evidence import NEIGHBOURS

BRIDGED = "_VSPluginFlowBridged"  # frame property: 1 where a flow is half of that between the frames on both sides

_WITNESSES = 2  # neighbours without which nothing is found on a frame (blotches.find)


def over_damage(moves: list[vs.VideoNode]) -> list[vs.VideoNode]:
    """The flows to ``NEIGHBOURS``; where they know too few frames of a frame's scene, half of the flow from the frame
    before to the one after it leads to these two.

    A frame whose two sides show one scene lies in it, however damaged; whether it is another picture in spite of that
    (:mod:`.unlike`) is judged once its neighbours are laid onto it. Others do not get it for a witness so: what covers
    so much of it must not speak for them.
    """
    across = shifted(moves[NEIGHBOURS.index(2)], -1)
    return [
        _halved(motion, away, across, moves) if abs(away) == 1 else motion
        for away, motion in zip(NEIGHBOURS, moves, strict=True)
    ]


def _halved(motion: vs.VideoNode, away: int, across: vs.VideoNode, moves: list[vs.VideoNode]) -> vs.VideoNode:
    """``motion`` to the frame ``away`` (1 or -1), or half of the flow ``across``."""

    def bridge(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        own, whole, *every = f
        known = sum(not each.props.get(CUT, 0) for each in every)
        between = 0 < n < motion.num_frames - 1 and not whole.props.get(CUT, 0)
        if known >= _WITNESSES or not between or not own.props.get(CUT, 0):
            return own
        out = own.copy()
        for p in range(2):
            np.asarray(out[p])[:] = np.float32(away / 2) * np.asarray(whole[p])
        out.props[CUT], out.props[BRIDGED] = 0, 1
        return out

    return vs.core.std.ModifyFrame(motion, [motion, across, *moves], bridge)
