"""Tears: a ragged gap that runs far into one frame, white or black all over, and which no frame beside it has.

A frame is compared with one before and one after it that show the same scene, each moved halfway between the two: what
a tear displaces would mislead a search for motion on the torn frame itself, and can be so much that the frame passes
for one of another scene (:mod:`vsplugin.scenes`). The gap shows only where the picture is not as bright as itself, so
it is found in fragments, and these are chained.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from .blotches import Mask, Plane, disc
from .gate import unlike

# Set by reasoning; tests/damage/test_tear.py says what they must do. _FAR was chosen on stills of train/ in motion: of
# 141 torn frames 84 % of the gap is found with 0.2 (81 % with 0.12, 71 % without chains), and nothing on 394 others.
_DISPLACED = 0.012  # of the height: so far a place may lie from where its neighbours lead
_SEED, _REACHED = 0.2, 0.06  # beyond all of both neighbours there, 1 = full scale: what a tear has, and reaches down to
_WHITE, _BLACK = 0.75, 0.2  # luma of the gap
_UNIFORM = 0.12  # by so much of it the gap differs from its median
_GAPS = 0.02  # of the height: where the picture is as bright as the gap, that is not seen; so much is bridged
_SHORT = 0.03  # of the height: the shortest fragment of a chain
_FAR = 0.2  # of the height: fragments nearer to one another are of one gap
_LONG = 0.35  # of the height: the shortest tear
_THICK = 0.09  # of the height: the widest gap, on average
_SLIM = 0.2  # of a chain's length: how far its fragments are from one line (standard deviations)
_SEEDED = 0.25  # of a gap
_BORDER = 0.02  # of the height: so near to the border it begins; a chain, half of _FAR
_APART = 0.25  # of its contrast: by so much its neighbours differ below it (those torn frames: 0.23 at most)
_ALIKE = 0.04  # of full scale: grain of the gap, for what is added once it is known
_COARSE = 2.0  # pixels: sigma by which that is smoothed, so that grain is no difference
_COARSELY, _OTHER = (96, 54), 0.05  # pixels, and RMS there: what differs by less is the same picture
_EDGE = 2  # pixels around it that its soft edge covers

Bits = np.ndarray[tuple[int, int], np.dtype[np.bool_]]


def find(luma: Plane, before: Plane, after: Plane) -> Mask:
    """``(H, W)``: 1 where ``luma`` is torn; its neighbours laid onto it roughly (0..1, ``(H, W)`` float32).

    A frame that shows another picture than they do has no tears: there any bright or dark shape would pass for one.
    """
    import cv2

    out = np.zeros(luma.shape, np.uint8)
    for sign in (1, -1):
        bright, most = sign * luma, np.maximum(sign * before, sign * after)
        coloured = luma > _WHITE if sign > 0 else luma < _BLACK
        for gap in _gaps(bright, most, coloured):
            # Else it is something that moves, and that the motion between the neighbours has missed.
            if _differs(before, after, gap) < _APART * np.abs(luma - (before + after) / 2)[gap].mean():
                out[gap] = 1
    if all(_another(np.where(out > 0, beside, luma), beside) for beside in (before, after)):
        return np.zeros(luma.shape, np.uint8)
    return np.asarray(cv2.dilate(out, disc(_EDGE)), np.uint8)


def _another(luma: Plane, beside: Plane) -> bool:
    """Whether a frame without its tears shows another picture than a neighbour, and not just grain."""
    import cv2

    small = [cv2.resize(plane, _COARSELY, interpolation=cv2.INTER_AREA) for plane in (luma, beside)]
    far = float(np.sqrt(np.mean((small[0] - small[1]) ** 2))) > _OTHER
    return far and unlike(luma, beside)


def _gaps(bright: Plane, most: Plane, coloured: Bits) -> list[Bits]:
    """Tears where a frame is ``bright`` (or, negated, dark), beyond the ``most`` that neighbours show there."""
    import cv2

    outside = bright - most
    if not (coloured & (outside > _SEED)).any():
        return []
    reach = max(2, round(_DISPLACED * len(bright)))
    beyond = bright - cv2.dilate(most, np.ones((2 * reach + 1,) * 2, np.uint8))
    seeds = coloured & (beyond > _SEED)
    if not seeds.any():
        return []
    reached = (beyond > _REACHED) & (np.abs(bright - np.median(bright[seeds])) < _UNIFORM)
    return [_grown(gap, bright, outside > _REACHED, reach) for gap in _chained(reached, seeds)]


def _differs(before: Plane, after: Plane, where: Bits) -> float:
    import cv2

    return float(np.abs(cv2.GaussianBlur(before - after, (0, 0), _COARSE))[where].mean())


def _chained(reached: Bits, seeds: Bits) -> list[Bits]:
    """The tears among what is ``reached``: those that are one fragment, with what is near to them, and chains.

    Fragments are thin, have a seed, and hang together but for little gaps. Those too short to tell anything join what
    the others make.
    """
    import cv2

    height = len(reached)
    near, far, little = (max(1, round(part * height)) for part in (_BORDER, _FAR / 2, _GAPS))
    bridged = cv2.morphologyEx(reached.astype(np.uint8), cv2.MORPH_CLOSE, disc(little))
    count, parts, boxes, _ = cv2.connectedComponentsWithStats(bridged, connectivity=8)
    labels = np.where(reached, np.asarray(parts, np.int32), 0)
    long = np.hypot(boxes[:, 2], boxes[:, 3])
    area, seeded = (np.bincount(labels[where], minlength=count) for where in (reached, reached & seeds))
    kept = (seeded > 0) & (area <= _THICK * height * long)
    fragments, specks = ((kept & size)[labels] for size in (long >= _SHORT * height, long < _SHORT * height))
    count, parts = cv2.connectedComponents(_around(fragments, far), connectivity=8)
    chains = np.where(fragments, np.asarray(parts, np.int32), 0)
    sure = np.flatnonzero(kept & (long >= _LONG * height))
    whole = {int(chains[labels == n][0]) for n in sure if _is_tear(labels == n, seeds, near)}
    found = []
    for n in range(1, count):
        chain = chains == n
        if n in whole or (_is_tear(chain, seeds, far) and _slimness(chain) < _SLIM):
            found.append(chain | (specks & (_around(chain, far) > 0)))
    return found


def _around(part: Bits, radius: int) -> Mask:
    import cv2

    return np.asarray(cv2.distanceTransform(1 - part.astype(np.uint8), cv2.DIST_L2, 5) <= radius, np.uint8)


def _is_tear(part: Bits, seeds: Bits, near: int) -> bool:
    """Whether it is long, thin and sure, and begins within ``near`` pixels of the border."""
    height, width = part.shape
    y, x = np.nonzero(part)
    long = float(np.hypot(np.ptp(x) + 1, np.ptp(y) + 1))
    at_border = min(x.min(), y.min()) <= near or x.max() >= width - 1 - near or y.max() >= height - 1 - near
    thin = len(y) <= _THICK * height * long
    return bool(long >= _LONG * height and thin and at_border and seeds[part].mean() > _SEEDED)


def _slimness(part: Bits) -> float:
    """How far it spreads across its main direction, against how far along it."""
    across, along = np.linalg.eigvalsh(np.cov(np.nonzero(part)))
    return float(np.sqrt(max(across, 0) / max(along, 1e-6)))


def _grown(gap: Bits, bright: Plane, outside: Bits, reach: int) -> Bits:
    """The gap and what nearby is as bright: connected to it and ``outside`` of what is laid there, or in its notches.

    What displacement may account for is not enough to find a tear by, but it is beside one that is known.
    """
    import cv2

    level = np.median(bright[gap])
    alike = np.abs(bright - level) < np.clip(3 * np.median(np.abs(bright[gap] - level)), _ALIKE, _UNIFORM)
    beside = _around(gap, 2 * reach) > 0
    count, labels = cv2.connectedComponents((gap | (alike & outside & beside)).astype(np.uint8))
    touching = np.bincount(labels[gap], minlength=count) > 0
    whole = touching[labels]
    closed = cv2.morphologyEx(whole.astype(np.uint8), cv2.MORPH_CLOSE, disc(reach)) > 0
    return np.asarray(whole | (closed & alike))


def halfway(first: Plane, second: Plane, flow: tuple[Any, Any], part: float) -> tuple[Plane, Plane]:
    """Two frames moved to a time between them, ``part`` (0..1) of the way along the ``flow`` from first to second."""
    dx, dy = (np.ascontiguousarray(each, np.float32) for each in flow)
    there = kernels.warp(first, -part * dx, -part * dy, mode="bilinear")
    return there, kernels.warp(second, (1 - part) * dx, (1 - part) * dy, mode="bilinear")
