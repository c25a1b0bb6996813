"""Clips with known faults."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs


def clip_of(frames: list[list[np.ndarray]], kind: int = vs.GRAYS, fps: int = 25, **props: int) -> vs.VideoNode:
    """Each item one frame's planes; integer formats are rounded."""
    height, width = frames[0][0].shape
    blank = vs.core.std.BlankClip(format=kind, width=width, height=height, length=len(frames), fpsnum=fps, keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        for index, plane in enumerate(frames[n]):
            target = np.asarray(out[index])
            target[:] = np.rint(plane) if target.dtype.kind == "u" else plane
        for name, value in props.items():
            out.props[name] = value
        return out

    return vs.core.std.ModifyFrame(blank, blank, fill)


def texture(height: int, width: int, seed: int = 0, period: float = 6.0) -> np.ndarray:
    """``(height, width)`` in 0..1 without detail finer than ``period`` pixels, periodic, so that it moves exactly."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.fft2(rng.normal(size=(height, width)))
    y, x = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None]
    spectrum *= np.exp(-((np.hypot(x, y) * period) ** 2)) / np.maximum(np.hypot(x, y), 0.01)
    picture = np.fft.ifft2(spectrum).real
    return 0.5 + 0.15 * (picture - picture.mean()) / picture.std()


def moved(picture: np.ndarray, dx: float, dy: float) -> np.ndarray:
    """The periodic picture moved right by dx and down by dy, exactly, by the shift theorem."""
    y, x = np.fft.fftfreq(picture.shape[0])[:, None], np.fft.fftfreq(picture.shape[1])[None]
    return np.fft.ifft2(np.fft.fft2(picture) * np.exp(-2j * np.pi * (x * dx + y * dy))).real
