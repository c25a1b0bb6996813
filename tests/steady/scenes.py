"""Moving pictures whose every sample is known exactly, and an estimator of displacement that is not the filters'."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import vapoursynth as vs

WIDTH, HEIGHT = 192, 128

Place = Callable[[int, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]  # frame, x, y -> where the scene is


def texture(x: np.ndarray, y: np.ndarray, seed: int = 0) -> np.ndarray:
    """A picture in 0.1..0.9 that can be sampled anywhere: 48 waves of 6 to 60 pixels."""
    rng = np.random.default_rng(seed)
    out = np.full(np.broadcast(x, y).shape, 0.5)
    for _ in range(48):
        length, angle = 6 * 10 ** rng.uniform(0, 1), rng.uniform(0, np.pi)
        kx, ky = 2 * np.pi / length * np.cos(angle), 2 * np.pi / length * np.sin(angle)
        out += 0.012 * length**0.4 * np.cos(kx * x + ky * y + rng.uniform(0, 6.3))
    return np.clip(out, 0.1, 0.9)


def grid() -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    return x, y


def clip_of(pictures: list[np.ndarray], kind: int = vs.GRAYS, **props: int | bytes) -> vs.VideoNode:
    """GRAY frames in 0..1 as a clip of ``kind``; chroma follows luma at a fixed saturation."""
    form = vs.core.get_video_format(kind)
    height, width = pictures[0].shape
    blank = vs.core.std.BlankClip(format=vs.GRAYS, width=width, height=height, length=len(pictures), keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        np.asarray(out[0])[:] = pictures[n]
        out.props["Number"] = n
        return out

    gray = vs.core.std.ModifyFrame(blank, blank, fill)
    if form.color_family == vs.GRAY:
        return gray.resize.Point(format=kind).std.SetFrameProps(**props)
    chroma = [vs.core.std.Expr(gray, f"x {share} *") for share in (0.2, -0.15)]
    yuv = vs.core.std.ShufflePlanes([gray, *chroma], [0, 0, 0], vs.YUV)
    yuv = vs.core.std.CopyFrameProps(yuv, gray).std.SetFrameProps(_Matrix=1, **props)
    return yuv.resize.Bicubic(format=kind)


def planes(clip: vs.VideoNode) -> list[list[np.ndarray]]:
    out = []
    for frame in clip.frames(close=True):
        out.append([np.array(frame[p]) for p in range(frame.format.num_planes)])
    return out


def lumas(clip: vs.VideoNode) -> np.ndarray:
    """``(frames, H, W)`` float64 luma in nominal units."""
    gray = clip.std.ShufflePlanes(0, vs.GRAY) if clip.format.num_planes > 1 else clip
    return np.array([frame[0] for frame in planes(gray.resize.Point(format=vs.GRAYS))], np.float64)


def displacement(picture: np.ndarray, other: np.ndarray, rounds: int = 3) -> tuple[float, float]:
    """(dx, dy) such that other(x + dx, y + dy) is ``picture``: the slope of the phase of their cross-spectrum.

    Least squares over the frequencies of up to a third of a cycle per pixel, weighted by their power, on windowed
    pictures; repeated with the other picture moved back by what was found.
    """
    height, width = picture.shape
    window = np.outer(np.hanning(height), np.hanning(width))
    fx, fy = np.meshgrid(np.fft.fftfreq(width), np.fft.fftfreq(height))
    first = np.fft.fft2((picture - picture.mean()) * window)
    low = np.hypot(fx, fy) < 1 / 3
    whole = np.fft.ifft2(np.conj(first) * np.fft.fft2((other - other.mean()) * window)).real
    at = np.unravel_index(whole.argmax(), whole.shape)
    dy, dx = (float(k if k < n // 2 else k - n) for k, n in zip(at, whole.shape, strict=True))
    for _ in range(rounds):
        spectrum = np.fft.fft2(other - other.mean()) * np.exp(2j * np.pi * (fx * dx + fy * dy))
        back = np.fft.ifft2(spectrum).real * window
        cross = np.conj(first) * np.fft.fft2(back)
        weights, phase = np.abs(cross)[low], np.angle(cross)[low]
        # Phases that may have turned around say nothing.
        weights = weights * (np.abs(phase) < 2)
        a = 2 * np.pi * np.stack([fx[low], fy[low]], axis=1)
        step = np.linalg.solve((a.T * weights) @ a, (a.T * weights) @ phase)
        dx, dy = dx - step[0], dy - step[1]
    return dx, dy
