"""ST 2094-50 metadata that lifts an SDR picture as ``lift_hdr(method="maxrgb")`` does: SDR to old displays, HDR to new.

meta = lift.metadata(10_000)
payload = st2094_50.pack(meta)             # a T.35 SEI message on every frame of the SDR stream
headroom.show_sdr(signal, meta, stops)     # what a display shows
"""

from __future__ import annotations

import functools
import math

import numpy as np

from ..errors import UserError
from . import bt2446
from .headroom import evaluate
from .st2094_50 import (
    HEADROOM_UNIT,
    MOST_POINTS,
    REFERENCE_WHITE,
    X_UNIT,
    Y_UNIT,
    Alternate,
    Curve,
    GainCurve,
    Mix,
    St2094_50,
    ToneMap,
    angle_of_slope,
    slope_of_angle,
)
from .transfer import Floats, pq_inverse_eotf


@functools.cache
def metadata(peak: float) -> St2094_50:
    """An SDR baseline with reference white at 203 cd/m², and one alternate in which white has ``peak`` cd/m².

    Gains depend on max(R, G, B) in BT.2020. ``UserError`` for a peak that the curve could reach only by darkening.
    """
    if not REFERENCE_WHITE < peak <= 10_000:
        raise UserError(f"lift: peak must be above 203 and at most 10000 cd/m²; got {peak:g}")
    headroom = round(math.log2(peak / REFERENCE_WHITE) * HEADROOM_UNIT)
    return St2094_50(ToneMap(0, (Alternate(headroom, Mix(), _fit(peak)),)))


def _stops(x: Floats, peak: float) -> Floats:
    return np.log2(bt2446.gain_curve(x, peak) / REFERENCE_WHITE)


def _fit(peak: float) -> GainCurve:
    """Control points put, one after the other, where the curve through the others is most wrong in PQ."""
    first = round(bt2446.LOWEST_GAIN * X_UNIT)
    x = np.arange(first * 10, 10 * X_UNIT + 1) / (10 * X_UNIT)
    wanted = _stops(x, peak)
    chosen = [first, X_UNIT]
    while True:
        curve = _through(chosen, peak)
        if len(chosen) == MOST_POINTS:
            return curve
        found = evaluate(_meaning(curve), x)
        wrong = np.abs(
            pq_inverse_eotf(REFERENCE_WHITE * x * 2**found) - pq_inverse_eotf(REFERENCE_WHITE * x * 2**wanted)
        )
        candidates = np.rint(x * X_UNIT).astype(int)
        wrong[np.isin(candidates, chosen)] = -1
        chosen = sorted([*chosen, int(candidates[np.argmax(wrong)])])


def _through(chosen: list[int], peak: float) -> GainCurve:
    """The points of the true curve at these x, with its slopes (seen from the right at the first)."""
    x = np.array(chosen) / X_UNIT
    step = 1e-6
    right, left = np.minimum(x + step, 1), np.maximum(x - step, x[0])
    y = np.rint(_stops(x, peak) * Y_UNIT).astype(int)
    if y.min() < 0:
        raise UserError(f"lift: peak must be high enough that nothing gets darker than SDR; got {peak:g} cd/m²")
    angles = angle_of_slope((_stops(right, peak) - _stops(left, peak)) / (right - left)).astype(int)
    return GainCurve(tuple(chosen), tuple(y.tolist()), tuple(angles.tolist()))


def _meaning(curve: GainCurve) -> Curve:
    assert curve.angles is not None
    x, y = np.array(curve.x) / X_UNIT, np.array(curve.y) / Y_UNIT
    return Curve(0.0, Mix().weights, x, y, slope_of_angle(np.array(curve.angles)))
