"""The correction: nine numbers that turn the density of a faded film into that of the film as it was."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from .density import density, light, signal, transmitted
from .dyes import MIXING, UNMIXING

DYES = ("cyan", "magenta", "yellow")
PROPERTY = "VSPluginFade"  # of frames: this correction as JSON
KNEE = 0.05  # dye amounts below it are multiplied by a constant: a power would be infinitely steep at none
_KIND = "vsplugin-fade-1"


def regrown(dye: Any, gain: Any, bend: Any) -> Any:
    """What a faded amount of dye was: ``gain`` times as much at 1, more (``bend`` > 0) or less above it.

    Numbers, numpy arrays or torch tensors, all alike.
    """
    return gain * dye * ((dye * dye + KNEE**2) / (1 + KNEE**2)) ** (bend / 2)


@dataclass(frozen=True)
class Correction:
    """Densities of the base to red, green and blue light, and for cyan, magenta and yellow a gain and a bend.

    ``confidence`` (0..1) says how sure a fade was found; 1 for what a person gave.
    """

    base: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    bend: tuple[float, float, float] = (0.0, 0.0, 0.0)
    confidence: float = 1.0

    @property
    def nothing(self) -> bool:
        return self.vector() == NOTHING.vector()

    def vector(self) -> tuple[float, ...]:
        """The nine numbers in a row: base, gain, bend."""
        return (*self.base, *self.gain, *self.bend)

    def of_density(self, faded: np.ndarray) -> np.ndarray:
        """Densities ``(..., 3)`` of the film as it was."""
        dyes = (faded - np.array(self.base)) @ UNMIXING.T
        return regrown(dyes, np.array(self.gain), np.array(self.bend)) @ MIXING.T

    def of_signal(self, faded: np.ndarray, transfer: int = 1) -> np.ndarray:
        """R'G'B' ``(..., 3)`` nominal 0..1 as they were: what ``unfade`` makes at strength 1."""
        return signal(transmitted(self.of_density(density(light(faded, transfer)))), transfer)

    def kept(self) -> tuple[float, float, float]:
        """The parts of a density of 1 of cyan, magenta and yellow that are left, as the correction has it."""
        first, second, third = (g ** (-1 / (1 + b)) for g, b in zip(self.gain, self.bend, strict=True))
        return first, second, third

    def words(self) -> str:
        """For people."""
        dyes = ", ".join(f"{name} {part:.0%}" for name, part in zip(DYES, self.kept(), strict=True))
        base = " ".join(f"{value:+.2f}" for value in self.base)
        return f"left of the dyes: {dyes}\nbase over clear, R G B: {base}\nconfidence: {self.confidence:.2f}"

    def rounded(self) -> Correction:
        """To five decimals: what is written is what is done."""
        base, gain, bend = (tuple(round(float(v), 5) for v in values) for values in (self.base, self.gain, self.bend))
        return Correction(base, gain, bend, round(self.confidence, 4))  # type: ignore[arg-type]

    def to_json(self) -> str:
        return json.dumps({"kind": _KIND, **dataclasses.asdict(self)})


NOTHING = Correction()
