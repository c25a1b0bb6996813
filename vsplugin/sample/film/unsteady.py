"""Weave and flicker of each frame as numbers, and what they do to a plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..draw import Array
from .kinds import Recipe
from .marks import rng

_WAVES = 4  # of the slow wander


@dataclass(frozen=True)
class Unsteady:
    """How a frame is moved (pixels of luma) and lit: ``gain * (1 + gradient_right * u + gradient_down * v)``.

    ``u`` and ``v`` run from -1 to 1 over the picture's width and height. Rounded, so that JSON holds them exactly.
    """

    right: float = 0.0
    down: float = 0.0
    gain: float = 1.0
    gradient_right: float = 0.0
    gradient_down: float = 0.0


def of(recipe: Recipe, seed: int, frame: int, height: int) -> Unsteady:
    """The frame's numbers."""
    values: dict[str, float] = {}
    if weave := recipe.get("weave"):
        jitter = rng(seed, "weave", frame).standard_normal(2)
        for axis, name in enumerate(("right", "down")):
            moved = weave.amount * _wander(seed, axis, frame) + weave.jitter * jitter[axis]
            values[name] = round(float(moved * height / 100), 4)
    if flicker := recipe.get("flicker"):
        chance = rng(seed, "flicker", frame).standard_normal(3)
        values["gain"] = round(max(0.1, float(1 + flicker.amount / 100 * chance[0])), 5)
        values["gradient_right"] = round(float(flicker.gradient / 100 * chance[1]), 5)
        values["gradient_down"] = round(float(flicker.gradient / 100 * chance[2]), 5)
    return Unsteady(**values)


def _wander(seed: int, axis: int, frame: int) -> float:
    """A slow swing of standard deviation 1: waves of 20 to 90 frames."""
    chance = rng(seed, "wander", axis)
    periods, phases = chance.uniform(20, 90, _WAVES), chance.uniform(0, 2 * np.pi, _WAVES)
    return float(np.sin(2 * np.pi * frame / periods + phases).sum() * np.sqrt(2 / _WAVES))


def moved(plane: Array, right: float, down: float) -> Array:
    """The plane moved by parts of pixels: Catmull-Rom (Keys, a = -0.5), edges repeated; float32."""
    if right:
        plane = _along(plane, right)
    return _along(plane.T, down).T if down else plane


def _along(plane: Array, by: float) -> Array:
    """Moved to higher columns by ``by``."""
    base = int(np.floor(-by))
    t = np.float32(-by - base)
    taps = (
        ((-0.5 * t + 1) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1,
        ((-1.5 * t + 2) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    )
    width = plane.shape[1]
    columns = np.arange(width) + base
    out = np.zeros_like(plane)
    for k, tap in zip(range(-1, 3), taps, strict=True):
        out += tap * plane[:, np.clip(columns + k, 0, width - 1)]
    return out


def lit(plane: Array, light: Unsteady) -> Array:
    """The plane with the frame's flicker."""
    height, width = plane.shape
    u = (2 * np.arange(width, dtype=np.float32) + 1) / np.float32(width) - 1
    v = (2 * np.arange(height, dtype=np.float32) + 1) / np.float32(height) - 1
    field = 1 + np.float32(light.gradient_right) * u[None, :] + np.float32(light.gradient_down) * v[:, None]
    return plane * (np.float32(light.gain) * field)
