"""From a model to a clip of grain: the graph around ``core.vsplugin.Grain``."""

from __future__ import annotations

import math

import vapoursynth as vs

from .. import color, kernels
from .model import GrainModel, PlaneGrain


def grain(clip: vs.VideoNode, model: GrainModel, *, strength: float = 1.0, seed: int = 0) -> vs.VideoNode:
    """What to add to a float32 YUV or GRAY clip: differences in its own format, new in every frame.

    The level at each pixel is that of ``clip``'s luma. A model of luma alone leaves chroma as it is. Cost: the sum over
    the planes of twice side² multiply-adds per sample.
    """
    scaled = model.for_width(clip.width)
    luma, *chroma = (color.plane(clip, index) for index in range(clip.format.num_planes))
    planes = [_plane(luma, scaled.planes[0], (1.0,), strength, seed)]
    if not chroma:
        return planes[0]
    level = color.shrunk(luma, chroma[0])
    related = scaled.chroma_correlation
    mixes = ((0.0, 1.0), (0.0, related, math.sqrt(1 - related * related)))
    if len(scaled.planes) == 1:
        planes += [vs.core.std.BlankClip(plane, color=0.0, keep=True) for plane in chroma]
    else:
        planes += [_plane(level, p, mix, strength, seed) for p, mix in zip(scaled.planes[1:], mixes, strict=True)]
    return vs.core.std.ShufflePlanes(planes, [0, 0, 0], vs.YUV)


def _plane(level: vs.VideoNode, model: PlaneGrain, mix: tuple[float, ...], strength: float, seed: int) -> vs.VideoNode:
    taps = (model.taps * strength).ravel().tolist()
    return kernels.plugin().Grain(
        level, model.tones.tolist(), taps, side=model.taps.shape[1], mix=list(mix), seed=seed
    )  # fmt: skip
