"""Super-resolution: the luma model carries the detail, chroma follows luma."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import vapoursynth as vs

from .. import color, infer, kernels, models
from ..hdr import policy
from ..hdr.props import PQ
from ..hdr.remake import raise_peaks
from ..spec import Range, restoration


def _sharp(values: dict[str, Any]) -> tuple[str, ...]:
    """What of the HDR metadata is made false by edges that may overshoot as far as they like."""
    limited = values["overshoot"] is not None and values["strength"] > 0
    return policy.invalidated_by("scale" if limited else "sharp scale")


@restoration(invalidates=_sharp)
def upscale(
    clip: vs.VideoNode,
    *,
    scale: Annotated[
        Literal[2, 3, 4], "Enlargement. A x2 model runs twice for 4; for 3 what is too large is shrunk."
    ] = 2,
    strength: Annotated[float, Range(0, 1), "0 is plain Catmull-Rom bicubic, 1 all the detail the model finds."] = 1.0,
    model: Annotated[
        str | None, "Name of an installed model, or the path of an .onnx file. None: the best one for the scale."
    ] = None,
    overshoot: Annotated[
        float | None,
        Range(0, 1),
        "How far luma may leave the range of the 3x3 source pixels around it, as a part of that range. None: no limit.",
    ] = 0.25,
    chroma: Annotated[float, Range(0, 1), "Luma guidance of chroma: 0 is plain bicubic chroma."] = 1.0,
    backend: Annotated[
        Literal["auto", "tile", "ov", "ort", "ort-cuda", "trt"],
        "Runtime for the model; auto takes the fastest present. tile is our own fused engine.",
    ] = "auto",
    tile: Annotated[int, Range(0, 16384, "pixels"), "Side of the tiles frames are cut into; 0 decides by memory."] = 0,
) -> vs.VideoNode:
    """Enlarge by 2, 3 or 4 with a super-resolution network.

    Any constant YUV, GRAY or RGB format goes in (8-16 bit, half, float) and the same comes out, ``scale`` times as
    large, with the frame properties of the input. Inside, samples are float32 and never clamped, so HDR code values
    and floats beyond 0..1 survive. The network's output is applied as a residual on bicubic enlargement: at
    ``strength=0`` the result is exactly ``resize.Bicubic``. Chroma keeps its siting; its enlargement follows luma by a
    local linear model (cf. He et al., Guided Image Filtering, 2010) within the range of the source chroma. With
    ``overshoot=None`` edges may get brighter than the source: peaks in HDR10+ metadata are raised to what is there.

    Models: see ``vsplugin models``. A user's ONNX takes one luma plane (GRAYS) and returns it enlarged, as vs-mlrt
    models do. Raises ``vs.Error`` for a clip of varying format or size and for arguments outside their range.
    """
    network = models.find("upscale", model, "super-resolution", scale)
    if strength == 0:
        return _with_peaks(vs.core.resize.Bicubic(clip, clip.width * scale, clip.height * scale), clip)
    out = clip
    while out.width < clip.width * scale:
        out = _enlarge(out, network, strength, overshoot, chroma, backend, tile)
    if (out.width, out.height) != (clip.width * scale, clip.height * scale):
        out = vs.core.resize.Bicubic(out, clip.width * scale, clip.height * scale)
    return out if overshoot is not None else _with_peaks(out, clip)


def _with_peaks(out: vs.VideoNode, source: vs.VideoNode) -> vs.VideoNode:
    """HDR10+ for edges that overshoot."""
    measurable = source.format.color_family != vs.GRAY and color.transfer(source) == PQ
    return raise_peaks(out, source) if measurable else out


def _enlarge(
    clip: vs.VideoNode,
    network: models.Model,
    strength: float,
    overshoot: float | None,
    chroma: float,
    backend: str,
    tile: int,
) -> vs.VideoNode:
    """One pass of the network."""
    luma = color.plane(color.to_yuv(clip), 0)
    out = infer.run("upscale", [luma], network, backend=backend, tile=tile)
    if out.format.id != vs.GRAYS:
        raise vs.Error(f"upscale: model {network.path.name} must return one plane; it returns {out.format.name}")
    scale = out.width // luma.width
    if scale == 1:
        raise vs.Error(f"upscale: model {network.path.name} does not enlarge: its scale is 1")
    base = vs.core.resize.Bicubic(clip, clip.width * scale, clip.height * scale, format=color.float_format(clip).id)
    if network.output == "picture":
        out = vs.core.std.MakeDiff(out, vs.core.resize.Bicubic(luma, out.width, out.height))
    if clip.format.color_family == vs.YUV and chroma > 0:
        # Chroma of full size has detail to gain only from luma's new detail; smaller chroma from the luma there is.
        full = not (clip.format.subsampling_w or clip.format.subsampling_h)
        fine = kernels.plugin().Merge(color.plane(base, 0), out, strength=strength) if full else color.plane(base, 0)
        base = _guide_chroma(clip, base, luma, fine, chroma)
    limit = -1.0 if overshoot is None else overshoot
    return kernels.plugin().Merge(base, out, strength=strength, source=clip, overshoot=limit, format=clip.format.id)


def _guide_chroma(
    clip: vs.VideoNode, base: vs.VideoNode, luma: vs.VideoNode, fine: vs.VideoNode, strength: float
) -> vs.VideoNode:
    """``base`` with chroma planes that follow ``fine`` luma as the source's chroma follows ``luma``."""
    core = vs.core
    source = color.to_float(clip)
    small, large = color.plane(source, 1), color.plane(base, 1)
    left, top = color.chroma_offset(clip)
    scale = base.width // clip.width

    def on_chroma_grid(plane: vs.VideoNode, like: vs.VideoNode) -> vs.VideoNode:
        if (plane.width, plane.height) == (like.width, like.height):
            return plane
        return core.resize.Bicubic(plane, like.width, like.height, src_left=-left, src_top=-top)

    coarse = on_chroma_grid(luma, small)
    # Chroma samples sit `left` luma pixels off centre before and after, so enlarging them shifts by this many.
    shift_x, shift_y = (
        offset * (1 - 1 / scale) / (1 << subsampling)
        for offset, subsampling in ((left, clip.format.subsampling_w), (top, clip.format.subsampling_h))
    )
    smooth = core.resize.Bicubic(coarse, large.width, large.height, src_left=shift_x, src_top=shift_y)
    fine = on_chroma_grid(fine, large)
    guided = [
        kernels.plugin().GuideChroma(
            color.plane(base, p), fine, smooth, color.plane(source, p), coarse, strength=strength
        )
        for p in (1, 2)
    ]
    joined = core.std.ShufflePlanes([base, *guided], [0, 0, 0], vs.YUV)
    return core.std.CopyFrameProps(joined, base)
