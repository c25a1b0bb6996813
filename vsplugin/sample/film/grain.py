"""The grain layer: what is added to luma."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

from ... import color
from ...grain.model import GrainModel, PlaneGrain
from ...grain.synthesis import grain
from .kinds import Grain

_TONES = np.array([0.0, 0.15, 0.3, 0.5, 0.7, 0.85, 1.0])
_MIDDLE = 32768  # of the layer's codes: nothing is added
_ONE = 65535  # codes for full scale


def layer(clip: vs.VideoNode, values: Grain, seed: int) -> vs.VideoNode:
    """GRAY16: 32768 + 65535 times what is added, for the brightness of a float32 clip."""
    luma = color.plane(color.to_yuv(clip), 0)
    model = GrainModel(clip.width, (PlaneGrain(_TONES, _taps(values)),))
    drawn = grain(luma, model, seed=seed)
    codes = vs.core.std.Expr(drawn, f"x {_ONE} * {_MIDDLE} +", format=vs.GRAY16)
    return codes.std.SetFrameProps(_Range=1)


def of(codes: np.ndarray) -> np.ndarray:
    """What a layer adds, as float32."""
    return (codes.astype(np.float32) - _MIDDLE) / np.float32(_ONE)


def _taps(values: Grain) -> np.ndarray:
    """A Gaussian filter for each tone; a disc of the same area as it averages over has the diameter asked for."""
    radius = values.size / 4  # (sum of taps)² / sum of squares = 4 pi radius² = pi (size / 2)²
    half = max(1, int(np.ceil(3.5 * radius)))
    one = np.exp(-(np.arange(-half, half + 1) ** 2) / (2 * max(radius, 0.05) ** 2))
    taps = np.outer(one, one)
    taps /= np.sqrt((taps**2).sum())
    strength = 0.3 + 0.7 * 4 * _TONES * (1 - _TONES)
    return values.amount / 255 * strength[:, None, None] * taps
