"""What unfade's network learns from: pixels of natural pictures under lights of all kinds, before and after fading."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..fade import decay, density, features
from ..fade.network import UNITS

Array = np.ndarray

PIXELS = 512  # of a picture, from which its features are taken
JUDGED = 96  # of them, on which a correction is judged
SIDE = 240  # pixels of a still's long side: grain and noise are averaged out, as they are where it is used
_UNFADED = 0.2  # part of the samples
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_KINDS, _OFTEN = ("dark", "yellow", "light"), (0.5, 0.25, 0.25)
_STRENGTH = (0.15, 1.1)


@dataclass
class Samples:
    """``features`` (N, COUNT), densities before and after fading (N, JUDGED, 3), the truth in the network's units."""

    features: Array
    faded: Array
    fresh: Array
    units: Array  # (N, 9)
    unfaded: Array  # (N,) bool


def light_of(path: Path) -> Array:
    """Linear light ``(H, W, 3)`` float32 of a still, made small."""
    with Image.open(path) as still:
        shrink = SIDE / max(still.size)
        small = still.convert("RGB").resize([max(8, round(side * shrink)) for side in still.size], Image.BILINEAR)
    return density.light(np.asarray(small, np.float32) / 255, density.SRGB).astype(np.float32)


def draw(rng: np.random.Generator, pictures: list[Array], count: int, mixed: float) -> Samples:
    """``mixed`` is the part of samples that put pieces of different pictures together."""
    chunks = [_chunk(rng, pictures, mixed, 64) for _ in range(-(-count // 64))]
    return Samples(*(np.concatenate(parts)[:count] for parts in zip(*chunks, strict=True)))


def _chunk(rng: np.random.Generator, pictures: list[Array], mixed: float, count: int) -> tuple[Array, ...]:
    scenes = np.stack([_mixed(rng, pictures) if rng.random() < mixed else _piece(rng, pictures, PIXELS)
                       for _ in range(count)])  # fmt: skip
    fresh = _density(_signal(_relit(rng, scenes)))
    faded, units, unfaded = np.empty_like(fresh), np.zeros((count, len(UNITS)), np.float32), np.zeros(count, bool)
    for index, scene in enumerate(fresh):
        unfaded[index] = rng.random() < _UNFADED
        if unfaded[index]:
            faded[index] = scene
            continue
        truth = decay.draw(rng, rng.choice(_KINDS, p=_OFTEN), rng.uniform(*_STRENGTH))
        assert isinstance(truth, decay.Decay)
        faded[index] = _density(_signal(density.transmitted(truth.of_density(scene))))
        units[index] = _inverse(truth) / UNITS
    seen = features.features(features.dyes_of(faded))
    return seen, faded[:, :JUDGED], fresh[:, :JUDGED], units, unfaded


def _inverse(truth: decay.Decay) -> Array:
    """Base, logarithm of the gain, and bend of the correction that undoes it."""
    kept, order = np.array(truth.kept), np.array(truth.order)
    return np.concatenate([truth.stain, -np.log(kept) / order, 1 / order - 1])


def _piece(rng: np.random.Generator, pictures: list[Array], count: int) -> Array:
    """Pixels of a rectangle of one picture."""
    picture = pictures[rng.integers(len(pictures))]
    height, width = picture.shape[:2]
    part = np.sqrt(rng.uniform(0.25, 1))
    tall, wide = (max(8, int(side * part * rng.uniform(0.8, 1))) for side in (height, width))
    top, left = rng.integers(height - tall + 1), rng.integers(width - wide + 1)
    return picture[rng.integers(top, top + tall, count), rng.integers(left, left + wide, count)]


def _mixed(rng: np.random.Generator, pictures: list[Array]) -> Array:
    """Pieces of several pictures, each exposed by itself: a scene of things never seen together, or a whole reel."""
    pieces = rng.integers(2, 5) if rng.random() < 0.5 else rng.integers(5, 25)
    cuts = np.sort(rng.integers(1, PIXELS, pieces - 1))
    counts = [count for count in np.diff([0, *cuts, PIXELS]) if count]
    parts = [_piece(rng, pictures, count) * np.float32(np.exp(rng.normal(0, 0.22))) for count in counts]
    return rng.permutation(np.minimum(np.concatenate(parts), 1))


def _relit(rng: np.random.Generator, light: Array) -> Array:
    """Other exposure, colour of the light, saturation, hue (a little), contrast and black level."""

    def each(deviation: float, columns: int = 1) -> Array:
        return rng.normal(0, deviation, (len(light), 1, columns)).astype(np.float32)

    light = light * np.exp(each(0.06, 3)) * np.exp(each(0.22))
    luma = (light @ _LUMA)[..., None]
    red, blue, turn, more = light[..., :1] - luma, light[..., 2:] - luma, each(0.18), np.exp(each(0.38))
    red, blue = more * (red * np.cos(turn) + blue * np.sin(turn)), more * (blue * np.cos(turn) - red * np.sin(turn))
    green = (luma - _LUMA[0] * (luma + red) - _LUMA[2] * (luma + blue)) / _LUMA[1]
    light = np.clip(np.concatenate([luma + red, green, luma + blue], -1), 0, 1) ** np.exp(each(0.22))
    black = np.abs(each(0.006)) * (rng.random((len(light), 1, 1)) < 0.4)
    return np.asarray(light * (1 - black) + black, np.float32)


def _signal(light: Array) -> Array:
    """Rounded to 8 bits."""
    return np.round(np.clip(density.signal(light), 0, 1) * 255).astype(np.float32) / np.float32(255)


def _density(signal: Array) -> Array:
    return density.density(density.light(signal)).astype(np.float32)
