"""Which frames of two clips belong together, found by looking."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

from ..errors import UserError
from .views import luma

REACH = 48  # frames each way
_SIDE = 24  # pixels of the thumbnails
_SAMPLE = 160  # frames looked at
_CLEAR = 2.0  # the best offset must fit this many times better than any other


def find_offset(reference: vs.VideoNode, distorted: vs.VideoNode, reach: int = REACH) -> int:
    """The offset for ``measure``: frame n of ``distorted`` shows frame n + offset of ``reference``.

    Thumbnails of up to 160 frames, each less its mean, so that brightness may differ; mean squared differences over the
    frames that both have, at least an eighth of the shorter sample. ``UserError`` where no offset stands out, as in a
    still picture.
    """
    one, other = (_thumbnails(clip) for clip in (reference, distorted))
    least = max(2, min(len(one), len(other)) // 8)
    errors = {
        offset: error for offset in range(-reach, reach + 1) if not np.isnan(error := _error(one, other, offset, least))
    }
    if not errors:
        raise UserError(f"measure: the clips are too short to find an offset: {len(one)} and {len(other)} frames")
    best = min(errors, key=lambda offset: (errors[offset], abs(offset)))
    rivals = [error for offset, error in errors.items() if offset != best]
    if rivals and min(rivals) < _CLEAR * errors[best] + 1e-7:
        raise UserError(
            f"measure: no offset within {reach} frames stands out (best {best}); give it as a number, 0 for none"
        )
    return best


def _thumbnails(clip: vs.VideoNode) -> np.ndarray:
    small = luma(clip).resize.Bilinear(_SIDE, _SIDE)[:_SAMPLE]
    pictures = np.stack([np.array(frame[0]) for frame in small.frames(close=True)])
    return np.asarray(pictures - pictures.mean(axis=(1, 2), keepdims=True))


def _error(one: np.ndarray, other: np.ndarray, offset: int, least: int) -> float:
    first, second = max(0, offset), max(0, -offset)
    frames = min(len(one) - first, len(other) - second)
    if frames < least:
        return float("nan")
    return float(np.square(one[first : first + frames] - other[second : second + frames]).mean())
