"""What is left of interlaced pictures: combs, blended fields, lost lines. Pictures are ``(..., H, W)``, H even."""

from __future__ import annotations

import numpy as np

from .warp import shift


def weave(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Even lines of ``top`` and odd lines of ``bottom``: two moments of time in one frame."""
    out = top.copy()
    out[..., 1::2, :] = bottom[..., 1::2, :]
    return out


def comb(picture: np.ndarray, dx: float, dy: float, share: float = 1.0) -> np.ndarray:
    """The second field ``(dx, dy)`` pixels later, as when interlaced video is taken for progressive.

    ``share`` 0..1 mixes the comb with the picture: what a deinterlacer that looks at too little motion leaves.
    """
    return (picture + share * (weave(picture, shift(picture, dx, dy)) - picture)).astype(np.float32)


def blend_fields(picture: np.ndarray, dx: float, dy: float, share: float = 0.5) -> np.ndarray:
    """Both moments in every line: ``share`` of the later one. Ghosts of rate conversion and blend deinterlacing."""
    return (picture + share * (shift(picture, dx, dy) - picture)).astype(np.float32)


def drop_field(picture: np.ndarray) -> np.ndarray:
    """Odd lines replaced by the mean of their neighbours: what a simple ("bob") deinterlacer keeps; jagged edges."""
    out = picture.astype(np.float32, copy=True)
    below = np.concatenate([picture[..., 2::2, :], picture[..., -2:-1, :]], -2)
    out[..., 1::2, :] = 0.5 * (picture[..., 0::2, :] + below)
    return out
