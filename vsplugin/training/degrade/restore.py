"""The tasks of undoing a chain of damage: ``deartifact`` at the same size, ``restore`` with enlargement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..recipe import EDGE, default_picture
from .chain import read_chain
from .enlarge import bicubic_up
from .patches import turn
from .sheets import PICTURES, Sheet, Sheets

KEPT = 12  # sheets at a time: the patches of a batch come from all of them


class Restore:
    """Damaged Y, Cb, Cr (chroma 4:2:0 repeated over 2x2, rounded to 8 bit) to the clean planes, ``scale`` times larger.

    Input: three planes, with ``level_map`` a fourth: the root mean square error of luma in that patch (1 = full scale),
    for a model whose user says how bad the footage is. Base: the damaged planes, enlarged by Catmull-Rom where scale is
    above 1. Target: clean luma and clean 4:2:0 chroma repeated.

    ``picture`` is the side in pixels of the pictures that go through the chain, ``uses`` how many patches are cut from
    each before another takes its place.
    """

    def __init__(
        self,
        paths: list[Path],
        rng: np.random.Generator,
        *,
        patch: int,
        scales: list[float],
        scale: int,
        chain: list[dict[str, Any]],
        candidates: int = 1,
        picture: int | None = None,
        uses: int = 8,
        grey: float = 0.1,
        vivid: float = 0.0,
        level_map: bool = False,
    ) -> None:
        self.rng, self.patch, self.scale, self.uses, self.level_map = rng, patch, scale, uses, level_map
        self.side = default_picture(patch) if picture is None else picture
        looks = {"side": self.side, "scale": scale, "scales": scales, "candidates": candidates}
        self.sheets = Sheets(paths, int(rng.integers(2**63)), read_chain(chain), **looks, grey=grey, vivid=vivid)
        self.kept: dict[int, Sheet] = {}
        self.drawn = 0

    def resume(self, patches: int) -> None:
        """Go on after so many patches. The generator's state is the trainer's business."""
        self.drawn = patches

    def _sheet(self) -> Sheet:
        """One of the sheets of the moment, made when it is first asked for."""
        oldest = self.drawn // (PICTURES * self.uses)
        for number in [number for number in self.kept if number < oldest]:
            del self.kept[number]
        number = oldest + int(self.rng.integers(KEPT))
        if number not in self.kept:
            self.kept[number] = self.sheets.make(number)
        return self.kept[number]

    def _draw(self) -> list[np.ndarray]:
        """A damaged patch and the clean one."""
        sheet = self._sheet()
        self.drawn += 1
        places = (self.side - 2 * EDGE - self.patch) // 2 + 1
        y, x = EDGE + 2 * self.rng.integers(places, size=2)
        return turn(self.rng, *sheet.cut(int(self.rng.integers(PICTURES)), y, x, self.patch, self.scale))

    def batch(self, size: int) -> tuple[Tensor, Tensor, Tensor]:
        pairs = [self._draw() for _ in range(size)]
        low, high = (torch.from_numpy(np.stack(patches)) for patches in zip(*pairs, strict=True))
        base = low if self.scale == 1 else bicubic_up(low, self.scale)
        if not self.level_map:
            return low, base, high
        level = (base - high)[:, :1].square().mean((2, 3), keepdim=True).sqrt()
        return torch.cat([low, level.expand(-1, -1, self.patch, self.patch)], 1), base, high


class Deartifact(Restore):
    """The same at one size: blocking, ringing and mosquito noise. The chain is usually one or two ``codec`` steps."""

    def __init__(
        self,
        paths: list[Path],
        rng: np.random.Generator,
        *,
        patch: int,
        scales: list[float],
        chain: list[dict[str, Any]],
        candidates: int = 1,
        picture: int | None = None,
        uses: int = 8,
        grey: float = 0.1,
        vivid: float = 0.0,
        level_map: bool = False,
    ) -> None:
        super().__init__(
            paths, rng, patch=patch, scales=scales, scale=1, chain=chain, candidates=candidates, picture=picture,
            uses=uses, grey=grey, vivid=vivid, level_map=level_map,
        )  # fmt: skip
