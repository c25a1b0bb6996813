"""Structural similarity, native: Gaussian means by convolution, the rest by expressions."""

from __future__ import annotations

import math
from typing import Annotated, Any

import vapoursynth as vs

from .. import color
from .registry import HIGHER, Clip, Graph, NotSuitableError, metric
from .views import number

_SIGMA, _RADIUS = 1.5, 5
_C1, _C2 = 0.01**2, 0.03**2  # peak 1
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the scales, finest first (Wang, Simoncelli and Bovik 2003)
_PROP = "VSPluginSSIM"


def _luma_codes(clip: vs.VideoNode) -> vs.VideoNode:
    """Code values of luma over their peak, as GRAYS; of RGB, the luma of BT.709."""
    if clip.format.color_family == vs.RGB:
        return color.plane(color.to_yuv(clip), 0)
    plane = color.plane(clip, 0)
    kind = plane.format
    peak = (1 << kind.bits_per_sample) - 1 if kind.sample_type == vs.INTEGER else 1
    return plane.std.Expr(f"x {1 / peak:.17g} *", format=vs.GRAYS)


def _gaussian(clip: vs.VideoNode) -> vs.VideoNode:
    """11 taps each way. Divided by their exact sum, so that a constant stays itself."""
    taps = [math.exp(-0.5 * (x / _SIGMA) ** 2) for x in range(-_RADIUS, _RADIUS + 1)]
    for mode in ("h", "v"):
        clip = clip.std.Convolution(taps, divisor=sum(taps), mode=mode)
    return clip


def _terms(x: vs.VideoNode, y: vs.VideoNode) -> tuple[vs.VideoNode, vs.VideoNode]:
    """Maps of the structure (with contrast) and of the luminance term, where the window lies inside."""
    expr = vs.core.std.Expr
    mx, my = _gaussian(x), _gaussian(y)
    # Deviations from 1/2: their float32 squares lose nothing that matters against C2.
    squares = [_gaussian(expr([clip], "x 0.5 - dup *")) for clip in (x, y)]
    apart = _gaussian(expr([x, y], "x y - dup *"))
    # (2 cov + C2) / (var + var2 + C2) with 2 cov = var + var2 - var(x - y): equal pictures have exactly 1.
    structure = expr(
        [mx, my, *squares, apart],
        f"1 b x y - dup * - z x 0.5 - dup * - a y 0.5 - dup * - + {_C2} + / -",
    )
    luminance = expr([mx, my], f"1 x y - dup * x dup * y dup * + {_C1} + / -")
    inside = {"left": _RADIUS, "right": _RADIUS, "top": _RADIUS, "bottom": _RADIUS}
    return structure.std.Crop(**inside), luminance.std.Crop(**inside)


def _check(name: str, clip: vs.VideoNode, side: int) -> None:
    if min(clip.width, clip.height) < side:
        raise NotSuitableError(
            f"measure: {name} needs pictures of at least {side}x{side}; these are {clip.width}x{clip.height}"
        )


@metric(default=True)
def ssim(reference: Clip, distorted: Clip) -> Annotated[Graph, "1", HIGHER]:
    """Structural similarity of luma, 1 where nothing differs.

    Mean of (2 μx μy + C1)(2 σxy + C2) / ((μx² + μy² + C1)(σx² + σy² + C2)) over all windows inside the picture,
    Gaussian 11x11 with σ 1.5, C1 = 0.01², C2 = 0.03², code values over their peak (255 for 8 bit). FFmpeg's ssim
    filter averages boxes of 8x8 instead and differs in the third digit.

    Source: Wang, Bovik, Sheikh and Simoncelli, Image quality assessment, IEEE TIP 13 (2004).
    """
    _check("ssim", reference, 2 * _RADIUS + 1)
    structure, luminance = _terms(_luma_codes(reference), _luma_codes(distorted))
    return vs.core.std.Expr([structure, luminance], "x y *").std.PlaneStats(prop=_PROP), _PROP + "Average"


def _half(clip: vs.VideoNode) -> vs.VideoNode:
    """Means of 2x2; an odd last row or column is left out."""
    clip = clip.std.Crop(right=clip.width % 2, bottom=clip.height % 2)
    means = clip.std.Convolution([1, 1, 0, 1, 1, 0, 0, 0, 0], divisor=4)
    # A point sampler takes the second sample of each pair, where the mean of both now lies.
    return means.resize.Point(clip.width // 2, clip.height // 2)


@metric()
def ms_ssim(reference: Clip, distorted: Clip) -> Annotated[Graph, "1", HIGHER]:
    """Structural similarity of luma over five scales, 1 where nothing differs.

    The product over scales, each half as large by means of 2x2, of the mean structure term to the power of 0.0448,
    0.2856, 0.3001, 0.2363, 0.1333, at the coarsest of the mean of structure times luminance; windows and constants as
    ssim; negative means count as 0.

    Source: Wang, Simoncelli and Bovik, Multi-scale structural similarity, Asilomar 2003.
    """
    _check("ms_ssim", reference, (2 * _RADIUS + 1) << len(_WEIGHTS) - 1)
    x, y = _luma_codes(reference), _luma_codes(distorted)
    scales = []
    for scale in range(len(_WEIGHTS)):
        if scale:
            x, y = _half(x), _half(y)
        structure, luminance = _terms(x, y)
        if scale == len(_WEIGHTS) - 1:
            structure = vs.core.std.Expr([structure, luminance], "x y *")
        scales.append(number(structure.std.PlaneStats(prop=_PROP), _PROP + "Average"))

    def combine(n: int, f: Any) -> vs.VideoFrame:
        out = f[0].copy()
        means = [max(0.0, frame.props[_PROP + "Average"]) for frame in f]
        out.props[_PROP + "Multi"] = math.prod(mean**power for mean, power in zip(means, _WEIGHTS, strict=True))
        return out

    return vs.core.std.ModifyFrame(scales[0], scales, combine), _PROP + "Multi"
