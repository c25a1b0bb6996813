"""The task of closing holes: what a masked autoencoder learns, on natural pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...damage.smooth import closed, shown
from ..pictures import ycbcr
from .holes import Holes, load_overlays
from .patches import Patches, pyramid
from .vivid import recoloured


class Inpaint(Patches):
    """Y, Cb, Cr with their holes closed smoothly, as the network is shown them (:mod:`vsplugin.damage.smooth`).

    Base: the three planes with smooth holes. Target: the same with what was there; equal outside of the holes. The part
    ``grey`` has no colour. The part ``grain`` has noise of up to ``sigma`` (1 = full scale) around the holes, white or
    smoothed, and none in what is to be found there: no one can say what grain was below. ``vivid``: see ``vivid.py``.
    ``overlays`` is a folder of pictures whose alpha is dirt, from the folder of the stills.
    """

    def __init__(
        self,
        paths: list[Path],
        rng: np.random.Generator,
        *,
        patch: int,
        scales: list[float],
        overlays: str,
        grey: float,
        candidates: int = 1,
        vivid: float = 0.0,
        grain: float = 0.0,
        sigma: float = 0.06,
    ) -> None:
        self.patch, self.grey, self.vivid, self.grain, self.sigma = patch, grey, vivid, grain, sigma
        self.stills = [ycbcr(rgb).astype(np.float16) for rgb in pyramid(paths, scales, 1)]
        super().__init__(rng, [still[0] for still in self.stills], candidates)
        self.holes = Holes(rng, patch, load_overlays(paths[0].parent / overlays))

    def _clean(self, size: int) -> np.ndarray:
        """``(size, 3, patch, patch)`` float32."""
        patches = []
        for _ in range(size):
            still, y, x = self.pick(self.patch)
            patches += self.turn(self.stills[still][:, y : y + self.patch, x : x + self.patch].astype(np.float32))
        planes = recoloured(np.stack(patches), self.rng, self.vivid)
        planes[:, 1:] *= self.rng.random((size, 1, 1, 1)) >= self.grey
        return planes

    def _grainy(self, planes: np.ndarray) -> np.ndarray:
        """With noise on luma, and less on the colour of those that have colour."""
        size = len(planes)
        strength = self.rng.uniform(0, self.sigma, (size, 1, 1, 1)) * (self.rng.random((size, 1, 1, 1)) < self.grain)
        noise = self.rng.standard_normal(planes.shape, dtype=np.float32)
        soft = (noise + np.roll(noise, 1, -1) + np.roll(noise, 1, -2) + np.roll(noise, (1, 1), (-2, -1))) / 2
        noise = np.where(self.rng.random((size, 1, 1, 1)) < 0.5, noise, soft)
        noise[:, 1:] *= 0.4 * (np.abs(planes[:, 1:]).max((1, 2, 3), keepdims=True) > 0)
        return planes + (strength * noise).astype(np.float32)

    def batch(self, size: int) -> tuple[Tensor, Tensor, Tensor]:
        clean = self._clean(size)
        hole = np.stack([self.holes.draw() for _ in range(size)])[:, None]
        seen = self._grainy(clean) if self.grain else clean
        mask = hole.astype(np.float32)
        base = closed(seen, mask)
        target = np.where(hole, clean, seen)
        return torch.from_numpy(shown(base, mask)), torch.from_numpy(base), torch.from_numpy(target)
