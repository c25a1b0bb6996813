"""Thin lines that run down a frame: candidates for scratches, from one frame alone.

Across a scratch, luma leaves what lies on both sides of it in the same direction and over few pixels (the brightness
profile of Kokaram 1998, "Motion picture restoration"); an edge does so on one side only. Along a scratch this goes on:
the response is averaged along steep lines, where texture cancels out and a line remains, however faint (as the grouping
of Newson, Almansa, Gousseau & Pérez, "Robust automatic line scratch detection in films", IEEE TIP 2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .blotches import Mask, Plane

Numbers = np.ndarray[Any, np.dtype[Any]]

_WIDTHS = (1, 3, 5)  # pixels across
_BESIDE = 3  # pixels on each side that a line is compared with
_ALONG = 9  # rows averaged before anything else
CAP = 0.08  # of full scale: how much a row counts at most, so that a few strong ones are no line
_LEANS = np.linspace(-0.0375, 0.0375, 7)  # pixels sideways per row: about two degrees
_SHARE, _SHORTEST = 0.18, 40  # of the height, and pixels: the shortest line
_WHOLE = 0.8  # of the shortest line: what is left of it when its ends are cut
_END = 0.35  # of a line's contrast: where it begins and ends
_FOOT = 0.25  # of the profile's height: how far a line reaches to its sides
_WIDEST = 7  # pixels
_REACH = 8  # pixels to each side that a profile is looked at


@dataclass(frozen=True)
class Line:
    """Its middle's column in each of the rows from ``top``; brighter than both sides (``sign`` 1) or darker (-1)."""

    sign: int
    top: int
    columns: Numbers
    contrast: float

    @property
    def rows(self) -> Numbers:
        return np.arange(self.top, self.top + len(self.columns))


def response(luma: Plane) -> tuple[Plane, Plane]:
    """How much brighter, and how much darker, a place is than both its sides; below 0 where it is not."""
    import cv2

    smooth = cv2.blur(luma, (1, _ALONG), borderType=cv2.BORDER_REPLICATE)
    side = cv2.blur(smooth, (_BESIDE, 1), borderType=cv2.BORDER_REPLICATE)
    bright = dark = np.full(luma.shape, -1, np.float32)
    for width in _WIDTHS:
        middle = cv2.blur(smooth, (width, 1), borderType=cv2.BORDER_REPLICATE)
        away = width // 2 + 1 + _BESIDE // 2
        left, right = _moved(np.asarray(side), away), _moved(np.asarray(side), -away)
        bright = np.maximum(bright, middle - np.maximum(left, right))
        dark = np.maximum(dark, np.minimum(left, right) - middle)
    return bright, dark


def _moved(plane: Plane, columns: int) -> Plane:
    """Content moved to the right; the edge is repeated."""
    index = np.clip(np.arange(plane.shape[1]) - columns, 0, plane.shape[1] - 1)
    return plane[:, index]


def shortest(height: int) -> int:
    return min(max(_SHORTEST, round(_SHARE * height)), height)


def find(luma: Plane, responses: tuple[Plane, Plane], threshold: float) -> list[Line]:
    """Lines of a mean contrast of at least ``threshold`` (1 = full scale). Cost: about 0.1 µs per pixel."""
    import cv2

    length = shortest(luma.shape[0])
    lines = []
    for sign, plane in zip((1, -1), responses, strict=True):
        score = _along(np.clip(plane, -CAP, CAP), length)
        ridge = (score > threshold) & (score >= cv2.dilate(score, np.ones((1, 7), np.uint8)))
        joined = cv2.dilate(ridge.astype(np.uint8), np.ones((3, 3), np.uint8))
        _, labels, boxes, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
        for label in np.flatnonzero(boxes[:, cv2.CC_STAT_HEIGHT] >= length // 2):
            if label:
                x, y, width, height = (int(value) for value in boxes[label, :4])
                part = (labels[y : y + height, x : x + width] == label) & ridge[y : y + height, x : x + width]
                line = _traced(sign, plane, part, x, y, length)
                if line is not None and line.contrast >= threshold:
                    lines.append(line)
    return lines


def _along(plane: Plane, length: int) -> Plane:
    """The greatest mean over ``length`` rows of lines through each place, of all leans."""
    import cv2

    height, width = plane.shape
    best = np.full(plane.shape, -CAP, np.float32)
    for lean in _LEANS:
        upright = np.array([[1, lean, -lean * height / 2], [0, 1, 0]])
        options: dict[str, Any] = {"flags": cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, "borderMode": cv2.BORDER_REPLICATE}
        straight = cv2.warpAffine(plane, upright, (width, height), **options)
        mean = cv2.blur(straight, (1, length), borderType=cv2.BORDER_REPLICATE)
        upright[0, 1:] *= -1
        best = np.maximum(best, cv2.warpAffine(mean, upright, (width, height), **options))
    return best


def _traced(sign: int, plane: Plane, part: Mask, x: int, y: int, length: int) -> Line | None:
    """A line along the pixels of ``part`` (at ``x``, ``y`` in the picture), as far as it can be seen."""
    rows, columns = np.nonzero(part)
    if len(np.unique(rows)) < length // 2:
        return None
    curve = np.polynomial.Polynomial.fit(rows, columns, 2 if np.ptp(rows) > 2 * length else 1)
    if np.abs(curve(rows) - columns).mean() > 2:
        return None
    first_row, last_row = int(rows.min()), int(rows.max())
    top, bottom = max(y + first_row - length // 2, 0), min(y + last_row + 1 + length // 2, plane.shape[0])
    every = np.arange(top, bottom)
    middle = x + curve(np.clip(every - y, first_row, last_row))
    seen = at(plane, every, middle, 1)
    contrast = float(np.median(seen[(every >= y + first_row) & (every <= y + last_row)]))
    there = np.flatnonzero(np.convolve(seen, np.ones(_ALONG) / _ALONG, mode="same") > _END * contrast)
    if contrast <= 0 or not len(there) or np.ptp(there) < _WHOLE * length:
        return None
    first, last = int(there[0]), int(there[-1]) + 1
    return Line(sign, int(every[first]), middle[first:last], contrast)


def at(plane: Plane, rows: Numbers, columns: Numbers, near: int = 0) -> Numbers:
    """Samples at places given by row and (broken) column, or the greatest within ``near`` columns."""
    nearest = np.rint(columns).astype(int)
    tries = [plane[rows, np.clip(nearest + step, 0, plane.shape[1] - 1)] for step in range(-near, near + 1)]
    return np.asarray(np.max(tries, 0))


def cover(luma: Plane, line: Line) -> Mask:
    """``(H, W)``: 1 where the line is: its mean profile, as far as it rises above both sides. Empty if too wide."""
    mask = np.zeros(luma.shape, np.uint8)
    steps = np.arange(-_REACH, _REACH + 1)
    places = np.rint(line.columns).astype(int)[:, None] + steps
    inside = (places >= 0) & (places < luma.shape[1])
    samples = luma[line.rows[:, None], np.clip(places, 0, luma.shape[1] - 1)]
    left, right = np.median(samples[:, :3], 1, keepdims=True), np.median(samples[:, -3:], 1, keepdims=True)
    between = left + (right - left) * (steps + _REACH) / (2 * _REACH)
    profile = line.sign * np.median(samples - between, 0)
    centre = _REACH - 2 + int(np.argmax(profile[_REACH - 2 : _REACH + 3]))
    least = _FOOT * profile[centre]
    first = last = centre
    while first > 1 and profile[first - 1] > least:
        first -= 1
    while last < 2 * _REACH - 1 and profile[last + 1] > least:
        last += 1
    if last - first >= _WIDEST:
        return mask
    for step in range(first - 1, last + 2):
        keep = inside[:, step]
        mask[line.rows[keep], places[keep, step]] = 1
    return mask
