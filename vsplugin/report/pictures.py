"""Pictures for a page: encoded with Pillow, at a size and quality that keep all of them within a budget."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import vapoursynth as vs

from ..errors import UserError
from ..preview import picture

_STEPS = ((1.0, 92), (1.0, 80), (0.75, 80), (0.75, 65), (0.5, 80), (0.5, 65), (0.375, 65), (0.25, 60), (0.125, 50))
_SAMPLED = 3  # frames of each clip that are tried
_PREVIEWS = 0.62  # share of the budget for previews of all frames; the rest is for lossless ones and slices


def pillow() -> Any:
    """Pillow's Image. ``UserError`` names the extra it comes with."""
    try:
        from PIL import Image, features
    except ImportError:
        raise UserError(
            "reports need Pillow, of the extra 'report': pip install 'vapoursynth-vsplugin[report]'"
        ) from None
    if not features.check("webp"):
        raise UserError("reports need a Pillow that writes WebP; the one installed does not")
    return Image


def encode(image: np.ndarray, quality: int | None) -> bytes:
    """An (H, W, 3) uint8 picture as WebP; lossless where ``quality`` is None."""
    out = io.BytesIO()
    options: dict[str, Any] = {"lossless": True, "quality": 20} if quality is None else {"quality": quality}
    pillow().fromarray(image).save(out, "WEBP", method=1 if quality is None else 2, **options)
    return out.getvalue()


@dataclass(frozen=True)
class Store:
    """How frames are kept: previews of all at this size and quality, some also as they are."""

    width: int
    height: int
    quality: int
    lossless_bytes: int  # what may be spent on lossless frames

    def describe(self, full: tuple[int, int]) -> str:
        size = "full size" if (self.width, self.height) == full else f"{self.width} × {self.height}"
        return f"all frames as WebP previews of quality {self.quality} at {size}"


def plan(clips: list[vs.VideoNode], size: tuple[int, int], frames: int, megabytes: float) -> Store:
    """The best previews that fit. ``megabytes``: of the whole page, in which three bytes take four characters."""
    budget = megabytes * 1e6 * 0.74
    width, height = size
    places = sorted({round(place * (frames - 1) / max(1, _SAMPLED - 1)) for place in range(_SAMPLED)})
    trials: dict[float, list[np.ndarray]] = {}
    for scale, quality in _STEPS:
        wide, high = max(16, round(width * scale)), max(16, round(height * scale))
        if scale not in trials:
            trials[scale] = [picture(clip, place, wide, high) for clip in clips for place in places]
        mean = float(np.mean([len(encode(image, quality)) for image in trials[scale]]))
        total = mean * frames * len(clips) * 1.1
        if total <= _PREVIEWS * budget or (scale, quality) == _STEPS[-1]:
            return Store(wide, high, quality, int(max(0.0, 0.95 * budget - total)))
    raise AssertionError
