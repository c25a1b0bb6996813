"""Load stills as BT.601 planes, and shrink them as the super-resolution literature does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

Kernel = Callable[[np.ndarray], np.ndarray]

# Rec. ITU-R BT.601-7, 2.5.1; chroma scaled so that all three span one unit.
_RGB_TO_YCBCR = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], dtype=np.float32
)


def load_rgb(path: Path) -> np.ndarray:
    """``(H, W, 3)`` uint8 RGB."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def ycbcr(rgb: np.ndarray) -> np.ndarray:
    """``(3, H, W)`` float32 from ``(H, W, 3)`` uint8: Y in 0..1, Cb and Cr in -0.5..0.5, nothing rounded."""
    return np.einsum("pc,hwc->phw", _RGB_TO_YCBCR, rgb.astype(np.float32) / 255.0, optimize=True)


def luma_of(rgb: np.ndarray) -> np.ndarray:
    """``(H, W)`` float64: BT.601 limited-range Y of 8-bit RGB, 16..235, not rounded."""
    return 16.0 + 219.0 * (rgb.astype(np.float64) / 255.0) @ np.array([0.299, 0.587, 0.114])


def luma_8bit(rgb: np.ndarray) -> np.ndarray:
    """:func:`luma_of` in whole numbers."""
    return np.rint(luma_of(rgb))


def cubic(x: np.ndarray) -> np.ndarray:
    """Catmull-Rom: MATLAB's 'bicubic' (a = -0.5) at distance ``x`` >= 0."""
    return np.where(x <= 1, 1.5 * x**3 - 2.5 * x**2 + 1, np.where(x <= 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0.0))


def lanczos3(x: np.ndarray) -> np.ndarray:
    """Lanczos with three lobes at distance ``x`` >= 0."""
    return np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


_REACH = {cubic: 2, lanczos3: 3}


def _weights(size_in: int, size_out: int, kernel: Kernel = cubic) -> tuple[np.ndarray, np.ndarray]:
    """Tap positions and weights of MATLAB's ``imresize`` along one axis, antialiased."""
    scale = size_out / size_in
    stretch = min(scale, 1.0)
    centre = (np.arange(size_out) + 0.5) / scale - 0.5
    width = 2 * _REACH[kernel] / stretch
    first = np.floor(centre - width / 2).astype(int)
    taps = first[:, None] + np.arange(int(np.ceil(width)) + 2)
    weights = kernel(np.abs((centre[:, None] - taps) * stretch))
    mirror = np.concatenate([np.arange(size_in), np.arange(size_in)[::-1]])
    return mirror[taps % (2 * size_in)], weights / weights.sum(axis=1, keepdims=True)


def imresize(plane: np.ndarray, height: int, width: int, kernel: Kernel = cubic) -> np.ndarray:
    """Resize ``(H, W)`` or ``(H, W, C)`` like MATLAB's ``imresize``, antialiased; float64, not clamped."""
    out = plane.astype(np.float64)
    for axis, size in ((0, height), (1, width)):
        taps, weights = _weights(out.shape[axis], size, kernel)
        out = np.moveaxis(out, axis, 0)
        out = np.moveaxis(
            sum(w.reshape(-1, *[1] * (out.ndim - 1)) * out[t] for t, w in zip(taps.T, weights.T, strict=True)), 0, axis
        )
    return out


def crop_to_multiple(picture: np.ndarray, multiple: int) -> np.ndarray:
    height, width = (size - size % multiple for size in picture.shape[:2])
    return picture[:height, :width]
