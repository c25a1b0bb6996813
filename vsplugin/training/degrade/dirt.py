"""The task of telling dirt from picture: of the samples that ``dirt_scenes`` made, where is dirt?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ...damage.evidence import NEIGHBOURS, Plane, completed, planes
from .patches import turn

_ROWS = 2 + len(NEIGHBOURS)  # frame, neighbours, mask


def read(path: Path) -> np.ndarray:
    """``(6, H, W)`` uint8: the frame, its aligned neighbours in the order of ``NEIGHBOURS``, and the mask."""
    with Image.open(path) as picture:
        stacked = np.asarray(picture.convert("L"))
    if stacked.shape[0] % _ROWS:
        raise ValueError(f"dirt: {path} must have {_ROWS} pictures below each other; it is {stacked.shape[0]} high")
    return stacked.reshape(_ROWS, -1, stacked.shape[1])


class Dirt:
    """``damage.evidence.planes`` of a frame, and where it is dirty: the network's output itself, 0..1, not a residual.

    The part ``alone`` of the patches lacks one or more neighbours, as at cuts and beside repeated frames. Of
    ``candidates`` places in a sample the one with most dirt is taken, so that dirt is not rare; the part ``anywhere``
    of the patches is taken at random.
    """

    def __init__(
        self,
        paths: list[Path],
        rng: np.random.Generator,
        *,
        patch: int,
        candidates: int = 1,
        anywhere: float = 0.5,
        alone: float = 0.15,
    ) -> None:
        self.rng, self.patch, self.candidates = rng, patch, candidates
        self.anywhere, self.alone = anywhere, alone
        self.samples = [read(path) for path in paths]

    def _pick(self) -> np.ndarray:
        sample = self.samples[int(self.rng.integers(len(self.samples)))]
        tries = 1 if self.rng.random() < self.anywhere else self.candidates
        cuts = []
        for _ in range(tries):
            y, x = (int(self.rng.integers(side - self.patch + 1)) for side in sample.shape[1:])
            cuts.append(sample[:, y : y + self.patch, x : x + self.patch])
        return max(cuts, key=lambda cut: int(cut[-1].sum(dtype=np.int64)))

    def _neighbours(self, laid: list[Plane]) -> list[Plane]:
        """Some are taken away, and all before may become all after: dirt is dirt in a film run backwards."""
        known = dict(zip(NEIGHBOURS, laid, strict=True))
        if self.rng.random() < 0.5:
            known = {-away: plane for away, plane in known.items()}
        if self.rng.random() < self.alone:
            kind = int(self.rng.integers(3))
            gone = ((1, 2), (int(self.rng.choice(NEIGHBOURS)),), (1, -2))[kind]
            known = {away: plane for away, plane in known.items() if away not in gone}
        return completed(known) or laid

    def batch(self, size: int) -> tuple[Tensor, Tensor, Tensor]:
        inputs, targets = [], []
        for _ in range(size):
            luma, *laid, mask = (plane.astype(np.float32) / 255 for plane in turn(self.rng, *self._pick()))
            if self.rng.random() < 0.5:  # a negative: dark dirt becomes bright
                luma, laid = 1 - luma, [1 - plane for plane in laid]
            inputs.append(planes(luma, self._neighbours(laid)))
            targets.append(mask[None])
        target = torch.from_numpy(np.stack(targets))
        return torch.from_numpy(np.stack(inputs)), torch.zeros_like(target), target

    def resume(self, patches: int) -> None:
        """Go on after so many patches: here a batch depends on nothing but the generator."""
