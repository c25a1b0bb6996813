"""Clips and pictures the tests share."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The project's corpus beside the checkout; tests that need it skip where it is absent."""
    path = Path(os.environ.get("VSPLUGIN_CORPUS", Path(__file__).resolve().parents[2] / "shared" / "corpus"))
    if not path.is_dir():
        pytest.skip(f"no corpus at {path}: set VSPLUGIN_CORPUS to its folder")
    return path


def to_clip(
    planes: list[np.ndarray], kind: vs.VideoFormat, frames: int = 1, **props: int | float | bytes
) -> vs.VideoNode:
    """A clip whose every frame holds these planes, with these frame properties."""
    height, width = planes[0].shape
    blank = vs.core.std.BlankClip(format=kind.id, width=width, height=height, length=frames, keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        for index, plane in enumerate(planes):
            target = np.asarray(out[index])
            target[:] = np.rint(plane) if target.dtype.kind == "u" else plane
        for name, value in props.items():
            out.props[name] = value
        return out

    return vs.core.std.ModifyFrame(blank, blank, fill)


def to_arrays(clip: vs.VideoNode, frame: int = 0) -> list[np.ndarray]:
    with clip.get_frame(frame) as f:
        return [np.array(f[p]) for p in range(f.format.num_planes)]


@pytest.fixture(scope="session")
def picture() -> np.ndarray:
    """``(3, 96, 128)`` float64 in 0..1: smooth ramps, discs, stripes; edges in several directions."""
    y, x = np.mgrid[0:96, 0:128].astype(np.float64)
    luma = 0.35 + 0.25 * np.sin(x / 17) * np.cos(y / 13)
    luma += 0.25 * (np.hypot(x - 40, y - 50) < 22) - 0.2 * (np.hypot(x - 90, y - 30) < 15)
    luma += 0.12 * np.sign(np.sin((x + y) / 3.0)) * (x > 70) * (y > 55)
    u = 0.5 + 0.2 * (np.hypot(x - 40, y - 50) < 22)
    v = 0.5 - 0.2 * (np.hypot(x - 90, y - 30) < 15)
    return np.clip(np.stack([luma, u, v]), 0, 1)
