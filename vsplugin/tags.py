"""Tags of a clip's first frame, read without making that frame where it is known whose tags a clip keeps.

Reading one of what a filter makes runs the filter: a chain of passes would be rendered while it is being built.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import vapoursynth as vs

_source_of: WeakKeyDictionary[vs.VideoNode, vs.VideoNode] = WeakKeyDictionary()


def kept(clip: vs.VideoNode, source: vs.VideoNode) -> vs.VideoNode:
    """``clip``, of which :func:`first` asks ``source`` from now on: it has the same tags of transfer and fields."""
    if clip is not source:
        _source_of[clip] = _source_of.get(source, source)
    return clip


def first(clip: vs.VideoNode, name: str, otherwise: int) -> int:
    """The tag of the first frame; ``otherwise`` where it is not set."""
    with _source_of.get(clip, clip).get_frame(0) as frame:
        return int(frame.props.get(name, otherwise))
