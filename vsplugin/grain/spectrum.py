"""Power spectra of grain: measured on blocks, summed by octave, and turned into filters that give them again."""

from __future__ import annotations

from functools import cache

import numpy as np

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

BLOCK = 32  # samples a side of a measured block
_GRID = 64  # of the spectra a filter is designed on: fine enough for the window's blur
SIDES = (9, 15, 23, 31)  # of filters, the shortest that does being taken
_FITS = 0.03  # relative error of every octave that makes a filter long enough
OCTAVES = ((1 / 32, 1 / 16), (1 / 16, 1 / 8), (1 / 8, 1 / 4), (1 / 4, 1 / 2))  # cycles per sample


@cache
def _window() -> Array:
    """``(32, 32)`` Hann, of unit power."""
    one = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(BLOCK) + 0.5) / BLOCK)
    window: Array = np.outer(one, one)
    return window / np.sqrt((window**2).mean())


@cache
def _smooth() -> Array:
    """``(6, 1024)``: an orthonormal basis of the polynomials of second order on a block."""
    y, x = np.mgrid[-1 : 1 : BLOCK * 1j, -1 : 1 : BLOCK * 1j]
    basis, _ = np.linalg.qr(np.stack([np.ones_like(x), x, y, x * y, x * x, y * y]).reshape(6, -1).T)
    return basis.T


def detrended(blocks: Array) -> Array:
    """``(N, 32, 32)`` less the second-order surface that fits each block best: shading of the picture."""
    flat = blocks.reshape(len(blocks), -1)
    return (flat - (flat @ _smooth().T) @ _smooth()).reshape(blocks.shape)


def power(blocks: Array) -> Array:
    """``(N, 32, 32)`` power spectra of detrended blocks under a Hann window; the mean over all bins is the variance."""
    return np.abs(np.fft.fft2(blocks * _window())) ** 2 / BLOCK**2


@cache
def _radius(size: int) -> Array:
    """``(size, size)`` distance of each bin from zero, cycles per sample."""
    axis = np.fft.fftfreq(size)
    return np.hypot(axis[:, None], axis[None, :])


def octave_power(spectrum: Array) -> Array:
    """``(..., 4)`` mean power in each of :data:`OCTAVES` of spectra ``(..., n, n)``."""
    radius = _radius(spectrum.shape[-1])
    return np.stack([spectrum[..., (radius >= low) & (radius < high)].mean(-1) for low, high in OCTAVES], -1)


@cache
def _window_overlap() -> Array:
    """``(64, 64)`` autocorrelation of the window: what it does to autocovariances."""
    spectrum = np.abs(np.fft.fft2(_window(), (_GRID, _GRID))) ** 2
    return np.real(np.fft.ifft2(spectrum)) / BLOCK**2


def expected(taps: Array) -> Array:
    """``(32, 32)`` mean of :func:`power` of :func:`detrended` blocks of white noise filtered with ``taps``; exact.

    With the covariance C, the smooth surfaces q and the window w, the expectation of |F w (x - Q'Qx)|² is written out.
    """
    spectrum = np.abs(np.fft.fft2(taps, (_GRID, _GRID))) ** 2
    covariance = np.real(np.fft.ifft2(spectrum)) * _window_overlap()
    whole = np.real(np.fft.fft2(covariance))[::2, ::2] * BLOCK**2
    surfaces = _smooth().reshape(-1, BLOCK, BLOCK)
    spread = np.real(np.fft.ifft2(np.fft.fft2(surfaces, (_GRID, _GRID)) * spectrum))[:, :BLOCK, :BLOCK]  # C q
    seen, seen_spread = (np.fft.fft2(part * _window()) for part in (surfaces, spread))
    weights = np.tensordot(surfaces, spread, ((1, 2), (1, 2)))
    cross = 2 * np.real(seen_spread * seen.conj()).sum(0)
    surface = np.real(np.einsum("iyx,jyx,ij->yx", seen, seen.conj(), weights))
    return np.maximum(whole - cross + surface, 0) / BLOCK**2


def symmetric(spectrum: Array) -> Array:
    """The mean with its mirror images: grain has no preferred diagonal, and the estimate scatters less."""
    flipped = [spectrum]
    for axis in (-1, -2):
        flipped += [np.roll(np.flip(s, axis), 1, axis) for s in flipped]
    return np.mean(flipped, 0)


def _cut(spectrum: Array, side: int) -> Array:
    """The zero-phase filter of a spectrum ``(n, n)``, cut to ``side`` and eased off towards its ends."""
    whole = np.fft.fftshift(np.real(np.fft.ifft2(np.sqrt(spectrum))))
    middle, half = len(whole) // 2, side // 2
    taps = whole[middle - half : middle + half + 1, middle - half : middle + half + 1]
    ease = np.cos(np.pi / 2 * np.arange(-half, half + 1) / (half + 1)) ** 0.5
    return taps * np.outer(ease, ease)


def _enlarged(ratio: Array) -> Array:
    """``(32, 32)`` factors on the grid of 64, in between by the mean of the neighbours."""
    wide = np.empty((BLOCK, _GRID))
    wide[:, ::2], wide[:, 1::2] = ratio, (ratio + np.roll(ratio, -1, 1)) / 2
    out = np.empty((_GRID, _GRID))
    out[::2], out[1::2] = wide, (wide + np.roll(wide, -1, 0)) / 2
    return out


def _fitted(measured: Array, side: int, rounds: int = 12) -> Array:
    """A filter of ``side`` whose noise measures as ``measured``: corrected by what is still wrong, again and again."""
    floor = 1e-6 * measured.mean()
    target = np.maximum(measured, floor)
    design = _enlarged(target)
    for _ in range(rounds):
        found = np.maximum(expected(_cut(design, side)), floor)
        design = np.maximum(design * _enlarged(np.clip(target / found, 0.25, 4.0)) ** 0.8, floor)
    taps = _cut(design, side)
    return taps * np.sqrt(measured.mean() / expected(taps).mean())


def octave_error(taps: Array, measured: Array) -> float:
    """Largest relative error of an octave between the grain of ``taps`` and the measured spectrum ``(32, 32)``."""
    want = octave_power(measured)
    return float(np.abs(octave_power(expected(taps)) / np.maximum(want, 1e-12) - 1).max())


def filter_for(measured: Array) -> Array:
    """The shortest filter of :data:`SIDES` that gives every octave of the spectrum within 3 %; else the longest."""
    if not measured.any():
        return np.zeros((1, 1))
    for side in SIDES:
        taps = _fitted(measured, side)
        if octave_error(taps, measured) < _FITS:
            break
    return taps


def padded(filters: list[Array]) -> Array:
    """``(T, S, S)``: filters of several sides, filled up with zeros to the longest."""
    side = max(len(taps) for taps in filters)
    return np.stack([np.pad(taps, (side - len(taps)) // 2) for taps in filters])


def rescaled(taps: Array, factor: float, largest: int = 63) -> Array:
    """The filter for grain of the same size on film when the picture has ``factor`` times as many samples a side.

    The spectrum is stretched; what would lie beyond half a cycle per sample is not seen any more, as when a scan is
    made with larger pixels.
    """
    if not taps.any():
        return np.zeros((1, 1))
    size = 2 * _GRID
    source = np.fft.fftshift(np.abs(np.fft.fft2(taps, (size, size))) ** 2)
    axis = np.fft.fftshift(np.fft.fftfreq(size)) * factor  # cycles per old sample, of each new bin
    at = axis * size + size // 2
    spectrum = _bilinear(source, at) * factor**2
    inside = np.abs(axis) <= 0.5
    spectrum = np.fft.ifftshift(spectrum * np.outer(inside, inside))
    side = min(int(np.ceil(len(taps) * max(factor, 1.0))) | 1, largest)
    out = _cut(np.maximum(spectrum, 0), side)
    return out * np.sqrt(spectrum.mean() / (out**2).sum())


def _bilinear(grid: Array, at: Array) -> Array:
    """``grid`` at all pairs of the positions ``at``, edges repeated."""
    at = np.clip(at, 0, len(grid) - 1)
    low = np.minimum(at.astype(int), len(grid) - 2)
    share = at - low
    rows = grid[low] * (1 - share)[:, None] + grid[low + 1] * share[:, None]
    return rows[:, low] * (1 - share) + rows[:, low + 1] * share
