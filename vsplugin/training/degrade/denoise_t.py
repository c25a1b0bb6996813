"""The task of taking off what noise a mean along the motion has left, with the frame itself in sight."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .noise_samples import read, values
from .patches import turn


class DenoiseT:
    """The planes ``noise_samples.SEEN``, corrections of whose first three are learned.

    The mean of the frame and its neighbours and two maps of the noise left in it come as in ``denoise``; the noisy
    frame and its own noise tell what alignment has blurred or taken from elsewhere.
    """

    def __init__(self, paths: list[Path], rng: np.random.Generator, *, patch: int) -> None:
        self.rng, self.patch = rng, patch
        self.samples = [read(path) for path in paths]

    def batch(self, size: int) -> tuple[Tensor, Tensor, Tensor]:
        cuts = []
        for _ in range(size):
            sample = self.samples[int(self.rng.integers(len(self.samples)))]
            y, x = (int(self.rng.integers(side - self.patch + 1)) for side in sample.shape[1:])
            cuts += turn(self.rng, sample[:, y : y + self.patch, x : x + self.patch])
        planes = torch.from_numpy(values(np.stack(cuts)))
        seen = planes[:, 3:].contiguous()
        return seen, seen[:, :3], planes[:, :3].contiguous()

    def resume(self, patches: int) -> None:
        """Go on after so many patches: here a batch depends on nothing but the generator."""
