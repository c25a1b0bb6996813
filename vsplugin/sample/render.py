"""The scene as video planes: colour coding of the strips once, composition per frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from . import scene
from .draw import Array, Layer

_BT709 = (0.2126, 0.0722)
_BT2020 = (0.2627, 0.0593)
_709_TO_2020 = np.array(
    [[0.627404, 0.329283, 0.043313], [0.069097, 0.919540, 0.011362], [0.016391, 0.088013, 0.895595]], np.float32
)


@dataclass(frozen=True)
class _Strip:
    """A strip ready for composition: premultiplied luma and half-size chroma (centred on 0), what shows through."""

    luma: Array
    u: Array
    v: Array
    through: Array
    through_half: Array
    speed: int


def _pq(nits: Array) -> Array:
    """SMPTE ST 2084 code values 0..1."""
    y = (np.clip(nits, 0, 10000) / 10000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375


def _to_hdr(rgb: Array) -> Array:
    """BT.709 picture to PQ BT.2020: white at 203 cd/m², lights and sun up to about 1000."""
    linear = np.clip(rgb, 0, 1) ** 2.4 @ _709_TO_2020.T
    bright = np.clip((rgb.max(axis=-1) - 0.975) * 40, 0, 1)  # only lamps and sun are painted that bright
    return _pq(203 * linear * (1 + 3.9 * bright[..., None] ** 2)).astype(np.float32)


def _half(plane: Array) -> Array:
    """2x2 means: the antialiased half."""
    return (plane[0::2, 0::2] + plane[1::2, 0::2] + plane[0::2, 1::2] + plane[1::2, 1::2]) * np.float32(0.25)


def _encode(layer: Layer, speed: int, hdr: bool) -> _Strip:
    rgb = layer.rgb
    if hdr:
        rgb = _to_hdr(rgb / np.maximum(layer.alpha, 1e-3)[..., None]) * layer.alpha[..., None]
    kr, kb = _BT2020 if hdr else _BT709
    luma = kr * rgb[..., 0] + (1 - kr - kb) * rgb[..., 1] + kb * rgb[..., 2]
    u, v = (rgb[..., 2] - luma) / (2 - 2 * kb), (rgb[..., 0] - luma) / (2 - 2 * kr)
    through = 1 - layer.alpha
    luma, through = (np.ascontiguousarray(plane, np.float32) for plane in (luma, through))
    return _Strip(luma, _half(u), _half(v), through, _half(through), speed)


@cache
def _strips(hdr: bool) -> tuple[_Strip, ...]:
    return tuple(_encode(layer, speed, hdr) for layer, speed in scene.layers())


def _half_window(strip: Array, start: int) -> Array:
    """Half-size columns from an odd or even full-size start."""
    width = scene.WIDTH // 2
    here = scene.window(strip, start // 2, width)
    if start % 2 == 0:
        return here
    return (here + scene.window(strip, (start // 2 + 1) % strip.shape[1], width)) * np.float32(0.5)


def truth(frame: int, hdr: bool = False) -> tuple[Array, Array, Array]:
    """Luma 0..1 (720 x 1280) and chroma -0.5..0.5 (360 x 640) of a frame, undamaged."""
    back, *others = _strips(hdr)
    start = scene.strip_shift(frame, back.speed)
    luma = scene.window(back.luma, start, scene.WIDTH).copy()
    u, v = _half_window(back.u, start).copy(), _half_window(back.v, start).copy()
    for strip in others:
        start = scene.strip_shift(frame, strip.speed)
        luma *= scene.window(strip.through, start, scene.WIDTH)
        luma += scene.window(strip.luma, start, scene.WIDTH)
        through = _half_window(strip.through_half, start)
        for plane, add in ((u, strip.u), (v, strip.v)):
            plane *= through
            plane += _half_window(add, start)
    return luma, u, v


def half(planes: tuple[Array, Array, Array], shift: tuple[int, int] = (0, 0)) -> tuple[Array, Array, Array]:
    """The picture at half size, antialiased; first moved by whole pixels of the truth, edges repeated."""
    luma, u, v = planes
    down, right = shift
    if down or right:
        luma = _moved(luma, down, right)
    return _half(luma), _half(u), _half(v)


def _moved(plane: Array, down: int, right: int) -> Array:
    rows = np.clip(np.arange(plane.shape[0]) - down, 0, plane.shape[0] - 1)
    columns = np.clip(np.arange(plane.shape[1]) - right, 0, plane.shape[1] - 1)
    return plane[rows][:, columns]
