"""Super-resolution: the luma model carries the detail, chroma follows luma."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import vapoursynth as vs

from .. import color, infer, kernels, models
from ..hdr import policy
from ..hdr.remake import with_peaks_raised
from ..spec import Promise, Range, restoration
from .ensemble import averaged


def _limited(values: dict[str, Any]) -> bool:
    return values["overshoot"] is not None and values["strength"] > 0 and values["mode"] == "free"


def _sharp(values: dict[str, Any]) -> tuple[str, ...]:
    """What of the HDR metadata is made false by edges that may overshoot as far as they like."""
    return policy.invalidated_by("scale" if _limited(values) else "sharp scale")


def _unexplained(before: vs.VideoNode, after: vs.VideoNode, values: dict[str, Any], prop: str) -> vs.VideoNode:
    return kernels.plugin().ReductionResidual(after, before, degradation=values["reduction"], prop=prop)


def _half_a_code(before: vs.VideoNode, values: dict[str, Any]) -> tuple[float, ...]:
    """Floats have no codes: 2^-17 for single, 2^-10 for half precision, of nominal 0..1."""
    kind = before.format
    bound = 0.5 if kind.sample_type == vs.INTEGER else 2.0**-17 if kind.bits_per_sample == 32 else 2.0**-10
    return (bound,) * kind.num_planes


_PROMISE = Promise(
    "reduced again, the output is the input to within half a code, every sample of every plane",
    "codes of the input",
    _unexplained,
    _half_a_code,
    requires={"mode": "fidelity"},
)


@restoration(invalidates=_sharp, promise=_PROMISE)
def upscale(
    clip: vs.VideoNode,
    *,
    scale: Annotated[
        Literal[2, 3, 4], "Enlargement. A x2 model runs twice for more than 2; what is then too large is shrunk."
    ] = 2,
    strength: Annotated[float, Range(0, 1), "0 is plain Catmull-Rom bicubic, 1 all the detail the model finds."] = 1.0,
    model: Annotated[str, "Name of an installed model, or the path of an .onnx file."] = "sr2-fast",
    overshoot: Annotated[
        float | None,
        Range(0, 1),
        "How far luma may leave the range of the 3x3 source pixels around it, as a part of that range. None: no limit.",
    ] = 0.25,
    mode: Annotated[
        Literal["free", "fidelity"],
        "fidelity: reduced again, the result is the source to within half a code (it takes precedence over overshoot).",
    ] = "free",
    reduction: Annotated[
        Literal["bicubic", "area"],
        "What fidelity takes the source to be made by: antialiased Catmull-Rom, or the mean of scale x scale samples.",
    ] = "bicubic",
    chroma: Annotated[float, Range(0, 1), "Luma guidance of chroma: 0 is plain bicubic chroma."] = 1.0,
    ensemble: Annotated[
        Literal[1, 2, 4, 8],
        "Mean over so many turned and mirrored copies: 8 takes 8 times as long and gains 0.1 to 0.2 dB.",
    ] = 1,
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
    Interlaced frames are taken as they are woven: deinterlace first.

    ``mode="fidelity"`` keeps what the source knows: of all pictures that give the source back when they are reduced by
    ``reduction``, the nearest to the free result (kernels/backproject/README.md). It gains some hundredths of a dB and
    makes halos a little stronger, whence it is not the default. ``VSPluginResidual`` on each frame is the largest
    deviation per plane, in codes of the source; above 0.5 only where no picture within the format's codes explains the
    source, as a full-range checkerboard.

    Models: see ``vsplugin models``. A user's ONNX takes one luma plane (GRAYS) and returns it enlarged, as vs-mlrt
    models do. One whose card says ``generative``, as ``sr4-perceptual``'s does, draws texture that may not have been
    there: ``VSPluginSynthesized`` is 1 on its frames, and forensic mode refuses it. Raises ``vs.Error`` for a clip of
    varying format or size and for arguments outside their range.
    """
    from ..forensic import synthesized  # here, because what judges filters imports them

    network = models.find("upscale", model, "super-resolution")
    fidelity = mode == "fidelity"
    out = color.to_float(clip) if fidelity else clip  # rounded once, in the end
    while strength > 0 and out.width < clip.width * scale:
        out = _enlarge(out, network, strength, overshoot, chroma, ensemble, backend, tile)
    if (out.width, out.height) != (clip.width * scale, clip.height * scale):
        out = vs.core.resize.Bicubic(out, clip.width * scale, clip.height * scale)
    if fidelity:
        out = kernels.plugin().BackProject(out, clip, degradation=reduction)
    invented = strength > 0 and network.card.get("generative", False)
    out = synthesized.mark_all(out) if invented else synthesized.enlarged(out, scale)
    return with_peaks_raised(out, clip) if fidelity or strength == 0 or overshoot is None else out


def _enlarge(
    clip: vs.VideoNode,
    network: models.Model,
    strength: float,
    overshoot: float | None,
    chroma: float,
    ensemble: int,
    backend: str,
    tile: int,
) -> vs.VideoNode:
    """One pass of the network: luma (RGB: all planes), then chroma after it."""
    kind = clip.format
    woven = clip.std.RemoveFrameProps("_FieldBased")  # resize would enlarge fields, of which networks know nothing
    picture = woven if kind.color_family == vs.RGB else color.plane(woven, 0)
    limit = -1.0 if overshoot is None else overshoot
    # Chroma of full size has detail to gain only from luma's new detail; smaller chroma from the luma there is.
    full = kind.color_family == vs.YUV and chroma > 0 and not (kind.subsampling_w or kind.subsampling_h)
    # Floats may hold what no network should see (infer.run shows it a copy); all else needs what the network adds.
    one_pass = picture.format.num_planes == 1 and kind.sample_type == vs.INTEGER and ensemble == 1 and not full
    out = infer.enlarged("upscale", picture, network, strength, limit, backend=backend) if one_pass else None
    gain = None
    if out is None:
        gain = _gain(picture, network, ensemble, backend, tile)
        base = vs.core.resize.Bicubic(picture, gain.width, gain.height, format=color.float_format(picture).id)
        out = kernels.plugin().Merge(
            base, gain, strength=strength, source=picture, overshoot=limit, format=picture.format.id
        )
    if kind.color_family == vs.YUV:
        detail = {"detail": gain, "strength": chroma * strength} if full else {"strength": chroma}
        out = kernels.plugin().GuideChroma(woven, out, **detail)
    return vs.core.std.CopyFrameProps(out, clip)


def _gain(picture: vs.VideoNode, network: models.Model, ensemble: int, backend: str, tile: int) -> vs.VideoNode:
    """What the network adds to enlarged luma, float32."""
    luma = color.plane(color.to_yuv(picture), 0)

    def asked(copy: vs.VideoNode) -> vs.VideoNode:
        return infer.run("upscale", [copy], network, backend=backend, tile=tile)

    out = averaged(luma, asked, ensemble)
    if out.format.id != vs.GRAYS:
        raise vs.Error(f"upscale: model {network.path.name} must return one plane; it returns {out.format.name}")
    if out.width == luma.width:
        raise vs.Error(f"upscale: model {network.path.name} does not enlarge: its scale is 1")
    if network.output == "picture":
        out = vs.core.std.MakeDiff(out, vs.core.resize.Bicubic(luma, out.width, out.height))
    return out
