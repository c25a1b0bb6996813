"""The reference renderer of SMPTE ST 2094-50: a picture as a display with some headroom should show it, in float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .primaries import BT709, BT2020, CHROMATICITIES, conversion, xyz_of_rgb
from .st2094_50 import HEADROOM_UNIT, Curve, St2094_50, ToneMap, curves
from .transfer import Floats, bt1886_eotf


def show_sdr(
    signal: ArrayLike, meta: St2094_50, headroom: float, primaries: int = BT709, white: float | None = None
) -> Floats:
    """SDR R'G'B' ``(..., 3)`` with this metadata -> cd/m² of BT.2020 R, G, B on a display of this headroom in stops.

    ``white`` is where the display puts reference white in cd/m² (None: where the metadata has it). Formulas (A.1),
    (A.3) and (A.5): the signal is shown as BT.1886 does without black level. Colours are not limited to the display.
    """
    light = bt1886_eotf(signal, white=1.0)
    gained = tone_map(light @ _to_gain_space(meta, primaries).T, meta.tone_map, headroom) if meta.tone_map else light
    back = _to_gain_space(meta, BT2020) if meta.tone_map else conversion(BT2020, primaries)
    return np.asarray((white or meta.reference_white) * np.linalg.solve(back, gained[..., None])[..., 0])


def tone_map(light: ArrayLike, meta: ToneMap, headroom: float) -> Floats:
    """Linear light ``(..., 3)`` in the primaries of the metadata, 1 = reference white, for a headroom in stops (6.2.5).

    Between the headrooms that the metadata describes, gains in stops are interpolated; beyond, the nearest is taken.
    """
    light = np.asarray(light, np.float64)
    known: list[tuple[float, Curve | None]] = [(curve.headroom, curve) for curve in curves(meta)]
    known = sorted([*known, (meta.baseline / HEADROOM_UNIT, None)], key=lambda entry: entry[0])
    stops = np.array([at for at, _ in known])
    at = float(np.clip(headroom, stops[0], stops[-1]))
    upper = int(np.searchsorted(stops, at))
    if stops[upper] == at:
        return np.asarray(light * 2 ** _gain(light, known[upper][1]))
    share = (at - stops[upper - 1]) / (stops[upper] - stops[upper - 1])
    gain = (1 - share) * _gain(light, known[upper - 1][1]) + share * _gain(light, known[upper][1])
    return np.asarray(light * 2**gain)


def _gain(light: Floats, curve: Curve | None) -> Floats:
    """Stops for each component (6.3.2, 6.4.3); 0 for the picture itself."""
    if curve is None:
        return np.zeros(1)
    *rgb, largest, smallest, own = curve.weights
    common = light @ np.array(rgb) + largest * light.max(-1) + smallest * light.min(-1)
    return evaluate(curve, own * light + common[..., None] if own else common[..., None])


def evaluate(curve: Curve, light: Floats) -> Floats:
    """The gain curve (6.5.3): constant before the first point, cubic between points, constant light after the last."""
    x, y, slope = curve.x, curve.y, curve.slope
    if len(x) > 1:
        i = np.clip(np.searchsorted(x, light, "right") - 1, 0, len(x) - 2)
        h = np.where(x[i + 1] > x[i], x[i + 1] - x[i], 1)
        t, m0, m1 = (light - x[i]) / h, h * slope[i], h * slope[i + 1]
        c3, c2 = 2 * y[i] + m0 - 2 * y[i + 1] + m1, -3 * y[i] + 3 * y[i + 1] - 2 * m0 - m1
        inside = ((c3 * t + c2) * t + m0) * t + y[i]
    else:
        inside = np.full_like(light, y[0])
    after = y[-1] + np.log2(x[-1] / np.maximum(light, x[-1])) if x[-1] > 0 else np.full_like(light, y[-1])
    return np.asarray(np.where(light < x[0], y[0], np.where(light >= x[-1], after, inside)))


def _to_gain_space(meta: St2094_50, primaries: int) -> Floats:
    """From H.273 primaries to those gains apply to. White points other than D65 are adapted by Bradford's matrix."""
    assert meta.tone_map is not None
    *points, white = meta.tone_map.primaries
    to_xyz = xyz_of_rgb(tuple(points), white)
    source = xyz_of_rgb(CHROMATICITIES[primaries])
    return np.linalg.solve(to_xyz, _adaptation(source.sum(1), to_xyz.sum(1)) @ source)


def _adaptation(source: Floats, target: Floats) -> Floats:
    """Bradford's chromatic adaptation between two whites given as X, Y, Z (ICC.1:2022, annex E)."""
    cones = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    return np.asarray(np.linalg.solve(cones, np.diag(cones @ target / (cones @ source)) @ cones))
