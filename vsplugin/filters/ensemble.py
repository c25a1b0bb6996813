"""A network asked about the picture turned and mirrored, and the mean of its answers taken.

Geometric self-ensemble (Lim et al. 2017, Enhanced deep residual networks for single image super-resolution, section
3.3; "TTA" elsewhere): what a network answers by chance of the direction differs between the copies and averages out.
"""

from __future__ import annotations

from collections.abc import Callable

import vapoursynth as vs

Step = Callable[[vs.VideoNode], vs.VideoNode]

# Names in std; each undoes itself. These copies have one size: one network serves them one after another.
_TURNS = ("", "Turn180", "FlipHorizontal", "FlipVertical")


def averaged(clip: vs.VideoNode, network: Step, count: int) -> vs.VideoNode:
    """The mean over ``count`` (1, 2, 4 or 8) copies of what ``network`` makes of ``clip``, each turned back.

    Of 8, four lie on their side: the network then runs at two sizes. Frame properties are those of the upright copy.
    """
    if count == 1:
        return network(clip)
    answers = _answers(clip, network, min(count, 4))
    if count == 8:
        answers += [each.std.Transpose() for each in _answers(clip.std.Transpose(), network, 4)]
    return vs.core.std.AverageFrames(answers, [1.0] * count)


def _answers(clip: vs.VideoNode, network: Step, count: int) -> list[vs.VideoNode]:
    turns = _TURNS[:count]
    out = network(vs.core.std.Interleave([_turned(clip, turn) for turn in turns], modify_duration=False))
    return [_turned(out.std.SelectEvery(count, at, modify_duration=False), turn) for at, turn in enumerate(turns)]


def _turned(clip: vs.VideoNode, turn: str) -> vs.VideoNode:
    return getattr(clip.std, turn)() if turn else clip
