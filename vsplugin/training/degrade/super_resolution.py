"""The task of enlarging luma."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..pictures import imresize, luma_8bit, ycbcr
from .enlarge import bicubic_up
from .patches import Patches, pyramid
from .patterns import pattern
from .vivid import other_levels


class SuperResolution(Patches):
    """Luma pairs: antialiased bicubic shrinking of 8-bit RGB, rounded to 8 bit, Y of BT.601 limited range.

    The part ``patterns`` is no photograph but noise, screens, stripes, points and lines (``patterns.py``); the part
    ``vivid`` has contrast and level drawn anew, the part ``bright`` of these at levels of HDR.
    """

    def __init__(
        self,
        paths: list[Path],
        rng: np.random.Generator,
        *,
        scale: int,
        patch: int,
        scales: list[float],
        candidates: int = 1,
        patterns: float = 0.0,
        vivid: float = 0.0,
        bright: float = 0.0,
    ) -> None:
        self.scale, self.patch = scale, patch
        self.patterns, self.vivid, self.bright = patterns, vivid, bright
        self.pairs = []
        for rgb in pyramid(paths, scales, scale):
            height, width = rgb.shape[0] // scale, rgb.shape[1] // scale
            small = np.clip(np.rint(imresize(rgb, height, width)), 0, 255).astype(np.uint8)
            self.pairs.append((luma_8bit(small).astype(np.uint8), ycbcr(rgb)[0].astype(np.float16)))
        super().__init__(rng, [low for low, _ in self.pairs], candidates)

    def _photograph(self) -> tuple[np.ndarray, np.ndarray]:
        still, y, x = self.pick(self.patch)
        low, high = self.pairs[still]
        s, p = self.scale, self.patch
        low, high = self.turn(low[y : y + p, x : x + p], high[y * s : (y + p) * s, x * s : (x + p) * s])
        return (low.astype(np.float32) - 16.0) / 219.0, high.astype(np.float32)

    def _draw(self) -> tuple[np.ndarray, np.ndarray]:
        """Low and high, float32."""
        if self.patterns and self.rng.random() < self.patterns:
            return pattern(self.rng, self.patch, self.scale)
        return self._photograph()

    def batch(self, size: int) -> tuple[Tensor, Tensor, Tensor]:
        low, high = (np.stack(planes) for planes in zip(*(self._draw() for _ in range(size)), strict=True))
        if self.vivid:
            low, high = other_levels(low, high, self.rng, self.vivid, self.bright)
        low, high = (torch.from_numpy(planes[:, None]) for planes in (low, high))
        return low, bicubic_up(low, self.scale), high
