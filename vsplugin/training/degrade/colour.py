"""Between the colour spaces degradations happen in. Batches are ``(..., 3, H, W)`` float32."""

from __future__ import annotations

import numpy as np

from ..pictures import _RGB_TO_YCBCR

_YCBCR_TO_RGB = np.linalg.inv(_RGB_TO_YCBCR.astype(np.float64)).astype(np.float32)


def _mix(matrix: np.ndarray, planes: np.ndarray) -> np.ndarray:
    """Planes times a 3x3 matrix. Not einsum: its BLAS threads fight with torch's while a training runs."""
    return sum(matrix[:, source, None, None] * planes[..., source : source + 1, :, :] for source in range(3))


def to_rgb(ycbcr: np.ndarray) -> np.ndarray:
    """R, G, B in 0..1 from BT.601 Y in 0..1, Cb and Cr in -0.5..0.5; not clamped."""
    return _mix(_YCBCR_TO_RGB, ycbcr)


def to_ycbcr(rgb: np.ndarray) -> np.ndarray:
    """The inverse of :func:`to_rgb`."""
    return _mix(_RGB_TO_YCBCR, rgb)


def to_linear(video: np.ndarray) -> np.ndarray:
    """Light from a video signal: the inverse of Rec. ITU-R BT.709-6, 1.2; negative values count as 0."""
    video = np.maximum(video, 0)
    return np.where(video < 0.081, video / 4.5, ((video + 0.099) / 1.099) ** (1 / 0.45)).astype(np.float32)


def to_video(light: np.ndarray) -> np.ndarray:
    """A video signal from light: Rec. ITU-R BT.709-6, 1.2, for light >= 0."""
    return np.where(light < 0.018, 4.5 * light, 1.099 * np.maximum(light, 1e-9) ** 0.45 - 0.099).astype(np.float32)


def shrink_chroma(ycbcr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Luma ``(..., H, W)`` and chroma ``(..., 2, H/2, W/2)`` (mean of 2x2, centred siting) of 4:4:4 with even sides."""
    chroma = ycbcr[..., 1:, :, :]
    rows = chroma[..., ::2, :] + chroma[..., 1::2, :]
    return ycbcr[..., 0, :, :], 0.25 * (rows[..., ::2] + rows[..., 1::2])


def repeat_chroma(luma: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    """4:4:4 from 4:2:0 with each chroma sample repeated over its 2x2 pixels: how filters feed a network."""
    return np.concatenate([luma[..., None, :, :], chroma.repeat(2, -2).repeat(2, -1)], -3)
