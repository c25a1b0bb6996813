"""The task of enlarging luma."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..pictures import imresize, luma_8bit, ycbcr
from .enlarge import bicubic_up
from .patches import Patches, pyramid


class SuperResolution(Patches):
    """Luma pairs: antialiased bicubic shrinking of 8-bit RGB, rounded to 8 bit, Y of BT.601 limited range."""

    def __init__(
        self,
        paths: list[Path],
        rng: np.random.Generator,
        *,
        scale: int,
        patch: int,
        scales: list[float],
        candidates: int = 1,
    ) -> None:
        self.scale, self.patch = scale, patch
        self.pairs = []
        for rgb in pyramid(paths, scales, scale):
            height, width = rgb.shape[0] // scale, rgb.shape[1] // scale
            small = np.clip(np.rint(imresize(rgb, height, width)), 0, 255).astype(np.uint8)
            self.pairs.append((luma_8bit(small).astype(np.uint8), ycbcr(rgb)[0].astype(np.float16)))
        super().__init__(rng, [low for low, _ in self.pairs], candidates)

    def batch(self, size: int) -> tuple[Tensor, Tensor, Tensor]:
        lows, highs = [], []
        for _ in range(size):
            still, y, x = self.pick(self.patch)
            low, high = self.pairs[still]
            s, p = self.scale, self.patch
            low, high = self.turn(low[y : y + p, x : x + p], high[y * s : (y + p) * s, x * s : (x + p) * s])
            lows.append((low.astype(np.float32) - 16.0) / 219.0)
            highs.append(high.astype(np.float32))
        low, high = (torch.from_numpy(np.stack(planes)[:, None]) for planes in (lows, highs))
        return low, bicubic_up(low, self.scale), high
