"""Peak signal-to-noise ratio, per plane and over planes. Native: one expression and one mean per plane."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

import vapoursynth as vs

from .. import color
from .registry import HIGHER, Clip, Graph, NotSuitableError, decibel_mean, metric
from .views import number, rgb

_PROP = "VSPluginSquaredError"


def decibels(raw: Sequence[Any]) -> list[float]:
    """Mean squared errors, peak 1 -> dB; infinite where nothing differs."""
    return [_decibels(float(value)) for value in raw]


def _decibels(error: float) -> float:
    if error > 0:
        return -10 * math.log10(error)
    return math.inf if error == 0 else math.nan


def _squared_error(one: vs.VideoNode, other: vs.VideoNode) -> vs.VideoNode:
    """A clip whose property holds the mean squared difference of two grey clips, peak 1."""
    kind = one.format
    peak = (1 << kind.bits_per_sample) - 1 if kind.sample_type == vs.INTEGER else 1
    difference = vs.core.std.Expr([one, other], f"x y - {1 / peak:.17g} * dup *", format=vs.GRAYS)
    return number(vs.core.std.PlaneStats(difference, prop=_PROP), _PROP + "Average")


def _mean_of(parts: Sequence[tuple[vs.VideoNode, float]]) -> Graph:
    """The weighted mean of the parts' squared errors."""
    total = sum(weight for _, weight in parts)
    clips = [clip for clip, _ in parts]

    def combine(n: int, f: Any) -> vs.VideoFrame:
        frames = f if isinstance(f, list) else [f]
        out = frames[0].copy()
        out.props[_PROP + "Average"] = math.fsum(
            weight / total * frame.props[_PROP + "Average"]
            for (_, weight), frame in zip(parts, frames, strict=True)
        )  # fmt: skip
        return out

    return (vs.core.std.ModifyFrame(clips[0], clips, combine) if len(clips) > 1 else clips[0]), _PROP + "Average"


def _planes(reference: vs.VideoNode, distorted: vs.VideoNode, wanted: Sequence[tuple[int, float]]) -> Graph:
    return _mean_of(
        [
            (_squared_error(color.plane(reference, index), color.plane(distorted, index)), weight)
            for index, weight in wanted
        ]
    )


def _need_chroma(name: str, clip: vs.VideoNode) -> None:
    if clip.format.color_family != vs.YUV:
        raise NotSuitableError(f"measure: {name} needs Y'CbCr; these clips are {clip.format.name}")


@metric(series=decibels, pool=decibel_mean, default=True)
def psnr(reference: Clip, distorted: Clip) -> Annotated[Graph, "dB", HIGHER]:
    """PSNR over all samples of all planes, on code values.

    10 log10(peak² / MSE), the mean over every sample of every plane, so that 4:2:0 chroma weighs a third; peak is
    2^bits - 1 for integers of either range and 1 for floats. Pooled over frames as dB of the mean error. Infinite where
    nothing differs.

    Source: FFmpeg's psnr filter, "average".
    """
    kind = reference.format
    chroma = 1 / (1 << kind.subsampling_w + kind.subsampling_h)
    return _planes(reference, distorted, [(index, chroma if index else 1.0) for index in range(kind.num_planes)])


@metric(series=decibels, pool=decibel_mean, default=True)
def psnr_y(reference: Clip, distorted: Clip) -> Annotated[Graph, "dB", HIGHER]:
    """PSNR of luma, on code values (of grey clips their only plane).

    As psnr, of the first plane of Y'CbCr or grey clips.

    Source: FFmpeg's psnr filter, "y".
    """
    if reference.format.color_family == vs.RGB:
        raise NotSuitableError("measure: psnr_y needs Y'CbCr or grey; these clips are RGB, see psnr_rgb")
    return _planes(reference, distorted, [(0, 1.0)])


@metric(series=decibels, pool=decibel_mean)
def psnr_cb(reference: Clip, distorted: Clip) -> Annotated[Graph, "dB", HIGHER]:
    """PSNR of Cb, on code values.

    Source: FFmpeg's psnr filter, "u".
    """
    _need_chroma("psnr_cb", reference)
    return _planes(reference, distorted, [(1, 1.0)])


@metric(series=decibels, pool=decibel_mean)
def psnr_cr(reference: Clip, distorted: Clip) -> Annotated[Graph, "dB", HIGHER]:
    """PSNR of Cr, on code values.

    Source: FFmpeg's psnr filter, "v".
    """
    _need_chroma("psnr_cr", reference)
    return _planes(reference, distorted, [(2, 1.0)])


@metric(series=decibels, pool=decibel_mean)
def psnr_yuv(reference: Clip, distorted: Clip) -> Annotated[Graph, "dB", HIGHER]:
    """PSNR of the weighted mean error of the planes, 6 : 1 : 1, on code values.

    10 log10(peak² / ((6 MSE_Y + MSE_Cb + MSE_Cr) / 8)); the weights do not follow the subsampling.

    Source: the weights of Ohm et al., Comparison of the coding efficiency of video coding standards, IEEE TCSVT 22
    (2012), on errors instead of on dB.
    """
    _need_chroma("psnr_yuv", reference)
    return _planes(reference, distorted, [(0, 6.0), (1, 1.0), (2, 1.0)])


@metric(series=decibels, pool=decibel_mean)
def psnr_rgb(reference: Clip, distorted: Clip) -> Annotated[Graph, "dB", HIGHER]:
    """PSNR over R', G' and B' in nominal units, white 1.

    Y'CbCr is converted by its own matrix in float, chroma enlarged bicubically; nothing is clamped.

    Source: the usual definition; scikit-image's peak_signal_noise_ratio with a data range of 1.
    """
    return _planes(rgb(reference), rgb(distorted), [(0, 1.0), (1, 1.0), (2, 1.0)])
