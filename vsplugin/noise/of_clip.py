"""Measure how strong the noise of a clip is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import vapoursynth as vs

from .. import color, spread
from ..hdr import gamma
from . import profile
from .blocks import SIDE, Blocks, measured, tiled
from .level import plane_sigma
from .profile import FLAT, Profile

_NONE = 0.05  # 8-bit steps; whatever is done about less no code of 10 bits would show
_MOST = 60.0  # 8-bit steps; more is no noise level but a picture of texture only, and the filters' range ends there


class Noise(NamedTuple):
    """Standard deviations in 8-bit steps (255 = full scale), and how they depend on luma."""

    sigma: float
    sigma_chroma: float
    profile: Profile = FLAT
    profile_chroma: Profile = FLAT

    @property
    def most(self) -> tuple[float, float]:
        """Luma's and chroma's at the brightness where there is most of it."""
        return self.sigma * max(self.profile), self.sigma_chroma * max(self.profile_chroma)


def measure(clip: vs.VideoNode, frames: int = 5) -> Noise:
    """Noise of luma and of chroma, from ``frames`` frames spread evenly, which are decoded now.

    Where enough of the picture shows nothing but white noise, its level at each brightness (:func:`.profile.of`); else
    one level, from the flattest places (:func:`.level.plane_sigma`, the median over the frames). Limited-range samples
    are measured after scaling to full scale, PQ and HLG in gamma 2.4, where 255 is 400 cd/m²
    (:mod:`vsplugin.hdr.gamma`), in which ``denoise`` works on them.
    """
    pictures = _pictures(clip, frames)
    luma, found = _noise(pictures, [0])
    chroma, found_chroma = _noise(pictures, range(1, len(pictures[0])))
    return Noise(luma, chroma, found, found_chroma)


def _pictures(clip: vs.VideoNode, frames: int) -> list[list[np.ndarray]]:
    """Planes of each frame as nominal float64 without what is no number."""
    working = color.to_yuv(clip)
    hdr = gamma.of(working)
    working = hdr.clip if hdr else working
    pictures = []
    for number in spread.evenly(frames, clip.num_frames):
        with working.get_frame(number) as frame:
            planes = [np.asarray(frame[p]).astype(np.float64) for p in range(frame.format.num_planes)]
        pictures.append([np.nan_to_num(plane, posinf=0.0, neginf=0.0) for plane in planes])
    return pictures


def _noise(pictures: list[list[np.ndarray]], planes: list[int] | range) -> tuple[float, Profile]:
    chosen = [(picture[0], picture[p]) for picture in pictures for p in planes]
    if not chosen:
        return 0.0, FLAT
    found = _by_tone(chosen) if min(chosen[0][1].shape) >= SIDE else None
    level, factors = found or (float(np.median([plane_sigma(plane) for _, plane in chosen])), FLAT)
    return round(min(level * 255, _MOST), 2), factors


def _by_tone(chosen: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, Profile] | None:
    lumas = [tiled(_shrunk(luma, plane.shape)).mean((1, 2)) for luma, plane in chosen]
    found = [measured(plane) for _, plane in chosen]
    together = Blocks(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
    return profile.of(np.concatenate(lumas), together)


def _shrunk(luma: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Means over the pixels that a sample of a plane of this shape covers."""
    (height, width), (rows, columns) = shape, luma.shape
    return luma.reshape(height, rows // height, width, columns // width).mean((1, 3))


def complete(
    clip: vs.VideoNode,
    sigma: float | None,
    sigma_chroma: float | None,
    luma_profile: Profile | None = None,
    chroma_profile: Profile | None = None,
) -> Noise:
    """Given ones kept; chroma as luma where only luma is given; everything else measured.

    A profile that is not given is flat where its level is given. Measured levels below 0.05 are 0: of clean clips
    ``denoise`` then returns the frames as they are, at no cost.
    """
    if sigma is not None:
        chroma = sigma if sigma_chroma is None else sigma_chroma
        return Noise(sigma, chroma, luma_profile or FLAT, chroma_profile or luma_profile or FLAT)
    found = measure(clip)
    luma = found.sigma if found.sigma >= _NONE else 0.0
    chroma, measured_profile = (
        (found.sigma_chroma if found.sigma_chroma >= _NONE else 0.0, found.profile_chroma)
        if sigma_chroma is None
        else (sigma_chroma, FLAT)
    )
    return Noise(luma, chroma, luma_profile or found.profile, chroma_profile or measured_profile)
