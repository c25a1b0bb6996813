"""Antialiased drawing on a wide strip that wraps round, in premultiplied colour."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import font

Array = np.ndarray
Colour = tuple[float, float, float]


class Layer:
    """A strip of pictures: ``rgb`` premultiplied by ``alpha``, gamma-encoded, 0..1."""

    def __init__(self, height: int, width: int) -> None:
        self.height, self.width = height, width
        self.rgb = np.zeros((height, width, 3), np.float32)
        self.alpha = np.zeros((height, width), np.float32)

    def paint(self, x: int, y: int, cover: Array, colour: Colour | Array) -> None:
        """Lay ``colour`` over the strip where ``cover`` (rows, columns) is above 0, its corner at (x, y)."""
        top, bottom = max(0, y), min(self.height, y + cover.shape[0])
        if top >= bottom:
            return
        rows = slice(top, bottom)
        columns = np.arange(x, x + cover.shape[1]) % self.width
        cover = np.clip(cover[top - y : bottom - y], 0, 1)
        paint = np.asarray(colour, np.float32)
        if paint.ndim == 3:
            paint = paint[top - y : bottom - y]
        kept = 1 - cover
        self.rgb[rows, columns] = self.rgb[rows, columns] * kept[..., None] + paint * cover[..., None]
        self.alpha[rows, columns] = self.alpha[rows, columns] * kept + cover

    def box(self, x: int, y: int, width: int, height: int, colour: Colour | Array) -> None:
        self.paint(x, y, np.ones((height, width), np.float32), colour)

    def text(self, x: int, y: int, text: str, dot: int, colour: Colour) -> None:
        self.paint(x, y, font.draw(text, dot), colour)

    def shape(self, x: int, y: int, size: int, distance: Callable[[Array, Array], Array], colour: Colour) -> None:
        """Fill where ``distance(dx, dy)`` from the centre (x, y) is negative, one pixel of soft edge."""
        dy, dx = np.mgrid[-size : size + 1, -size : size + 1].astype(np.float32)
        self.paint(x - size, y - size, np.clip(0.5 - distance(dx, dy), 0, 1), colour)

    def disc(self, x: int, y: int, radius: float, colour: Colour) -> None:
        self.shape(x, y, int(radius) + 2, lambda dx, dy: np.hypot(dx, dy) - radius, colour)

    def ring(self, x: int, y: int, radius: float, thick: float, colour: Colour) -> None:
        self.shape(x, y, int(radius + thick) + 2, lambda dx, dy: abs(np.hypot(dx, dy) - radius) - thick / 2, colour)

    def line(self, x0: float, y0: float, x1: float, y1: float, thick: float, colour: Colour) -> None:
        """A straight line, ``thick`` pixels wide."""
        left, top = int(min(x0, x1) - thick - 1), int(min(y0, y1) - thick - 1)
        right, bottom = int(max(x0, x1) + thick + 2), int(max(y0, y1) + thick + 2)
        y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
        dx, dy = x1 - x0, y1 - y0
        along = np.clip(((x - x0) * dx + (y - y0) * dy) / max(1e-6, dx * dx + dy * dy), 0, 1)
        far = np.hypot(x - x0 - along * dx, y - y0 - along * dy)
        self.paint(left, top, np.clip(0.5 - (far - thick / 2), 0, 1), colour)

    def star(self, x: int, y: int, radius: int, spokes: int, dark: Colour, light: Colour) -> None:
        """A Siemens star: stripes that get ever finer towards the centre."""
        self.disc(x, y, radius, light)
        dy, dx = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float32)
        far = np.hypot(dx, dy)
        edge = np.sin(np.arctan2(dy, dx) * spokes) * far / spokes  # distance to the nearest spoke's edge
        cover = np.clip(edge + 0.5, 0, 1) * np.clip(radius - far + 0.5, 0, 1)
        self.paint(x - radius, y - radius, cover, dark)


def fractal(rng: np.random.Generator, height: int, width: int, slope: float, stretch: float = 1) -> Array:
    """Noise whose spectrum falls with frequency to the power ``slope``; wraps round; mean 0, deviation 1.

    ``stretch`` below 1 draws it out sideways.
    """
    spectrum = np.fft.rfft2(rng.standard_normal((height, width), dtype=np.float32))
    fy = np.fft.fftfreq(height)[:, None] * stretch
    fx = np.fft.rfftfreq(width)[None, :]
    frequency = np.hypot(fy, fx)
    frequency[0, 0] = np.inf
    noise = np.fft.irfft2(spectrum * frequency**-slope, s=(height, width)).astype(np.float32)
    return noise / noise.std()


def shade(colour: Colour, texture: Array, amount: float) -> Array:
    """A colour modulated by a texture: (rows, columns, 3)."""
    return np.clip(np.asarray(colour, np.float32) * (1 + amount * texture[..., None]), 0, 1)
