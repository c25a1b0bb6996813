"""How late chroma comes after luma, from the edges that both show."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

from . import color

_FRAMES = 16
_REACH = 12.0  # luma pixels to each side
_ALONG = 4.0  # lines: real pictures have colour a little above or below its edges
_AGREE = 1.0  # luma pixels: between one half of the frames and the other
_LIKE = 0.1  # least correlation of the edges
_SMALLEST = 4  # samples of chroma to a side: fewer leave no place beside the middle for a peak to lie


def chroma_delay(clip: vs.VideoNode) -> float:
    """Luma pixels by which chroma lies to the right of luma, beyond what ``_ChromaLocation`` says; 0 where unsure.

    On up to 16 frames spread over the clip the strength of the edges in Cb and Cr is correlated with that of luma at
    the size of chroma, by FFT. The correlations of all frames are added, so noise averages out; the peak is found to
    parts of a pixel by a parabola. Where the even and the odd ones of these frames do not agree within a pixel, and in
    clips without common edges, it is 0.
    """
    if min(clip.width >> clip.format.subsampling_w, clip.height >> clip.format.subsampling_h) < _SMALLEST:
        return 0.0
    count = clip.num_frames
    numbers = sorted({(2 * index + 1) * count // (2 * _FRAMES) for index in range(min(_FRAMES, count))})
    left, _ = color.chroma_offset(clip)
    scale = (1 << clip.format.subsampling_w, 1 << clip.format.subsampling_h)
    working = color.to_float(clip)
    small = color.shrunk(color.plane(working, 0), color.plane(working, 1))
    reach = (int(_REACH / scale[0]) + 1, int(_ALONG / scale[1]) + 1)
    alike = []
    for number in numbers:
        with small.get_frame(number) as frame, working.get_frame(number) as whole:
            edges = _edges([np.asarray(frame[0])])
            colour = _edges([np.asarray(whole[1]), np.asarray(whole[2])])
        alike.append(_correlation(edges, colour, reach))
    peaks = [_peak(np.mean(part, 0)) for part in (alike, alike[::2], alike[1::2] or alike)]
    if None in peaks:
        return 0.0
    middle, even, odd = (peak * scale[0] - left for peak in peaks if peak is not None)
    return round(middle, 3) if abs(even - odd) <= _AGREE else 0.0


def _edges(planes: list[np.ndarray]) -> np.ndarray:
    """The root of how steep the planes are together, without its mean, faded out at the borders."""
    steep = np.zeros(planes[0].shape, np.float64)
    for plane in planes:
        down, right = np.gradient(plane.astype(np.float64))
        steep += down**2 + right**2
    steep **= 0.25  # the root of the gradient's length, or one strong edge outvotes all others
    rows, columns = (np.hanning(size + 2)[1:-1] for size in steep.shape)
    window = np.outer(rows, columns)
    return (steep - (steep * window).sum() / window.sum()) * window


def _correlation(first: np.ndarray, second: np.ndarray, reach: tuple[int, int]) -> np.ndarray:
    """How alike ``second``, moved back by up to ``reach`` (right, down), and ``first`` are; 1 for equal ones."""
    size = max(float(np.sqrt((first**2).sum() * (second**2).sum())), 1e-9)
    product = np.conj(np.fft.rfft2(first)) * np.fft.rfft2(second)
    alike = np.fft.irfft2(product, s=first.shape) / size
    across, along = min(reach[0], alike.shape[1] // 4), min(reach[1], alike.shape[0] // 4)
    return np.roll(alike, (along, across), (0, 1))[: 2 * along + 1, : 2 * across + 1]


def _peak(alike: np.ndarray) -> float | None:
    """How far right of the middle the highest place is; None at a border, or where nothing is alike."""
    height, width = alike.shape
    y, x = (int(place) for place in np.unravel_index(int(alike.argmax()), alike.shape))
    if alike[y, x] < _LIKE or not (0 < y < height - 1 and 0 < x < width - 1):
        return None
    return x - width // 2 + _vertex(alike[y, x - 1], alike[y, x], alike[y, x + 1])


def _vertex(before: float, peak: float, after: float) -> float:
    """Where between its neighbours a parabola through three values is highest."""
    curve = before - 2 * peak + after
    return float(np.clip(0.5 * (before - after) / curve, -0.5, 0.5)) if curve < 0 else 0.0
