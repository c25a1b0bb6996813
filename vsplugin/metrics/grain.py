"""Noise and grain: how strong, and how fine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np

from .registry import AS_REFERENCE, LOWER, Luma, metric

_TILE = 32
BANDS = 10  # of equal width from 0 to 0.5 cycles per pixel
_FLATTEST = 0.1  # share of the tiles taken as free of texture


def noise_level(luma: np.ndarray) -> float:
    """See :func:`vsplugin.noise.plane_sigma`, in 8-bit steps of nominal luma."""
    from ..noise import plane_sigma

    return plane_sigma(luma) * 255


@metric()
def noise(picture: Luma) -> Annotated[float, "8-bit steps", AS_REFERENCE]:
    """Standard deviation of the noise of luma, white noise assumed.

    Mean response of a second-difference mask on the flattest tenth of blocks of 16x16, corrected for that choice:
    texture hardly counts. Coarse grain counts less than white noise of the same power.

    Source: Immerkaer, Fast noise variance estimation, CVIU 64 (1996); the flattest tenth is ours (vsplugin/noise).
    """
    return noise_level(picture)


def tile_spectra(luma: np.ndarray) -> np.ndarray:
    """Band powers ``(tiles, 10)`` of 32x32 tiles under a Hann window, a plane taken out of each.

    Parseval holds: white noise of variance v has the power v in each band's mean.
    """
    rows, columns = (side // _TILE for side in luma.shape)
    raster = luma[: rows * _TILE, : columns * _TILE].reshape(rows, _TILE, columns, _TILE).swapaxes(1, 2)
    tiles = raster.reshape(-1, _TILE, _TILE).astype(np.float64)
    tiles = tiles - _planes(tiles)
    window = np.outer(_hann(), _hann())
    power = np.abs(np.fft.fft2(tiles * window)) ** 2 / np.square(window).sum()
    frequency = np.hypot(np.fft.fftfreq(_TILE)[:, None], np.fft.fftfreq(_TILE)[None])
    band = np.minimum((frequency * 2 * BANDS).astype(int), BANDS)
    band[0, 0] = BANDS  # neither the mean nor the corners beyond 0.5 belong to a band
    means = [power[:, band == index].mean(axis=1) for index in range(BANDS)]
    return np.stack(means, axis=1)


def _hann() -> np.ndarray:
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(_TILE) + 0.5) / _TILE))


def _planes(tiles: np.ndarray) -> np.ndarray:
    """The least-squares plane of each tile."""
    x = np.arange(_TILE) - (_TILE - 1) / 2
    slope_y = (tiles.mean(axis=2) @ x) / (x @ x)
    slope_x = (tiles.mean(axis=1) @ x) / (x @ x)
    mean = tiles.mean(axis=(1, 2))
    return np.asarray(
        mean[:, None, None] + slope_y[:, None, None] * x[None, :, None] + slope_x[:, None, None] * x[None, None, :]
    )


def flattest(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Which tiles have least power at low frequencies in both, where texture and edges have most.

    By the product of both: chosen by one of them alone, its grain would be the weaker by choice.
    """
    low = [spectra[:, :3].sum(axis=1) for spectra in (one, other)]
    return np.argsort(low[0] * low[1], kind="stable")[: max(1, round(len(one) * _FLATTEST))]


def spectrum_difference(reference: np.ndarray, distorted: np.ndarray) -> np.ndarray:
    """dB by which the grain of ``distorted`` is stronger, in ten bands from 0 to 0.5 cycles per pixel.

    Both ``(H, W)`` nominal luma; NaN for pictures smaller than a tile of 32x32.
    """
    if min(reference.shape) < _TILE:
        return np.full(BANDS, math.nan)
    one, other = (tile_spectra(plane) for plane in (reference, distorted))
    chosen = flattest(one, other)
    floor = (0.05 / 255) ** 2  # a twentieth of an 8-bit step: less is no grain, and 8 bits hold none
    return np.asarray(10 * np.log10((other[chosen].mean(axis=0) + floor) / (one[chosen].mean(axis=0) + floor)))


def _band_errors(raw: Sequence[Any]) -> list[float]:
    return [float(np.abs(np.asarray(bands)).mean()) for bands in raw]


@metric(series=_band_errors)
def grain(reference: Luma, distorted: Luma) -> Annotated[float, "dB", LOWER]:
    """Change of the grain: mean over ten bands of frequency of |dB| between the spectra of both.

    Power spectra of tiles of 32x32 under a Hann window, on the tenth of tiles with least power below 0.15 cycles per
    pixel in both; 0 where the same grain is on both, near 0 where other grain of the same spectrum is.

    Source: own; the bands of grain analysis as in Newson et al., IPOL 7 (2017).
    """
    return spectrum_difference(reference, distorted)  # type: ignore[return-value]  # `series` makes the numbers
