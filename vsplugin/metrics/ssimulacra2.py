"""SSIMULACRA 2 as the reference program computes it, as one graph of VapourSynth's own filters.

Other ports blur with mirrored borders and another kernel: their scores lie up to 4 points away (docs/metrics.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import vapoursynth as vs

from .registry import HIGHER, Clip, Graph, NotSuitableError, metric
from .views import number, rgb

# Weights of the means, then of the 4-norms of three maps (structure, ringing, blur), part of the definition of version
# 2.1: X, Y and B one after another, finest scale first.
_WEIGHTS = (
    (0, 0.000737660670741, 0, 0, 0.000779348168287, 0),  # X, 1:1
    (0, 0.000437115573011, 0, 1.10417264267, 0.000662848341293, 0.000152316327837),  # X, 1:2
    (0, 0.00164064374566, 0, 1.84224555205, 11.4411726038, 0),  # X, 1:4
    (0.000798910943602, 0.000176816438079, 0, 1.87875949795, 10.9490699061, 0),  # X, 1:8
    (0.000728934699151, 0.967793708063, 0, 0.000140034242854, 0.998176697785, 0.000319497559344),  # X, 1:16
    (0.000455099211379, 0, 0, 0.00136487661632, 0, 0),  # X, 1:32
    (0, 0, 0, 7.46689032808, 0, 17.4458339841),  # Y, 1:1
    (0.000623560163404, 0, 0, 6.68367814618, 0.000377244079796, 1.02788993777),  # Y, 1:2
    (225.205153008, 0, 0, 19.2132381861, 0.00114015245866, 0.00123775563551),  # Y, 1:4
    (176.393175985, 0, 0, 24.4330099987, 0.285208026121, 0.000448543692383),  # Y, 1:8
    (0, 0, 0, 34.7790634448, 44.8356253289, 0),  # Y, 1:16
    (0, 0, 0, 0, 0, 0),  # Y, 1:32
    (0, 0.000868055657329, 0, 0, 0, 0),  # B, 1:1
    (0, 0.000531319187436, 0, 0.000165338141614, 0, 0),  # B, 1:2
    (0, 0, 0, 0.000417917180325, 0.00172908282347, 0),  # B, 1:4
    (0.00208270058466, 0, 0, 8.826982765, 23.19243344, 0),  # B, 1:8
    (95.1080498811, 0.98639780344, 0.983438279247, 0.00122864050483, 171.26672559, 0.980785887244),  # B, 1:16
    (0, 0, 0, 0.000513006458899, 0, 0.000108540578584),  # B, 1:32
)
_SCALES = 6
_SMALLEST = 8  # pixels; a scale below it is the last
_SIGMA = 1.5
_C2 = 0.0009
_BIAS = 0.0037930732552754493  # of the opsin absorbance (JPEG XL, ISO/IEC 18181-1, annex L)
_OPSIN = ((0.30, 0.622, 0.078), (0.23, 0.692, 0.078), (0.24342268924547819, 0.20476744424496821, 0.55180986650955360))
_PROP = "VSPluginMap"

Planes = list[vs.VideoNode]


def _expr(clips: Sequence[vs.VideoNode], text: str) -> vs.VideoNode:
    return vs.core.std.Expr(list(clips), text)


def gaussian_taps(sigma: float = _SIGMA) -> np.ndarray:
    """The Gaussian as a sum of three cosines (Charalampidis, IEEE TSP 64, 2016, equations 33 to 55): 9 taps for 1.5."""
    radius = round(3.2795 * sigma + 0.2546)
    omega = np.array([1, 3, 5]) * np.pi / (2 * radius)
    sign = np.array([1, -1, 1])
    p = sign / np.tan(omega / 2)
    r = sign * p**2 / np.sin(omega)
    rho = np.exp(-0.5 * (sigma * omega) ** 2) / radius
    d13, d35, d51 = (p[i] * r[j] - r[i] * p[j] for i, j in ((0, 1), (1, 2), (2, 0)))
    zeta = np.array([d35 / d13, d51 / d13, 1])
    beta = np.linalg.solve([p, r, zeta], [1, radius**2 - sigma**2, zeta @ rho])
    return np.asarray(np.cos(np.outer(np.arange(1 - radius, radius), omega)) @ beta)


def _blurred(plane: vs.VideoNode) -> vs.VideoNode:
    """The Gaussian, samples outside the picture 0."""
    taps = gaussian_taps()
    pad = len(taps) // 2
    wide = plane.std.AddBorders(left=pad, right=pad, top=pad, bottom=pad)
    for mode in ("v", "h"):
        wide = wide.std.Convolution(taps.tolist(), divisor=1, mode=mode)
    return wide.std.Crop(left=pad, right=pad, top=pad, bottom=pad)


def _halved(plane: vs.VideoNode) -> vs.VideoNode:
    """Means of 2x2, an odd last row or column counted twice."""
    width, height = plane.width + plane.width % 2, plane.height + plane.height % 2
    if (width, height) != (plane.width, plane.height):
        plane = plane.resize.Point(width, height, src_width=width, src_height=height)
    means = plane.std.Convolution([1, 1, 0, 1, 1, 0, 0, 0, 0], divisor=4)
    return means.resize.Point(width // 2, height // 2)  # takes the second of two samples, which holds their mean


def _linear(clip: vs.VideoNode) -> Planes:
    """Linear R, G, B of what is taken for sRGB, limited to 0..1 as in the pictures the program reads."""
    encoded = rgb(clip)
    limited = "x 0 max 1 min"
    text = f"x 0.04045 > {limited} 0.055 + 1.055 / 2.4 pow {limited} 12.92 / ?"
    return [_expr([encoded.std.ShufflePlanes(plane, vs.GRAY)], text) for plane in range(3)]


def _xyb(linear: Planes) -> Planes:
    """X, Y, B - Y, each about 0..1."""
    cones = [
        _expr(linear, f"x {a} * y {b} * + z {c} * + {_BIAS} + 0 max {1 / 3:.17g} pow {math.cbrt(_BIAS):.17g} -")
        for a, b, c in _OPSIN
    ]
    y = "x y + 0.5 *"
    return [
        _expr(cones[:2], "x y - 0.5 * 14 * 0.42 +"),
        _expr(cones[:2], f"{y} 0.01 +"),
        _expr(cones, f"z {y} - 0.55 +"),
    ]


def _maps(one: vs.VideoNode, other: vs.VideoNode) -> Planes:
    """Where the structure differs, where edges were added, where edges were lost; 0 is no error."""
    mean, mean2 = _blurred(one), _blurred(other)
    squares = [_blurred(_expr(pair, text)) for pair, text in (([one], "x dup *"), ([other], "x dup *"))]
    apart = _blurred(_expr([one, other], "x y - dup *"))
    # 1 - (1 - m²)(2 cov + C2) / (var + var2 + C2) with 2 cov = var + var2 - var(difference): nothing cancels, and equal
    # pictures have exactly 0.
    both, difference = "z x dup * - a y dup * - +", "b x y - dup * -"
    structure = _expr(
        [mean, mean2, *squares, apart],
        f"{difference} x y - dup * {both} {difference} - {_C2} + * + {both} {_C2} + / 0 max",
    )
    change = "z a - abs 1 + x y - abs 1 + / 1 -"
    edges = [one, mean, other, mean2]
    return [structure, _expr(edges, f"{change} 0 max"), _expr(edges, f"0 {change} - 0 max")]


def _norms(error: vs.VideoNode, weights: Sequence[float]) -> list[tuple[vs.VideoNode, float, float]]:
    """(clip whose property holds the mean, weight, exponent) of the norms that have a weight."""
    powers = [(error, 1.0), (_expr([error], "x dup * dup *"), 0.25)]
    return [
        (number(clip.std.PlaneStats(prop=_PROP), _PROP + "Average"), weight, exponent)
        for (clip, exponent), weight in zip(powers, weights, strict=True)
        if weight
    ]


def _score(total: float) -> float:
    total *= 0.9562382616834844
    total = 2.326765642916932 * total - 0.020884521182843837 * total**2 + 6.248496625763138e-05 * total**3
    return total if math.isnan(total) else 100 - 10 * max(total, 0.0) ** 0.6276336467831387


@metric(sdr_only=True, default=True)
def ssimulacra2(reference: Clip, distorted: Clip) -> Annotated[Graph, "points", HIGHER]:
    """SSIMULACRA 2: how alike two pictures look; 100 is equal, 90 visually lossless, 50 medium, below 0 bad.

    Version 2.1 of the reference program, on R'G'B' in float (own matrix, chroma enlarged bicubically, limited to 0..1)
    that is taken for sRGB whatever its transfer. Pooled as mean.

    Source: Sneyers, github.com/cloudinary/ssimulacra2 (2022, weights of April 2023).
    """
    if min(reference.width, reference.height) < _SMALLEST:
        raise NotSuitableError(
            f"measure: ssimulacra2 needs pictures of at least 8x8; these are {reference.width}x{reference.height}"
        )
    linear = [_linear(reference), _linear(distorted)]
    scales: list[list[Planes]] = []  # per scale and channel the three maps
    while len(scales) < _SCALES:
        if scales:
            if min(linear[0][0].width, linear[0][0].height) < _SMALLEST:
                break
            linear = [[_halved(plane) for plane in planes] for planes in linear]
        scales.append([_maps(*pair) for pair in zip(*(_xyb(planes) for planes in linear), strict=True)])
    parts: list[tuple[vs.VideoNode, float, float]] = []
    for channel in range(3):
        for scale, maps in enumerate(scales):
            # Where small pictures have fewer scales, the reference program takes the weights without leaving a gap.
            weights = _WEIGHTS[channel * len(scales) + scale]
            for index, error in enumerate(maps[channel]):
                parts += _norms(error, (weights[index], weights[index + 3]))

    def combine(n: int, f: Any) -> vs.VideoFrame:
        out = f[0].copy()
        total = math.fsum(
            weight * frame.props[_PROP + "Average"] ** exponent
            for (_, weight, exponent), frame in zip(parts, f, strict=True)
        )  # fmt: skip
        out.props["VSPluginSSIMULACRA2"] = _score(total)
        return out

    clips = [clip for clip, _, _ in parts]
    return vs.core.std.ModifyFrame(clips[0], clips, combine), "VSPluginSSIMULACRA2"
