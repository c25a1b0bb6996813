"""How a host codes its pixels, and the video signal that filters work on."""

from __future__ import annotations

from dataclasses import dataclass

import vapoursynth as vs


@dataclass(frozen=True)
class Coding:
    """Transfer and primaries as H.273 numbers them; 2 is unknown. ``linear``: of light, coded for the filters."""

    transfer: int
    primaries: int
    linear: bool = False


_SRGB = 13

# The choices of the parameter "Pixels are", and colour spaces of OpenFX 1.5 (its ACES 1.3 configuration).
CODINGS = {
    "rec709": Coding(1, 1),
    "srgb": Coding(_SRGB, 1),
    "linear": Coding(_SRGB, 1, linear=True),
    "pq": Coding(16, 9),
    "hlg": Coding(18, 9),
    "rec1886_rec709_display": Coding(1, 1),
    "rec1886_rec2020_display": Coding(1, 9),
    "srgb_display": Coding(_SRGB, 1),
    "rec2100_pq_display": Coding(16, 9),
    "rec2100_hlg_display": Coding(18, 9),
    "st2084_p3d65_display": Coding(16, 12),
    "lin_rec709_srgb": Coding(_SRGB, 1, linear=True),
    "lin_rec2020": Coding(_SRGB, 9, linear=True),
    "ACEScg": Coding(_SRGB, 2, linear=True),
    "ofx_scene_linear": Coding(_SRGB, 2, linear=True),
    "ofx_display_sdr": Coding(1, 1),
    "ofx_display_hdr": Coding(16, 9),
}
UNKNOWN = Coding(2, 2)  # other spaces, such as logarithmic ones, are taken as they are

# IEC 61966-2-1, continued beyond 1 and mirrored below 0: nothing is lost on the way there and back.
_TO_SIGNAL = "x abs 0.0031308 <= x 12.92 * x abs 1 2.4 / pow 1.055 * 0.055 - x 0 < -1 1 ? * ?"
_TO_LIGHT = "x abs 0.04045 <= x 12.92 / x abs 0.055 + 1.055 / 2.4 pow x 0 < -1 1 ? * ?"


def to_signal(clip: vs.VideoNode, coding: Coding) -> vs.VideoNode:
    """RGBS with the frame properties that say what it is."""
    if coding.linear:
        clip = vs.core.std.Expr(clip, _TO_SIGNAL)
    return clip.std.SetFrameProps(_Matrix=0, _Range=1, _Transfer=coding.transfer, _Primaries=coding.primaries)


def to_pixels(clip: vs.VideoNode, coding: Coding) -> vs.VideoNode:
    """Back to the host's coding."""
    return vs.core.std.Expr(clip, _TO_LIGHT) if coding.linear else clip
