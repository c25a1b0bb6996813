"""The renderer of ST 2094-50 against the standard's formulas one pixel at a time, and the lift to 10,000 cd/m²."""

import itertools
import math

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip

import vsplugin
from vsplugin.errors import UserError
from vsplugin.hdr import headroom, lift, st2094_50, transfer
from vsplugin.hdr.ictcp import delta_e_itp
from vsplugin.hdr.primaries import BT709, BT2020, conversion

from .test_st2094_50 import random_meta


def gain_curve(points, x):
    """Formulas (11) and (12), as written."""
    xs, ys, ms = points
    if x < xs[0]:
        return ys[0]
    if x in xs:
        return ys[xs.index(x)]
    if x >= xs[-1]:
        return ys[-1] + math.log2(xs[-1] / x)
    i = max(n for n in range(len(xs)) if xs[n] < x)
    width = xs[i + 1] - xs[i]
    m0, m1, t = width * ms[i], width * ms[i + 1], (x - xs[i]) / width
    c3, c2 = 2 * ys[i] + m0 - 2 * ys[i + 1] + m1, -3 * ys[i] + 3 * ys[i + 1] - 2 * m0 - m1
    return c3 * t**3 + c2 * t**2 + m0 * t + ys[i]


def tone_map(colour, baseline, alternates, target):
    """Clause 6.2.5 with 6.3.2 and 6.4.3, for one colour; ``alternates`` as (headroom, weights, points)."""

    def gains(entry):
        if entry is None:
            return [0.0] * 3
        (r, g, b, largest, smallest, own), points = entry
        common = r * colour[0] + g * colour[1] + b * colour[2] + largest * max(colour) + smallest * min(colour)
        return [gain_curve(points, own * c + common) for c in colour]

    entries = sorted([(h, (w, p)) for h, w, p in alternates] + [(baseline, None)], key=lambda entry: entry[0])
    target = min(max(target, entries[0][0]), entries[-1][0])
    for (low, first), (high, second) in itertools.pairwise(entries):
        if low <= target <= high:
            share = (target - low) / (high - low)
            both = zip(gains(first), gains(second), strict=True)
            return [c * 2 ** ((1 - share) * a + share * b) for c, (a, b) in zip(colour, both, strict=True)]
    return list(colour)


def test_any_metadata_renders_as_the_formulas_say():
    rng = np.random.default_rng(2)
    for seed in range(60):
        meta = random_meta(seed).tone_map
        if meta is None or meta.alternates is None:
            continue
        known = [
            (c.headroom, c.weights, (c.x.tolist(), c.y.tolist(), c.slope.tolist())) for c in st2094_50.curves(meta)
        ]
        colours = rng.uniform(0, 1, (20, 3)) * rng.choice([0.1, 1, 70], (20, 1))
        colours[0] = -0.1
        targets = [0, 6, rng.uniform(0, 6), meta.baseline / 10_000, *(entry[0] for entry in known)]
        for target in targets:
            expected = [tone_map(colour, meta.baseline / 10_000, known, target) for colour in colours.tolist()]
            np.testing.assert_allclose(headroom.tone_map(colours, meta, target), expected, rtol=1e-9)


def test_reference_white_tone_mapping_is_c_3_8():
    """A baseline of 1,000 cd/m² with white at 203 and no curves of its own: SDR halves white, peaks go to white."""
    stops = math.log2(1000 / 203)
    meta = st2094_50.ToneMap(round(stops * 10_000), None)
    sdr, bright = st2094_50.curves(meta)
    assert (sdr.headroom, bright.headroom) == (0, pytest.approx(math.log2(8 / 3), abs=1e-4))
    light = np.array([[1.0] * 3, [1000 / 203] * 3, [0.2] * 3])
    np.testing.assert_allclose(headroom.tone_map(light, meta, 0)[:, 0], [0.5, 1, 0.1], rtol=2e-4)
    np.testing.assert_allclose(headroom.tone_map(light, meta, bright.headroom)[:, 0], [1, 8 / 3, 0.2], rtol=2e-4)
    np.testing.assert_allclose(headroom.tone_map(light, meta, stops), light, rtol=1e-4)


def test_pchip_is_monotone_and_known_for_three_points():
    np.testing.assert_allclose(st2094_50.pchip(np.array([0.0, 1, 3]), np.array([0.0, 1, 2])), [7 / 6, 9 / 13, 1 / 6])
    assert st2094_50.pchip(np.array([0.0, 1, 2]), np.array([0.0, 1, 0]))[1] == 0
    assert st2094_50.pchip(np.array([2.0]), np.array([1.0])).tolist() == [0]


def test_gain_space_and_display_white():
    """No gain: BT.709 comes out as BT.2020, scaled to where the display puts white."""
    signal = np.random.default_rng(3).uniform(0, 1.05, (50, 3))
    expected = transfer.bt1886_eotf(signal, white=1) @ conversion(BT709, BT2020).T
    meta = lift.metadata(10_000.0)
    for one in (meta, st2094_50.St2094_50()):
        np.testing.assert_allclose(headroom.show_sdr(signal, one, 0), 203 * expected, atol=1e-9)
        np.testing.assert_allclose(headroom.show_sdr(signal, one, 0, white=100), 100 * expected, atol=1e-9)
    other = st2094_50.ToneMap(0, (), chromaticities=(32000, 16500, 15000, 30000, 7500, 3000, 17285, 17925))  # white D50
    shown = headroom.show_sdr(np.ones(3), st2094_50.St2094_50(other), 0)
    np.testing.assert_allclose(shown, 203, rtol=1e-9)


def colours():
    """(160, 256, 3) SDR signals: the whole cube, its dark corner, greys and pure colours, up to superwhite."""
    rng = np.random.default_rng(1)
    signal = rng.uniform(0, 1.05, (160, 256, 3))
    signal[:64] *= rng.uniform(0, 1, (64, 256, 1)) ** 2
    signal[64:80] = np.linspace(0, 1.09, 16 * 256).reshape(16, 256, 1)
    signal[80:96] = rng.integers(0, 2, (16, 256, 3)) * rng.uniform(0, 1, (16, 256, 1))
    return signal.astype(np.float32)


def picture():
    """A photograph-like one: smooth shading, few saturated colours, some highlights."""
    y, x = np.mgrid[0:160, 0:256] / 256
    base = 0.45 + 0.35 * np.sin(9 * x) * np.cos(11 * y) + np.random.default_rng(2).normal(0, 0.02, x.shape)
    tint = 1 + 0.15 * np.stack([np.sin(5 * x), np.sin(5 * y), np.cos(7 * x * y)], -1)
    return np.clip(base[..., None] * tint, 0, 1).astype(np.float32)


def master(signal, peak):
    """What ``lift_hdr`` makes of the picture in float, in cd/m²."""
    props = {"_Matrix": 0, "_Transfer": 1, "_Primaries": 1}
    clip = to_clip(list(np.moveaxis(signal, -1, 0)), vs.core.get_video_format(vs.RGBS), **props)
    return transfer.pq_eotf(np.stack(to_arrays(vsplugin.lift_hdr(clip, method="maxrgb", peak=peak)), -1))


def coded(signal, bits):
    """The picture after limited-range Y'CbCr 4:4:4 of so many bits (BT.709)."""
    unit = 2 ** (bits - 8)
    luma = signal.astype(np.float64) @ [0.2126, 0.7152, 0.0722]
    cb, cr = (signal[..., 2] - luma) / 1.8556, (signal[..., 0] - luma) / 1.5748
    luma, cb, cr = (np.rint(v * s * unit) / (s * unit) for v, s in ((luma, 219), (cb, 224), (cr, 224)))
    red, blue = luma + 1.5748 * cr, luma + 1.8556 * cb
    return np.stack([red, (luma - 0.2126 * red - 0.0722 * blue) / 0.7152, blue], -1)


@pytest.mark.parametrize("signal", [colours(), picture()], ids=["colours", "picture"])
@pytest.mark.parametrize("peak", [1000.0, 4000.0, 10_000.0])
def test_an_sdr_stream_with_metadata_shows_what_lift_hdr_makes(signal, peak):
    """The bars: metadata alone below 0.5 everywhere; 10 bits below it on average, 12 bits for 99 %."""
    meta = st2094_50.parse(st2094_50.pack(lift.metadata(peak)))
    stops, expected = math.log2(peak / 203), master(signal, peak)

    def difference(base):
        return delta_e_itp(headroom.show_sdr(base, meta, stops), expected)

    assert difference(signal).max() < 0.05
    assert difference(coded(signal, 10)).mean() < 0.5
    assert np.percentile(difference(coded(signal, 12)), 99) < 0.5


def test_half_the_headroom_lies_between():
    signal = picture()
    meta = lift.metadata(10_000.0)
    shown = [headroom.show_sdr(signal, meta, stops).max() for stops in (0, 2, 4, 5.7)]
    assert shown == sorted(shown) and shown[0] <= 203 * 1.01 and shown[-1] > 5000


def test_a_peak_that_would_darken_is_refused():
    for peak in (100.0, 203.0, 20_000.0):
        with pytest.raises(UserError, match=f"lift: peak must be above 203 and at most 10000 cd/m²; got {peak:g}"):
            lift.metadata(peak)
    with pytest.raises(UserError, match="lift: peak must be high enough that nothing gets darker than SDR; got 300"):
        lift.metadata(300.0)
