"""A street by a river: sky and hills far away, houses, then a tram, a railing and trees close by.

Everything is drawn once on strips; a frame is the strips moved by their own speeds and laid over each other.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from .draw import Array, Colour, Layer, fractal, shade

WIDTH, HEIGHT = 1280, 720  # of the truth; the samples are half of it
_STRIP = 2048
_GROUND = 560

_INK: Colour = (0.07, 0.06, 0.08)
_CREAM: Colour = (0.93, 0.89, 0.78)
_WALLS: tuple[Colour, ...] = (
    (0.62, 0.33, 0.26), (0.80, 0.71, 0.55), (0.45, 0.52, 0.58), (0.72, 0.55, 0.36), (0.55, 0.60, 0.50),
    (0.70, 0.42, 0.38), (0.85, 0.80, 0.70),
)  # fmt: skip


@cache
def layers() -> tuple[tuple[Layer, int], ...]:
    """The strips from back to front with their speeds in pixels of the truth per frame."""
    return ((_sky(), 1), (_houses(), 3), (_tram(), -4), (_foreground(), 7))


def _sky() -> Layer:
    rng = np.random.default_rng(11)
    layer = Layer(HEIGHT, _STRIP)
    height = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None, None]
    high, low = np.array((0.30, 0.50, 0.76), np.float32), np.array((0.93, 0.85, 0.72), np.float32)
    layer.box(0, 0, _STRIP, HEIGHT, np.broadcast_to(high + (low - high) * height**0.8, (HEIGHT, _STRIP, 3)))
    layer.disc(930, 150, 46, (1.0, 0.96, 0.80))
    clouds = fractal(rng, HEIGHT, _STRIP, 1.6, 0.4)
    layer.paint(0, 0, np.clip(clouds * 0.55 - 0.15, 0, 0.85), (0.97, 0.96, 0.95))
    for base, colour in ((330, (0.50, 0.58, 0.68)), (400, (0.36, 0.46, 0.46))):
        ridge = base + 42 * fractal(rng, 1, _STRIP, 1.6)[0]
        y = np.arange(HEIGHT, dtype=np.float32)[:, None]
        rock = fractal(rng, HEIGHT, _STRIP, 1.1)
        layer.paint(0, 0, np.clip(y - ridge[None, :], 0, 1), shade(colour, rock, 0.16))
    return layer


def _houses() -> Layer:
    rng = np.random.default_rng(5)
    layer = Layer(HEIGHT, _STRIP)
    grain = fractal(rng, HEIGHT, _STRIP, 0.7)
    signs = ("CINEMA", "HOTEL", "VSPLUGIN", "BAKERY", "ATELIER", "PHOTO", "LIBRARY")
    x, number = 0, 0
    while x < _STRIP - 120:
        width = int(rng.integers(190, 300))
        width = _STRIP - x if _STRIP - x - width < 170 else width
        top = int(rng.integers(130, 300))
        wall = _WALLS[number % len(_WALLS)]
        layer.box(x, top, width, _GROUND - top, shade(wall, grain[top:_GROUND, :width], 0.10))
        _masonry(layer, x, top, width, number)
        _windows(layer, x, top + 24, width, rng)
        (_gable, _star_gable, _flat_roof)[number % 3](layer, x, top, width)
        _shop(layer, x, width, signs[number % len(signs)], number)
        x, number = x + width, number + 1
    layer.box(0, _GROUND, _STRIP, HEIGHT - _GROUND, shade((0.36, 0.35, 0.36), grain[: HEIGHT - _GROUND], 0.16))
    for row in range(_GROUND + 6, HEIGHT, 14):  # paving
        layer.box(0, row, _STRIP, 1, (0.22, 0.21, 0.22))
    return layer


def _masonry(layer: Layer, x: int, top: int, width: int, number: int) -> None:
    """Brick joints on every second house, boards on the others."""
    joint: Colour = (0.30, 0.20, 0.17) if number % 2 == 0 else (0.52, 0.48, 0.42)
    step = 7 if number % 2 == 0 else 5
    for row in range(top, _GROUND, step):
        layer.paint(x, row, np.full((1, width), 0.55, np.float32), joint)
    if number % 2 == 0:
        for index, row in enumerate(range(top, _GROUND, step)):
            ticks = np.zeros((step, width), np.float32)
            ticks[:, 7 * (index % 2) :: 14] = 0.45
            layer.paint(x, row, ticks, joint)


def _windows(layer: Layer, x: int, top: int, width: int, rng: np.random.Generator) -> None:
    for row in range(top, _GROUND - 130, 76):
        for column in range(x + 20, x + width - 42, 52):
            lit = rng.random() < 0.3
            pane: Colour = (0.98, 0.84, 0.46) if lit else (0.18, 0.24, 0.32)
            layer.box(column - 3, row - 3, 36, 54, _CREAM)
            layer.box(column, row, 30, 48, pane)
            layer.box(column + 14, row, 2, 48, _CREAM)
            layer.box(column, row + 17, 30, 2, _CREAM)
            if rng.random() < 0.5:  # blinds: fine stripes
                for slat in range(row, row + 30, 3):
                    layer.box(column, slat, 30, 1, (0.75, 0.74, 0.70))
            layer.line(column + 3, row + 44, column + 12, row + 24, 1.2, (0.60, 0.68, 0.74))


def _gable(layer: Layer, x: int, top: int, width: int) -> None:
    """A pitched roof with rows of tiles."""
    peak = width // 3
    y, u = np.mgrid[0:peak, 0:width].astype(np.float32)
    slope = peak * 2 / width
    inside = np.clip(y - (peak - slope * np.minimum(u, width - u)), 0, 1)
    tiles = 0.5 + 0.5 * np.sin(y * 1.05 + 0.6 * np.sin(u * 0.9))
    layer.paint(x, top - peak, inside, shade((0.50, 0.22, 0.17), tiles - 0.5, 0.5))
    layer.line(x, top, x + width / 2, top - peak, 3, _INK)
    layer.line(x + width / 2, top - peak, x + width, top, 3, _INK)
    layer.disc(x + width // 2, top - peak // 3, 13, _CREAM)
    layer.ring(x + width // 2, top - peak // 3, 13, 2, _INK)


def _star_gable(layer: Layer, x: int, top: int, width: int) -> None:
    """A round front with a rosette of spokes and a clock's ring."""
    centre = x + width // 2
    layer.disc(centre, top, width * 0.34, (0.66, 0.60, 0.50))
    layer.star(centre, top, int(width * 0.26), 36, _INK, _CREAM)
    layer.ring(centre, top, width * 0.34, 4, _INK)


def _flat_roof(layer: Layer, x: int, top: int, width: int) -> None:
    """Cornice, aerials with guy wires."""
    layer.box(x - 4, top - 10, width + 8, 12, _CREAM)
    for tooth in range(x, x + width, 9):
        layer.box(tooth, top - 4, 4, 5, (0.45, 0.40, 0.34))
    mast = x + width // 3
    layer.line(mast, top - 10, mast, top - 100, 2, _INK)
    for arm in range(5):
        layer.line(mast - 22 + 3 * arm, top - 96 + 9 * arm, mast + 22 - 3 * arm, top - 99 + 9 * arm, 1.2, _INK)
    for wire in (-1, 1):
        layer.line(mast, top - 90, mast + 46 * wire, top - 10, 1.0, (0.2, 0.2, 0.2))


def _shop(layer: Layer, x: int, width: int, sign: str, number: int) -> None:
    """Sign board with large and small lettering, striped awning, shop window."""
    board = _GROUND - 118
    colours: tuple[Colour, ...] = ((0.10, 0.22, 0.20), (0.48, 0.10, 0.12), (0.12, 0.16, 0.36))
    layer.box(x + 10, board, width - 20, 34, colours[number % 3])
    layer.text(x + width // 2 - len(sign) * 9, board + 4, sign, 3, _CREAM)
    layer.text(x + 16, board + 26, f"EST. 19{27 + 4 * number} - RIVERSIDE {number + 1}", 1, (0.9, 0.82, 0.55))
    y, u = np.mgrid[0:26, 0 : width - 20].astype(np.float32)
    stripes = np.clip(np.sin((u + y * 0.35) * 0.45) * 4 + 0.5, 0, 1)
    layer.box(x + 10, board + 34, width - 20, 26, _CREAM)
    layer.paint(x + 10, board + 34, stripes, colours[(number + 1) % 3])
    layer.box(x + 16, board + 60, width - 32, 56, (0.15, 0.17, 0.20))
    for shelf in range(board + 76, board + 116, 18):
        layer.box(x + 20, shelf, width - 40, 2, (0.55, 0.42, 0.28))
        for item in range(x + 24, x + width - 34, 11):
            hue = (item * 37 + shelf * 11) % 97 / 97
            layer.disc(item + 4, shelf - 6, 5, (0.9 - 0.5 * hue, 0.35 + 0.4 * hue, 0.3 + 0.5 * abs(hue - 0.5)))


def _tram() -> Layer:
    layer = Layer(HEIGHT, _STRIP)
    x, y = 980, 470
    layer.box(x, y, 470, 118, (0.80, 0.16, 0.12))
    layer.box(x, y + 62, 470, 6, _CREAM)
    for stripe in range(5):
        layer.box(x, y + 74 + 4 * stripe, 470, 2, _CREAM)
    for window in range(8):
        layer.box(x + 14 + 56 * window, y + 12, 46, 42, (0.20, 0.28, 0.34))
        layer.line(x + 20 + 56 * window, y + 48, x + 40 + 56 * window, y + 18, 2, (0.55, 0.66, 0.72))
    layer.text(x + 128, y + 98, "42 RIVERSIDE - CINEMA", 2, _CREAM)
    layer.box(x - 2, y - 10, 474, 12, (0.30, 0.30, 0.32))
    for wheel in (x + 70, x + 130, x + 340, x + 400):
        layer.disc(wheel, y + 120, 21, _INK)
        layer.star(wheel, y + 120, 15, 10, (0.35, 0.35, 0.36), (0.70, 0.70, 0.68))
    layer.line(x + 200, y - 10, x + 240, y - 60, 2, _INK)
    layer.line(x + 240, y - 60, x + 200, y - 92, 2, _INK)
    layer.box(0, y - 94, _STRIP, 2, _INK)
    return layer


def _foreground() -> Layer:
    rng = np.random.default_rng(23)
    layer = Layer(HEIGHT, _STRIP)
    top = 622
    y, u = np.mgrid[0 : HEIGHT - top, 0:_STRIP].astype(np.float32)
    for direction in (1, -1):  # chain-link fence; its period divides the strip's width
        wire = np.abs(((u + direction * y) % 16) - 8)
        layer.paint(0, top, np.clip(1.2 - wire * 0.9, 0, 1) * 0.9, (0.16, 0.18, 0.17))
    layer.box(0, top - 6, _STRIP, 7, (0.24, 0.27, 0.25))
    layer.box(0, top - 5, _STRIP, 1, (0.55, 0.58, 0.56))
    for post in range(0, _STRIP, 256):
        layer.box(post, top - 12, 7, HEIGHT - top + 12, (0.22, 0.25, 0.23))
    leaves = fractal(rng, HEIGHT, _STRIP, 0.75)
    tint = fractal(rng, HEIGHT, _STRIP, 1.2)
    for trunk, crown, size in ((150, 300, 120), (1420, 270, 150)):
        layer.line(trunk, HEIGHT, trunk + 12, crown, 20, (0.22, 0.15, 0.11))
        dy, dx = np.mgrid[-size : size + 1, -size : size + 1].astype(np.float32)
        patch = leaves[: 2 * size + 1, : 2 * size + 1]
        cover = np.clip((patch + 1.4 - 2.2 * (np.hypot(dx, dy) / size) ** 2) * 3, 0, 1)
        green = shade((0.20, 0.36, 0.14), tint[: 2 * size + 1, : 2 * size + 1] + patch, 0.22)
        layer.paint(trunk - size, crown - size, cover, green)
    for lamp in (620, 1800):
        layer.line(lamp, top, lamp, 300, 6, _INK)
        layer.disc(lamp, 288, 17, (1.0, 0.93, 0.70))
        layer.ring(lamp, 288, 18, 3, _INK)
    return layer


def strip_shift(frame: int, speed: int) -> int:
    """Where a strip's visible part begins in frame ``frame``."""
    return speed * frame % _STRIP


def window(strip: Array, start: int, width: int) -> Array:
    """``width`` columns from ``start`` on, wrapping round at the strip's end."""
    end = start + width
    return strip[:, start:end] if end <= strip.shape[1] else np.concatenate(
        [strip[:, start:], strip[:, : end - strip.shape[1]]], axis=1
    )  # fmt: skip
