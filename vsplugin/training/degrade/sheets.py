"""Pictures that went through a chain of damage together, from which patches are cut.

An encoder costs as much to open as a hundred patches cost to encode, and neighbouring tiles spoil each other's edges.
So large pictures are damaged, several in one encode, and each gives many patches.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..pictures import ycbcr
from .chain import run_chain
from .codecs import from_8bit, to_8bit
from .colour import repeat_chroma, shrink_chroma
from .patches import Patches, pyramid
from .steps import Step
from .vivid import recoloured

PICTURES = 9  # of a sheet: a square of tiles, since a chain's codec puts them into one frame


@dataclass(frozen=True)
class Sheet:
    """Damaged and clean pictures, chroma 4:2:0: ``(N, H, W)`` and ``(N, 2, H/2, W/2)``, the clean ones larger."""

    damaged: tuple[np.ndarray, np.ndarray]  # uint8, limited range of BT.601
    clean: tuple[np.ndarray, np.ndarray]  # float16, Y 0..1, Cb and Cr -0.5..0.5

    def cut(self, index: int, y: int, x: int, size: int, scale: int) -> tuple[np.ndarray, np.ndarray]:
        """The damaged patch at an even place, ``(3, size, size)`` float32, and the clean one, larger."""
        low = _window(self.damaged, index, y, x, size)
        high = _window(self.clean, index, y * scale, x * scale, size * scale)
        return from_8bit((low[0], *low[1])), repeat_chroma(*(plane.astype(np.float32) for plane in high))


def _window(planes: tuple[np.ndarray, np.ndarray], index: int, y: int, x: int, size: int) -> list[np.ndarray]:
    return [_cut(plane[index], y // step, x // step, size // step) for plane, step in zip(planes, (1, 2), strict=True)]


def _cut(plane: np.ndarray, y: int, x: int, size: int) -> np.ndarray:
    return plane[..., y : y + size, x : x + size]


class Sheets(Patches):
    """Sheet after sheet from clean stills: each depends on the seed and its own number only.

    ``side``: pixels of the damaged pictures, even; ``scale``: how much larger the clean ones are; ``grey``: the share
    of pictures without colour; ``vivid``: of those with colours that photographs lack.
    """

    def __init__(
        self,
        paths: list[Path],
        seed: int,
        steps: list[Step],
        *,
        side: int,
        scale: int,
        scales: list[float],
        candidates: int,
        grey: float,
        vivid: float,
    ) -> None:
        self.seed, self.steps, self.side, self.scale = seed, steps, side, scale
        self.grey, self.vivid = grey, vivid
        self.stills = [ycbcr(rgb).astype(np.float16) for rgb in pyramid(paths, scales, 2)]
        super().__init__(np.random.default_rng(seed), [still[0] for still in self.stills], candidates)

    def make(self, number: int) -> Sheet:
        self.rng = np.random.default_rng([self.seed, number])
        clean = self._clean()
        if self.vivid:
            clean = recoloured(clean, self.rng, self.vivid)
        coloured = self.rng.random((PICTURES, 1, 1, 1)) >= self.grey
        clean[:, 1:] *= coloured
        damaged = run_chain(self.steps, clean, (self.side, self.side), self.rng)
        damaged[:, 1:] *= coloured  # grey footage is read as grey, whatever came on it
        luma, chroma = shrink_chroma(clean)
        y, *colour = to_8bit(damaged)
        return Sheet((y, np.stack(colour, 1)), (luma.astype(np.float16), chroma.astype(np.float16)))

    def _clean(self) -> np.ndarray:
        """``(PICTURES, 3, side * scale, side * scale)`` float32."""
        side, pictures = self.side * self.scale, []
        for _ in range(PICTURES):
            still, y, x = self.pick(side)
            pictures += self.turn(_cut(self.stills[still], y, x, side))
        return np.stack(pictures).astype(np.float32)
