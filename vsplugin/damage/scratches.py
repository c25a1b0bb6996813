"""Which lines of a frame are scratches: those that stay where they are on the screen while the picture moves.

What is in the picture moves with what lies beside it, to a fraction of a pixel (:mod:`.flanks` measures that). A
scratch is in the frames before and after, too, at nearly the same place, whatever moves below it. Where nothing moves
it still wanders: a pole does not, a thing that drives by does so at a steady pace. Where not even that shows, the two
cannot be told apart by time; then only what runs from the frame's upper edge to its lower one, across bright and dark,
counts: scratches run on over the frame lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import lines
from .blotches import Mask, Plane
from .flanks import BLOCK, Blocks, Moved, Strips, sampled
from .lines import Line, Numbers

_DRIFT = 1  # pixels that a scratch may move to the side in a frame, and one more
# Pixels, and per pixel of the picture's motion: farther than the lesser of both from where the picture beside it leads,
# a line stayed behind. Two registrations to a tenth of a pixel leave a quarter; what is much nearer than the picture
# behind it moves half as far again.
_MOVED = ((0.25, 0.5), (0.8, 0.15))
# pixels: a line went along where it is nearer than that to where a motion of at least that leads; of slower motion, a
# scratch that wanders may do as much by chance
_WENT = (0.35, 1.0)
_SURELY = 4.0  # standard errors
_EXACT = 0.12  # pixels: standard error up to which a motion may say that a line went along
_MOMENTS = 3  # other frames: with fewer, such a fraction of a pixel is not believed
_PACE, _STEADY = 0.15, 0.1  # pixels per frame, and deviation: a line that moves so steadily is something that drives by
_ENOUGH = 0.2  # of a line's rows: so many must show that
_STAYS = 0.5  # of its contrast that a line must have in other frames, on average and to be seen in one
_WEAKEST = 0.35  # of its contrast: in the frame where it is weakest, but for one
_CLEARER = 1.5  # times: a line's response over what is found where it would be if it were part of the picture
_ALONE = 1.6  # times: a line's contrast over that of other places beside it (nine out of ten)
_FULL = 0.97  # of the height: runs through the whole frame
_VARIES = 0.08  # of full scale: what lies beside a full line must change along it by so much, if nothing moves
_VOUCH = 2  # frames that must be sure: one alone may have found the motion wrong beside a pole
_COMMON = 0.5  # of a line's rows: so many must lie on a sure scratch of another frame to be the same one
_BESIDE = 10  # pixels
_ASIDE = (-30, -20, -10, 10, 20, 30)  # pixels: where the flow is asked for how the picture beside a line may move
_FLANK = 9  # pixels from a line to what it makes look like lines on both its sides
_AGAIN = 4  # pixels: nearer than that, two bright or two dark lines are one
_MARGIN = 3  # columns
_ACROSS = np.arange(-5 - _MARGIN, 6 + _MARGIN, dtype=np.float32)  # columns of a line's profile, and a margin
_TRIED = np.linspace(-1.75, 1.75, 71)  # columns
_ASTRAY, _REWEIGHED = 0.15, 6  # pixels from a line's motion at which a block of it counts half, and rounds of that
_SAME_GUESS = 0.3  # pixels
_MOST = 250  # lines in a frame
_AROUND = np.array([side * step for step in range(6, 31) for side in (-1, 1)])  # pixels


@dataclass(frozen=True)
class Moment:
    """Another frame: its line responses and smoothed luma (not aligned), and the flow to it from the one looked at."""

    away: int
    bright: Plane
    dark: Plane
    luma: Plane
    dx: Plane
    dy: Plane


@dataclass(frozen=True)
class Found:
    """What one frame says: ``numbers`` ``(H, W)``, 0 or that of a line; those ``sure`` to be scratches, or picture.

    The lines in neither list may be either.
    """

    numbers: Mask
    sure: list[int]
    picture: list[int]


def find(luma: Plane, smooth: Plane, responses: tuple[Plane, Plane], moments: list[Moment], threshold: float) -> Found:
    """Lines that stay on the screen, or may do so, and those of the picture: they go along with it, or are not alone.

    What is not at about its place in the other frames is in neither list, nor numbered: texture makes such lines by
    chance, new ones in every frame, and they must not speak against a scratch that they lie on. A line that is close to
    a stronger one is left out if that one may stay, not if it is picture: scratches cross trunks.

    ``smooth`` and ``responses`` are :func:`flanks.smoothed` and :func:`lines.response` of ``luma``; ``threshold``:
    least contrast, 1 = full scale. Without two other frames nothing is found.
    """
    found, standing = Found(np.zeros(luma.shape, np.uint8), [], []), list[Line]()
    if len(moments) < 2:
        return found
    for line in sorted(lines.find(luma, responses, threshold), key=lambda each: -each.contrast):
        number = int(found.numbers.max()) + 1
        plane = responses[line.sign < 0]
        own = _capped(plane, line.rows, line.columns, 1)
        if number > _MOST or any(_close(line, other) for other in standing) or not _stays(line, own, moments):
            continue
        cover = lines.cover(luma, line)
        if not cover.any():
            continue
        votes = _votes(line, own, plane, smooth, moments) if _alone(plane, line, own) else -1
        found.numbers[(cover > 0) & (found.numbers == 0)] = number
        if votes < 0:
            found.picture.append(number)
            continue
        standing.append(line)
        if votes >= max(2, len(moments) - 1) or _runs_through(luma, line, own):
            found.sure.append(number)
    return found


def joined(own: Found, others: list[tuple[int, Found]]) -> Mask:
    """``(H, W)``: 1 on the scratches of a frame, each judged over all the frames that it may be seen in.

    ``others``: frames away, and what :func:`find` says there. A line is a scratch where two frames are sure of it,
    and more than say that it is picture: one frame whose motion is not found must not decide for all. Scratches run on
    over cuts, too.
    """
    mask = np.zeros(own.numbers.shape, np.uint8)
    near = [(_near(each.numbers, each.sure, away), _near(each.numbers, each.picture, away)) for away, each in others]
    for number in np.unique(own.numbers):
        if number and number not in own.picture:
            line = own.numbers == number
            sure = int(number in own.sure) + sum(_same(line, there) for there, _ in near)
            mask[line] = sure >= _VOUCH and sure > sum(_same(line, there) for _, there in near)
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


def _close(line: Line, other: Line) -> bool:
    """Whether a line is the side of a stronger one (a bright line has dark sides), or that one again."""
    first, last = max(line.top, other.top), min(line.top + len(line.columns), other.top + len(other.columns))
    if last - first < 0.5 * len(line.columns):
        return False
    apart = line.columns[first - line.top : last - line.top] - other.columns[first - other.top : last - other.top]
    return float(np.abs(apart).mean()) < (_AGAIN if line.sign == other.sign else _FLANK)


def _capped(plane: Plane, rows: Numbers, columns: Numbers, near: int = 0) -> Numbers:
    return np.clip(lines.at(plane, rows, columns, near), -lines.CAP, lines.CAP)


def _alone(plane: Plane, line: Line, own: Numbers) -> bool:
    """Whether it stands out from what is beside it; in a wood every trunk is a line."""
    places = np.rint(line.columns).astype(int)[:, None] + _AROUND
    seen = plane[line.rows[:, None], np.clip(places, 0, plane.shape[1] - 1)]
    beside = np.clip(seen, -lines.CAP, lines.CAP).mean(0)
    return float(own.mean()) >= _ALONE * float(np.quantile(beside, 0.9))


def _stays(line: Line, own: Numbers, moments: list[Moment]) -> bool:
    """Whether it is at its place in the other frames, all but one: weak in some, if it is strong in others."""
    strengths = [_drifted(_of_sign(moment, line), line, moment.away)[1] for moment in moments]
    best = np.sort(strengths)[-max(2, len(moments) - 1) :] / own.mean()
    return bool(best[0] >= _WEAKEST and np.minimum(best, 1).mean() >= _STAYS)


def _votes(line: Line, own: Numbers, plane: Plane, smooth: Plane, moments: list[Moment]) -> int:
    """How many other frames say that it is a scratch, less those that say picture."""
    tracks = [_drifted(_of_sign(moment, line), line, moment.away) for moment in moments]
    strips = Strips(smooth, line.rows, line.columns)
    profiles = _profiles(plane, line, strips.blocks, 0)
    shifts = [
        _tracked(_of_sign(moment, line), line, strips.blocks, profiles, shift)
        for moment, (shift, _) in zip(moments, tracks, strict=True)
    ]
    near = len(moments) >= _MOMENTS
    votes = sum(_vote(line, own, strips, moment, shift, near) for moment, shift in zip(moments, shifts, strict=True))
    return min(votes, 1) if near and _drives(moments, shifts) else votes


def _drives(moments: list[Moment], shifts: list[Numbers]) -> bool:
    """Whether a line moves over the screen at a steady pace: things do, scratches wander."""
    times = np.array([0.0, *(moment.away for moment in moments)])
    places = np.array([0.0, *(float(shift.mean()) for shift in shifts)])
    pace = np.polyfit(times, places, 1)
    return bool(abs(pace[0]) > _PACE and np.sqrt(np.mean((places - np.polyval(pace, times)) ** 2)) < _STEADY)


def _of_sign(moment: Moment, line: Line) -> Plane:
    return moment.bright if line.sign > 0 else moment.dark


def _drifted(plane: Plane, line: Line, away: int) -> tuple[int, float]:
    """By how many columns the line is found moved in another frame, and its mean response there."""
    reach = 1 + _DRIFT * abs(away)
    means = [lines.at(plane, line.rows, line.columns + step).mean() for step in range(-reach, reach + 1)]
    best = int(np.argmax(means)) - reach
    return best, float(_capped(plane, line.rows, line.columns + best).mean())


def _beside(plane: Plane, line: Line) -> tuple[Numbers, Numbers]:
    """What is on the left and on the right of a line."""
    left, right = (lines.at(plane, line.rows, line.columns + side) for side in (-_BESIDE, _BESIDE))
    return left, right


def _profiles(plane: Plane, line: Line, parts: Blocks, shift: int) -> Numbers:
    """``(blocks, columns)``: the mean response across each block of the line moved by ``shift``."""
    x = line.columns[:, None].astype(np.float32) + np.float32(shift) + _ACROSS
    y = np.broadcast_to(line.rows[:, None], x.shape).astype(np.float32)
    return parts.means(np.clip(sampled(plane, x, y), -lines.CAP, lines.CAP))


def _tracked(plane: Plane, line: Line, parts: Blocks, own: Numbers, shift: int) -> Numbers:
    """How far a line is moved in each row of another frame, as a whole and by turning: a straight line through blocks.

    ``own``: its :func:`_profiles` in its own frame, which each block's profile is laid onto around ``shift``.
    """
    profiles = _profiles(plane, line, parts, shift)
    tried = np.stack([_shifted(profiles, by) for by in _TRIED])
    misses = ((tried - own[:, _MARGIN:-_MARGIN]) ** 2).sum(2)
    places = _TRIED[misses.argmin(0)]
    weights, middles = np.sqrt(np.maximum(own.max(1), 0)) + 1e-6, parts.means(line.rows)
    turned = np.array([0.0, float(np.median(places))])
    for _ in range(_REWEIGHED):  # dirt on a block of the line must not turn the others
        trust = 1 / (1 + ((places - np.polyval(turned, middles)) / _ASTRAY) ** 2)
        turned = np.polyfit(middles, places, int(len(places) > 3), w=weights * np.sqrt(trust))
    return np.asarray(shift + np.polyval(turned, line.rows))


def _shifted(profiles: Numbers, by: float) -> Numbers:
    """Profiles without their margins, read ``by`` columns to the right."""
    whole = int(np.floor(by))
    first, last = _MARGIN + whole, profiles.shape[1] - _MARGIN + whole
    part = by - whole
    return np.asarray((1 - part) * profiles[:, first:last] + part * profiles[:, first + 1 : last + 1])


def _vote(line: Line, own: Numbers, strips: Strips, moment: Moment, shift: Numbers, near: bool) -> int:
    """1: it stays while the picture moves; -1: it goes along, or is gone; 0: nothing moves there, or nobody knows.

    ``near``: whether a fraction of a pixel counts.
    """
    plane, parts = _of_sign(moment, line), strips.blocks
    moved = strips.moved(moment.luma, shift, _guesses(line, parts, moment))
    down, error = moved.dy[parts.of_row], moved.error[parts.of_row]
    dx = moved.dx[parts.of_row] - _lean(line) * down  # a leaning line that moves down lies beside its place
    off, known = np.abs(dx - shift), error < _EXACT
    apart = _apart_from(dx, shift, error, near)
    along = (off < _WENT[0]) & (np.abs(dx) > _WENT[1]) & known
    if along.mean() >= _ENOUGH and along.sum() > apart.sum():
        return -1
    if apart.mean() >= _ENOUGH:
        apart &= ~_with_a_side(line, strips, moment, shift, moved)
    stands = (off < _MOVED[0][0] / 2) & known
    if apart.mean() < _ENOUGH or apart.sum() < stands.sum():
        return 0
    rows, columns = line.rows[apart], line.columns[apart]
    stays = _capped(plane, rows, columns + shift[apart]).mean()
    shows = stays >= _STAYS * own[apart].mean()
    if off[apart].mean() < 3:  # too near to look for it in both places
        return 1 if shows else -1
    there = np.clip(np.rint(rows + down[apart]).astype(int), 0, plane.shape[0] - 1)
    picture = max(_capped(plane, there, columns + dx[apart] + step).mean() for step in (-2, -1, 0, 1, 2))
    if stays <= max(_CLEARER * picture, 0):
        return -1
    return int(shows)  # weak at its place, and not where the picture went: texture may hide it in that frame


def _with_a_side(line: Line, strips: Strips, moment: Moment, shift: Numbers, both: Moved) -> np.ndarray[Any, Any]:
    """In which rows what is on one side of a line goes along with it: then it may be the edge of that.

    Both sides together go some way between, where one of them is another thing, or the dark around the picture.
    """
    goes, of_row = np.zeros(len(line.rows), bool), strips.blocks.of_row
    guesses = [(both.dx, both.dy), *_guesses(line, strips.blocks, moment)]
    for side in strips.halves:
        alone = side.moved(moment.luma, shift, guesses)
        dx = alone.dx[of_row] - _lean(line) * alone.dy[of_row]
        goes |= (np.abs(dx - shift) < _MOVED[0][0]) & np.isfinite(alone.error[of_row])
    return goes


def _apart_from(dx: Numbers, shift: Numbers, error: Numbers, near: bool) -> Numbers:
    """In which rows the picture beside a line surely goes another way; all that are known, if only their mean does."""
    limits = _MOVED[0 if near else 1 :]
    farther = np.abs(dx - shift) >= np.maximum(_least(np.abs(dx), limits), _SURELY * error)
    weights = 1 / np.maximum(error, _EXACT / 6) ** 2
    if farther.mean() >= _ENOUGH or not weights.any():
        return farther
    mean, pace = (float(np.average(values, weights=weights)) for values in (dx - shift, np.abs(dx)))
    together = _SURELY * np.sqrt(BLOCK / weights.sum())
    return np.isfinite(error) & (abs(mean) >= max(float(_least(pace, limits)), together))


def _least(pace: Any, limits: tuple[tuple[float, float], ...]) -> Any:
    return np.min([start + part * pace for start, part in limits], 0)


def _guesses(line: Line, parts: Blocks, moment: Moment) -> list[tuple[Numbers, Numbers]]:
    """How each block of the picture beside a line may move: not at all, or as the flow says nearby."""
    still = np.zeros(len(parts.starts))
    middles = np.rint(parts.means(line.rows)).astype(int)
    guesses = [(still, still)]
    for aside in _ASIDE:
        place = middles, parts.means(line.columns) + aside
        guess = lines.at(moment.dx, *place), lines.at(moment.dy, *place)
        if all(np.abs(np.subtract(guess, other)).max() > _SAME_GUESS for other in guesses):
            guesses.append(guess)
    return guesses


def _lean(line: Line) -> Numbers:
    """Columns to the right in each row."""
    return np.asarray(np.gradient(line.columns)) if len(line.columns) > 1 else np.zeros(len(line.columns))


def _runs_through(luma: Plane, line: Line, own: Numbers) -> bool:
    varies = min(float(np.std(side)) for side in _beside(luma, line)) > _VARIES
    return len(line.columns) >= _FULL * luma.shape[0] and varies and float((own > 0).mean()) > 0.9
