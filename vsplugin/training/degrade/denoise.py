"""The task of taking white noise of known strength off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..pictures import ycbcr
from .enlarge import repeat
from .patches import Patches, pyramid


class Denoise(Patches):
    """Y, Cb, Cr and two maps with the standard deviations of luma and chroma noise (one unit = full scale).

    White Gaussian noise, not clipped. A part of the patches is 4:2:0: chroma has half size, noise is added there, and
    each sample is repeated over its 2x2 pixels. Some are grey: the filter feeds zero chroma and a zero chroma map for
    GRAY clips.
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
    ) -> None:
        self.patch, self.sigma, self.chroma_sigma = patch, sigma, chroma_sigma
        self.grey, self.subsampled = grey, subsampled
        self.stills = [ycbcr(rgb).astype(np.float16) for rgb in pyramid(paths, scales, 2)]
        super().__init__(rng, [still[0] for still in self.stills], candidates)

    def _noise(self, shape: tuple[int, ...]) -> Tensor:
        return torch.from_numpy(self.rng.standard_normal(shape, dtype=np.float32))

    def batch(self, size: int) -> tuple[Tensor, Tensor, Tensor]:
        clean = []
        for _ in range(size):
            still, y, x = self.pick(self.patch)
            clean += self.turn(self.stills[still][:, y : y + self.patch, x : x + self.patch].astype(np.float32))
        target = torch.from_numpy(np.stack(clean))
        sigma = torch.from_numpy(self.rng.uniform(*self.sigma, (size, 1, 1, 1)).astype(np.float32))
        ratio = torch.from_numpy(self.rng.uniform(*self.chroma_sigma, (size, 1, 1, 1)).astype(np.float32))
        luma, chroma, chroma_sigma = target[:, :1], target[:, 1:], sigma * ratio
        halved = round(size * self.subsampled)  # the first of the batch: its patches are drawn at random anyway
        small = F.avg_pool2d(chroma[:halved], 2)
        noisy_small = small + chroma_sigma[:halved] * self._noise(small.shape)
        noisy_full = chroma[halved:] + chroma_sigma[halved:] * self._noise(chroma[halved:].shape)
        colour = torch.from_numpy(self.rng.random((size, 1, 1, 1)) >= self.grey).float()
        noisy_chroma = colour * torch.cat([repeat(noisy_small), noisy_full])
        clean_chroma = colour * torch.cat([repeat(small), chroma[halved:]])
        noisy = torch.cat([luma + sigma * self._noise(luma.shape), noisy_chroma], 1)
        maps = torch.cat([sigma, colour * chroma_sigma], 1).expand(-1, -1, self.patch, self.patch)
        return torch.cat([noisy, maps], 1), noisy, torch.cat([luma, clean_chroma], 1)
