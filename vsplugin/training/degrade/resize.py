"""Shrinking and enlarging with several kernels, with or without an antialiasing filter.

Sample centres: output sample i looks at ``(i + 0.5) * size_in / size_out - 0.5`` of the input, so picture edges fall
together and nothing moves. Only ``nearest`` can: where the centre lies between two samples it takes the later one.
"""

from __future__ import annotations

from functools import cache

import numpy as np

# Half width in samples, and weight at distance x (in samples) from the centre.
_SUPPORT = {"area": 0.5, "bilinear": 1.0, "bicubic": 2.0, "lanczos": 3.0}
KERNELS = ("bicubic", "bilinear", "lanczos", "area", "nearest")
CENTRED = ("bicubic", "bilinear", "lanczos", "area")  # those that never move a picture


def _weight(kernel: str, x: np.ndarray) -> np.ndarray:
    x = np.abs(x)
    if kernel == "bilinear":
        return np.maximum(1 - x, 0)
    if kernel == "bicubic":  # Keys 1981, a = -0.5
        near, far = (1.5 * x - 2.5) * x**2 + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
        return np.where(x <= 1, near, np.where(x < 2, far, 0.0))
    return np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0.0)  # Lanczos with three lobes (Duchon 1979)


def _taps(kernel: str, size_in: int, size_out: int, antialias: bool) -> tuple[np.ndarray, np.ndarray]:
    """Positions (may lie outside) and weights, both ``(size_out, taps)``."""
    ratio = size_in / size_out
    stretch = max(ratio, 1.0) if antialias else 1.0
    centre = (np.arange(size_out) + 0.5) * ratio - 0.5
    half = _SUPPORT[kernel] * stretch
    taps = np.floor(centre - half)[:, None].astype(int) + np.arange(int(np.ceil(2 * half)) + 2)
    if kernel == "area":  # the exact share of each sample the box covers
        low, high = centre[:, None] - half, centre[:, None] + half
        weights = np.maximum(np.minimum(taps + 0.5, high) - np.maximum(taps - 0.5, low), 0)
    else:
        weights = _weight(kernel, (taps - centre[:, None]) / stretch)
    return taps, weights / weights.sum(1, keepdims=True)


@cache
def matrix(kernel: str, size_in: int, size_out: int, antialias: bool = True) -> np.ndarray:
    """``(size_out, size_in)`` float32: one axis of the resize as a matrix; the edge sample repeats outside."""
    out = np.zeros((size_out, size_in), np.float32)
    if kernel == "nearest":
        centre = np.floor((np.arange(size_out) + 0.5) * size_in / size_out).astype(int)
        out[np.arange(size_out), np.minimum(centre, size_in - 1)] = 1
        return out
    taps, weights = _taps(kernel, size_in, size_out, antialias)
    np.add.at(out, (np.arange(size_out)[:, None], np.clip(taps, 0, size_in - 1)), weights.astype(np.float32))
    return out


def resize(picture: np.ndarray, height: int, width: int, kernel: str, *, antialias: bool = True) -> np.ndarray:
    """``(..., H, W)`` to ``(..., height, width)`` float32, not clamped.

    ``antialias`` stretches the kernel when shrinking so that what the smaller picture cannot hold is filtered out
    (MATLAB, Pillow, zimg); without it details alias, as in OpenCV, torch and cheap scalers. ``nearest`` always aliases.
    """
    import torch

    rows = torch.from_numpy(matrix(kernel, picture.shape[-2], height, antialias))
    columns = torch.from_numpy(matrix(kernel, picture.shape[-1], width, antialias))
    return (rows @ torch.from_numpy(np.ascontiguousarray(picture, np.float32)) @ columns.T).numpy()
