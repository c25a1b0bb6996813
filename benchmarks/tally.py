"""How much of known damage was found, how much of what was marked is damage, and how near the truth its places are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def decibel(error: float) -> float:
    return round(float(-10 * np.log10(max(error, 1e-10))), 2)


class Tally:
    """Frames of a clip, counted together by area."""

    def __init__(self) -> None:
        self.counts = np.zeros(4)
        self.errors: dict[str, list[float]] = {}

    def add(self, marked: np.ndarray, there: np.ndarray, near: np.ndarray) -> None:
        """What was ``marked``, where damage can be seen, and what is so ``near`` it that marking it is not wrong."""
        self.counts += [(marked & there).sum(), there.sum(), (marked & ~near).sum(), marked.sum()]

    def compare(self, pictures: Mapping[str, np.ndarray], truth: np.ndarray, there: np.ndarray) -> None:
        for name, picture in pictures.items():
            self.errors.setdefault(name, []).append(((picture - truth)[there] ** 2).mean())

    @property
    def recall(self) -> float:
        return round(float(self.counts[0] / self.counts[1]), 3)

    @property
    def precision(self) -> float:
        return round(float(1 - self.counts[2] / max(self.counts[3], 1)), 4)

    @property
    def psnr(self) -> dict[str, float]:
        return {name: decibel(np.mean(values)) for name, values in self.errors.items()}
