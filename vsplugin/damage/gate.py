"""Hairs in the gate: thin, curved lines that reach in from the border and stay on the screen while the picture moves.

From each frame what is thin and darker (or brighter) than all around it is taken, whatever way it runs (top hat, Meyer
1979). What shows so at the same place in all frames of a window, give or take a pixel, is either a hair or a line of a
picture that did not move across it. So the motion of the camera, fitted to all of the picture (a hair holds the search
of motion in its place, and at the border nothing is found), must have led farther across the line than the line is
wide; a cut counts as well. Lines along the motion, as wires in a pan, are left alone, and so is everything while the
camera stands: a branch that hangs into the picture before moving people looks the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .blotches import Mask, Plane, disc

OFFSETS = (0, 2, -2, 4, -4, 6, -6)  # frames of a window
CELL = 16  # pixels a side of the cells that motion is averaged in, at the size that :func:`reduced` looks at

Field = np.ndarray[Any, np.dtype[Any]]

_TALLEST = 576  # rows: larger pictures are looked at in a size below that
_WIDEST = 0.014  # of the height: the thickest hair
_FEWEST = 4  # frames of a window
_LEVELS = (1.0, 2.0, 4.0)  # times the threshold: contrasts at which things that hang together are looked at
_LONG = 0.07  # of the height: the shortest hair
_SLIM = 5.0  # times as long as wide
_WINDING = 2.2  # times as long as its ends are apart: what winds more, or has more holes, is a web of texture
_HOLES = 2
_CLEAR = 2.5  # times the threshold: the least contrast that lasts, on average
# Of the contrast of what is thin thereabouts in single frames, so much must last; then of what lies around in all
# frames at most so much may be as dark (or bright).
_OWN = ((0.6, 0.08), (0.45, 0.035))
_PLAIN_HAIR = (5.0, 0.8)  # times the threshold, and of its own contrast: a hair even where dark things pass beside it
_ASIDE = 12  # pixels that what lies around a hair reaches
_NEAR = 3  # pixels around a place within which it is looked for in single frames
_BORDER = 0.012  # of the height: so near to the picture's border a hair begins
_STRIP = 2  # pixels along the border that often are darker or brighter than the picture
_INWARDS = 0.03  # of the height: so far a hair reaches in at least
_UNLIKE = 0.3  # correlation of structure below which two frames are of different scenes
_BLACK = 0.04  # luma: what never gets brighter lies beyond the picture's border
_BEYOND = 2.5  # pixels that the picture must have moved beyond a line's width, across the line
_SLANT = 0.3  # of the motion: so much must lead across the line
_MARGIN = 2  # cells along the border in which motion is not trusted
_CELLS = 12  # cells with known motion: fewer are not enough
_ROUNDS = 6
_MISSES = (0.25, 0.1)  # pixels, and per pixel of motion: by so much cells that follow the camera differ from its motion
_FOLLOWS = 0.5  # of the trusted cells: so many must follow
_RING = (2, 6)  # pixels around a line, from and to, that must change if they show anything
_PLAIN = 0.02  # luma's deviation there: what differs less shows nothing
_CHANGES = 0.4  # times that deviation: by so much the ring must differ between frames
_CROSSED = 0.2  # of a hair's pixels: so many must have been crossed by the picture
_CAMERA = 0.6  # of the frame: so much must have moved, or the camera stands
_STRAIGHT = 0.02  # of its length: what bends less and runs from border to border is no hair
_SHOWN = 0.65  # of its contrast: so clear must a hair be in a frame
_SKIRT = 0.25  # of its contrast: how far a hair reaches to its sides
_EDGE = 1  # pixels more that its soft edge covers, at the size it is looked at


@dataclass(frozen=True)
class Moment:
    """A frame of a window: what is thin and dark, thin and bright in it, and its motion since the window's middle.

    ``dark`` and ``bright`` are :func:`thin` of it, ``moved`` ``(2, rows, columns)`` pixels of each cell, or None where
    there was a cut between; ``other``: whether it shows another scene than the middle.
    """

    dark: Plane
    bright: Plane
    luma: Plane
    moved: Field | None
    other: bool = False


@dataclass(frozen=True)
class _Seen:
    """What is dark (``sign`` 1) or bright (-1) in a window: ``thin`` in its middle, ``here`` give or take a pixel.

    ``own``: contrast thereabouts in single frames, on average; ``envelope`` :func:`_envelope`; ``lasting`` what lasts.
    """

    sign: int
    thin: Plane
    here: Plane
    own: Plane
    envelope: Plane
    lasting: Plane


def unlike(luma: Plane, other: Plane) -> bool:
    """Whether two :func:`reduced` frames show different pictures, as they lie on the screen."""
    import cv2

    first, second = (
        plane - cv2.blur(plane, (9, 9))
        for plane in (cv2.resize(each, (96, 54), interpolation=cv2.INTER_AREA) for each in (luma, other))
    )
    return float((first * second).sum()) < _UNLIKE * float(np.sqrt((first**2).sum() * (second**2).sum()))


def factor(height: int) -> int:
    """Times that the picture is larger than what is looked at."""
    return -(-height // _TALLEST)


def reduced(luma: Plane) -> Plane:
    """Luma at the size that is looked at, a little smoothed against grain."""
    import cv2

    times = factor(luma.shape[0])
    if times > 1:
        size = max(1, luma.shape[1] // times), max(1, luma.shape[0] // times)
        luma = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), 0.7, borderType=cv2.BORDER_REPLICATE))


def thin(luma: Plane) -> tuple[Plane, Plane]:
    """How much darker, and how much brighter, than what is around it a place is, if it is thin there; at least 0.

    ``luma`` of a :func:`reduced` picture. What is beyond the picture's border does not count as around.
    """
    import cv2

    side = 2 * round(_WIDEST * luma.shape[0]) + 1
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (max(side, 7),) * 2)
    dark = cv2.morphologyEx(luma, cv2.MORPH_BLACKHAT, shape)
    return np.asarray(dark), np.asarray(cv2.morphologyEx(luma, cv2.MORPH_TOPHAT, shape))


def camera(dx: Plane, dy: Plane, sure: Plane) -> Field | None:
    """``(2, rows, columns)``: how the camera's motion moves each cell, in pixels of the :func:`reduced` picture.

    An affine motion that most of the picture follows, fitted robustly (iteratively reweighted least squares, Holland
    and Welsch 1977) inside of the picture: at its border, where hairs are, motion is not found. None if there is none.
    """
    import cv2

    height, width = dx.shape
    times = factor(height)
    size = tuple(max(1, side // times // CELL) for side in (width, height))
    weight, right, down = (
        np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA)) for plane in (sure, dx * sure, dy * sure)
    )
    known = np.stack([right, down]).reshape(2, -1) / np.maximum(weight.ravel(), 1e-6)
    margins = [min(_MARGIN, (side - 2) // 2) for side in size]
    trusted = np.zeros_like(weight)
    trusted[margins[1] : size[1] - margins[1], margins[0] : size[0] - margins[0]] = 1
    trusted = (trusted * (weight > 0.3)).ravel()
    if trusted.sum() < _CELLS:
        return None
    y, x = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j].reshape(2, -1)
    basis = np.stack([np.ones_like(x), x, y], 1)
    model = np.median(known[:, trusted > 0], 1)[:, None] * np.array([1, 0, 0])
    for _ in range(_ROUNDS):
        far = np.hypot(*(known - model @ basis.T))
        scale = times * _MISSES[0] + _MISSES[1] * np.hypot(*model[:, 0])
        scaled = basis.T * (trusted / (1 + (far / scale) ** 2))
        model = np.linalg.solve(scaled @ basis + 1e-6 * np.eye(3), scaled @ known.T).T
    if (far < 2 * scale)[trusted > 0].mean() < _FOLLOWS:
        return None
    return ((model @ basis.T).reshape(2, size[1], size[0]) / times).astype(np.float32)


def find(moments: list[Moment], threshold: float) -> Mask:
    """``(H, W)`` of the reduced picture: 1 where a hair lies in all of a window, whose middle is ``moments[0]``.

    ``threshold``: least contrast, 1 = full scale.
    """
    mask = np.zeros(moments[0].luma.shape, np.uint8)
    if len(moments) < _FEWEST or not _camera_moves(moments):
        return mask
    inside = _picture(moments)
    if not inside.any():
        return mask
    for sign in (1, -1):
        seen = _seen(moments, sign, inside)
        for level in _LEVELS:
            for box, part in _candidates(seen.lasting > level * threshold, inside):
                if _is_hair(part, box, seen, threshold, moments, inside):
                    contrast = seen.lasting[box]
                    mask[box][part & (contrast > _SKIRT * contrast[part].mean())] = 1
    return mask


def _seen(moments: list[Moment], sign: int, inside: Mask) -> _Seen:
    import cv2

    def near(plane: Plane, reach: int) -> Plane:
        return np.asarray(cv2.dilate(plane, np.ones((2 * reach + 1,) * 2, np.uint8)))

    thins = [moment.dark if sign > 0 else moment.bright for moment in moments]
    envelope = _envelope([sign * moment.luma for moment in moments])
    own = np.mean([near(plane, _NEAR) for plane in thins], 0)
    return _Seen(sign, thins[0], near(thins[0], 1), own, envelope, _lasting(thins, envelope) * inside)


def _is_hair(
    part: Field, box: tuple[slice, slice], seen: _Seen, threshold: float, moments: list[Moment], inside: Mask
) -> bool:
    """Whether what lasts in ``part`` of a ``box`` is a hair: by its shape, its contrast, and what passes behind it."""
    if not _slender(part, inside):
        return False
    corner = box[0].start, box[1].start
    values = seen.lasting[box][part]
    contrast, share = values.mean(), values.mean() / float(seen.own[box][part].mean())
    allowed = next((most for least, most in _OWN if share >= least), None)
    if contrast < _CLEAR * threshold or allowed is None or seen.here[box][part].mean() < _SHOWN * contrast:
        return False
    if contrast < _PLAIN_HAIR[0] * threshold or share < _PLAIN_HAIR[1]:
        core = float(np.median(seen.envelope[box][part & (seen.lasting[box] >= np.median(values))]))
        if _as_extreme(core, seen.sign, corner, part.shape, moments) > allowed:
            return False
    crossed = _crossed(part, seen.thin[box], corner, moments)
    return crossed >= _CROSSED and _surroundings_change(part, corner, moments)


def shown(mask: Mask, dark: Plane, bright: Plane, others: list[tuple[Mask, Plane, Plane]]) -> Mask:
    """The hairs of a frame: its own, and those that windows around ``others`` found if they are in this one, too.

    Each with its planes of :func:`thin`. With their soft edges.
    """
    import cv2

    out = mask.copy()
    for theirs, *planes in others:
        count, labels = cv2.connectedComponents(theirs, connectivity=8)
        flat = np.asarray(labels, np.int32).ravel()
        area = np.maximum(np.bincount(flat, minlength=count), 1)
        most = np.max([np.bincount(flat, plane.ravel(), count) / area for plane in planes], 0)
        for own, their in zip((dark, bright), planes, strict=True):
            near = [np.asarray(cv2.dilate(plane, np.ones((3, 3), np.uint8))) for plane in (own, their)]
            means = [np.bincount(flat, plane.ravel(), count) / area for plane in near]
            clear = (means[0] >= _SHOWN * means[1]) & (means[1] > 0.5 * most)
            clear[0] = False
            out |= (clear[labels] & (near[0] > _SKIRT * means[1][labels])).astype(np.uint8)
    return np.asarray(cv2.dilate(out, disc(_EDGE)), np.uint8)


def _envelope(planes: list[Plane]) -> Plane:
    """The second greatest of all frames at each place, each the least within a pixel: what never gets brighter."""
    import cv2

    most = second = np.full(planes[0].shape, -np.inf, np.float32)
    for plane in planes:
        near = np.asarray(cv2.erode(plane, np.ones((3, 3), np.uint8)))
        most, second = np.maximum(most, near), np.maximum(second, np.minimum(most, near))
    return second


def _lasting(thins: list[Plane], envelope: Plane) -> Plane:
    """The contrast of what is thin in at least half of the frames, and dark (or bright) in all but one.

    Where what passes behind a hair is as dark as the hair is, it does not show in each frame; but no frame is bright
    there.
    """
    import cv2

    usual = np.median([cv2.dilate(plane, np.ones((3, 3), np.uint8)) for plane in thins], 0)
    return np.minimum(usual, thin(envelope)[0])


def _picture(moments: list[Moment]) -> Mask:
    """1 in the rectangle of rows and columns that are not black in all frames, without a strip along its sides."""
    brightest = np.max([moment.luma for moment in moments], 0)
    out = np.zeros(brightest.shape, np.uint8)
    rows, columns = (np.flatnonzero(brightest.mean(axis) > _BLACK) for axis in (1, 0))
    if len(rows) and len(columns):
        out[rows[0] + _STRIP : rows[-1] + 1 - _STRIP, columns[0] + _STRIP : columns[-1] + 1 - _STRIP] = 1
    return out


def _camera_moves(moments: list[Moment]) -> bool:
    if sum(moment.other for moment in moments) >= 2:
        return True
    fields = [moment.moved for moment in moments if moment.moved is not None]
    spread = np.ptp(np.stack(fields), 0)
    return float((np.hypot(*spread) > _BEYOND).mean()) >= _CAMERA


def _candidates(reached: Field, inside: Mask) -> Iterator[tuple[tuple[slice, slice], Field]]:
    """Components long enough that begin at the picture's border: the box of each, and which pixels of it they are."""
    import cv2

    _, labels, boxes, _ = cv2.connectedComponentsWithStats(reached.astype(np.uint8), connectivity=8)
    height = inside.shape[0]
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    near = max(2, round(_BORDER * height))
    x, y, wide, tall = (boxes[:, place] for place in range(4))
    long = np.hypot(wide, tall) >= _LONG * height
    at_side = (x <= columns[0] + near) | (x + wide > columns[-1] - near)
    at_end = (y <= rows[0] + near) | (y + tall > rows[-1] - near)
    begins = (at_side & (wide >= _INWARDS * height)) | (at_end & (tall >= _INWARDS * height))
    for label in np.flatnonzero(long & begins):
        if label:
            left, top, width, deep = (int(value) for value in boxes[label, :4])
            box = slice(top, top + deep), slice(left, left + width)
            yield box, labels[box] == label


def _slender(part: Field, inside: Mask) -> bool:
    """Whether a component is long and thin, and none of those straight lines that lead from border to border."""
    thick = _thickness(part)
    rows, columns = np.nonzero(part)
    length = part.sum() / thick
    if length < _SLIM * thick or thick > 2 * _WIDEST * inside.shape[0] + 3:
        return False
    if length > _WINDING * np.hypot(*part.shape) or _holes(part) > _HOLES:
        return False
    points = np.stack([rows, columns], 1) - [rows.mean(), columns.mean()]
    spreads = np.linalg.svd(points, compute_uv=False) / np.sqrt(len(points))
    across = part.shape[1] >= 0.95 * inside.any(0).sum() or part.shape[0] >= 0.95 * inside.any(1).sum()
    return not (across and spreads[1] < max(0.5 * thick, _STRAIGHT * length))


def _holes(part: Field) -> int:
    import cv2

    return int(cv2.connectedComponents((~np.pad(part, 1)).astype(np.uint8), connectivity=4)[0]) - 2


def _as_extreme(core: float, sign: int, corner: tuple[int, int], size: tuple[int, ...], moments: list[Moment]) -> float:
    """The share of what lies around, in all frames, that is darker (``sign`` 1) or brighter (-1) than a hair's core."""
    rows, columns = (
        slice(max(start - _ASIDE, 0), start + side + _ASIDE) for start, side in zip(corner, size, strict=True)
    )
    return float(np.mean([sign * moment.luma[rows, columns] < core for moment in moments]))


def _thickness(part: Field) -> float:
    """The mean width of a long thing: of its distances to its edge, the mean is a quarter of it."""
    import cv2

    far = cv2.distanceTransform(np.pad(part, 1).astype(np.uint8), cv2.DIST_L2, 3)
    return float(4 * far[far > 0].mean() - 1)


def _crossed(part: Field, own: Plane, corner: tuple[int, int], moments: list[Moment]) -> float:
    """The share of a line's pixels over which the picture has moved, farther than the line is wide."""
    fields = [moment.moved for moment in moments if moment.moved is not None]
    if sum(moment.other for moment in moments) >= 2:
        return 1.0  # another scene has the line, too
    y, x = corner
    clear = part & (own > 0.5 * own[part].mean())
    wide = max(_thickness(clear), _thickness(part) - 2)
    rows, columns = np.nonzero(part)
    normal = _normal(part)[:, rows, columns]
    cells = tuple(
        np.minimum(places // CELL, limit - 1)
        for places, limit in zip((rows + y, columns + x), fields[0].shape[1:], strict=True)
    )
    places = np.stack([field[:, cells[0], cells[1]] for field in fields])  # frames, 2, pixels
    across = _reach((places * normal).sum(1))
    total = np.hypot(*(_reach(places[:, axis]) for axis in (0, 1)))
    return float(((across > wide + _BEYOND) & (across > _SLANT * total)).mean())


def _surroundings_change(part: Field, corner: tuple[int, int], moments: list[Moment]) -> bool:
    """Whether what is beside a line, if it shows anything, is not always the same: else both are of one thing."""
    import cv2

    (y, x), (inner, outer) = corner, _RING
    top, left = min(y, outer), min(x, outer)
    shape = np.pad(part.astype(np.uint8), ((top, outer), (left, outer)))
    ring = [cv2.dilate(shape, np.ones((2 * reach + 1,) * 2, np.uint8)) for reach in (inner, outer)]
    height, width = moments[0].luma.shape
    around = (ring[1] > ring[0])[: height - y + top, : width - x + left]
    box = slice(y - top, y - top + around.shape[0]), slice(x - left, x - left + around.shape[1])
    beside = np.stack([moment.luma[box][around] for moment in moments])
    shows = float(np.median(beside.std(1)))
    changes = float(np.median(np.abs(np.diff(np.sort(beside, 0)[[0, -1]], axis=0))))
    return shows < _PLAIN or changes > _CHANGES * shows


def _reach(values: Field) -> Field:
    """From the least to the greatest over the first axis, without the one farthest out: one frame may be wrong."""
    ordered = np.sort(values, 0)
    return np.minimum(ordered[-2] - ordered[0], ordered[-1] - ordered[1])


def _normal(part: Field) -> Field:
    """``(2, H, W)``: x and y of the direction across a line, from the structure tensor of its shape."""
    import cv2

    margin = 8
    shape = cv2.GaussianBlur(np.pad(part, margin).astype(np.float32), (0, 0), 1.5)
    gx, gy = (cv2.Sobel(shape, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    xx, yy, xy = (cv2.GaussianBlur(each, (0, 0), 3) for each in (gx * gx, gy * gy, gx * gy))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    return np.stack([np.cos(angle), np.sin(angle)])[:, margin:-margin, margin:-margin]
