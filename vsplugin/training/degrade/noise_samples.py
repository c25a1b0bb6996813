"""What noise_scenes.py writes and denoise_t.py reads: planes as one grey 16-bit PNG, one below another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SEEN = ("Y", "Cb", "Cr", "sigma Y", "sigma C", "frame's Y", "frame's Cb", "frame's Cr", "frame's sigma Y")
PLANES = ("clean Y", "clean Cb", "clean Cr", *SEEN)
_CODES, _ZERO = 8192, 3.0  # codes per unit, and where code 0 is: -3 to 5 in steps of 1/32 of an 8-bit step


def write(planes: np.ndarray, path: Path) -> None:
    """``PLANES``, ``(12, H, W)`` float32, 1 = full scale, in -3..5."""
    codes = np.clip(np.rint((planes + _ZERO) * _CODES), 0, 65535).astype(np.uint16)
    Image.fromarray(codes.reshape(-1, codes.shape[-1])).save(path, compress_level=1)


def read(path: Path) -> np.ndarray:
    """``(12, H, W)`` uint16, see :func:`values`."""
    with Image.open(path) as picture:
        stacked = np.asarray(picture).astype(np.uint16)
    if stacked.shape[0] % len(PLANES):
        raise ValueError(
            f"denoise-t: {path} must have {len(PLANES)} pictures below each other; it is {stacked.shape[0]} high"
        )
    return stacked.reshape(len(PLANES), -1, stacked.shape[1])


def values(codes: np.ndarray) -> np.ndarray:
    """float32, 1 = full scale."""
    return codes.astype(np.float32) / _CODES - _ZERO
