"""Removal of sensor noise, luma and chroma together, by a network that is told how strong the noise is."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import vapoursynth as vs

from .. import color, kernels, models, noise
from ..hdr import gamma
from ..spec import Range, restoration
from . import corrections

_FARTHEST = 6  # times sigma: of white noise, one sample in 500 million lies further out
_AREA = 16  # pixels: the mean of white noise over 16x16 of them is sigma / 16


@restoration()
def denoise(
    clip: vs.VideoNode,
    *,
    sigma: Annotated[
        float | None,
        Range(0, 60, "8-bit steps"),
        "Standard deviation of the luma noise (255 = full scale). None: measured on a few frames of the clip.",
    ] = None,
    sigma_chroma: Annotated[
        float | None,
        Range(0, 60, "8-bit steps"),
        "The same for chroma. None: measured, or as sigma where that is given.",
    ] = None,
    strength: Annotated[float, Range(0, 1), "0 keeps the source, 1 removes all the noise found."] = 1.0,
    model: Annotated[str, "Name of an installed model, or the path of an .onnx file."] = "denoise-fast",
    backend: Annotated[
        Literal["auto", "ov", "ort", "ort-cuda", "trt"], "Runtime for the model; auto takes the fastest present."
    ] = "auto",
    tile: Annotated[int, Range(0, 16384, "pixels"), "Side of the tiles frames are cut into; 0 decides by memory."] = 0,
) -> vs.VideoNode:
    """Remove noise from luma and chroma, frame by frame.

    Any constant YUV, GRAY or RGB format goes in (8-16 bit, half, float) and the same comes out, with its frame
    properties. Inside, samples are float32 and never clamped; the network's output is applied as a residual in the
    source's own format, so ``strength=0`` returns the clip itself. Whatever the network answers, no sample of
    luma or chroma changes by more than six times its sigma: noise does not reach further.

    When ``sigma`` is None, :func:`vsplugin.noise.measure` decodes a few frames while the script loads and one level
    serves the whole clip: nothing can pump. RGB is worked on as BT.709 Y'CbCr. Of PQ and HLG the network sees a copy in
    gamma 2.4, in which noise is measured and ``sigma`` is meant: 255 is 400 cd/m² there (:mod:`vsplugin.hdr.gamma`).

    A user's ONNX takes five planes (Y, Cb, Cr and the maps of both noise levels, 1 = full scale) and returns the
    corrections of three. Raises ``vs.Error`` for a clip of varying format or size and for wrong arguments.
    """
    network = models.find("denoise", model, "denoise")
    if strength == 0:
        return clip
    if sigma is None or sigma_chroma is None:
        sigma, sigma_chroma = noise.complete(clip, sigma, sigma_chroma)
    if sigma == 0 and sigma_chroma == 0:
        return clip
    working = color.to_yuv(clip)
    hdr = gamma.of(working)
    residual = _correction(hdr.clip if hdr else working, network, (sigma / 255, sigma_chroma / 255), backend, tile)
    if hdr:
        residual = hdr.back(residual)
    if clip.format.color_family == vs.RGB:
        residual = color.rgb_residual(residual)
    return kernels.plugin().Merge(clip, residual, strength=strength)


def _correction(
    clip: vs.VideoNode, network: models.Model, levels: tuple[float, float], backend: str, tile: int
) -> vs.VideoNode:
    """What to add to a float32 YUV or GRAY clip, in its own subsampling."""
    colour = levels[1] if clip.format.num_planes > 1 else 0.0
    planes = corrections.of("denoise", clip, network, levels=(levels[0], colour), backend=backend, tile=tile)
    return corrections.joined([_as_noise_is(plane, levels[p > 0]) for p, plane in enumerate(planes)], clip)


def _as_noise_is(correction: vs.VideoNode, sigma: float) -> vs.VideoNode:
    """A plane of the correction without what noise cannot be: a shift of a large area, and single far values."""
    core = vs.core
    # Networks shift flat areas a little, most of all in colours that photographs lack. What is larger than half a sigma
    # is an edge or a broken pixel, which must not count for the area around it.
    near = core.std.Limiter(correction, min=-sigma / 2, max=sigma / 2)
    width, height = correction.width, correction.height
    means = core.resize.Bilinear(near, math.ceil(width / _AREA), math.ceil(height / _AREA))
    correction = core.std.MakeDiff(correction, core.resize.Bilinear(means, width, height))
    return core.std.Limiter(correction, min=-_FARTHEST * sigma, max=_FARTHEST * sigma)
