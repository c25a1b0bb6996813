"""Dense inverse search, by OpenCV (Kroeger, Timofte, Dai & Van Gool, ECCV 2016)."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import vapoursynth as vs

from . import pairs

_LEAST = 32  # pixels: patches of 8 on half the size, and a level to start from

_own = threading.local()  # an estimator holds the memory it works in


def missing() -> str | None:
    """What to install, or None."""
    try:
        import cv2  # noqa: F401
    except ImportError:
        return "method 'dis' needs OpenCV: pip install vapoursynth-vsplugin[flow]"
    return None


def raw(luma: vs.VideoNode, delta: int) -> vs.VideoNode:
    return pairs.flows(luma, delta, [], find)


def find(frame: np.ndarray, other: np.ndarray) -> pairs.Vectors:
    """dx, dy between two ``(H, W)`` uint8 pictures. Cost: 50 ns per pixel (one thread, AVX-512)."""
    height, width = frame.shape
    found = _estimator().calc(_contiguous(frame), _contiguous(other), None)
    return found[:height, :width, 0], found[:height, :width, 1]


def _contiguous(picture: np.ndarray) -> np.ndarray:
    below, right = (max(0, _LEAST - side) for side in picture.shape)
    return np.pad(picture, ((0, below), (0, right)), mode="edge") if below or right else np.ascontiguousarray(picture)


def _estimator() -> Any:
    if not hasattr(_own, "dis"):
        import cv2

        # Two levels of half size: searched at half the size and interpolated, where the error is already below a tenth
        # of a pixel; the full size costs four times as much and gains nothing (benchmarks/flow.py).
        _own.dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return _own.dis
