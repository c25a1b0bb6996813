"""Tears of a clip: the graph around :mod:`.tear`."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

from ..motion.pairs import CUT, shifted
from . import tear

PAIRS = ((-1, 1), (-1, 2), (-2, 1))  # frames on both sides that a torn one is compared with: the next may be torn, too


def tear_mask(luma: vs.VideoNode, flows: dict[int, vs.VideoNode]) -> vs.VideoNode:
    """GRAY8, 255 where ``luma`` (GRAYS) is torn; ``flows`` of the clip by frames ahead: -1, 1, 2 and 3.

    Those over 2 and 3 frames are asked for only where a frame does not go with the one before or after it.
    """
    core = vs.core
    blank = core.std.BlankClip(luma, format=vs.GRAY8, keep=True)
    others = [shifted(luma, away) for away in (-2, -1, 1, 2)]
    leading = [shifted(flows[second - first], first) for first, second in PAIRS]

    def search(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        out = f[0].copy()
        by_place = dict(zip((-2, -1, 1, 2), f[2:6], strict=True))
        for (first, second), motion in zip(PAIRS, f[6:], strict=True):
            if n + first < 0 or n + second >= luma.num_frames or motion.props.get(CUT, 0):
                continue
            one, other = (np.asarray(by_place[place][0]) for place in (first, second))
            laid = tear.halfway(one, other, (motion[0], motion[1]), -first / (second - first))
            np.asarray(out[0])[:] = 255 * tear.find(np.asarray(f[1][0]), *laid)
            break
        return out

    searched = core.std.ModifyFrame(blank, [blank, luma, *others, *leading], search)

    def choose(n: int, f: list[vs.VideoFrame]) -> vs.VideoNode:
        return searched if 0 < n < luma.num_frames - 1 and any(frame.props.get(CUT, 0) for frame in f) else blank

    beside = [flows[1], flows[-1]]
    return core.std.FrameEval(blank, choose, prop_src=beside, clip_src=[blank, searched, *beside])
