"""What time and cheap cameras do to pictures, each from the frame number alone."""

from __future__ import annotations

from functools import cache

import numpy as np

from .draw import Array

Planes = tuple[Array, Array, Array]


def _rng(frame: int, what: int) -> np.random.Generator:
    return np.random.default_rng([1927, what, frame])


def weave(frame: int) -> tuple[int, int]:
    """Gate weave in pixels of the truth, (down, right): a slow wander and a jitter."""
    jitter = _rng(frame, 1).integers(-1, 2, 2)
    return (
        int(jitter[0] + round(1.6 * np.sin(frame / 5.3))),
        int(jitter[1] + round(2.2 * np.sin(frame / 8.1 + 1))),
    )


@cache
def _grain_field() -> Array:
    """A large field of grain to cut frames from: nearly white at this size, deviation 1."""
    noise = np.random.default_rng(35).standard_normal((768, 1088), dtype=np.float32)
    soft = sum(np.roll(noise, (dy, dx), (0, 1)) * (0.6 if dy and dx else 1.0) for dy in (-1, 0, 1) for dx in (-1, 0, 1))
    field = noise + 0.12 * np.asarray(soft, np.float32)
    return (field / field.std()).astype(np.float32)


def grain(luma: Array, frame: int, amount: float) -> Array:
    """Film grain, strongest in the mid-tones."""
    rng = _rng(frame, 2)
    field = _grain_field()
    height, width = luma.shape
    y, x = rng.integers(0, field.shape[0] - height), rng.integers(0, field.shape[1] - width)
    cut = field[y : y + height, x : x + width][:: int(rng.choice((-1, 1))), :: int(rng.choice((-1, 1)))]
    return luma + np.float32(amount) * cut * (np.float32(0.35) + np.float32(2.6) * luma * (1 - luma))


def flicker(luma: Array, frame: int) -> Array:
    """Brightness pumping of a few per cent."""
    gain = 1 + 0.03 * np.sin(frame * 1.9) + 0.025 * _rng(frame, 3).standard_normal()
    return luma * np.float32(gain)


def dust(luma: Array, frame: int) -> Array:
    """Specks and hairs that last one frame, and now and then a scratch that lasts half a second."""
    rng = _rng(frame, 4)
    for _ in range(int(rng.poisson(4))):
        _blob(luma, rng)
    burst = _rng(frame // 12, 5)
    if burst.random() < 0.5:
        at = int(burst.integers(20, luma.shape[1] - 20)) + int(rng.integers(-1, 2))
        luma[:, at] = luma[:, at] * 0.4 + 0.55
    return luma


def _blob(luma: Array, rng: np.random.Generator) -> None:
    """An irregular speck: a disc whose radius changes with the angle."""
    height, width = luma.shape
    y, x = int(rng.integers(0, height)), int(rng.integers(0, width))
    radius = float(rng.uniform(1.2, 6))
    size = int(2 * radius) + 2
    rows, columns = slice(max(0, y - size), min(height, y + size)), slice(max(0, x - size), min(width, x + size))
    dy, dx = np.mgrid[rows, columns].astype(np.float32)
    dy, dx = dy - y, (dx - x) * float(rng.uniform(0.5, 1.6))
    angle = np.arctan2(dy, dx)
    waves = rng.uniform(-0.25, 0.25, 3)
    edge = radius * (1 + sum(wave * np.sin((k + 2) * angle + k) for k, wave in enumerate(waves)))
    cover = np.clip(edge - np.hypot(dx, dy), 0, 1).astype(np.float32)
    colour = 0.92 if rng.random() < 0.6 else 0.06
    luma[rows, columns] = luma[rows, columns] * (1 - cover) + colour * cover


def sensor_noise(planes: Planes, frame: int, luma: float, chroma: float) -> Planes:
    """White noise on all planes."""
    rng = _rng(frame, 6)
    amounts = (luma, chroma, chroma)
    y, u, v = (
        plane + np.float32(amount) * rng.standard_normal(plane.shape, dtype=np.float32)
        for plane, amount in zip(planes, amounts, strict=True)
    )
    return y, u, v


@cache
def _dct() -> Array:
    k, n = np.mgrid[0:8, 0:8]
    basis = np.sqrt(np.where(k == 0, 1, 2) / 8) * np.cos(np.pi * (2 * n + 1) * k / 16)
    return basis.astype(np.float32)


def blocks(plane: Array, step: float) -> Array:
    """What a codec with 8x8 blocks leaves: transform coefficients rounded, the high ones more coarsely."""
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % 8), (0, -width % 8)), mode="edge")
    tiles = padded.reshape(padded.shape[0] // 8, 8, padded.shape[1] // 8, 8).transpose(0, 2, 1, 3)
    basis = _dct()
    steps = np.float32(step) * (1 + np.add.outer(np.arange(8), np.arange(8)).astype(np.float32) * 0.55)
    coefficients = np.rint(basis @ tiles @ basis.T / steps) * steps
    tiles = basis.T @ coefficients @ basis
    return tiles.transpose(0, 2, 1, 3).reshape(padded.shape)[:height, :width]
