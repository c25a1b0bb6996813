"""Whether two frames show the same scene: judged for each pair alone, so that the order of requests cannot matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import vapoursynth as vs

from . import kernels

_CELLS = 54  # along the shorter side: fine enough for structure, coarse enough to average noise out
_SMALLEST = 4  # pixels per cell
_REACH = 4  # cells: structure is what differs from the mean of 9x9 cells
# Correlation of the structure of a frame and of its neighbour aligned to it. Of 150 cuts between photographs of
# train/stills none passed 0.40; of 60 pairs of stills in motion none fell below 0.71, nor below 0.63 under dirt (over a
# twentieth of the frame in the middle, a seventh in one of ten).
_ALIKE = 0.5
_CAP = 2.0  # times the median: stronger structure counts as so strong, or else a few large blots decide for all
_FLAT = 4.0  # 8-bit steps: differences below are noise or too faint to judge by
_NOISE = 40.0  # 8-bit steps that count as noise in a single pixel
_JUMP = 32.0  # 8-bit steps between two frames without structure

Floats = np.ndarray[tuple[int, int], np.dtype[Any]]


def same_scene(frame: Floats, other: Floats, dx: Floats, dy: Floats) -> bool:
    """Whether ``other`` shows what ``frame`` shows: luma in 8-bit steps, and the flow (pixels) between them.

    Both are averaged over cells and the other is warped; then their structure must correlate. Brightness and contrast
    do not count: fades and flashes are no cuts. Frames without structure are told apart by a jump in brightness.
    """
    size = max(_SMALLEST, round(min(frame.shape) / _CELLS))
    first, second = _cells(frame, size), _cells(other, size)
    second = kernels.warp(second, _cells(dx, size) / size, _cells(dy, size) / size, mode="bilinear")
    structure, found = _structure(first), _structure(second)
    differing = float(np.std(structure - found))
    if differing > max(_FLAT, _NOISE / size):
        structure, found = _capped(structure, found)
        energy = float(np.sqrt((structure**2).sum() * (found**2).sum()))
        return float((structure * found).sum()) >= _ALIKE * energy
    flat = float(np.std(structure)) < _FLAT
    return not flat or abs(float(first.mean() - second.mean())) < _JUMP


def _capped(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    most = _CAP * max(min(float(np.median(np.abs(each))) for each in (one, other)), 1.0)
    return np.clip(one, -most, most), np.clip(other, -most, most)


def _cells(plane: Floats, size: int) -> Floats:
    """Means over ``size`` x ``size`` pixels; what does not fill a cell at the right and below is left out."""
    height, width = (max(1, side // size) for side in plane.shape)
    tall, wide = min(size, plane.shape[0]), min(size, plane.shape[1])
    cut = plane[: height * tall, : width * wide]
    rows = cut.reshape(height, tall, -1).mean(1, dtype=np.float32)
    return np.ascontiguousarray(rows.reshape(height, width, wide).mean(2))


def _structure(plane: Floats) -> Floats:
    """What differs from the mean of the cells around."""
    side = 2 * _REACH + 1
    sums = np.pad(plane, _REACH, mode="edge").astype(np.float64)
    for axis in (0, 1):
        total = np.insert(np.cumsum(sums, axis), 0, 0.0, axis)
        count = total.shape[axis] - side
        ends = np.take(total, range(side, side + count), axis)
        sums = ends - np.take(total, range(count), axis)
    return plane - sums / side**2


def mark(clip: vs.VideoNode) -> vs.VideoNode:
    """The clip with ``_SceneChangePrev`` and ``_SceneChangeNext`` (1 at its ends, too), as other filters know them."""
    from .filters.flow import CUT, flow  # which asks same_scene

    def tell(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        out = f[0].copy()
        out.props["_SceneChangePrev"], out.props["_SceneChangeNext"] = f[1].props[CUT], f[2].props[CUT]
        return out

    return vs.core.std.ModifyFrame(clip, [clip, flow(clip, -1, half=True), flow(clip, 1, half=True)], tell)
