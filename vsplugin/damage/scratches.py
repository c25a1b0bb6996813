"""Which lines of a frame are scratches: those that stay where they are on the screen while the picture moves.

What is in the picture moves with what lies beside it, to a fraction of a pixel. A scratch is in the frames before and
after, too, at nearly the same place, whatever moves below it, and where nothing moves it still drifts. Where neither
moves the two cannot be told apart by time; then only what runs from the frame's upper edge to its lower one, across
bright and dark, counts: scratches run on over the frame lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import lines
from .blotches import Mask, Plane
from .lines import Line, Numbers

_DRIFT = 1  # pixels that a scratch may move to the side in a frame, and one more
_MOVED = (0.8, 0.15)  # pixels, and per pixel of flow: farther from where the flow beside it leads, a line stayed behind
# pixels: a line went along where it is nearer than that to where a flow of at least that leads
_WENT = (0.35, 0.5)
_ENOUGH = 0.2  # of a line's rows: so many must show that
_STAYS = 0.6  # of its contrast that a line must have in another frame
_CLEARER = 1.5  # times: a line's response over what is found where it would be if it were part of the picture
_ALONE = 1.6  # times: a line's contrast over that of other places beside it (nine out of ten)
_FULL = 0.97  # of the height: runs through the whole frame
_VARIES = 0.08  # of full scale: what lies beside a full line must change along it by so much, if nothing moves
_COMMON = 0.5  # of a line's rows: so many must lie on a sure scratch of another frame to be the same one
_BESIDE = 10  # pixels
_FLANK = 9  # pixels from a line to what it makes look like lines on both its sides
_MOST = 250  # lines in a frame
_AROUND = [side * step for step in range(6, 31) for side in (-1, 1)]  # pixels


@dataclass(frozen=True)
class Moment:
    """Another frame: its line responses (not aligned), and the flow to it from the one looked at, with confidence."""

    away: int
    bright: Plane
    dark: Plane
    dx: Plane
    dy: Plane
    sure: Plane


@dataclass(frozen=True)
class Found:
    """What one frame says: ``numbers`` ``(H, W)``, 0 or that of a line; those ``sure`` to be scratches, or picture.

    The lines in neither list may be either.
    """

    numbers: Mask
    sure: list[int]
    picture: list[int]


def find(luma: Plane, responses: tuple[Plane, Plane], moments: list[Moment], threshold: float) -> Found:
    """Lines that stay on the screen, or may do so, and those of the picture: they go along with it, or are not alone.

    ``responses`` are :func:`lines.response` of ``luma``; ``threshold``: least contrast, 1 = full scale. Without two
    other frames nothing is found.
    """
    found = Found(np.zeros(luma.shape, np.uint8), [], [])
    if len(moments) < 2:
        return found
    for line in _apart(lines.find(luma, responses, threshold)):
        plane = responses[line.sign < 0]
        own = _capped(plane, line.rows, line.columns, 1)
        votes = _votes(line, own, moments) if _alone(plane, line, own) else -1
        number = int(found.numbers.max()) + 1
        cover = lines.cover(luma, line)
        if number > _MOST or not cover.any():
            continue
        found.numbers[(cover > 0) & (found.numbers == 0)] = number
        if votes < 0:
            found.picture.append(number)
        elif votes >= max(2, len(moments) - 1) or _runs_through(luma, line, own):
            found.sure.append(number)
    return found


def joined(own: Found, others: list[tuple[int, Found]]) -> Mask:
    """``(H, W)``: 1 on the scratches of a frame, each judged over all the frames that it may be seen in.

    ``others``: frames away, and what :func:`find` says there. A line is a scratch where more of the frames are sure of
    it than say that it is picture: one frame whose motion is not found must not decide for all. Scratches run on over
    cuts, too.
    """
    mask = np.zeros(own.numbers.shape, np.uint8)
    near = [(_near(each.numbers, each.sure, away), _near(each.numbers, each.picture, away)) for away, each in others]
    for number in np.unique(own.numbers):
        if number and number not in own.picture:
            line = own.numbers == number
            votes = int(number in own.sure) + sum(_same(line, sure) - _same(line, gone) for sure, gone in near)
            mask[line] = votes > 0
    return mask


def _near(numbers: Mask, which: list[int], away: int) -> Mask:
    """Where some lines of another frame may be in this one."""
    import cv2

    if not which:
        return np.zeros(numbers.shape, np.uint8)
    reach = 2 * (1 + _DRIFT * abs(away)) + 1
    return np.asarray(cv2.dilate(np.isin(numbers, which).astype(np.uint8), np.ones((1, reach), np.uint8)), np.uint8)


def _same(line: np.ndarray[Any, Any], near: Mask) -> bool:
    return bool((line & (near > 0)).any(1)[line.any(1)].mean() >= _COMMON)


def _apart(found: list[Line]) -> list[Line]:
    """Without those close to a stronger one: a bright line has dark sides."""
    kept: list[Line] = []
    for line in sorted(found, key=lambda each: -each.contrast):
        if not any(_close(line, other) for other in kept):
            kept.append(line)
    return kept


def _close(line: Line, other: Line) -> bool:
    rows = np.intersect1d(line.rows, other.rows)
    if len(rows) < 0.5 * len(line.rows):
        return False
    apart = line.columns[rows - line.top] - other.columns[rows - other.top]
    return float(np.abs(apart).mean()) < _FLANK


def _capped(plane: Plane, rows: Numbers, columns: Numbers, near: int = 0) -> Numbers:
    return np.clip(lines.at(plane, rows, columns, near), -lines.CAP, lines.CAP)


def _alone(plane: Plane, line: Line, own: Numbers) -> bool:
    """Whether it stands out from what is beside it; in a wood every trunk is a line."""
    beside = [float(_capped(plane, line.rows, line.columns + step).mean()) for step in _AROUND]
    return float(own.mean()) >= _ALONE * float(np.quantile(beside, 0.9))


def _votes(line: Line, own: Numbers, moments: list[Moment]) -> int:
    """How many other frames say that it is a scratch, less those that say picture; -1 also if it is not even there."""
    votes, stayed = 0, 0
    nearer = {moment.away: moment for moment in moments}
    for moment in moments:
        plane = moment.bright if line.sign > 0 else moment.dark
        shift, strength = _drifted(plane, line, moment.away)
        stayed += int(strength >= _STAYS * own.mean())
        votes += _vote(plane, line, moment, nearer.get(moment.away // 2), own, shift)
    return votes if stayed >= max(2, len(moments) - 1) else -1


def _drifted(plane: Plane, line: Line, away: int) -> tuple[float, float]:
    """By how many columns the line is found moved in another frame, and its mean response there."""
    reach = 1 + _DRIFT * abs(away)
    means = [lines.at(plane, line.rows, line.columns + step).mean() for step in range(-reach - 1, reach + 2)]
    best = 1 + int(np.argmax(means[1:-1]))
    before, peak, after = (float(value) for value in means[best - 1 : best + 2])
    bend = before - 2 * peak + after
    fraction = 0.5 * (before - after) / bend if bend < 0 else 0.0
    strength = _capped(plane, line.rows, line.columns + (best - reach - 1)).mean()
    return best - reach - 1 + min(max(fraction, -0.5), 0.5), float(strength)


def _beside(plane: Plane, line: Line) -> tuple[Numbers, Numbers]:
    """What is on the left and on the right of a line."""
    left, right = (lines.at(plane, line.rows, line.columns + side) for side in (-_BESIDE, _BESIDE))
    return left, right


def _vote(plane: Plane, line: Line, moment: Moment, halfway: Moment | None, own: Numbers, shift: float) -> int:
    """1: it stays while the picture moves; -1: it goes along, or is gone; 0: nothing moves there."""
    right, down = (np.mean(_beside(part, line), 0) for part in (moment.dx, moment.dy))
    dx = right - _lean(line) * down  # a leaning line that moves down lies beside its place
    sure = np.min(_beside(moment.sure, line), 0) > 0.5
    if halfway is not None and abs(moment.away) == 2:  # a search over two frames that fails leads anywhere
        sure &= np.abs(right - 2 * np.mean(_beside(halfway.dx, line), 0)) < 0.5 + 0.25 * np.abs(right)
    apart = (np.abs(dx - shift) >= _MOVED[0] + _MOVED[1] * np.abs(dx)) & sure
    along = (np.abs(dx - shift) < _WENT[0]) & (np.abs(dx) > _WENT[1]) & sure
    if along.mean() >= _ENOUGH and along.sum() > apart.sum():
        return -1
    if apart.mean() < _ENOUGH:
        return 0
    rows, columns = line.rows[apart], line.columns[apart]
    stays = _capped(plane, rows, columns + shift).mean()
    if stays < _STAYS * own[apart].mean():
        return -1
    if np.abs(dx - shift)[apart].mean() < 3:  # too near to look for it in both places
        return 1
    there = np.clip(np.rint(rows + down[apart]).astype(int), 0, plane.shape[0] - 1)
    picture = max(_capped(plane, there, columns + dx[apart] + step).mean() for step in (-2, -1, 0, 1, 2))
    return 1 if stays > _CLEARER * picture else -1


def _lean(line: Line) -> Numbers:
    """Columns to the right in each row."""
    return np.asarray(np.gradient(line.columns)) if len(line.columns) > 1 else np.zeros(len(line.columns))


def _runs_through(luma: Plane, line: Line, own: Numbers) -> bool:
    varies = min(float(np.std(side)) for side in _beside(luma, line)) > _VARIES
    return len(line.columns) >= _FULL * luma.shape[0] and varies and float((own > 0).mean()) > 0.9
