"""A network on the places of a frame that need it, through windows around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import vapoursynth as vs

_CELL = 128  # pixels: what a window fills
_MARGIN = 64  # pixels around a cell that the network sees, too
WINDOW = _CELL + 2 * _MARGIN


class Windows:
    """A frame as cells, each with a window around it that lies within the frame, all seen by one network.

    ``look`` makes the network's answer (RGBS) of the planes it is ``shown``; one node of it serves all windows, which
    follow each other as its frames, and only those of touched cells are ever asked for. The frame must be at least
    :data:`WINDOW` pixels wide and high.
    """

    def __init__(self, shown: list[vs.VideoNode], look: Callable[[list[vs.VideoNode]], vs.VideoNode]) -> None:
        rows, columns = (_cells(side) for side in (shown[0].height, shown[0].width))
        self.wide = len(columns)
        self.cells = [(row, column) for row in rows for column in columns]
        cut = [
            [clip.std.CropAbs(WINDOW, WINDOW, column.window, row.window) for row, column in self.cells]
            for clip in shown
        ]
        self.answers = look([vs.core.std.Interleave(windows) for windows in cut])
        self.nothing = vs.core.std.BlankClip(shown[0], width=_CELL, height=_CELL, keep=True)

    def touched(self, hole: np.ndarray[Any, Any]) -> list[bool]:
        """Whether there is a hole in each of the cells."""
        return [bool(hole[row.pixels, column.pixels].any()) for row, column in self.cells]

    def answer(self, touched: list[bool]) -> vs.VideoNode:
        """The network's answer in the cells that are touched and 0 in the others, as large as the frame."""
        core, count = vs.core, len(self.cells)
        parts = []
        for index, ((row, column), there) in enumerate(zip(self.cells, touched, strict=True)):
            source = core.std.SelectEvery(self.answers, count, index) if there else self.nothing
            left, top = (column.inside, row.inside) if there else (0, 0)
            parts.append(source.std.CropAbs(column.length, row.length, left, top))
        rows = [core.std.StackHorizontal(parts[at : at + self.wide]) for at in range(0, count, self.wide)]
        return core.std.StackVertical(rows)


@dataclass(frozen=True)
class _Span:
    """A cell along one axis: where it and its window begin, and how long it is."""

    start: int
    window: int
    length: int

    @property
    def inside(self) -> int:
        return self.start - self.window

    @property
    def pixels(self) -> slice:
        return slice(self.start, self.start + self.length)


def _cells(side: int) -> list[_Span]:
    return [
        _Span(start, min(max(start - _MARGIN, 0), side - WINDOW), min(_CELL, side - start))
        for start in range(0, side, _CELL)
    ]
