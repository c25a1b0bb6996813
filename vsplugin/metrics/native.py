"""Metrics that other VapourSynth plugins compute, of the extra ``metrics``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import vapoursynth as vs

from .. import color
from .psnr import decibels
from .registry import HIGHER, LOWER, Clip, Graph, NotSuitableError, decibel_mean, metric


def plugin(metric_name: str, namespace: str, package: str) -> Any:
    """``core.<namespace>``; the error names the extra."""
    if not hasattr(vs.core, namespace):
        raise NotSuitableError(
            f"measure: {metric_name} needs {package}, of the extra 'metrics': "
            "pip install 'vapoursynth-vsplugin[metrics]'"
        )
    return getattr(vs.core, namespace)


def _xpsnr(name: str, reference: vs.VideoNode, distorted: vs.VideoNode) -> vs.VideoNode:
    zip_ = plugin(name, "vszip", "vapoursynth-vszip")
    kind = reference.format
    if kind.color_family != vs.YUV:
        raise NotSuitableError(f"measure: {name} needs Y'CbCr; these clips are {kind.name}")
    if reference.width % 2 or reference.height % 2:
        raise NotSuitableError(
            f"measure: {name} needs even sizes; these clips are {reference.width}x{reference.height}"
        )
    return zip_.XPSNR(*(_eight_or_ten(clip) for clip in (reference, distorted)), verbose=False)


def _eight_or_ten(clip: vs.VideoNode) -> vs.VideoNode:
    kind = clip.format
    if kind.sample_type == vs.INTEGER and kind.bits_per_sample in (8, 10):
        return clip
    ten = vs.core.query_video_format(kind.color_family, vs.INTEGER, 10, kind.subsampling_w, kind.subsampling_h)
    return clip.resize.Point(format=ten.id)


def root_decibel_mean(values: Sequence[float]) -> float:
    """Decibels of the square of the mean root error: how XPSNR is averaged."""
    return 2 * decibel_mean([value / 2 for value in values])


@metric(pool=root_decibel_mean, default=True)
def xpsnr_y(reference: Clip, distorted: Clip) -> Annotated[Graph, "dB", HIGHER]:
    """XPSNR of luma: PSNR whose errors weigh less where the reference is busy or moves.

    By core.vszip.XPSNR, on 8 or 10 bits (everything else is converted to 10). Pooled as dB of the squared mean of root
    errors, as FFmpeg does.

    Source: Helmrich et al., XPSNR, IEEE ICASSP 2020; FFmpeg's xpsnr filter, "y".
    """
    return _xpsnr("xpsnr_y", reference, distorted), "XPSNR_Y"


@metric(pool=root_decibel_mean)
def xpsnr(reference: Clip, distorted: Clip) -> Annotated[Graph, "dB", HIGHER]:
    """XPSNR of the weighted mean error of the planes, 4 : 1 : 1.

    -10 log10((4 · 10^(-Y/10) + 10^(-Cb/10) + 10^(-Cr/10)) / 6) of the planes' XPSNR, per frame.

    Source: Helmrich et al., A study of the extended perceptually weighted PSNR (XPSNR) for video compression with
    different resolutions and bit depths, ITU Journal 3 (2020).
    """
    clip = _xpsnr("xpsnr", reference, distorted)

    def weigh(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        planes = [float(f.props[f"XPSNR_{plane}"]) for plane in "YUV"]
        error = sum(weight * 10 ** (-value / 10) for weight, value in zip((4, 1, 1), planes, strict=True)) / 6
        out.props["VSPluginXPSNR"] = decibels([error])[0]
        return out

    return vs.core.std.ModifyFrame(clip, clip, weigh), "VSPluginXPSNR"


def _anti_dithered(plane: vs.VideoNode) -> vs.VideoNode:
    """8 bits as 10: means of 2x2, as libvmaf does against dither that hides bands; the last row and column repeated."""
    width, height = plane.width + 1, plane.height + 1
    wide = plane.std.Expr("x 4 *", format=vs.GRAY10).resize.Point(width, height, src_width=width, src_height=height)
    return wide.std.Convolution([0, 0, 0, 0, 1, 1, 0, 1, 1], divisor=4).std.Crop(right=1, bottom=1)


@metric()
def cambi(picture: Clip) -> Annotated[Graph, "points", LOWER]:
    """CAMBI: banding (false contours), 0 where there is none, 5 where it begins to annoy.

    By core.cambi.Cambi with its defaults, on luma of 10 bits (8 bits as libvmaf prepares them, deeper ones rounded).
    Grain hides banding: a degrained clip scores higher than its source.

    Source: Tandon et al., CAMBI: contrast-aware multiscale banding index, PCS 2021 (arXiv 2102.00079); libvmaf.
    """
    banding: Any = plugin("cambi", "cambi", "vapoursynth-cambi")
    if picture.format.color_family == vs.RGB:
        raise NotSuitableError(f"measure: cambi needs Y'CbCr or grey; this clip is {picture.format.name}")
    luma = color.plane(picture, 0)
    integer = luma.format.sample_type == vs.INTEGER
    ten = _anti_dithered(luma) if integer and luma.format.bits_per_sample == 8 else luma.resize.Point(format=vs.GRAY10)
    return banding.Cambi(ten), "CAMBI"
