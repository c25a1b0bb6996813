"""Consistency over time: does a picture change only where what it shows changes."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np

from ..kernels import warp
from .registry import AS_REFERENCE, LOWER, Flow, Rgb, metric

BORDER = 4  # pixels left out on each side


def warping_residual(
    before: np.ndarray, after: np.ndarray, dx: np.ndarray, dy: np.ndarray, mask: np.ndarray
) -> np.ndarray:
    """mask * (after(x + F) - before), bilinear; pictures ``(H, W, C)`` or ``(H, W)``, flow and mask ``(H, W)``."""
    before, after = (np.atleast_3d(np.asarray(picture, np.float32)) for picture in (before, after))
    flow = [np.ascontiguousarray(plane, np.float32) for plane in (dx, dy)]
    channels = [
        warp(np.ascontiguousarray(after[..., channel]), *flow, mode="bilinear") for channel in range(after.shape[2])
    ]
    return np.asarray((np.stack(channels, axis=-1) - before) * mask[..., None])


def warping_energy(before: np.ndarray, after: np.ndarray, dx: np.ndarray, dy: np.ndarray, mask: np.ndarray) -> float:
    """Mean squared :func:`warping_residual` over channels and over the pixels of the mask; NaN for an empty mask."""
    inner = slice(BORDER, -BORDER)
    residual = warping_residual(before, after, dx, dy, mask)[inner, inner].astype(np.float64)
    weight = float(mask[inner, inner].sum(dtype=np.float64)) * residual.shape[2]
    return float(np.square(residual).sum()) / weight if weight else math.nan


@metric()
def warping_error(picture_before: Rgb, picture: Rgb, motion: Flow) -> Annotated[float, "1", AS_REFERENCE]:
    """E_warp: mean squared change of R'G'B' along the reference's motion, where it can be followed.

    Sum of mask * |picture(x + F) - picture_before(x)|² over three times the mask's pixels, R'G'B' in 0..1, bilinear, 4
    pixels of border left out; flow F and mask from the reference (from the picture itself where there is none), by
    dense inverse search, occlusions and motion boundaries masked. Blur makes it small: below the reference's own
    value the picture is smoothed, not steadied.

    Source: Lai et al., Learning blind video temporal consistency, ECCV 2018, section 4.2 (arXiv 1808.00449).
    """
    return warping_energy(picture_before, picture, motion.dx, motion.dy, motion.mask)


@metric()
def temporal_difference_error(
    reference_before: Rgb, reference: Rgb, distorted_before: Rgb, distorted: Rgb
) -> Annotated[float, "1", LOWER]:
    """TDE: mean squared difference of the changes from frame to frame of distorted and reference.

    Mean over R'G'B' in 0..1 of ((distorted - distorted_before) - (reference - reference_before))², 4 pixels of border
    left out. Needs no flow, and neither blur nor freezing lowers it below what the reference allows.

    Source: own; the difference of temporal differences that losses of recurrent video restoration use, as a measure.
    """
    inner = slice(BORDER, -BORDER)
    change = (distorted - distorted_before) - (reference - reference_before)
    inside = change[inner, inner]
    return float(np.square(inside, dtype=np.float64).mean()) if inside.size else math.nan


def excess_reduction(frame_wise: float, out: float, truth: float) -> float:
    """Share of the excess warping error of frame-wise processing that is gone: 1 is all, above 1 is over-smoothed.

    (frame_wise - out) / (frame_wise - truth); NaN where frame-wise processing has no excess. To be stated together with
    out >= truth and a PSNR not below the frame-wise one.
    """
    return (frame_wise - out) / (frame_wise - truth) if frame_wise > truth else math.nan
