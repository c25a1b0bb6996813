"""Dirt on a frame: scanned overlays, drawn specks and hairs; dark or bright, opaque or translucent, soft or sharp."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PIL import Image

from ..pictures import imresize
from .blur import blur, gaussian

Cover = tuple[np.ndarray, np.ndarray]  # (H, W) float32 each: how much is covered 0..1, and the colour of what covers


def load_overlays(paths: list[Path]) -> list[np.ndarray]:
    """The alpha planes of RGBA pictures, ``(H, W)`` float32 0..1."""
    overlays = []
    for path in paths:
        with Image.open(path) as picture:
            overlays.append(np.asarray(picture.convert("RGBA"))[..., 3].astype(np.float32) / 255)
    return overlays


def _scanned(overlays: list[np.ndarray], height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """One overlay at a random size, turn and place."""
    overlay = overlays[rng.integers(len(overlays))]
    side = round(400 * rng.uniform(0.2, 1.1))
    overlay = np.rot90(np.clip(imresize(overlay, side, side), 0, 1), rng.integers(4))
    y, x = int(rng.integers(-side // 2, height - side // 4)), int(rng.integers(-side // 2, width - side // 4))
    rows, columns = slice(max(y, 0), min(y + side, height)), slice(max(x, 0), min(x + side, width))
    out = np.zeros((height, width), np.float32)
    out[rows, columns] = overlay[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
    return out


def _speck(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """An irregular blob: a circle whose radius swings around it. Small ones are more frequent."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    y, x = y - rng.uniform(0, height), x - rng.uniform(0, width)
    angle, stretch, turn = np.arctan2(y, x), rng.uniform(1, 2.5), rng.uniform(0, math.pi)
    radius = math.exp(rng.uniform(math.log(0.8), math.log(30)))
    edge = radius * (1 + sum(rng.normal(0, 0.25 / k) * np.sin(k * angle + rng.uniform(0, 6.3)) for k in range(1, 6)))
    distance = np.hypot(x * math.cos(turn) + y * math.sin(turn), stretch * (y * math.cos(turn) - x * math.sin(turn)))
    return np.clip((edge - distance) / rng.uniform(0.8, 2.5) + 0.5, 0, 1)


def _hair(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """A thin curve whose direction drifts."""
    count = int(rng.integers(10, 120))
    turning = np.cumsum(rng.normal(0, 0.03, count)) + rng.normal(0, 0.02)
    heading = rng.uniform(0, 2 * math.pi) + np.cumsum(turning * 0.3)
    px = rng.uniform(0, width) + np.cumsum(np.cos(heading))
    py = rng.uniform(0, height) + np.cumsum(np.sin(heading))
    out, thick = np.zeros((height, width), np.float32), rng.uniform(0.5, 1.8)
    for cx, cy in zip(px, py, strict=True):
        if not (0 <= cx < width and 0 <= cy < height):
            continue
        rows = slice(max(int(cy) - 3, 0), min(int(cy) + 5, height))
        columns = slice(max(int(cx) - 3, 0), min(int(cx) + 5, width))
        y, x = np.mgrid[rows, columns]
        out[rows, columns] = np.maximum(out[rows, columns], np.clip(thick + 0.5 - np.hypot(y - cy, x - cx), 0, 1))
    return out


def _colour(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Mostly near black or near white, sometimes a grey; some have an uneven inside."""
    kind = rng.random()
    level = rng.uniform(0, 0.12) if kind < 0.42 else rng.uniform(0.85, 1.02) if kind < 0.84 else rng.uniform(0.1, 0.9)
    if rng.random() < 0.6:
        return np.full((height, width), level, np.float32)
    rough = blur(rng.standard_normal((height, width)), gaussian(rng.uniform(0.7, 3)))
    return (level + rng.uniform(0.02, 0.12) * rough / rough.std()).astype(np.float32)


def random_cover(overlays: list[np.ndarray], height: int, width: int, rng: np.random.Generator) -> Cover:
    """One overlay, or a few drawn shapes of one colour."""
    kind = rng.random()
    if kind < 0.6:
        cover = _scanned(overlays, height, width, rng)
    else:
        draw = _speck if kind < 0.85 else _hair
        cover = np.max([draw(height, width, rng) for _ in range(1 + rng.poisson(2))], 0)
    if rng.random() < 0.3:
        cover = blur(cover, gaussian(rng.uniform(0.4, 1.5)))
    opaque = rng.uniform(0.8, 1.0) if rng.random() < 0.6 else rng.uniform(0.15, 0.8)
    return (cover * opaque).astype(np.float32), _colour(height, width, rng)


def under(picture: np.ndarray, covers: list[Cover]) -> np.ndarray:
    """``(H, W)`` 0..1 below the covers, the last one on top."""
    out = picture
    for cover, colour in covers:
        out = out + cover * (colour - out)
    return out
