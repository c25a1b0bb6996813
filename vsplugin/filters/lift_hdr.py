"""SDR to HDR by the formulas of Report ITU-R BT.2446-1, into PQ with BT.2020 primaries."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal

import vapoursynth as vs

from .. import color
from ..hdr import bt2446, policy
from ..hdr.primaries import BT2020, CHROMATICITIES, D65, P3_D65, conversion
from ..hdr.static import ContentLight, MasteringDisplay
from ..spec import Range, restoration

_PQ, _HLG, _BT2020NCL = 16, 18, 9
_SRGB = "x 0.04045 > x 0.055 + 1.055 / 2.4 pow x 0 max 12.92 / ?"
# H.273 transfer -> how a display shows it. BT.709, BT.601, BT.2020 and unknown: BT.1886.
_GAMMAS = {1: 2.4, 2: 2.4, 4: 2.2, 5: 2.8, 6: 2.4, 14: 2.4, 15: 2.4}


@restoration(invalidates=policy.invalidated_by("transfer"))
def lift_hdr(
    clip: vs.VideoNode,
    *,
    method: Annotated[
        Literal["a", "c", "maxrgb"],
        "BT.2446 method A or C, or method A's curve as one gain for R, G and B, which ST 2094-50 metadata can carry.",
    ] = "a",
    peak: Annotated[
        float,
        Range(400, 10000, "cd/m²"),
        "Brightest light of the result. a and maxrgb: where SDR white goes. c, which puts white at 332: a limit.",
    ] = 1000.0,
    crosstalk: Annotated[
        float, Range(0, 0.33), "Method C's alpha: above 0, saturated colours are lifted less than neutral ones."
    ] = 0.0,
    format: Annotated[
        str | None,
        "Name of the result's format, such as YUV420P10. None: the source's, with 10 bits from 8 to 10, 12 from 11 "
        "and 12, 16 from more, float from half and float.",
    ] = None,
) -> vs.VideoNode:
    """Turn SDR into HDR: PQ with BT.2020 primaries, by Report ITU-R BT.2446-1.

    Any constant YUV, GRAY or RGB format goes in; frame properties say how it is coded (BT.709 is assumed where they do
    not, BT.601 for small pictures). SDR is taken as a BT.1886 display shows it (sRGB where tagged so), black is 0.

    Method A is the Report's section 4.2, for 1,000 cd/m²; other peaks keep its lightness between black and peak
    (:func:`vsplugin.hdr.bt2446.method_a`). Method C is section 6.2. Both work beyond white: superwhites go on up to
    ``peak``, where R, G and B are limited as in the Report's table 4. Negative signals are black.

    The result has ``_Transfer`` 16, ``_Primaries`` 9, ``_Matrix`` 9 (RGB: 0), limited range (RGB: full), 4:2:0 chroma
    at the top left, and the static metadata of a display with this peak: P3 (BT.2020 for a BT.2020 source), black
    0.0001 cd/m². MaxCLL is the upper limit, MaxFALL 0 (unknown): :func:`vsplugin.hdr.statistics.content_light`
    measures both. Dynamic metadata is removed. Raises ``vs.Error`` for HDR, linear and log sources and for unknown
    primaries.
    """
    coding = _coding(clip)
    target = _target(clip, format)
    linear = _matrix(
        _linear(_nonlinear(clip, coding), coding["_Transfer"]), conversion(coding["_Primaries"], BT2020).tolist()
    )
    if method == "c":
        lifted = _method_c(linear, peak, crosstalk)
    else:
        lifted = (_method_a if method == "a" else _max_rgb)(linear, peak)
    signal = _pq(lifted).std.SetFrameProps(_Matrix=0, _Primaries=BT2020, _Transfer=_PQ, _Range=1)
    return _tagged(_coded(signal, target), method, peak, coding["_Primaries"])


def _coding(clip: vs.VideoNode) -> dict[str, int]:
    """Matrix, transfer, primaries and range of the first frame, with the usual values where they are not set."""
    with clip.get_frame(0) as frame:
        props = dict(frame.props)
    coding = {
        name: usual if int(props.get(name, 2)) == 2 else int(props[name])
        for name, usual in color.usual_colour(clip).items()
    }
    transfer = coding["_Transfer"]
    if transfer in (_PQ, _HLG):
        name = "PQ" if transfer == _PQ else "HLG"
        raise vs.Error(f"lift_hdr: clip must be SDR; its _Transfer is {transfer} ({name})")
    if transfer not in (*_GAMMAS, 13):
        known = ", ".join(map(str, sorted((*_GAMMAS, 13))))
        raise vs.Error(f"lift_hdr: clip's _Transfer must be one of {known}; got {transfer}")
    if coding["_Primaries"] not in CHROMATICITIES:
        known = ", ".join(map(str, CHROMATICITIES))
        raise vs.Error(f"lift_hdr: clip's _Primaries must be one of {known}; got {coding['_Primaries']}")
    return coding


def _target(clip: vs.VideoNode, name: str | None) -> vs.VideoFormat:
    source = clip.format
    if name is not None:
        preset = getattr(vs, name, None)
        if not isinstance(preset, vs.PresetVideoFormat) or preset == vs.NONE:
            raise vs.Error(f"lift_hdr: format must be the name of a format, such as YUV420P10; got {name!r}")
        target = vs.core.get_video_format(preset)
        if target.bits_per_sample < 10 or target.id in (vs.GRAY32, vs.RGBH, vs.GRAYH) or target.name.endswith("PH"):
            raise vs.Error(f"lift_hdr: format must have 10 to 16 bit integer or float samples; got {name}")
        if (target.color_family == vs.GRAY) != (source.color_family == vs.GRAY):
            raise vs.Error(f"lift_hdr: format must be {'GRAY' if source.color_family == vs.GRAY else 'YUV or RGB'}")
        return target
    if source.sample_type == vs.FLOAT:
        return color.float_format(clip)
    bits = 10 if source.bits_per_sample <= 10 else 12 if source.bits_per_sample <= 12 else 16
    return vs.core.query_video_format(source.color_family, vs.INTEGER, bits, source.subsampling_w, source.subsampling_h)


def _nonlinear(clip: vs.VideoNode, coding: dict[str, int]) -> vs.VideoNode:
    """The SDR signal as RGBS, not clamped."""
    tagged = clip.std.SetFrameProps(**coding)
    if clip.format.color_family == vs.GRAY:
        return vs.core.std.ShufflePlanes([color.to_float(tagged)] * 3, [0, 0, 0], vs.RGB)
    return vs.core.resize.Bicubic(tagged, format=vs.RGBS)


def _linear(signal: vs.VideoNode, transfer: int) -> vs.VideoNode:
    """Display light, 1 = SDR white; negative signals are black."""
    gamma = _GAMMAS.get(transfer)
    return vs.core.std.Expr(signal, f"x 0 > x {gamma} pow 0 ?" if gamma else _SRGB)


def _planes(clip: vs.VideoNode) -> list[vs.VideoNode]:
    return [color.plane(clip, index) for index in range(3)]


def _matrix(clip: vs.VideoNode, matrix: Sequence[Sequence[float]]) -> vs.VideoNode:
    planes = _planes(clip)
    out = [vs.core.std.Expr(planes, f"x {r:.9g} * y {g:.9g} * + z {b:.9g} * +") for r, g, b in matrix]
    return vs.core.std.ShufflePlanes(out, [0, 0, 0], vs.RGB)


def _luma(clip: vs.VideoNode) -> vs.VideoNode:
    return vs.core.std.Expr(_planes(clip), "x 0.2627 * y 0.6780 * + z 0.0593 * +")


def _each(clip: vs.VideoNode, *others: vs.VideoNode, expr: str) -> vs.VideoNode:
    """``expr`` on each plane of ``clip`` (x) and the single planes of ``others`` (y, z)."""
    out = [vs.core.std.Expr([plane, *others], expr) for plane in _planes(clip)]
    return vs.core.std.ShufflePlanes(out, [0, 0, 0], vs.RGB)


def _expanded(signal: str, peak: float) -> str:
    """BT.2446 table 4 on a luma in 0..1, spread over ``peak``: RPN of :func:`vsplugin.hdr.bt2446.method_a`."""
    dark = "D@ D@ * 1.8712e-5 * D@ -2.7334e-3 * + 1.3141 +"
    bright = "D@ D@ * 2.8305e-6 * D@ -7.4622e-4 * + 1.2528 +"
    code = f"{signal} 255 *"
    out = f"D@ D@ 70 > {bright} {dark} ? pow 1000 /".replace("D@", code)
    if peak == 1000:
        return out
    middle, end = bt2446.rho(1000), bt2446.rho(peak)
    ratio = math.log(end) / math.log(middle)
    return f"{out} {middle - 1:.9g} * 1 + log {ratio:.9g} * exp 1 - {end - 1:.9g} /"


def _method_a(light: vs.VideoNode, peak: float) -> vs.VideoNode:
    """Section 4.2: luma is expanded, colour differences in proportion and by 1.075, in gamma 2.4."""
    signal = vs.core.std.Expr(light, f"x 0 > x {1 / 2.4:.9g} pow 0 ?")
    luma = _luma(signal)
    ratio = vs.core.std.Expr(luma, f"x 0 > {_expanded('x', peak)} x / 0 ?")
    # Y + 1.4746 Cr is R, and so on: with the same factor on both differences there is no need for Y'CbCr itself.
    return _each(signal, luma, ratio, expr=f"x y - 1.075 * y + z * 0 max 1 min dup 0 > swap 2.4 pow 0 ? {peak} *")


def _method_c(light: vs.VideoNode, peak: float, crosstalk: float) -> vs.VideoNode:
    """Section 6.2: luminance goes back through the tone curve, chromaticity stays."""
    a = crosstalk
    mixed = _matrix(light, [[1 - 2 * a if row == column else a for column in range(3)] for row in range(3)])
    k1, k2, k3, k4, at = bt2446.K1, bt2446.K2, bt2446.K3, bt2446.K4, bt2446.INFLECTION
    highlights = f"x 100 * {k4} - {k2} / exp {k3} + {at / k1:.9g} * x /"
    gain = vs.core.std.Expr(_luma(mixed), f"x {at / 100} < {100 / k1:.9g} {highlights} ?")
    lifted = _each(mixed, gain, expr="x y *")
    scale = 1 / (1 - 3 * a)
    own, other = (1 - a) * scale, -a * scale
    back = _matrix(lifted, [[own if row == column else other for column in range(3)] for row in range(3)])
    return vs.core.std.Expr(back, f"x 0 max {peak} min")


def _max_rgb(light: vs.VideoNode, peak: float) -> vs.VideoNode:
    """:func:`vsplugin.hdr.bt2446.gain_curve` of max(R, G, B), on all three alike."""
    low, top = bt2446.LOWEST_GAIN, float(bt2446.method_a(1.0, peak))
    brightest = vs.core.std.Expr(_planes(light), "x y max z max")
    signal = vs.core.std.Expr(brightest, f"x {low} max 1 min {1 / 2.4:.9g} pow")
    gain = vs.core.std.Expr([signal, brightest], f"{_expanded('x', peak)} {top:.9g} / 2.4 pow {peak} * y {low} max /")
    return _each(light, gain, expr=f"x y * 0 max {peak} min")


def _pq(light: vs.VideoNode) -> vs.VideoNode:
    """cd/m² -> PQ (BT.2100-2, table 4). In float32 less than one code of 16 bits from the formula in float64."""
    power = f"x 0 > x 10000 / {2610 / 16384} pow 0 ?"
    ratio = f"{3424 / 4096} D@ {2413 / 128} * + D@ {2392 / 128} * 1 + /".replace("D@", power)
    return vs.core.std.Expr(light, f"{ratio} {2523 / 32} pow")


def _coded(signal: vs.VideoNode, target: vs.VideoFormat) -> vs.VideoNode:
    if target.color_family == vs.RGB:
        return vs.core.resize.Point(signal, format=target.id)
    if target.color_family == vs.GRAY:
        gray = color.plane(signal, 0).std.SetFrameProps(_Matrix=_BT2020NCL)
        return vs.core.resize.Point(gray, format=target.id, range=0)
    location = {"chromaloc": vs.CHROMA_TOP_LEFT} if target.subsampling_w and target.subsampling_h else {}
    return vs.core.resize.Bicubic(signal, format=target.id, matrix=_BT2020NCL, range=0, **location)


def _tagged(clip: vs.VideoNode, method: str, peak: float, primaries: int) -> vs.VideoNode:
    """Static metadata of the display this was made for; dynamic metadata of the source is gone."""
    points = CHROMATICITIES[BT2020 if primaries == BT2020 else P3_D65]
    red, green, blue, white = ((round(x * 50_000), round(y * 50_000)) for x, y in (*points, D65))
    display = MasteringDisplay(red, green, blue, white, round(peak * 10_000), 1)
    brightest = min(peak, float(bt2446.method_c(100 * 1.09**2.4))) if method == "c" else peak
    light = ContentLight(round(brightest), 0)
    return clip.std.SetFrameProps(**display.to_props(), **light.to_props())
