"""Simulated fading, with its truth: for training, tests and benchmarks.

What is known (H. Wilhelm, The Permanence and Care of Color Photographs, 1993, chapters 5 and 9; ISO 18909; Trumpy et
al., Heritage 6(4), 2023): in the dark the dyes of a chromogenic film go at unequal rates, each nearly in proportion
to what is there, so a dye keeps some share of its density; in Eastmancolor print film before the 1980s cyan goes
first, yellow next, magenta hardly, and prints turn red. Under light it is magenta that goes. The base and leftover
couplers turn yellow.

Two models. :class:`Decay`, which the estimator is trained on: each dye keeps ``kept`` of a density of 1 and ``kept *
dye ** (order - 1)`` of others, over a constant stain. :class:`Kinetic`, which it never sees in training: the rate
goes with the dye to the power ``order``, between the first order and halfway to the second, and the stain comes from
couplers, so that it is strongest where there is least yellow dye. Ranges of random draws: :func:`draw`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .density import density, light, signal, transmitted
from .dyes import MIXING, absorption

Array = np.ndarray

# Shares of a density of 1 that cyan, magenta and yellow keep at the worst: least and most.
KINDS = {
    "dark": ((0.25, 0.6), (0.75, 1.0), (0.4, 0.9)),  # Eastmancolor, Ektachrome: red or pink
    "yellow": ((0.6, 1.0), (0.7, 1.0), (0.3, 0.65)),  # yellow first: blue
    "light": ((0.6, 1.0), (0.35, 0.7), (0.5, 1.0)),  # projected or shown: green
}
STAIN = ((0.0, 0.04), (0.0, 0.08), (0.03, 0.25))  # densities to red, green and blue light at the worst
ORDER = (0.88, 1.12)
KINETIC_ORDER = (1.05, 1.5)
_WANDER = 0.04  # standard deviation of the unwanted absorptions of dyes about the typical ones


@dataclass(frozen=True)
class Decay:
    """Cyan, magenta, yellow: share kept of a density of 1, and how the loss bends; the base's densities to R, G, B."""

    kept: tuple[float, float, float]
    order: tuple[float, float, float] = (1.0, 1.0, 1.0)
    stain: tuple[float, float, float] = (0.0, 0.0, 0.0)
    mixing: Array | None = None  # of the dyes, where they are not the typical ones

    def of_density(self, fresh: Array) -> Array:
        """Densities ``(..., 3)`` of the faded film."""
        mixing = MIXING if self.mixing is None else self.mixing
        dyes = fresh @ np.linalg.inv(mixing).T
        left = np.array(self.kept) * np.sign(dyes) * np.abs(dyes) ** np.array(self.order)
        return left @ mixing.T + np.array(self.stain)


@dataclass(frozen=True)
class Kinetic:
    """Loss of order ``order`` > 1, d(dye)/dt = -rate * dye ** order; ``kept`` is left of a density of 1."""

    kept: tuple[float, float, float]
    order: tuple[float, float, float] = (1.2, 1.2, 1.2)
    stain: tuple[float, float, float] = (0.0, 0.0, 0.0)
    mixing: Array | None = None

    def of_density(self, fresh: Array) -> Array:
        """Densities ``(..., 3)`` of the faded film."""
        mixing = MIXING if self.mixing is None else self.mixing
        dyes = fresh @ np.linalg.inv(mixing).T
        power = 1 - np.array(self.order)
        amount = np.maximum(np.abs(dyes), 1e-6)
        left = np.sign(dyes) * (amount**power + np.array(self.kept) ** power - 1) ** (1 / power)
        couplers = np.exp(-np.maximum(dyes[..., 2:], 0))
        return left @ mixing.T + np.array(self.stain) * couplers


def faded(picture: Array, decay: Decay | Kinetic, transfer: int = 1, bits: int = 8) -> Array:
    """An R'G'B' picture ``(..., 3)``, nominal 0..1, after the decay, rounded to ``bits`` (0: not)."""
    out = signal(transmitted(decay.of_density(density(light(picture, transfer)))), transfer)
    top = (1 << bits) - 1
    return np.round(np.clip(out, 0, 1) * top) / top if bits else out


def draw(generator: np.random.Generator, kind: str, strength: float, model: str = "power") -> Decay | Kinetic:
    """A decay of a kind of :data:`KINDS`; ``strength`` 0 is none, 1 as far as its worst goes.

    ``model`` is ``"power"`` (:class:`Decay`) or ``"kinetic"`` (:class:`Kinetic`).
    """

    def between(ranges: tuple[tuple[float, float], ...]) -> Array:
        low, high = np.array(ranges).T
        return generator.uniform(low, high)

    kept = tuple(1 - strength * (1 - between(KINDS[kind])))
    stain = tuple(strength * between(STAIN))
    mixing = absorption(generator.normal(0, _WANDER, (3, 3)))
    if model == "kinetic":
        return Kinetic(kept, tuple(generator.uniform(*KINETIC_ORDER, 3)), stain, mixing)
    order = tuple(1 + strength * (generator.uniform(*ORDER, 3) - 1))
    return Decay(kept, order, stain, mixing)
