"""Unsteady pictures: how far the path of the whole picture leaves a smooth one.

Independent of the stabiliser's dense flow: one translation per pair of frames, by phase correlation and then by least
squares on blocks of which the median is believed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

import numpy as np

from ..kernels import warp
from .registry import AS_REFERENCE, Displacement, metric, root_mean_square

SIGMA = 8.0  # frames; the Gaussian that smooths the path
_BLOCK = 32
_SMALLEST = _BLOCK + 16
_OVERVIEW = 640  # pixels of the longer side to which large pictures are shrunk first
_ROUNDS = 6
_ALIKE = 0.3  # correlation of two aligned frames below which they show different scenes
_LOST = (math.nan, math.nan)


def displacement(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    """How far ``after`` lies right of and below ``before``, in pixels; both ``(H, W)`` float32 luma. NaN after a cut.

    What most blocks of 32 pixels say: a camera's motion, not that of things in front of it. Flat pictures stand still.
    Large pictures are first looked at shrunk; NaN for those too small to have a block and a margin.
    """
    if min(before.shape) < _SMALLEST:
        return _LOST
    factor = max(1, round(max(before.shape) / _OVERVIEW))
    small = _shrunk(before, factor), _shrunk(after, factor)
    dx, dy = _refined(*small, *map(float, _phase_correlation(*small)))
    if factor > 1:
        dx, dy = _refined(before, after, factor * dx, factor * dy)
    aligned, valid = _shifted(after, dx, dy)
    return (dx, dy) if _alike(before[valid], aligned[valid]) else _LOST


def _shrunk(image: np.ndarray, factor: int) -> np.ndarray:
    """Means of ``factor`` x ``factor`` pixels."""
    rows, columns = (side // factor for side in image.shape)
    blocks = image[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)


def _refined(before: np.ndarray, after: np.ndarray, dx: float, dy: float) -> tuple[float, float]:
    """A translation known to a pixel or two, to a hundredth of one."""
    for _ in range(_ROUNDS):
        aligned, valid = _shifted(after, dx, dy)
        step = _block_step(before[valid], aligned[valid])
        if step is None:
            break
        dx, dy = dx + step[0], dy + step[1]
        if math.hypot(*step) < 1e-3:
            break
    return dx, dy


def _shifted(image: np.ndarray, dx: float, dy: float) -> tuple[np.ndarray, tuple[slice, slice]]:
    """``image`` moved back by a translation (Catmull-Rom), and where all its samples come from inside."""
    flows = [np.full(image.shape, value, np.float32) for value in (dx, dy)]
    inside = []
    for shift, side in zip((dy, dx), image.shape, strict=True):
        low = min(max(0, math.ceil(-shift)) + 2, side // 2 - 1)
        inside.append(slice(low, max(low + 1, min(side, math.floor(side - shift)) - 2)))
    return warp(np.ascontiguousarray(image, np.float32), *flows), (inside[0], inside[1])


def _phase_correlation(before: np.ndarray, after: np.ndarray) -> tuple[int, int]:
    """Whole pixels, by the peak of the normalised cross-power spectrum (Kuglin and Hines 1975)."""
    height, width = before.shape
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    one, other = (np.fft.rfft2((image - image.mean()) * window) for image in (before, after))
    cross = other * np.conj(one)
    peak = np.fft.irfft2(cross / (np.abs(cross) + 1e-6 * np.abs(cross).max() + 1e-20), s=before.shape)
    y, x = np.unravel_index(int(np.argmax(peak)), peak.shape)
    return int((x + width // 2) % width - width // 2), int((y + height // 2) % height - height // 2)


def _block_step(before: np.ndarray, after: np.ndarray) -> tuple[float, float] | None:
    """The median over blocks of the least-squares translation between them (Lucas and Kanade 1981); None if flat."""
    middle = (before + after) / 2
    gy, gx = np.gradient(middle)
    gt = after - before
    sums = [_block_sums(part) for part in (gx * gx, gx * gy, gy * gy, gx * gt, gy * gt)]
    if not sums[0].size:
        return None
    xx, xy, yy, xt, yt = sums
    determinant = xx * yy - xy * xy
    smallest = (xx + yy - np.sqrt((xx - yy) ** 2 + 4 * xy * xy)) / 2
    textured = smallest > max(1e-6 * _BLOCK**2, 0.1 * float(np.median(smallest)))
    if not textured.any():
        return None
    dx = -(yy * xt - xy * yt)[textured] / determinant[textured]
    dy = -(xx * yt - xy * xt)[textured] / determinant[textured]
    return float(np.clip(np.median(dx), -2, 2)), float(np.clip(np.median(dy), -2, 2))


def _block_sums(plane: np.ndarray) -> np.ndarray:
    rows, columns = (side // _BLOCK for side in plane.shape)
    blocks = plane[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    return np.asarray(blocks.sum(axis=(1, 3), dtype=np.float64).ravel())


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    one, other = one - one.mean(), other - other.mean()
    power = math.sqrt(float(np.square(one).mean()) * float(np.square(other).mean()))
    return power < 1e-6 or float((one * other).mean()) / power > _ALIKE


def paths(steps: Sequence[tuple[float, float]]) -> list[np.ndarray]:
    """The path of each shot, ``(frames, 2)`` pixels from its first frame; a step of NaN begins a shot."""
    shots: list[list[np.ndarray]] = []
    for step in steps:
        if not shots or math.isnan(step[0]):
            shots.append([np.zeros(2)])
        else:
            shots[-1].append(shots[-1][-1] + step)
    return [np.array(shot) for shot in shots]


def smoothed(path: np.ndarray, sigma: float = SIGMA) -> np.ndarray:
    """A path under a Gaussian over time; both ends go on by odd reflection, so that a steady pan stays itself."""
    reach = min(math.ceil(3 * sigma), len(path) - 1)
    if reach < 1:
        return path
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    head = 2 * path[0] - path[reach:0:-1]
    tail = 2 * path[-1] - path[-2 : -reach - 2 : -1]
    longer = np.concatenate([head, path, tail])
    smooth = [np.convolve(longer[:, axis], weights / weights.sum(), "valid") for axis in range(path.shape[1])]
    return np.stack(smooth, axis=1)


def high_pass(steps: Sequence[tuple[float, float]]) -> list[float]:
    """Distance of the path from its smoothed self, per frame, in pixels; NaN in shots of less than 3 frames."""
    out: list[float] = []
    for path in paths(steps):
        away = np.linalg.norm(path - smoothed(path), axis=1)
        out += away.tolist() if len(path) > 2 else [math.nan] * len(path)
    return out


def acceleration(steps: Sequence[tuple[float, float]]) -> list[float]:
    """Length of the second difference of the path, per frame, in pixels; NaN at the ends of shots."""
    out: list[float] = []
    for path in paths(steps):
        bends = np.linalg.norm(np.diff(path, 2, axis=0), axis=1) if len(path) > 2 else np.zeros(0)
        out += [math.nan, *bends.tolist(), *[math.nan] * (len(path) > 1)]
    return out


@metric(series=high_pass, pool=root_mean_square)
def jitter(picture: Displacement) -> Annotated[float, "pixels", AS_REFERENCE]:
    """Unsteadiness: distance of the picture's path from the same path under a Gaussian of 8 frames.

    The path is the sum of the translations between frames; each shot has its own. Pooled as root of the mean square.
    Rotation, zoom and rolling shutter are not looked at.

    Source: own, as the high-pass part of a path in Grundmann et al., CVPR 2011; translations by Kuglin and Hines
    (1975), then Lucas and Kanade (1981).
    """
    return picture  # type: ignore[no-any-return]  # `series` makes the numbers


@metric(series=acceleration, pool=root_mean_square)
def jitter_acceleration(picture: Displacement) -> Annotated[float, "pixels/frame²", AS_REFERENCE]:
    """Unsteadiness: second difference of the picture's path, which no steady pan has.

    Pooled as root of the mean square over the frames that have a frame on each side in their shot.

    Source: as jitter; the acceleration term of Grundmann et al., CVPR 2011.
    """
    return picture  # type: ignore[no-any-return]  # `series` makes the numbers
