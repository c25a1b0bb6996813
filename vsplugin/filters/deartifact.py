"""Removal of what lossy codecs leave: blocks, ringing along edges and mosquito noise, in luma and chroma."""

from __future__ import annotations

from typing import Annotated, Literal

import vapoursynth as vs

from .. import color, kernels, models
from ..hdr import gamma
from ..spec import Range, restoration
from . import corrections


@restoration()
def deartifact(
    clip: vs.VideoNode,
    *,
    strength: Annotated[float, Range(0, 1), "0 keeps the source, 1 removes all the damage found."] = 1.0,
    limit: Annotated[
        float,
        Range(0, 255, "8-bit steps"),
        "No sample changes by more than this (255 = full scale).",
    ] = 32.0,
    model: Annotated[str, "Name of an installed model, or the path of an .onnx file."] = "deartifact-fast",
    backend: Annotated[
        Literal["auto", "ov", "ort", "ort-cuda", "trt"], "Runtime for the model; auto takes the fastest present."
    ] = "auto",
    tile: Annotated[int, Range(0, 16384, "pixels"), "Side of the tiles frames are cut into; 0 decides by memory."] = 0,
) -> vs.VideoNode:
    """Remove blocks, ringing and mosquito noise of MPEG-2, MPEG-4, H.264, HEVC and JPEG, frame by frame.

    The network finds by itself where and how badly a picture was damaged; clean pictures pass nearly unchanged. It
    works best on video of the size it was encoded at: deartifact first, then scale.

    Any constant YUV, GRAY or RGB format goes in (8-16 bit, half, float) and the same comes out, with its frame
    properties. Inside, samples are float32 and never clamped; the network's output is applied as a residual in the
    source's own format, so ``strength=0`` returns the clip itself. Whatever the network answers, the mean of areas of
    64x64 pixels stays and no sample of luma or chroma changes by more than ``limit``. RGB is worked on as BT.709
    Y'CbCr. Of PQ and HLG the network sees a copy in gamma 2.4, in which ``limit`` is meant: 255 is 400 cd/m² there
    (:mod:`vsplugin.hdr.gamma`). Interlaced frames are taken as they are woven: deinterlace them first.

    A user's ONNX takes three planes (Y, Cb, Cr at one size) and returns their corrections. Raises ``vs.Error`` for a
    clip of varying format or size and for wrong arguments.
    """
    network = models.find("deartifact", model, "deartifact")
    if strength == 0 or limit == 0:
        return clip
    working = color.to_yuv(clip)
    hdr = gamma.of(working)
    seen = hdr.clip if hdr else working
    planes = corrections.of_damage("deartifact", seen, network, limit=limit, backend=backend, tile=tile)
    residual = corrections.joined(planes, seen)
    if hdr:
        residual = hdr.back(residual)
    if clip.format.color_family == vs.RGB:
        residual = color.rgb_residual(residual)
    return kernels.plugin().Merge(clip, residual, strength=strength)
