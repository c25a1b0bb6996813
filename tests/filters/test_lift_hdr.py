"""SDR to HDR against Report ITU-R BT.2446-1, written again from its tables in float64."""

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip

import vsplugin
from vsplugin import chain
from vsplugin.hdr import transfer

core = vs.core
KR, KG, KB = 0.2627, 0.6780, 0.0593
# BT.2087's matrix from BT.709 to BT.2020, with more digits than its four; BT.2020 to CIE XYZ (BT.2446, 6.1.3).
TO_2020 = np.array(
    [
        [0.627403896, 0.329283038, 0.043313066],
        [0.069097289, 0.919540395, 0.011362316],
        [0.016391439, 0.088013308, 0.895595253],
    ]
)
XYZ = np.array([[0.6370, 0.1446, 0.1689], [0.2627, 0.6780, 0.0593], [0.0000, 0.0281, 1.0610]])


def sdr_light(signal):
    """Relative display light of a BT.1886 display without black level."""
    return np.maximum(signal, 0) ** 2.4


def method_a(light):
    """Section 4.2, table 4: cd/m² for linear BT.2020 SDR."""
    r, g, b = np.moveaxis(light ** (1 / 2.4), -1, 0)
    y = KR * r + KG * g + KB * b
    cb, cr = (b - y) / 1.8814, (r - y) / 1.4746
    y255 = 255 * y
    exponent = np.where(
        y255 <= 70,
        1.8712e-5 * y255**2 - 2.7334e-3 * y255 + 1.3141,
        2.8305e-6 * y255**2 - 7.4622e-4 * y255 + 1.2528,
    )
    y_hdr = y255**exponent
    scale = np.where(y > 0, 1.075 * y_hdr / np.maximum(y, 1e-30), 1)
    cb, cr = cb * scale, cr * scale
    rgb = np.stack([y_hdr + 1.4746 * cr, y_hdr - 0.16455 * cb - 0.57135 * cr, y_hdr + 1.8814 * cb], -1)
    return 1000 * (np.clip(rgb, 0, 1000) / 1000) ** 2.4


def method_c(light, alpha, peak):
    """Section 6.2: crosstalk, Yxy, inverse tone curve, back."""
    mix = np.full((3, 3), alpha) + np.eye(3) * (1 - 3 * alpha)
    x, y, z = np.moveaxis(100 * light @ mix.T @ XYZ.T, -1, 0)
    total = np.maximum(x + y + z, 1e-30)
    small_x, small_y = x / total, np.where(y > 0, y / total, 1)
    k1, k2, k3, k4 = 0.83802, 15.09968, 0.74204, 78.99439
    y_hdr = np.where(y < 58.5, y / k1, 58.5 / k1 * (np.exp((y - k4) / k2) + k3))
    xyz = np.stack([small_x / small_y * y_hdr, y_hdr, (1 - small_x - small_y) / small_y * y_hdr], -1)
    return np.clip(xyz @ np.linalg.inv(XYZ).T @ np.linalg.inv(mix).T, 0, peak)


def colours():
    """(64, 64, 3) signals: greys from below black to superwhite, primaries, and a cloud beyond the cube."""
    signal = np.random.default_rng(4).uniform(-0.15, 1.09, (64, 64, 3))
    signal[:8] = np.linspace(-0.07, 1.09, 512).reshape(8, 64, 1)
    signal[8] = np.repeat(np.eye(3), [22, 21, 21], 0) * np.linspace(0, 1.09, 64)[:, None]
    signal[9] = 1 - signal[8]
    return signal.astype(np.float32)


def lifted(signal, primaries, **options):
    props = {"_Matrix": 0, "_Transfer": 1, "_Primaries": primaries}
    clip = to_clip(list(np.moveaxis(signal, -1, 0)), core.get_video_format(vs.RGBS), **props)
    return np.stack(to_arrays(vsplugin.lift_hdr(clip, **options)), -1)


def light_2020(signal, primaries):
    light = sdr_light(signal.astype(np.float64))
    return light @ TO_2020.T if primaries == 1 else light


def assert_same_code(got, light, bits=12):
    """The Report's numbers have four or five digits, so half a 12-bit code; what is nearly black counts by light."""
    expected = transfer.pq_inverse_eotf(light)
    close = np.abs(got - expected) < 0.5 / (2**bits - 1)
    close |= np.abs(transfer.pq_eotf(got) - light) < 2e-4
    assert close.all(), f"{(~close).sum()} colours differ, by up to {np.abs(got - expected).max():.2g}"


@pytest.mark.parametrize("primaries", [1, 9])
def test_method_a_is_table_4(primaries):
    signal = colours()
    assert_same_code(lifted(signal, primaries), method_a(light_2020(signal, primaries)))


@pytest.mark.parametrize("primaries", [1, 9])
@pytest.mark.parametrize("alpha,peak", [(0.0, 1000.0), (0.05, 1000.0), (0.2, 4000.0)])
def test_method_c_is_section_6_2(primaries, alpha, peak):
    signal = colours()
    got = lifted(signal, primaries, method="c", crosstalk=alpha, peak=peak)
    assert_same_code(got, method_c(light_2020(signal, primaries), alpha, peak))


def test_levels_people_know():
    """SDR white: 1,000 cd/m² by method A, 332 by method C; 96 % is HDR reference white, 203, by method C."""
    grey = np.array([[[1.0] * 3, [0.96] * 3]], np.float32)
    white, _ = transfer.pq_eotf(lifted(grey, 1)[0, :, 0])
    assert white == pytest.approx(1000, rel=1e-3)
    white, reference = transfer.pq_eotf(lifted(grey, 1, method="c")[0, :, 0])
    assert white == pytest.approx(332.4, rel=1e-3) and reference == pytest.approx(203, rel=2e-3)


@pytest.mark.parametrize("peak", [400.0, 4000.0, 10_000.0])
def test_method_a_keeps_its_lightness_for_other_peaks(peak):
    """Table 2's lightness of the result, on a display of that peak, is table 4's on one of 1,000 cd/m²."""
    signal = np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 64, 1).repeat(3, 2)

    def lightness(light, display):
        rho = 1 + 32 * (display / 10_000) ** (1 / 2.4)
        return np.log(1 + (rho - 1) * (light / display) ** (1 / 2.4)) / np.log(rho)

    got = transfer.pq_eotf(lifted(signal, 1, peak=peak)[..., 0])
    expected = method_a(light_2020(signal, 1))[..., 0]
    np.testing.assert_allclose(lightness(got, peak), lightness(expected, 1000), atol=2e-3)


def test_maxrgb_is_one_gain_for_all_three():
    signal = colours()
    light = light_2020(signal, 9)
    got = transfer.pq_eotf(lifted(signal, 9, method="maxrgb", peak=4000.0))
    brightest = light.max(-1, keepdims=True)
    grey = np.broadcast_to(np.clip(brightest, 0.01, 1), light.shape)
    lift = transfer.pq_eotf(lifted(grey.astype(np.float32) ** np.float32(1 / 2.4), 9, method="maxrgb", peak=4000.0))
    expected = light * lift / np.maximum(np.maximum(brightest, 0.01), grey)
    np.testing.assert_allclose(got, expected, rtol=2e-3, atol=2e-3)
    assert lift[brightest[..., 0] >= 1].max() == pytest.approx(4000, rel=1e-4)


FORMATS = {
    vs.YUV420P8: vs.YUV420P10, vs.YUV422P10: vs.YUV422P10, vs.YUV444P12: vs.YUV444P12, vs.YUV420P16: vs.YUV420P16,
    vs.YUV420PH: vs.YUV420PS, vs.YUV444PS: vs.YUV444PS, vs.GRAY8: vs.GRAY10, vs.GRAYS: vs.GRAYS, vs.RGB24: vs.RGB30,
    vs.RGB48: vs.RGB48, vs.RGBS: vs.RGBS,
}  # fmt: skip


def flat(kind, **props):
    """One frame of mid grey (half of the signal's range), 65 x 33 where the subsampling allows it."""
    fmt = core.get_video_format(kind)
    width, height = 65 + fmt.subsampling_w, 33 + fmt.subsampling_h
    gray = core.std.BlankClip(format=vs.RGBS, width=width, height=height, color=[0.5] * 3, length=1)
    if fmt.color_family == vs.GRAY:
        return core.resize.Point(gray.std.ShufflePlanes(0, vs.GRAY), format=kind, range=0).std.SetFrameProps(**props)
    options = {"matrix": 1, "range": 0} if fmt.color_family == vs.YUV else {}
    return core.resize.Bicubic(gray, format=kind, **options).std.SetFrameProps(**props)


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: core.get_video_format(kind).name)
def test_every_format_becomes_pq_with_all_tags(kind):
    clip = flat(kind, _Primaries=1, _Transfer=1, Custom=b"kept", HDR10Plus=b"\xb5", DolbyVisionRPU=b"\x19")
    out = vsplugin.lift_hdr(clip)
    fmt = out.format
    assert (fmt.id, out.width, out.height, out.num_frames) == (FORMATS[kind], clip.width, clip.height, 1)
    with out.get_frame(0) as frame:
        props = dict(frame.props)
    rgb = fmt.color_family == vs.RGB
    assert (props["_Transfer"], props["_Primaries"], props["_Matrix"]) == (16, 9, 0 if rgb else 9)
    assert props["_Range"] == (1 if rgb else 0)
    assert props.get("_ChromaLocation", 2) == 2 or fmt.subsampling_h == 0
    assert props["MasteringDisplayPrimariesX"] == [0.68, 0.265, 0.15]
    assert (props["MasteringDisplayMaxLuminance"], props["ContentLightLevelMax"]) == (1000, 1000)
    assert props["ContentLightLevelAverage"] == 0 and props["Custom"] == b"kept"
    assert "HDR10Plus" not in props and "DolbyVisionRPU" not in props
    # Half of the range is 76.3 cd/m² by table 4: 48.0 % PQ.
    expected = transfer.pq_inverse_eotf(method_a(sdr_light(np.full(3, 0.5)))[0])
    step = 1.0 if fmt.sample_type == vs.INTEGER else 1 / 876
    scale, offset = (1.0, 0.0)
    if fmt.sample_type == vs.INTEGER:
        peak = 2**fmt.bits_per_sample - 1
        scale, offset = (
            (peak, 0.0) if rgb else (219 * 2 ** (fmt.bits_per_sample - 8), 16 * 2 ** (fmt.bits_per_sample - 8))
        )
    tolerance = step * (1 + (fmt.bits_per_sample == 16) * 70 + (clip.format.bits_per_sample == 8) * 3)
    np.testing.assert_allclose(to_arrays(out)[0].astype(float), expected * scale + offset, atol=tolerance)


def test_integer_pictures_keep_every_bit_of_precision():
    """10-bit Y'CbCr in, 12-bit out: within one code of the formulas in float64."""
    rng = np.random.default_rng(6)
    planes = [rng.integers(4, 1020, (40, 40)), rng.integers(300, 700, (40, 40)), rng.integers(300, 700, (40, 40))]
    clip = to_clip(planes, core.get_video_format(vs.YUV444P10), _Matrix=1, _Transfer=1, _Primaries=1, _Range=0)
    out = to_arrays(vsplugin.lift_hdr(clip, format="YUV444P12"))
    y, cb, cr = (
        (plane - zero) / span for plane, zero, span in zip(planes, (64, 512, 512), (876, 896, 896), strict=True)
    )
    red, blue = y + 1.5748 * cr, y + 1.8556 * cb
    signal = np.stack([red, (y - 0.2126 * red - 0.0722 * blue) / 0.7152, blue], -1)
    pq = transfer.pq_inverse_eotf(method_a(light_2020(signal, 1)))
    luma = pq @ [KR, KG, KB]
    expected = [
        3504 * luma + 256,
        3584 * (pq[..., 2] - luma) / 1.8814 + 2048,
        3584 * (pq[..., 0] - luma) / 1.4746 + 2048,
    ]
    for got, want in zip(out, expected, strict=True):
        assert np.abs(got - want).max() < 1.6  # half a code, and as much where blacks are steep
        assert np.abs(got - want).mean() < 0.3


def test_srgb_and_other_displays():
    grey = np.full((4, 4, 3), 0.5, np.float32)
    for number, light in ((13, 0.21404), (4, 0.5**2.2), (1, 0.5**2.4)):
        clip = to_clip(list(np.moveaxis(grey, -1, 0)), core.get_video_format(vs.RGBS), _Transfer=number, _Primaries=1)
        got = transfer.pq_eotf(to_arrays(vsplugin.lift_hdr(clip))[0][0, 0])
        assert got == pytest.approx(method_a(np.full(3, light))[0], rel=1e-3)


ERRORS = [
    ({"_Transfer": 16}, {}, "lift_hdr: clip must be SDR; its _Transfer is 16 (PQ)"),
    ({"_Transfer": 18}, {}, "lift_hdr: clip must be SDR; its _Transfer is 18 (HLG)"),
    ({"_Transfer": 8}, {}, "lift_hdr: clip's _Transfer must be one of 1, 2, 4, 5, 6, 13, 14, 15; got 8"),
    ({"_Primaries": 10}, {}, "lift_hdr: clip's _Primaries must be one of 1, 5, 6, 7, 9, 12; got 10"),
    ({}, {"format": "YUV420P8"}, "lift_hdr: format must have 10 to 16 bit integer or float samples; got YUV420P8"),
    ({}, {"format": "YUV9"}, "lift_hdr: format must be the name of a format, such as YUV420P10; got 'YUV9'"),
    ({}, {"format": "GRAY16"}, "lift_hdr: format must be YUV or RGB"),
    ({}, {"peak": 100}, "lift_hdr: peak must be in [400, 10000] cd/m²; got 100"),
    ({}, {"method": "b"}, "lift_hdr: method must be one of a, c, maxrgb; got 'b'"),
]


@pytest.mark.parametrize("props,options,text", ERRORS, ids=[text for *_, text in ERRORS])
def test_errors_say_what_is_allowed(props, options, text):
    with pytest.raises(vs.Error) as error:
        vsplugin.lift_hdr(flat(vs.YUV420P8).std.SetFrameProps(**props), **options)
    assert str(error.value) == text


def test_it_works_in_a_chain():
    steps = chain.resolve(flat(vs.YUV420P8), [("lift_hdr", {"method": "c"})])
    assert steps == [("lift_hdr", {"method": "c", "peak": 1000.0, "crosstalk": 0.0, "format": None})]
    assert chain.apply(flat(vs.YUV420P8), steps).format.id == vs.YUV420P10
    assert "lift_hdr: method c" in chain.explain(flat(vs.YUV420P8), steps)[0]
    assert chain.model_hashes(steps) == {}
