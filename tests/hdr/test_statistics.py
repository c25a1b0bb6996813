"""Light statistics against float64 numpy on linear light, borders and cuts against clips built to have them."""

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_clip

from vsplugin.errors import UserError
from vsplugin.hdr import hdr10plus, statistics, transfer
from vsplugin.hdr.statistics import Area, Light

core = vs.core
PQ = {"_Transfer": 16, "_Primaries": 9}


def picture(width, height, seed=1, peak=1.0):
    """(3, H, W) float32 PQ codes: gradients, noise, some highlights up to ``peak``, some pixels beyond 0..1."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    base = 0.35 + 0.25 * np.sin(5 * x + seed) * np.cos(7 * y)
    rgb = np.stack([base, 0.9 * base + 0.05 * x, 0.8 * base + 0.1 * y]) + rng.normal(0, 0.01, (3, height, width))
    rgb += (peak - 0.6) * (rng.random((3, height, width)) > 0.999)
    rgb[:, 0, :3] = [[1.2, -0.1, 0.5]] * 3
    return rgb.astype(np.float32)


def reference(rgb):
    """MaxSCL, average, the nine values of the distribution: from float64 light, as the conventions are worded."""
    light = transfer.pq_eotf(np.clip(rgb.astype(np.float64), 0, 1))
    brightest = light.max(0)

    def percentile(q):
        return np.percentile(brightest, q, method="inverted_cdf")

    distribution = [percentile(q) for q in (1, 99.99, 0, 25, 50, 75, 90, 95, 99.98)]
    distribution[2] = 100 * np.mean(brightest <= 100)
    return light.max((1, 2)), brightest.mean(), np.array(distribution)


def assert_within_two_units(light, rgb):
    """A unit of the payload is 0.1 cd/m²; of the share in percent, 1."""
    maxscl, average, distribution = reference(rgb)
    np.testing.assert_allclose(light.maxscl, maxscl, atol=0.2)
    assert light.average == pytest.approx(average, abs=0.2)
    np.testing.assert_allclose(light.distribution, distribution, atol=0.2)


def rgb_clip(*pictures, **props):
    clips = [to_clip(list(rgb), core.get_video_format(vs.RGBS), **{**PQ, **props}) for rgb in pictures]
    return core.std.Splice(clips)


@pytest.mark.parametrize("peak", [0.7, 0.85, 1.0])
def test_a_frame_is_measured_within_two_units(peak):
    rgb = picture(400, 300, peak=peak)
    assert_within_two_units(next(statistics.measure(rgb_clip(rgb))), rgb)


def test_uhd_is_measured_within_two_units():
    rgb = picture(3840, 2160)
    assert_within_two_units(next(statistics.measure(rgb_clip(rgb))), rgb)


@pytest.mark.parametrize("kind", [vs.RGB30, vs.RGB36, vs.RGB48, vs.RGBH, vs.YUV420P10, vs.YUV444P16, vs.YUV422PS])
def test_every_format_is_measured_as_the_rgb_that_resize_makes_of_it(kind):
    options = {"matrix": 9} if core.get_video_format(kind).color_family == vs.YUV else {}
    clip = core.resize.Bicubic(rgb_clip(picture(320, 180)), format=kind, **options)
    with core.resize.Bicubic(clip, format=vs.RGBS).get_frame(0) as frame:
        rgb = np.stack([np.asarray(frame[p]) for p in range(3)])
    assert_within_two_units(next(statistics.measure(clip)), rgb)


def test_borders_are_found_and_left_out():
    inner = picture(200, 100)
    whole = np.zeros((3, 140, 240), np.float32)
    whole += np.random.default_rng(5).uniform(-0.01, 0.03, whole.shape).astype(np.float32)  # noise of an encoder
    whole[:, 22:122, 30:230] = inner
    clip = rgb_clip(whole)
    area = statistics.active_area(clip)
    assert area == Area(left=30, right=10, top=22, bottom=18)
    assert_within_two_units(next(statistics.measure(clip, area)), inner)
    assert next(statistics.measure(clip)).average < 0.7 * next(statistics.measure(clip, area)).average


def test_a_border_is_black_in_every_frame():
    dark, lit = np.zeros((3, 40, 60), np.float32), np.zeros((3, 40, 60), np.float32)
    lit[:, 4:30, 6:50] = 0.3
    dark[:, 2:20, 10:52] = 0.3
    assert statistics.active_area(rgb_clip(dark, lit)) == Area(left=6, right=8, top=2, bottom=10)
    assert statistics.active_area(rgb_clip(0 * dark)) == Area()


def test_maxcll_and_maxfall():
    frames = [np.full((3, 64, 64), transfer.pq_inverse_eotf(value), np.float32) for value in (100, 400, 250)]
    frames[0][1, 5, 5] = transfer.pq_inverse_eotf(4000)
    lights = list(statistics.measure(rgb_clip(*frames)))
    measured = statistics.content_light(lights)
    assert (measured.max_cll, measured.max_fall) == (4000, 400)
    large = np.full((3, 200, 200), transfer.pq_inverse_eotf(300), np.float32)
    large[0, 0, :2] = 1.0  # two hot pixels of 40,000
    lights = list(statistics.measure(rgb_clip(large)))
    assert statistics.content_light(lights).max_cll == 10_000
    assert statistics.content_light(lights, robust=True).max_cll == 300
    with pytest.raises(UserError, match="at least one frame"):
        statistics.content_light([])


def test_a_measured_frame_becomes_a_profile_a_payload():
    rgb = picture(160, 90)
    meta = hdr10plus.Hdr10Plus((next(statistics.measure(rgb_clip(rgb))).window(),))
    again = hdr10plus.parse(hdr10plus.pack(meta))
    maxscl, average, distribution = reference(rgb)
    window = again.windows[0]
    assert again.profile == "A" and [index for index, _ in window.percentiles] == [1, 5, 10, 25, 50, 75, 90, 95, 99]
    np.testing.assert_allclose(window.maxscl, 10 * maxscl, atol=2)
    assert window.average == pytest.approx(10 * average, abs=2)
    units = np.where(np.arange(9) == 2, distribution, 10 * distribution)
    np.testing.assert_allclose([value for _, value in window.percentiles], units, atol=2)


def test_a_scene_is_its_brightest_frame_with_mean_averages():
    lights = [next(statistics.measure(rgb_clip(picture(64, 48, seed, peak)))) for seed, peak in ((1, 0.7), (2, 0.9))]
    scene = statistics.scene_light(lights)
    assert scene.maxscl == lights[1].maxscl and scene.highlight == lights[1].highlight
    assert scene.average == pytest.approx((lights[0].average + lights[1].average) / 2)
    assert scene.distribution[2] == pytest.approx((lights[0].distribution[2] + lights[1].distribution[2]) / 2)


def lights_of(levels):
    """Frames whose light lies around these PQ codes, with grain."""
    rng = np.random.default_rng(7)
    out = []
    for level in levels:
        codes = np.clip(rng.normal(level, 0.05, 5000) + rng.normal(0, 0.002), 0, 1)
        counts = np.bincount((codes * 1023).astype(int), minlength=1024)
        out.append(statistics.light_of_histogram(counts, (1023, 1023, 1023)))
    return out


def test_scenes_are_cut_where_light_jumps_for_good():
    lights = lights_of([0.3] * 20 + [0.5] * 15 + [0.42] * 30)
    assert statistics.scenes(lights) == [(0, 20), (20, 35), (35, 65)]


def test_fades_and_flashes_are_no_cuts():
    fade = list(np.linspace(0.2, 0.6, 40))
    assert statistics.scenes(lights_of(fade)) == [(0, 40)]
    flash = [0.3] * 15 + [0.8, 0.7] + [0.3] * 15
    assert statistics.scenes(lights_of(flash)) == [(0, 32)]
    assert statistics.scenes(lights_of([0.3])) == [(0, 1)] and statistics.scenes([]) == []


def test_what_is_not_pq_is_named_with_its_frame():
    good, bad = rgb_clip(picture(32, 32)), rgb_clip(picture(32, 32), _Transfer=1)
    with pytest.raises(UserError, match=r"frame 1 must be PQ .* its _Transfer is 1"):
        list(statistics.measure(core.std.Splice([good, bad])))
    with pytest.raises(UserError, match="clip must be YUV or RGB; got GrayS"):
        next(statistics.measure(core.std.ShufflePlanes(good, 0, vs.GRAY)))


def test_light_is_light():
    light = next(statistics.measure(rgb_clip(picture(64, 64))))
    assert isinstance(light, Light) and light.peak == max(light.maxscl) == pytest.approx(10_000)
