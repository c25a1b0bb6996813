"""Arrays into the graph and back."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs


def clip_of(planes: list[np.ndarray], kind: int) -> vs.VideoNode:
    """One frame of ``kind`` with these planes."""
    height, width = planes[0].shape
    blank = vs.core.std.BlankClip(format=kind, width=width, height=height, length=1, keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        for index, plane in enumerate(planes):
            np.copyto(np.asarray(out[index]), plane)
        return out

    return vs.core.std.ModifyFrame(blank, blank, fill)


def first_plane(clip: vs.VideoNode, n: int = 0) -> np.ndarray:
    with clip.get_frame(n) as frame:
        return np.array(frame[0])


def planes_of(clip: vs.VideoNode, n: int = 0) -> list[np.ndarray]:
    with clip.get_frame(n) as frame:
        return [np.array(frame[plane]) for plane in range(frame.format.num_planes)]
