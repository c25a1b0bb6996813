"""Clips with known motion for the tests of everything that works over time."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

from vsplugin.training.degrade import motion


def texture(seed: int, height: int = 160, width: int = 220) -> np.ndarray:
    """``(3, H, W)`` float32 in 0.1..0.9 with structure of all sizes, as photographs have it (1/f)."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]) + 1 / width
    spectrum = np.fft.rfft2(rng.normal(size=(3, height, width))) / frequency**1.3
    out = np.fft.irfft2(spectrum, (height, width))
    out = (out - out.mean()) / out.std()
    return np.clip(0.5 + 0.16 * out, 0.1, 0.9).astype(np.float32)


def scene(seed: int = 1, height: int = 96, width: int = 128, speed: float = 1.5) -> motion.Scene:
    """A drifting, turning background and two discs that move over it."""
    stills = [texture(10 * seed + index) for index in range(3)]
    return motion.random_scene(
        stills, height, width, np.random.default_rng(seed), leaves=2, motion=speed, sizes=(14, 20)
    )


def clip_of(frames: np.ndarray, kind: int = vs.YUV444P8, **props: int) -> vs.VideoNode:
    """``(T, planes, H, W)`` as a clip: luma and RGB 0..1 full scale; chroma, too, with 0.5 as grey, if integer."""
    count, planes, height, width = frames.shape
    blank = vs.core.std.BlankClip(format=kind, width=width, height=height, length=count, keep=True)
    sample = blank.format

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        for p in range(sample.num_planes):
            target, value = np.asarray(out[p]), frames[n, min(p, planes - 1)]
            if sample.sample_type == vs.INTEGER:
                peak = (1 << sample.bits_per_sample) - 1
                value = np.clip(np.rint(value * peak), 0, peak)
            target[...] = value
        out.props.update(props)
        return out

    return vs.core.std.ModifyFrame(blank, blank, fill)


def noisy(frames: np.ndarray, sigma: float, seed: int = 5) -> np.ndarray:
    """With white noise of ``sigma`` 8-bit steps, of its own in each frame and plane."""
    return frames + np.random.default_rng(seed).normal(0, sigma / 255, frames.shape).astype(np.float32)


def planes(clip: vs.VideoNode, n: int) -> np.ndarray:
    """``(planes, H, W)`` of a frame without subsampling."""
    with clip.get_frame(n) as frame:
        return np.stack([np.array(frame[p]) for p in range(frame.format.num_planes)])
