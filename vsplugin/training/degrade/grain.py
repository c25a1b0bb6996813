"""Film grain: filtered noise for speed, and the Boolean model of discs for truth. Pictures are video signal in 0..1."""

from __future__ import annotations

import math

import numpy as np

from .blur import SUBSAMPLES, blur, gaussian


def density_curve(level: np.ndarray) -> np.ndarray:
    """Grain strength against brightness: 2 sqrt(u (1 - u)), 1 at mid grey and none in black and white.

    The standard deviation of a binary mask whose mean is u: grains cover a share u of the film.
    """
    u = np.clip(level, 0, 1)
    return 2 * np.sqrt(u * (1 - u))


def filtered_grain(luma: np.ndarray, strength: float, size: float, rng: np.random.Generator) -> np.ndarray:
    """``(..., H, W)`` plus Gaussian-filtered noise of standard deviation ``strength`` at mid grey (1 = full scale).

    ``size`` in pixels: sigma of the filter; the autocorrelation is a Gaussian of sigma ``size * sqrt(2)``. The model of
    film-grain metadata (SMPTE RDD 5, H.274) and the Gaussian limit of :func:`boolean_grain`.
    """
    kernel = gaussian(size)
    noise = blur(rng.standard_normal(luma.shape), kernel) / math.sqrt((kernel**2).sum())
    return (luma + strength * density_curve(luma) * noise).astype(np.float32)


def _disc_offsets(radius: float) -> list[tuple[int, int]]:
    """The cells nearest to the centre, as many as a disc of ``radius`` cells has area."""
    reach = range(-math.ceil(radius), math.ceil(radius) + 1)
    places = sorted((math.hypot(y, x), y, x) for y in reach for x in reach)
    return [(y, x) for _, y, x in places[: max(round(math.pi * radius**2), 1)]]


def boolean_grain(luma: np.ndarray, radius: float, aperture: float, rng: np.random.Generator) -> np.ndarray:
    """``(H, W)`` in 0..1 drawn as opaque discs of ``radius`` pixels, seen through a Gaussian of sigma ``aperture``.

    Newson et al. 2017, "A stochastic film grain model for resolution-independent rendering", CGF 36: disc centres are a
    Poisson process with ln(1 / (1 - u)) / (pi radius**2) discs per pixel, so the covered share is u. Centres lie on a
    grid of at least three cells per radius (``radius`` 0.2 and more), and the density is that of the disc's cells, so
    the mean is exact.
    """
    cells = min(max(math.ceil(3 / radius), 3), SUBSAMPLES)
    offsets = _disc_offsets(radius * cells)
    density = -np.log1p(-np.clip(luma, 0, 0.995)) / len(offsets)
    reach = math.ceil(radius * cells)
    margin = math.ceil(reach / cells)  # discs centred outside reach into the picture
    fine = np.pad(density, margin, mode="edge").repeat(cells, 0).repeat(cells, 1)
    centres = rng.random(fine.shape, dtype=np.float32) < -np.expm1(-fine)
    covered = np.zeros_like(centres)
    for y, x in offsets:  # wrapping round the edges touches only the margin, which is cut
        covered |= np.roll(centres, (y, x), (0, 1))
    height, width = fine.shape
    share = covered.reshape(height // cells, cells, width // cells, cells).mean((1, 3), dtype=np.float32)
    share = share[margin:-margin, margin:-margin] if margin else share
    return blur(share, gaussian(aperture))
