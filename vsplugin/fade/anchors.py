"""What a person knows of the picture: places that were grey, white, black, or of a known colour, and dyes left.

Each says something about the correction, none says all: a grey at one density leaves seven of nine numbers free. So
they are weighed against what was found from the picture, by how far that is off on average (the card of the model
says how the numbers scatter together): the most probable correction given both, by Gauss-Newton steps.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from . import network
from .correction import Correction
from .density import SRGB, density, light

Array = np.ndarray
Kind = Literal["grey", "white", "black", "colour"]

_WHITE, _BLACK = (0.04, 0.05), (2.4, 0.4)  # densities of a picture's whites and blacks, and how far they scatter
# How far the densities of greys and of known colours scatter in white: 2 steps of lightness. In the dark a step is more
# of density, and blacks are seldom quite neutral.
_SCATTER, _SCATTER_OF_BLACK = 0.02, 0.08
_ROUNDS = 12
_POINT = re.compile(r"(\d+),(\d+)(?:@(\d+))?(?:=#?([0-9a-fA-F]{6}))?")
_STAIN = np.array([0.15, 0.3, 1.0])  # of the base to red, green and blue light, where only its yellow is given


@dataclass(frozen=True)
class Point:
    """A place of a frame; ``colour`` is its true one as R'G'B' 0..1 of sRGB, for the kind ``"colour"``."""

    kind: Kind
    x: int
    y: int
    frame: int = 0
    colour: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Known:
    """What is held against a correction: points with their faded densities, shares of dyes kept, the base's yellow."""

    points: list[tuple[Point, Array]] = field(default_factory=list)
    kept: tuple[float | None, float | None, float | None] = (None, None, None)
    stain: float | None = None

    def __bool__(self) -> bool:
        return bool(self.points) or any(k is not None for k in self.kept) or self.stain is not None


def points(kind: Kind, text: str) -> list[Point]:
    """From ``"640,360"``, ``"640,360@120"`` (frame 120), several separated by spaces; colours: ``"640,360=#c8a080"``.

    ``ValueError`` says what is wrong.
    """
    found = []
    for word in text.replace(";", " ").split():
        match = _POINT.fullmatch(word)
        if match is None or (match[4] is not None) != (kind == "colour"):
            wanted = "x,y=#rrggbb or x,y@frame=#rrggbb" if kind == "colour" else "x,y or x,y@frame"
            raise ValueError(f"must be points as {wanted}, separated by spaces; got '{word}'")
        colour = tuple(int(match[4][i : i + 2], 16) / 255 for i in (0, 2, 4)) if match[4] else None
        found.append(Point(kind, int(match[1]), int(match[2]), int(match[3] or 0), colour))  # type: ignore[arg-type]
    if not found:
        raise ValueError("must name at least one point")
    return found


def _wanted(point: Point, corrected: Array) -> Array:
    """Deviations from what is known, in standard deviations, of a corrected density ``(3,)``."""
    if point.colour is not None:
        true = density(light(np.array(point.colour), SRGB))
        return (corrected - true) / (_SCATTER * 10 ** (true / 3))
    allowed = _SCATTER_OF_BLACK if point.kind == "black" else _SCATTER
    neutral = (corrected[[0, 2]] - corrected[1]) / (allowed * 10 ** (np.clip(corrected.mean(), 0, 3) / 3))
    if point.kind == "grey":
        return neutral
    level, scatter = _WHITE if point.kind == "white" else _BLACK
    return np.append(neutral, (corrected.mean() - level) / scatter)


def fitted(start: Array, covariance: Array, known: Known) -> Correction:
    """The most probable correction given what was found, ``start`` (9 numbers in the network's units), and ``known``.

    ``covariance`` ``(9, 9)`` says how what is found scatters about the truth, in the same units.
    """
    root = np.linalg.inv(np.linalg.cholesky(covariance + 1e-4 * np.eye(len(start))))

    def residuals(units: Array) -> Array:
        correction = network.correction_of(units, 1.0)
        parts = [root @ (units - start)]
        parts += [_wanted(point, correction.of_density(faded)) for point, faded in known.points]
        for gain, bend, kept in zip(correction.gain, correction.bend, known.kept, strict=True):
            if kept is not None:  # kept * gain**... : a faded amount ``kept`` was 1
                parts.append(np.array([(np.log(gain) + (1 + bend) * np.log(kept)) / 0.005]))
        if known.stain is not None:
            parts.append((np.array(correction.base) - known.stain * _STAIN) / 0.005)
        return np.concatenate(parts)

    return network.correction_of(_least_squares(residuals, start), 1.0)


def _least_squares(residuals: Callable[[Array], Array], start: Array) -> Array:
    """Levenberg-Marquardt with numerical slopes."""
    at, here, damping = start, residuals(start), 1e-3
    for _ in range(_ROUNDS):
        slopes = np.stack([(residuals(at + 1e-4 * step) - here) / 1e-4 for step in np.eye(len(at))], 1)
        normal = slopes.T @ slopes
        for _ in range(8):
            step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), -slopes.T @ here)
            there = residuals(at + step)
            if there @ there <= here @ here:
                at, here, damping = at + step, there, damping / 5
                break
            damping *= 5
    return at
