"""The tasks of undoing a chain of damage: ``deartifact`` at the same size, ``restore`` with enlargement."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from ..pictures import ycbcr
from .chain import read_chain, run_chain
from .codecs import from_8bit, to_8bit
from .colour import repeat_chroma, shrink_chroma
from .enlarge import bicubic_up
from .options import Flag, Number, Numbers, RecipeError, Tables, read
from .patches import Patches, pyramid

# Pixels of the damaged picture around each patch, cut off after the chain: room for blur and for the damage of the
# neighbouring tile, and a random part of it shifts the codec's blocks against the patch.
MARGIN, EDGE = 12, 4


@dataclass(frozen=True, kw_only=True)
class Options:
    """The recipe's ``[degradation]`` of both tasks."""

    chain: Annotated[list[dict], Tables()]
    patch: Annotated[int, Number(16, 512, "pixels, even", whole=True)]
    scales: Annotated[list[float], Numbers(0.1, 1)]
    scale: Annotated[int, Number(1, 4, whole=True)] = 1
    candidates: Annotated[int, Number(1, 64, whole=True)] = 1
    groups: Annotated[int, Number(1, 64, "groups in a batch that share encoder and size", whole=True)] = 4
    grey: Annotated[float, Number(0, 1)] = 0.1
    level_map: Annotated[bool, Flag()] = False


class Restore(Patches):
    """Damaged Y, Cb, Cr (chroma 4:2:0 repeated over 2x2, rounded to 8 bit) to the clean planes, ``scale`` times larger.

    Input: three planes, with ``level_map`` a fourth: the root mean square error of luma in that patch (1 = full scale),
    for a model whose user says how bad the footage is. Base: the damaged planes, enlarged by Catmull-Rom where scale is
    above 1. Target: clean luma and clean 4:2:0 chroma repeated.
    """

    scale = 2  # where the recipe does not say

    def __init__(self, paths: list[Path], rng: np.random.Generator, **options) -> None:
        self.options = read(Options, {"scale": self.scale} | options, "degradation")
        self.scale, self.patch = self.options.scale, self.options.patch
        if self.patch % 2:
            raise RecipeError(f"degradation.patch: must be even, since chroma has half the size; got {self.patch}")
        self.steps = read_chain(self.options.chain)
        self.stills = [ycbcr(rgb).astype(np.float16) for rgb in pyramid(paths, self.options.scales, 2)]
        self._check_sizes()
        super().__init__(rng, [still[0] for still in self.stills], self.options.candidates)

    @property
    def wide(self) -> int:
        """Side of the damaged patch with its margins."""
        return self.patch + 2 * MARGIN

    def _check_sizes(self) -> None:
        need, smallest = self.wide * self.scale, min(min(still.shape[1:]) for still in self.stills)
        if smallest < need:
            raise RecipeError(
                f"degradation.patch: {self.patch} needs stills of at least {need} pixels a side after "
                f"degradation.scales; the smallest has {smallest}"
            )

    def _group(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Damaged ``(count, 3, p, p)`` and clean ``(count, 3, p * scale, p * scale)``."""
        side, size, scale = self.wide * self.scale, self.patch, self.scale
        wide = []
        for _ in range(count):
            still, y, x = self.pick(side)
            wide += self.turn(self.stills[still][:, y : y + side, x : x + side].astype(np.float32))
        clean = np.stack(wide)
        clean[:, 1:] *= (self.rng.random((count, 1, 1, 1)) >= self.options.grey).astype(np.float32)
        damaged = run_chain(self.steps, clean, (self.wide, self.wide), self.rng)
        damaged[:, 1:] *= clean[:, 1:].any(
            (1, 2, 3), keepdims=True
        )  # grey footage is read as grey, whatever came on it
        cuts = EDGE + 2 * self.rng.integers(0, MARGIN - EDGE + 1, (count, 2))
        low = np.stack([d[:, y : y + size, x : x + size] for d, (y, x) in zip(damaged, cuts, strict=True)])
        high = np.stack(
            [c[:, y : y + size * scale, x : x + size * scale] for c, (y, x) in zip(clean, cuts * scale, strict=True)]
        )
        return np.stack([from_8bit(to_8bit(d)) for d in low]), repeat_chroma(*shrink_chroma(high))

    def batch(self, size: int) -> tuple[Tensor, Tensor, Tensor]:
        counts = [len(part) for part in np.array_split(np.arange(size), self.options.groups)]
        groups = [self._group(count) for count in counts if count]
        low, high = (torch.from_numpy(np.concatenate(part)) for part in zip(*groups, strict=True))
        base = low if self.scale == 1 else bicubic_up(low, self.scale)
        if not self.options.level_map:
            return low, base, high
        level = (base - high)[:, :1].square().mean((2, 3), keepdim=True).sqrt()
        return torch.cat([low, level.expand(-1, -1, self.patch, self.patch)], 1), base, high


class Deartifact(Restore):
    """The same at one size: blocking, ringing and mosquito noise. The chain is usually one or two ``codec`` steps."""

    scale = 1

    def __init__(self, paths: list[Path], rng: np.random.Generator, **options) -> None:
        if options.get("scale", 1) != 1:
            raise RecipeError(f"degradation.scale: must be 1 for deartifact; got {options['scale']!r}")
        super().__init__(paths, rng, **options)
