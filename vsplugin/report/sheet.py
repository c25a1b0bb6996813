"""A contact sheet: frames down, clips across, as one PNG."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

from ..preview import picture, shown_size
from ..sample import font
from .data import Report
from .entry import Entry

_WIDE = 640  # pixels of one picture; smaller clips keep their size
_GAP, _DOT = 12, 2
_ROWS = 4
_PAPER, _INK, _FAINT = 24, 235, 150


def frames_for(report: Report) -> list[int]:
    """The worst frame of the first metric, and others from all over the clip, in order."""
    count = report.data["frames"]
    ranked = [plot["worst"] for plot in report.data["plots"] if plot["worst"]]
    chosen = dict.fromkeys([*(ranked[0][:1] if ranked else []), count // 2, 0, count - 1, count // 4])
    return sorted(list(chosen)[:_ROWS])


def sheet(entries: list[Entry], report: Report) -> np.ndarray:
    """(H, W, 3) uint8: names at the top, the frame's number and first metric under each picture."""
    largest = max(entries, key=lambda entry: entry.clip.width).clip
    width = min(_WIDE, largest.width)
    wide, high = shown_size(largest)
    height = round(width * high / wide)
    rows = [
        np.hstack([_cell(e.clip, frame, width, height, _words(report, n, frame)) for n, e in enumerate(entries)])
        for frame in frames_for(report)
    ]
    names = [_line(clip["name"], width + _GAP, _INK) for clip in report.data["clips"]]
    return np.pad(np.vstack([np.hstack(names), *rows]), ((_GAP, 0), (_GAP, 0), (0, 0)), constant_values=_PAPER)


def _cell(clip: vs.VideoNode, frame: int, width: int, height: int, words: str) -> np.ndarray:
    image = picture(clip, frame, width, height)
    framed = np.pad(image, ((0, 0), (0, _GAP), (0, 0)), constant_values=_PAPER)
    return np.vstack([framed, _line(words, width + _GAP, _FAINT)])


def _words(report: Report, clip: int, frame: int) -> str:
    """Every row says which frame it is, and what was measured on it."""
    said = [f"frame {frame}"]
    for plot in report.data["plots"][:3]:
        line = plot["lines"][clip]
        if line and line[frame] is not None:
            said.append(f"{plot['name']} {line[frame]:.4g}")
    return "  ".join(said)


def _line(text: str, width: int, ink: int) -> np.ndarray:
    cover = font.draw(text, _DOT)[:, : width - _GAP]
    out = np.full((cover.shape[0] + 2 * _GAP, width, 3), _PAPER, np.uint8)
    area = out[_GAP : _GAP + cover.shape[0], : cover.shape[1]]
    area[:] = _PAPER + cover[..., None] * (ink - _PAPER)
    return out
