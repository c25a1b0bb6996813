"""Moving pictures along a flow: the definition of ``core.vsplugin.Warp`` (kernels/warp/README.md) in numpy.

Backwards: ``warped(x, y) = picture(x + dx(x, y), y + dy(x, y))``, pixels, x to the right and y down, Catmull-Rom
(Keys 1981, a = -0.5), the edge sample repeats outside.
"""

from __future__ import annotations

import math

import numpy as np


def catmull_rom(fraction: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Weights of the samples at -1, 0, 1, 2 for a place at ``fraction`` 0..1."""
    t = fraction
    return (
        ((-t / 2 + 1) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1,
        ((-1.5 * t + 2) * t + 0.5) * t,
        (t / 2 - 0.5) * t * t,
    )


def sample(picture: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """``(..., H, W)`` at places ``x``, ``y`` (any shape S): ``(..., *S)`` float32."""
    height, width = picture.shape[-2:]
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    out = np.zeros((*picture.shape[:-2], *x.shape), np.float32)
    columns = [np.clip(left + tap - 1, 0, width - 1) for tap in range(4)]
    across = catmull_rom((x - left).astype(np.float32))
    for tap, weight in enumerate(catmull_rom((y - top).astype(np.float32))):
        row = np.clip(top + tap - 1, 0, height - 1)
        out += weight * sum(w * picture[..., row, column] for w, column in zip(across, columns, strict=True))
    return out


def warp(picture: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """``(..., H, W)`` moved along ``flow`` ``(2, H, W)``: dx, dy in pixels."""
    y, x = np.mgrid[: picture.shape[-2], : picture.shape[-1]]
    return sample(picture, x + flow[0].astype(np.float64), y + flow[1].astype(np.float64))


def shift(picture: np.ndarray, dx: float, dy: float) -> np.ndarray:
    """Content moved ``dx`` pixels to the right and ``dy`` down: :func:`warp` by one displacement, and much faster."""
    out = picture.astype(np.float32, copy=False)
    for axis, step in ((-1, dx), (-2, dy)):
        if step == 0:
            continue
        size, first = out.shape[axis], math.floor(-step)
        before, after = max(1 - first, 0), max(first + 2, 0)
        wide = np.pad(out, [(0, 0)] * (out.ndim + axis) + [(before, after)] + [(0, 0)] * (-1 - axis), mode="edge")
        wide = np.moveaxis(wide, axis, -1)
        taps = catmull_rom(np.float32(-step - first))
        begin = before + first - 1
        moved = sum(weight * wide[..., begin + tap : begin + tap + size] for tap, weight in enumerate(taps))
        out = np.moveaxis(moved, -1, axis)
    return out
