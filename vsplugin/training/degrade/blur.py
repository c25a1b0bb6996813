"""Blur: point-spread functions of optics, motion and filters, and their application.

Every kernel is a square ``(K, K)`` float64 array of odd side that sums to 1 and is centred on its middle sample, so
blurring never moves a picture. Lengths are in pixels, angles in radians against the x axis, growing towards y (down).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

SUBSAMPLES = 15  # per pixel and axis, where a kernel has hard edges; odd, so that one lies on the centre


def _grid(radius: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the samples of a kernel with ``2 * radius + 1`` samples a side."""
    axis = np.arange(-radius, radius + 1, dtype=np.float64)
    return axis[None, :], axis[:, None]


def _over_pixels(density: Callable[[np.ndarray], np.ndarray], radius: int) -> np.ndarray:
    """Integrate a round ``density(distance)`` over each pixel's area."""
    count = (2 * radius + 1) * SUBSAMPLES
    axis = (np.arange(count) + 0.5) / SUBSAMPLES - radius - 0.5
    fine = density(np.hypot(axis[None, :], axis[:, None]))
    kernel = fine.reshape(2 * radius + 1, SUBSAMPLES, 2 * radius + 1, SUBSAMPLES).sum((1, 3))
    return kernel / kernel.sum()


def _bessel_j1(x: np.ndarray) -> np.ndarray:
    import torch

    return torch.special.bessel_j1(torch.from_numpy(np.asarray(x, np.float64))).numpy()


def gaussian(sigma: float, sigma_across: float | None = None, angle: float = 0.0) -> np.ndarray:
    """Gaussian of standard deviation ``sigma`` along ``angle`` and ``sigma_across`` across it (None: the same).

    Point-sampled and cut at 4 sigma: the variance is sigma squared within 1 % from sigma 0.7 upwards.
    """
    across = sigma if sigma_across is None else sigma_across
    x, y = _grid(max(1, math.ceil(4 * max(sigma, across))))
    along = x * math.cos(angle) + y * math.sin(angle)
    beside = y * math.cos(angle) - x * math.sin(angle)
    kernel = np.exp(-0.5 * ((along / sigma) ** 2 + (beside / across) ** 2))
    return kernel / kernel.sum()


def motion(length: float, angle: float) -> np.ndarray:
    """Straight motion at even speed over ``length`` pixels during the exposure; points are spread bilinearly."""
    radius = max(1, math.ceil(length / 2) + 1)
    count = 2 * math.ceil(8 * length) + 1
    kernel = np.zeros((2 * radius + 1, 2 * radius + 1))
    for place in np.linspace(-0.5, 0.5, count) * length * (count - 1) / count:
        x, y = place * math.cos(angle) + radius, place * math.sin(angle) + radius
        left, top = math.floor(x), math.floor(y)
        right, low = x - left, y - top
        kernel[top : top + 2, left : left + 2] += np.outer([1 - low, low], [1 - right, right])
    return kernel / kernel.sum()


def defocus(radius: float) -> np.ndarray:
    """Disc of ``radius`` pixels, the circle of confusion of an ideal round aperture; edge pixels by covered area."""
    return _over_pixels(lambda d: np.clip((radius - d) * SUBSAMPLES + 0.5, 0, 1), max(1, math.ceil(radius)))


def airy_intensity(distance: np.ndarray, spread: float) -> np.ndarray:
    """Airy pattern (2 J1(v) / v)**2, v = pi distance / spread; ``spread`` is wavelength * f-number in pixels.

    Born & Wolf, Principles of Optics, 8.5.2: the first dark ring lies at 1.22 * spread.
    """
    v = np.maximum(np.pi * np.asarray(distance, np.float64) / spread, 1e-9)
    return (2 * _bessel_j1(v) / v) ** 2


def airy(spread: float) -> np.ndarray:
    """Diffraction of an ideal round lens, integrated over each pixel, cut after the third dark ring (94 % of light).

    ``spread`` = wavelength * f-number / pixel pitch: 550 nm at f/8 on 4 um pixels is 1.1 pixels.
    """
    return _over_pixels(lambda distance: airy_intensity(distance, spread), max(1, math.ceil(3.24 * spread)))


def low_pass(cutoff: float) -> np.ndarray:
    """Ideal round low-pass of ``cutoff`` radians per pixel (pi keeps all): ringing and overshoot at every edge.

    The "sinc" filter of Real-ESRGAN (Wang et al. 2021, arXiv:2107.10833, 3.4), 21 samples a side.
    """
    x, y = _grid(10)
    distance = np.hypot(x, y)
    kernel = cutoff * _bessel_j1(cutoff * distance) / (2 * np.pi * np.maximum(distance, 1e-9))
    kernel[10, 10] = cutoff**2 / (4 * np.pi)
    return kernel / kernel.sum()


def blur(picture: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve every plane of ``(..., H, W)`` float32 with ``kernel``; the edge sample repeats outside."""
    import torch
    import torch.nn.functional as F

    radius = kernel.shape[0] // 2
    planes = torch.from_numpy(np.ascontiguousarray(picture, np.float32)).reshape(-1, 1, *picture.shape[-2:])
    weights = torch.from_numpy(kernel[::-1, ::-1].astype(np.float32))[None, None]
    return F.conv2d(F.pad(planes, [radius] * 4, mode="replicate"), weights).numpy().reshape(picture.shape)
