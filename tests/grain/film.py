"""Grain made by numpy alone, whose spectrum is known: what the tests of grain compare with."""

import numpy as np
import vapoursynth as vs


def gaussian(size, side=21):
    """``(side, side)`` filter of deviation ``size`` and unit energy: white noise through it has deviation 1."""
    one = np.exp(-((np.arange(side) - side // 2) ** 2) / (2 * size**2))
    taps = np.outer(one, one)
    return taps / np.sqrt((taps**2).sum())


def field(rng, height, width, taps):
    """White noise through ``taps``, by the Fourier transform of the whole plane."""
    shape = height + len(taps), width + len(taps)
    whole = np.fft.fft2(rng.standard_normal(shape)) * np.fft.fft2(taps, shape)
    return np.real(np.fft.ifft2(whole))[len(taps) :, len(taps) :]


def curve(level):
    return 2 * np.sqrt(np.clip(level * (1 - level), 0, 1))


def filmed(picture, taps, strength, frames, seed=0):
    """The still ``(H, W)`` in 0..1 under new grain in every frame, strongest in the middle tones."""
    rng = np.random.default_rng(seed)
    return [picture + strength * curve(picture) * field(rng, *picture.shape, taps) for _ in range(frames)]


def ramp(height=256, width=512):
    """Every tone, side by side, with a soft shape over it."""
    y, x = np.mgrid[0:height, 0:width]
    return 0.06 + 0.88 * x / width + 0.01 * np.sin(y / 40)


def clip_of(frames, format_id=vs.GRAYS):
    """A GRAY or YUV 4:2:0 clip of these lumas, nominal 0..1, chroma without colour; integers rounded, limited range."""
    height, width = frames[0].shape
    blank = vs.core.std.BlankClip(format=vs.GRAYS, width=width, height=height, length=len(frames), keep=True)

    def fill(n, f):
        out = f.copy()
        np.asarray(out[0])[:] = frames[n]
        return out

    clip = vs.core.std.ModifyFrame(blank, blank, fill)
    family = vs.core.get_video_format(format_id).color_family
    return vs.core.resize.Point(clip, format=format_id, **({"matrix": 1} if family == vs.YUV else {}))


def lumas(clip):
    """All frames' first planes as float64 in nominal units."""
    floats = vs.core.resize.Point(vs.core.std.ShufflePlanes(clip, 0, vs.GRAY), format=vs.GRAYS)
    return [np.asarray(frame[0]).astype(np.float64) for frame in floats.frames(close=True)]
