"""Holes as damage tears them: masks of the corpus' overlays, scratches, strokes and blobs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import UserError

Mask = np.ndarray[tuple[int, int], np.dtype[np.bool_]]

_COVERED = 0.08  # alpha of an overlay from which a pixel counts as hidden
_SIZES = (1.0, 0.6, 0.35)  # of the overlays
_MOST = 0.35  # of a patch that may be hole


def load_overlays(folder: Path) -> list[Mask]:
    """The ``.png`` files of a folder at three sizes, as masks with a pixel of edge; ``UserError`` if there are none."""
    from PIL import Image

    masks = []
    for path in sorted(folder.glob("*.png")):
        with Image.open(path) as picture:
            alpha = picture.convert("RGBA").getchannel("A")
            for size in _SIZES:
                small = alpha.resize([round(side * size) for side in alpha.size], Image.Resampling.BOX)
                masks.append(_grown(np.asarray(small) > 255 * _COVERED))
    if not masks:
        raise UserError(f"degradation.overlays: {folder} holds no .png files")
    return masks


def _grown(mask: Mask) -> Mask:
    """By one pixel to all sides: soft edges."""
    wide = np.pad(mask, 1)
    across = wide[:, :-2] | wide[:, 1:-1] | wide[:, 2:]
    return np.asarray(across[:-2] | across[1:-1] | across[2:])


class Holes:
    """Random holes in patches of ``side`` pixels, from 0.5 to 35 % of their area."""

    def __init__(self, rng: np.random.Generator, side: int, overlays: list[Mask]) -> None:
        self.rng, self.side, self.overlays = rng, side, overlays
        self.y, self.x = np.mgrid[0:side, 0:side].astype(np.float32)
        self.kinds = (self._overlay, self._overlay, self._scratch, self._stroke, self._blob)

    def draw(self) -> Mask:
        """``(side, side)``, true where the picture is hidden."""
        hole = np.zeros((self.side, self.side), bool)
        for _ in range(int(self.rng.integers(1, 5))):
            more = hole | self.kinds[self.rng.integers(len(self.kinds))]()
            if more.mean() < _MOST:
                hole = more
        return hole if hole.mean() > 0.005 else self.draw()

    def _overlay(self) -> Mask:
        """A part of an overlay in which there is some dirt, turned."""
        mask = self.overlays[self.rng.integers(len(self.overlays))]
        mask = np.pad(mask, self.side // 2)
        places = np.argwhere(mask[self.side // 2 : -self.side // 2, self.side // 2 : -self.side // 2])
        if not len(places):
            return np.zeros((self.side, self.side), bool)
        y, x = places[self.rng.integers(len(places))]  # of the padded mask: this sample comes to lie in the middle
        part = mask[y : y + self.side, x : x + self.side]
        part = np.roll(part, self.rng.integers(-self.side // 3, self.side // 3 + 1, 2), (0, 1))
        return np.rot90(part[:, ::-1] if self.rng.random() < 0.5 else part, self.rng.integers(4))

    def _scratch(self) -> Mask:
        """A vertical line of 1 to 6 pixels that leans and sways a little, now and then broken off."""
        rows = self.y[:, :1]
        middle = self.rng.uniform(0, self.side) + self.rng.normal(0, 0.03) * rows
        middle = middle + self.rng.uniform(0, 1.5) * np.sin(rows / self.rng.uniform(8, 60) + self.rng.uniform(0, 6))
        line = np.abs(self.x - middle) < self.rng.uniform(0.5, 3)
        if self.rng.random() < 0.3:
            line &= rows > self.rng.uniform(0, self.side)
        return np.asarray(line)

    def _stroke(self) -> Mask:
        """A hair: a walk that turns slowly, 1 to 10 pixels wide."""
        steps = int(self.rng.integers(6, 40))
        turn = self.rng.uniform(0, 2 * np.pi) + np.cumsum(self.rng.normal(0, self.rng.uniform(0.05, 0.5), steps))
        y, x = (self.rng.uniform(0, self.side) + np.cumsum(3 * way(turn)) for way in (np.sin, np.cos))
        radius = min(self.rng.exponential(1.5) + 0.7, 5)
        hole = np.zeros((self.side, self.side), bool)
        for cy, cx in zip(y, x, strict=True):
            self._disc(hole, cy, cx, radius)
        return hole

    def _blob(self) -> Mask:
        """Overlapping discs, 3 to 40 pixels wide in all."""
        size = min(self.rng.exponential(5) + 1.5, 20)
        cy, cx = self.rng.uniform(0, self.side, 2)
        hole = np.zeros((self.side, self.side), bool)
        for _ in range(int(self.rng.integers(1, 6))):
            away = self.rng.normal(0, 0.4 * size, 2)
            self._disc(hole, cy + away[0], cx + away[1], size * self.rng.uniform(0.3, 0.7))
        return hole

    def _disc(self, hole: Mask, cy: float, cx: float, radius: float) -> None:
        reach = int(radius) + 1
        rows, columns = (slice(max(int(c) - reach, 0), max(int(c) + reach + 2, 0)) for c in (cy, cx))
        y, x = self.y[rows, columns], self.x[rows, columns]
        hole[rows, columns] |= (y - np.float32(cy)) ** 2 + (x - np.float32(cx)) ** 2 < radius**2
