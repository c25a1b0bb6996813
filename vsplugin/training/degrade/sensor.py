"""Noise of digital cameras: photon and read noise on a colour filter array, and blotchy chroma noise."""

from __future__ import annotations

import numpy as np

from .blur import blur, gaussian
from .colour import to_linear, to_video

# Bilinear demosaicing (any text on colour filter arrays, e.g. Gunturk et al. 2005): the missing samples are means of
# the nearest ones, which is what gives neighbouring pixels of the noise their correlation.
_CROSS = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 4.0
_SQUARE = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4.0


def poisson_gaussian(signal: np.ndarray, gain: float, read: float, rng: np.random.Generator) -> np.ndarray:
    """Noisy version of linear-light ``signal`` (1 = full scale), variance ``gain * signal + read**2``; not clipped.

    Foi et al. 2008, "Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data", IEEE TIP 17.
    ``gain`` is the signal of one photo-electron: 1 / full-well capacity at base ISO, times the ISO ratio.
    """
    light = np.maximum(signal, 0.0)
    noisy = rng.poisson(light / gain) * gain if gain > 0 else light
    return (noisy + read * rng.standard_normal(signal.shape)).astype(np.float32)


def bayer_masks(height: int, width: int) -> np.ndarray:
    """``(3, height, width)`` of 0 and 1: where R, G and B are sampled in the RGGB pattern."""
    masks = np.zeros((3, height, width), np.float32)
    masks[0, ::2, ::2] = masks[2, 1::2, 1::2] = 1
    masks[1] = 1 - masks[0] - masks[2]
    return masks


def demosaic(samples: np.ndarray) -> np.ndarray:
    """Bilinear demosaicing of ``(..., 3, H, W)`` that is zero wherever a colour was not sampled."""
    out = np.empty_like(samples, dtype=np.float32)
    # Mirrored about the edge samples the pattern goes on; repeating them would break it.
    wide = np.pad(samples, [(0, 0)] * (samples.ndim - 2) + [(1, 1)] * 2, mode="reflect")
    for plane, kernel in enumerate((_SQUARE, _CROSS, _SQUARE)):
        out[..., plane, :, :] = blur(wide[..., plane, :, :], kernel)[..., 1:-1, 1:-1]
    return out


def sensor_noise(
    rgb: np.ndarray,
    gain: float,
    read: float,
    rng: np.random.Generator,
    *,
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> np.ndarray:
    """Camera noise on video RGB ``(..., 3, H, W)`` in 0..1 (BT.709 transfer); clipped to 0..1 as a camera does.

    The picture goes to linear light, each pixel of a Bayer mosaic gets :func:`poisson_gaussian` noise, and the noise
    alone is demosaiced and added: since bilinear demosaicing is linear this is the noise a camera would show, while
    the picture keeps the sharpness of better demosaicing. ``balance`` are the white-balance gains of R, G and B:
    colours amplified more are noisier.
    """
    gains = np.array(balance, np.float32)[:, None, None]
    raw = to_linear(rgb) / gains
    noise = (poisson_gaussian(raw, gain, read, rng) - raw) * bayer_masks(*rgb.shape[-2:])
    return np.clip(to_video(np.maximum((raw + demosaic(noise)) * gains, 0)), 0, 1)


def chroma_noise(ycbcr: np.ndarray, sigma: float, size: float, rng: np.random.Generator) -> np.ndarray:
    """Coloured blotches on ``(..., 3, H, W)``: noise of deviation ``sigma`` (1 = full scale) in Cb and Cr only.

    ``size`` in pixels is the sigma of the Gaussian that filters the noise: what in-camera denoising and analogue tape
    leave in chroma; below 0.3 the noise is white.
    """
    noise = rng.standard_normal(ycbcr[..., 1:, :, :].shape).astype(np.float32)
    if size >= 0.3:
        kernel = gaussian(size)
        noise = blur(noise, kernel) / np.float32(np.sqrt((kernel**2).sum()))
    out = ycbcr.astype(np.float32, copy=True)
    out[..., 1:, :, :] += np.float32(sigma) * noise
    return out
