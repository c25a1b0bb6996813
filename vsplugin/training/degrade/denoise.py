"""The task of taking noise of known strength off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..pictures import ycbcr
from .enlarge import repeat
from .patches import Patches, pyramid
from .vivid import recoloured


class Denoise(Patches):
    """Y, Cb, Cr and two maps with the standard deviations of luma and chroma noise (one unit = full scale).

    Gaussian noise, not clipped: white, or for the part ``grain`` of the patches smoothed over 3x3 samples at random
    strength, as grain and noise are that went through a scanner, a Bayer pattern or a resize. A part of the patches is
    4:2:0: chroma has half size, noise is added there, and each sample is repeated over its 2x2 pixels. Some are grey:
    the filter feeds zero chroma and a zero chroma map for GRAY clips. The part ``vivid`` has colours that photographs
    lack, the part ``bright`` of these at levels of HDR.
    """

    def __init__(
        self,
        paths: list[Path],
        rng: np.random.Generator,
        *,
        patch: int,
        scales: list[float],
        sigma: tuple[float, float],
        chroma_sigma: tuple[float, float],
        grey: float,
        subsampled: float,
        candidates: int = 1,
        vivid: float = 0.0,
        bright: float = 0.0,
        grain: float = 0.0,
    ) -> None:
        self.vivid, self.bright, self.grain = vivid, bright, grain
        self.patch, self.sigma, self.chroma_sigma = patch, sigma, chroma_sigma
        self.grey, self.subsampled = grey, subsampled
        self.stills = [ycbcr(rgb).astype(np.float16) for rgb in pyramid(paths, scales, 2)]
        super().__init__(rng, [still[0] for still in self.stills], candidates)

    def _uniform(self, low: float, high: float, *shape: int) -> Tensor:
        return torch.from_numpy(self.rng.uniform(low, high, shape).astype(np.float32))

    def _noise(self, shape: tuple[int, ...], smooth: Tensor | None) -> Tensor:
        """Of variance 1; ``smooth`` ``(N, 1, 1, 1)`` is the weight of each neighbour, 0 for white noise."""
        if smooth is None:
            return torch.from_numpy(self.rng.standard_normal(shape, dtype=np.float32))
        count, planes, height, width = shape
        wide = torch.from_numpy(self.rng.standard_normal((count, planes, height + 2, width + 2), dtype=np.float32))
        middle = 1 - 2 * smooth
        rows = smooth * (wide[:, :, :-2] + wide[:, :, 2:]) + middle * wide[:, :, 1:-1]
        both = smooth * (rows[..., :-2] + rows[..., 2:]) + middle * rows[..., 1:-1]
        return both / (middle**2 + 2 * smooth**2)

    def batch(self, size: int) -> tuple[Tensor, Tensor, Tensor]:
        clean = []
        for _ in range(size):
            still, y, x = self.pick(self.patch)
            clean += self.turn(self.stills[still][:, y : y + self.patch, x : x + self.patch].astype(np.float32))
        drawn = np.stack(clean)
        if self.vivid:
            drawn = recoloured(drawn, self.rng, self.vivid, self.bright)
        target = torch.from_numpy(drawn)
        sigma = self._uniform(*self.sigma, size, 1, 1, 1)
        chroma_sigma = sigma * self._uniform(*self.chroma_sigma, size, 1, 1, 1)
        smooth = None
        if self.grain:
            smooth = self._uniform(0, 1 / 3, size, 1, 1, 1) * (self._uniform(0, 1, size, 1, 1, 1) < self.grain)
        luma, chroma = target[:, :1], target[:, 1:]
        halved = round(size * self.subsampled)  # the first of the batch: its patches are drawn at random anyway
        few, rest = (None, None) if smooth is None else (smooth[:halved], smooth[halved:])
        small = F.avg_pool2d(chroma[:halved], 2)
        noisy_small = small + chroma_sigma[:halved] * self._noise(small.shape, few)
        noisy_full = chroma[halved:] + chroma_sigma[halved:] * self._noise(chroma[halved:].shape, rest)
        colour = torch.from_numpy(self.rng.random((size, 1, 1, 1)) >= self.grey).float()
        noisy_chroma = colour * torch.cat([repeat(noisy_small), noisy_full])
        clean_chroma = colour * torch.cat([repeat(small), chroma[halved:]])
        noisy = torch.cat([luma + sigma * self._noise(luma.shape, smooth), noisy_chroma], 1)
        maps = torch.cat([sigma, colour * chroma_sigma], 1).expand(-1, -1, self.patch, self.patch)
        return torch.cat([noisy, maps], 1), noisy, torch.cat([luma, clean_chroma], 1)
