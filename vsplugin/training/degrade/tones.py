"""Lost tones: clipped shadows and highlights, and bands from too few bits."""

from __future__ import annotations

import numpy as np


def clip_tones(ycbcr: np.ndarray, black: float, white: float) -> np.ndarray:
    """``(..., 3, H, W)`` with luma held within ``black``..``white`` (1 = full scale): crushed blacks, blown highlights.

    The other tones stay where they are. Chroma fades as luma is cut, since a colour brighter than the range has none.
    """
    out = ycbcr.astype(np.float32, copy=True)
    luma = ycbcr[..., :1, :, :]
    cut = np.abs(luma - np.clip(luma, black, white))
    out[..., :1, :, :] = np.clip(luma, black, white)
    out[..., 1:, :, :] *= np.maximum(1 - cut / 0.25, 0)
    return out


def band(picture: np.ndarray, bits: float) -> np.ndarray:
    """Rounded to ``2**bits - 1`` even steps of full scale without dither; ``bits`` need not be whole."""
    steps = np.float32(2.0**bits - 1)
    return (np.rint(picture * steps) / steps).astype(np.float32)
