"""Where the pixels of a frame go in the next one, and which of them can be followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..kernels import warp
from .registry import NotSuitableError

_SMALLEST = 16  # pixels of a side


@dataclass(frozen=True)
class Motion:
    """``(H, W)`` float32 planes: after(x + dx, y + dy) shows what before(x, y) shows where ``mask`` is 1."""

    dx: np.ndarray
    dy: np.ndarray
    mask: np.ndarray  # 1 where the pixel is seen in both frames, else 0


def occlusion_mask(dx: np.ndarray, dy: np.ndarray, back_dx: np.ndarray, back_dy: np.ndarray) -> np.ndarray:
    """1 where a pixel of the frame before is seen in the frame after, else 0.

    Not seen: |F + B(x + F)|² > 0.01 (|F|² + |B(x + F)|²) + 0.5, or at motion boundaries, |∇F|² > 0.01 |F|² + 0.002
    (Sundaram, Brox and Keutzer, ECCV 2010, equations 5 and 6; Lai et al., ECCV 2018), or outside the frame after.
    """
    dx, dy, back_dx, back_dy = (np.ascontiguousarray(plane, np.float32) for plane in (dx, dy, back_dx, back_dy))
    there_x, there_y = (warp(plane, dx, dy, mode="bilinear") for plane in (back_dx, back_dy))
    length = dx**2 + dy**2
    apart = (dx + there_x) ** 2 + (dy + there_y) ** 2 > 0.01 * (length + there_x**2 + there_y**2) + 0.5
    bends = sum(np.square(gradient) for plane in (dx, dy) for gradient in np.gradient(plane))
    height, width = dx.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    outside = (x + dx < 0) | (x + dx > width - 1) | (y + dy < 0) | (y + dy > height - 1)
    return np.asarray(~(apart | (bends > 0.01 * length + 0.002) | outside), np.float32)


def estimator(width: int, height: int) -> Any:
    """OpenCV's dense inverse search, medium preset. ``NotSuitableError`` names the extra, or the smallest size."""
    try:
        import cv2
    except ImportError:
        raise NotSuitableError(
            "measure: motion needs OpenCV, of the extra 'metrics': pip install 'vapoursynth-vsplugin[metrics]'"
        ) from None
    if min(width, height) < _SMALLEST:
        raise NotSuitableError(f"measure: motion needs pictures of at least 16x16; these are {width}x{height}")
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)


def estimate(before: np.ndarray, after: np.ndarray) -> Motion:
    """Dense inverse search (Kroeger et al., ECCV 2016) on luma, both ways.

    Not the flow that our filters use, so that they cannot be right by agreement with themselves.
    """
    search = estimator(before.shape[1], before.shape[0])
    one, other = (np.clip(np.rint(np.nan_to_num(plane) * 255), 0, 255).astype(np.uint8) for plane in (before, after))
    forward, back = search.calc(one, other, None), search.calc(other, one, None)
    dx, dy = (np.ascontiguousarray(forward[..., axis]) for axis in (0, 1))
    return Motion(dx, dy, occlusion_mask(dx, dy, back[..., 0], back[..., 1]))
