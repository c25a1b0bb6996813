"""Outlines of what lies on film, drawn and not copied: how much each pixel of a patch is hidden, 0..1."""

from __future__ import annotations

import math

import numpy as np

from ..draw import Array, fractal

_STEP = 0.5  # pixels along a hair


def _disc(rng: np.random.Generator, diameter: float, slope: float, rough: float) -> Array:
    """A field that is 0 along the outline of an uneven disc and 1 in its middle; below 0 outside."""
    half = max(2, math.ceil(1.5 * diameter)) + 1
    dy, dx = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float32)
    turn, stretch = rng.uniform(0, np.pi), rng.uniform(0.75, 1.0)
    along, across = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
    far = np.hypot(along * stretch, across / stretch) / (diameter / 2)
    ragged = np.clip(fractal(rng, 2 * half + 1, 2 * half + 1, slope), -2.5, 2.5)
    # Far outside nothing is left of the noise, so that a patch never ends at its border.
    return (1 - far + rough * ragged * np.clip(2.2 - far, 0, 1)).astype(np.float32)


def speck(rng: np.random.Generator, diameter: float) -> Array:
    """Dust: an opaque blob with a ragged outline, one pixel of soft edge."""
    field = _disc(rng, diameter, 1.4, 0.3)
    return np.clip(0.5 + field * diameter / 2, 0, 1) * min(1.0, diameter)


def stain(rng: np.random.Generator, diameter: float) -> Array:
    """A water mark: an uneven veil with a darker rim where the drop dried."""
    field = _disc(rng, diameter, 1.8, 0.25)
    veil = np.clip(field * 6, 0, 1) * np.clip(0.55 + 0.15 * fractal(rng, field.shape[0], field.shape[1], 1.2), 0.2, 0.9)
    rim = np.exp(-((field / 0.06) ** 2))
    return np.clip(np.maximum(veil, rim), 0, 1).astype(np.float32)


def hair(rng: np.random.Generator, length: float, width: float) -> Array:
    """A fibre: a walk whose direction bends by chance, as thick as ``width``, thinner at its ends."""
    along, wobble = _walk(rng, length)
    heading = rng.uniform(0, 2 * np.pi) + rng.normal(0, 2.5) * along + 1.2 * wobble
    places = np.arange(len(along))
    taper = np.clip(np.minimum(places, places[::-1]) * _STEP / (2 * width + 1) + 0.4, 0, 1)
    return _stroke(*_path(heading), width, taper)[0]


def fibre(rng: np.random.Generator, length: float, width: float, inwards: float) -> tuple[Array, float, float]:
    """A fibre held at one end, from which it leads about ``inwards`` (radians); and where in the patch that end is."""
    along, wobble = _walk(rng, length)
    heading = inwards + rng.normal(0, 0.35) + rng.normal(0, 1.4) * along + 0.7 * wobble
    x, y = _path(heading)
    taper = np.clip(np.arange(len(along))[::-1] * _STEP / (4 * width + 1) + 0.4, 0, 1)
    cover, left, top = _stroke(x, y, width, taper)
    return cover, float(x[0] - left), float(y[0] - top)


def _walk(rng: np.random.Generator, length: float) -> tuple[Array, Array]:
    """Of a path in steps of half a pixel: how far along each is (0..1), and a direction that changes by chance."""
    count = max(4, int(length / _STEP))
    return np.linspace(0, 1, count), np.cumsum(rng.standard_normal(count)) / math.sqrt(count)


def _path(heading: Array) -> tuple[Array, Array]:
    return np.cumsum(np.cos(heading)) * _STEP, np.cumsum(np.sin(heading)) * _STEP


def _stroke(x: Array, y: Array, width: float, taper: Array) -> tuple[Array, float, float]:
    """A patch with a path drawn ``width * taper`` thick, and where on the path's plane its corner is."""
    reach = math.ceil(width / 2 + 1)
    margin = reach + 2
    left, top = float(x.min()) - margin, float(y.min()) - margin
    x, y = x - x.min() + margin, y - y.min() + margin
    cover = np.zeros((int(y.max() + margin) + 1, int(x.max() + margin) + 1), np.float32)
    for cx, cy, part in zip(x, y, taper, strict=True):
        rows = slice(int(cy) - reach, int(cy) + reach + 2)
        columns = slice(int(cx) - reach, int(cx) + reach + 2)
        dy, dx = np.ogrid[rows, columns]
        disc = np.clip(width * part / 2 + 0.5 - np.hypot(dx - cx, dy - cy), 0, 1)
        np.maximum(cover[rows, columns], disc, out=cover[rows, columns])
    return cover, left, top


def blurred(cover: Array, deviation: float) -> Array:
    """A patch out of focus, larger by what spreads over its edge: a Gaussian."""
    reach = math.ceil(3 * deviation)
    if not reach:
        return cover
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    taps /= taps.sum()
    for axis in (0, 1):
        cover = np.apply_along_axis(np.convolve, axis, cover, taps)
    return cover.astype(np.float32)


def between(cover: Array, right: float, down: float) -> Array:
    """A patch moved by parts of a pixel (0..1): linear; one row and one column larger."""
    for axis, by in ((1, right), (0, down)):
        sides = [(0, 0), (0, 0)]
        sides[axis] = (0, 1)
        wide = np.pad(cover, sides)
        cover = wide * np.float32(1 - by) + np.roll(wide, 1, axis) * np.float32(by)
    return cover
