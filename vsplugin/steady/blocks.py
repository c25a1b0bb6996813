"""What stands still behind objects that move, where dense flow follows them: blocks with texture of their own vote.

Flow carries the motion of what has strong edges into what is nearly flat. Blocks do not: each is matched by itself, by
normalised correlation, so faint texture says as much as a strong edge, and those that match in two places say nothing.
"""

from __future__ import annotations

import numpy as np

from .. import kernels
from ..hdr.transfer import Floats
from . import fields

_SIDE, _STEP = 32, 16  # pixels of a block, and from one to the next
_REACH, _LEFT = 12, 3  # pixels: at first, and when the movement is known but for a fraction
_ROUNDS = 2
_EXACT = 0.05  # pixels: no smaller deviation counts as a sign of something else
_ALIKE = 0.5  # correlation of a match
_CLEAR = 0.1  # by how much it has to be better than any other, 3 pixels or more away
_NEAR = 1.5  # pixels: what turns and grows by a little differs by less over the picture
_TOGETHER = 1.0  # pixels from the common movement
_FEWEST, _SHARE = 12, 0.2  # blocks that have to move together: in number, and of those that match
_RIVAL = 0.8  # another movement that is spread this much as far leaves it open which is the background


def movement(first: Floats, second: Floats) -> Floats | None:
    """Coefficients ``(terms, 2)`` of the displacement of the background, those of ``fields.terms(1)``.

    Both pictures are ``(H, W)`` float32, without slow shades. The background is what is seen all around: the
    movement of most blocks, over the largest part of the picture. None where two could be it.
    """
    found = _plurality(first.shape, *_matches(first, second, _REACH))
    if found is None:
        return None
    everywhere = _terms(first.shape, np.stack(np.meshgrid(*(np.arange(side) + 0.5 for side in first.shape[::-1])), -1))
    for _ in range(_ROUNDS):  # parabolas lean towards whole pixels, except near 0
        dx, dy = (everywhere @ axis for axis in found.T)
        places, left = _matches(first, kernels.warp(second, dx.astype(np.float32), dy.astype(np.float32)), _LEFT)
        near = _apart(left) < _TOGETHER
        if near.sum() < _FEWEST:
            return None
        terms = _terms(first.shape, places[near])
        ridge = np.full(terms.shape[1], 1e-6)
        found = found + fields.fit(terms, left[near], np.ones(near.sum()), ridge, _EXACT)[0]
    return found


def _plurality(shape: tuple[int, ...], places: Floats, vectors: Floats) -> Floats | None:
    """Coefficients of the movement of the group of blocks that is spread farthest, if no other comes near."""
    if len(places) < _FEWEST:
        return None
    terms = _terms(shape, places)
    near = _apart(vectors[:, None] - vectors[None]) < _NEAR
    together = near[_spread(near, places).argmax()]
    for _ in range(4):
        found, *_ = np.linalg.lstsq(terms[together], vectors[together], rcond=None)
        apart = _apart(vectors - terms @ found)
        together = apart < _TOGETHER
        if together.sum() < max(_FEWEST, _SHARE * len(places)):
            return None
    others = apart >= _NEAR
    rivals = _spread(near[others] & others, places)
    if others.any() and rivals.max() > _RIVAL * _spread((apart < _NEAR)[None], places)[0]:
        return None
    return np.asarray(found)


def _terms(shape: tuple[int, ...], places: Floats) -> Floats:
    """Of degree 1 at places in pixels, x and y."""
    height, width = shape
    return fields.basis(places[..., 0] / width * 2 - 1, places[..., 1] / height * 2 - 1, 1)


def _spread(groups: np.ndarray, places: Floats) -> Floats:
    """How much of the picture each group of ``(groups, blocks)`` lies around: its number times its extent."""
    count = groups.sum(axis=1)
    mean = groups @ places / np.maximum(count, 1)[:, None]
    square = groups @ places**2 / np.maximum(count, 1)[:, None]
    return count * np.sqrt(np.maximum(square - mean**2, 0)).prod(axis=1)


def _matches(first: Floats, second: Floats, reach: int) -> tuple[Floats, Floats]:
    """Centres ``(blocks, 2)`` of the blocks of ``first`` that are in one place of ``second``, and how far that is.

    At most ``reach`` pixels."""
    import cv2

    height, width = first.shape
    places, vectors = [], []
    for top in range(_REACH, height - _SIDE - _REACH + 1, _STEP):
        for left in range(_REACH, width - _SIDE - _REACH + 1, _STEP):
            block = first[top : top + _SIDE, left : left + _SIDE]
            around = second[top - reach : top + _SIDE + reach, left - reach : left + _SIDE + reach]
            alike = cv2.matchTemplate(around, block, cv2.TM_CCOEFF_NORMED)
            row, column = divmod(int(alike.argmax()), alike.shape[1])
            best = alike[row, column]
            others = alike.copy()
            others[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3] = -1
            if best < _ALIKE or best - others.max() < _CLEAR:
                continue
            at_x, at_y = _peak(alike[row], column), _peak(alike[:, column], row)
            places.append((left + _SIDE / 2, top + _SIDE / 2))
            vectors.append((at_x - reach, at_y - reach))
    return np.array(places).reshape(-1, 2), np.array(vectors).reshape(-1, 2)


def _peak(values: np.ndarray, at: int) -> float:
    """Where the parabola through the largest value and its neighbours is largest."""
    if not 0 < at < len(values) - 1:
        return float(at)
    before, here, after = (float(value) for value in values[at - 1 : at + 2])
    bend = before + after - 2 * here
    return at + (before - after) / (2 * bend) if bend < 0 else float(at)


def _apart(vectors: Floats) -> Floats:
    return np.hypot(vectors[..., 0], vectors[..., 1])
