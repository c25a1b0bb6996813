"""Noise, compression and blur undone together with enlargement, by one network that has seen them together."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import vapoursynth as vs

from .. import color, kernels, models
from ..hdr import gamma, policy
from ..hdr.remake import with_peaks_raised
from ..spec import Range, restoration
from . import corrections

_ENLARGES = 2  # the network


def _free(values: dict[str, Any]) -> bool:
    """Whether edges may overshoot as far as they like."""
    plain = values["strength"] == 0 or values["limit"] == 0
    return values["scale"] > 1 if plain else values["overshoot"] is None


def _sharp(values: dict[str, Any]) -> tuple[str, ...]:
    """What of the HDR metadata that makes false."""
    return policy.invalidated_by("sharp scale" if _free(values) else "scale")


@restoration(invalidates=_sharp)
def restore(
    clip: vs.VideoNode,
    *,
    scale: Annotated[
        Literal[1, 2], "2 enlarges. 1 keeps the size: what was found at twice the size is shrunk onto the source."
    ] = 2,
    strength: Annotated[
        float, Range(0, 1), "0 is plain Catmull-Rom bicubic, 1 all that the model finds to undo."
    ] = 1.0,
    limit: Annotated[
        float,
        Range(0, 255, "8-bit steps"),
        "No sample changes by more than this against bicubic enlargement (255 = full scale).",
    ] = 64.0,
    overshoot: Annotated[
        float | None,
        Range(0, 1),
        "How far a sample may leave the range of the 3x3 source samples around it, as a part of that. None: no limit.",
    ] = 0.25,
    model: Annotated[str, "Name of an installed model, or the path of an .onnx file."] = "restore2",
    backend: Annotated[
        Literal["auto", "ov", "ort", "ort-cuda", "trt"], "Runtime for the model; auto takes the fastest present."
    ] = "auto",
    tile: Annotated[int, Range(0, 16384, "pixels"), "Side of the tiles frames are cut into; 0 decides by memory."] = 0,
) -> vs.VideoNode:
    """Undo noise, compression and blur and enlarge by two, in one step and without being told how bad they are.

    For small footage that was blurred, noisy and compressed at once: old web video, DVDs, camcorders. Separate filters
    have to guess in which order the damage came about, and each takes what the one before left for picture; one
    network sees all of it (docs/training.md has the figures). Of clean footage ``upscale`` makes more.

    Any constant YUV, GRAY or RGB format goes in (8-16 bit, half, float) and the same comes out, with its frame
    properties; chroma keeps its siting. Inside, samples are float32 and never clamped; the network's output is applied
    as a residual: ``strength=0`` is exactly ``resize.Bicubic``, or with ``scale=1`` the clip itself. Whatever the
    network answers, the mean of areas of 64x64 pixels stays and no sample changes by more than ``limit``. RGB is
    worked on as BT.709 Y'CbCr. Of PQ and HLG the network sees a copy in gamma 2.4, in which ``limit`` is meant: 255 is
    400 cd/m² there (:mod:`vsplugin.hdr.gamma`). With ``overshoot=None`` edges may get brighter than the source: peaks
    in HDR10+ metadata are raised to what is there. Interlaced frames are taken as they are woven: deinterlace first.

    A user's ONNX takes three planes (Y, Cb, Cr at one size) and returns their corrections at twice that size. Raises
    ``vs.Error`` for a clip of varying format or size and for wrong arguments.
    """
    from ..forensic import synthesized  # here, because what judges filters imports them

    network = models.find("restore", model, "restore")
    width, height = clip.width * scale, clip.height * scale
    if strength == 0 or limit == 0:
        if scale == 1:
            return clip
        plain = synthesized.enlarged(vs.core.resize.Bicubic(clip, width, height), scale)
        return with_peaks_raised(plain, clip)
    signal = color.to_yuv(clip)
    hdr = gamma.of(signal)
    seen = hdr.clip if hdr else signal
    planes = corrections.of_damage(
        "restore", seen, network, limit=limit, scale=_ENLARGES, backend=backend, tile=tile
    )  # fmt: skip
    base, target, there = clip, signal, hdr
    if scale > 1:
        base = vs.core.resize.Bicubic(clip, width, height, format=color.float_format(clip).id)
        target = color.to_yuv(base)
        there = gamma.of(target)
    residual = corrections.joined([_at(plane, target) for plane in planes], target, _shift(clip, scale))
    if there:
        residual = there.back(residual)
    if clip.format.color_family == vs.RGB:
        residual = color.rgb_residual(residual)
    most = -1.0 if overshoot is None else overshoot
    out = kernels.plugin().Merge(base, residual, strength=strength, source=clip, overshoot=most, format=clip.format.id)
    out = synthesized.enlarged(out, scale) if scale > 1 else out
    return with_peaks_raised(out, clip) if overshoot is None else out


def _at(plane: vs.VideoNode, target: vs.VideoNode) -> vs.VideoNode:
    """A correction at the size of the result."""
    if (plane.width, plane.height) == (target.width, target.height):
        return plane
    return vs.core.resize.Bicubic(plane, target.width, target.height)


def _shift(clip: vs.VideoNode, scale: int) -> tuple[float, float]:
    """How far left of and above a result's chroma sample the network's lies, in chroma samples.

    The network takes chroma for the middle of the pixels it covers. A sample that lies half a pixel left of there comes
    out ``scale`` halves left of it, and belongs one half left of it.
    """
    left, top = color.chroma_offset(clip)
    kind = clip.format
    return left * (scale - 1) / (1 << kind.subsampling_w), top * (scale - 1) / (1 << kind.subsampling_h)
