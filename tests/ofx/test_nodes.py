"""What a node makes of a clip: the filters' own results, sizes, times, colours; or nothing, where it should not."""

import numpy as np
import pytest
import vapoursynth as vs

import vsplugin
from vsplugin.ofx.nodes import RESTORATIONS

from .conftest import OK, REPLY_DEFAULT, SCRIPTS
from .profiles import GROWS, PROFILES

OWN_SCRIPT = "Own script"
RENDERING = "OfxImageEffectAction"


@pytest.fixture(scope="module")
def noisy(scene):
    generator = np.random.default_rng(5)
    picture = scene.copy()
    picture[..., :3] = np.clip(picture[..., :3], 0, 1) + generator.normal(0, 0.05, (48, 64, 3))
    return picture.astype(np.float32)


def as_clip(picture, **props):
    """The picture as VapourSynth has it: the top row first."""
    frame = vs.core.create_video_frame(vs.RGBS, picture.shape[1], picture.shape[0])
    for plane in range(3):
        np.asarray(frame[plane])[:] = picture[::-1, :, plane]
    blank = vs.core.std.BlankClip(format=vs.RGBS, width=picture.shape[1], height=picture.shape[0], length=1)
    return vs.core.std.ModifyFrame(blank, blank, lambda n, f: frame).std.SetFrameProps(_Matrix=0, _Range=1, **props)


def colours(clip):
    with clip.get_frame(0) as frame:
        return np.stack([np.array(frame[plane])[::-1] for plane in range(3)], axis=2)


REC709 = {"_Transfer": 1, "_Primaries": 1}


def test_denoise_is_the_filter(make, noisy):
    node = make("denoise")
    node.set(sigma_unset=0, sigma=12.0, sigma_chroma_unset=0, sigma_chroma=8.0, strength=0.75)
    node.feed(0, noisy)
    expected = colours(vsplugin.denoise(as_clip(noisy, **REC709), sigma=12.0, sigma_chroma=8.0, strength=0.75))
    out = node.render(0, (64, 48))
    np.testing.assert_array_equal(out[..., :3], expected)
    np.testing.assert_array_equal(out[..., 3], noisy[..., 3])
    assert np.abs(out - noisy).max() > 0.01


def test_denoise_measures_where_it_is_left_to(make, noisy):
    node = make("denoise")
    node.feed(0, noisy)
    np.testing.assert_array_equal(
        node.render(0, (64, 48))[..., :3], colours(vsplugin.denoise(as_clip(noisy, **REC709)))
    )


def test_unfade_judges_the_frame_at_hand_where_the_host_shows_no_other(make, noisy):
    """The clip of the tests' host has no end: looking for its scenes would take one, too."""
    node = make("unfade")
    node.set(sure=0.0)
    node.feed(0, noisy)
    out = node.render(0, (64, 48))[..., :3]
    np.testing.assert_array_equal(out, colours(vsplugin.unfade(as_clip(noisy, **REC709), sure=0.0)))
    assert np.abs(out - noisy[..., :3]).max() > 0.01


def test_lift_hdr_is_the_filter_and_its_signal_stays_pq(make, scene):
    node = make("lift_hdr")
    node.set(peak=600.0, method=1, colour=1)
    node.feed(0, scene)
    expected = colours(vsplugin.lift_hdr(as_clip(scene, **REC709), peak=600.0, method="c"))
    np.testing.assert_array_equal(node.render(0, (64, 48))[..., :3], expected)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_upscale_grows_where_the_host_can_show_it(make, noisy, scale):
    node = make("upscale", "nuke")
    node.set(scale=scale - 2, colour=1)
    node.feed(0, noisy, origin=(10, -6))
    status, out = node.act(RENDERING + "GetRegionOfDefinition", OfxPropTime=0.0)
    assert status == OK
    region = out["OfxImageEffectPropRegionOfDefinition"]
    assert region == [10.0 * scale, -6.0 * scale, 74.0 * scale, 42.0 * scale]
    picture = node.render(0, (64 * scale, 48 * scale), shape={"origin": (10 * scale, -6 * scale)})
    expected = colours(vsplugin.upscale(as_clip(noisy, **REC709), scale=scale))
    np.testing.assert_array_equal(picture[..., :3], expected)
    low, high = noisy[..., 3].min(), noisy[..., 3].max()
    assert picture[..., 3].min() >= low and picture[..., 3].max() <= high
    np.testing.assert_allclose(picture[..., 3].mean(), noisy[..., 3].mean(), atol=0.01)


@pytest.mark.parametrize("profile", sorted(set(PROFILES) - set(GROWS) - {"vegas"}))
def test_elsewhere_it_takes_back_the_hosts_enlargement(make, noisy, profile):
    node = make("upscale", profile)
    assert node.act(RENDERING + "GetRegionOfDefinition", OfxPropTime=0.0)[0] == REPLY_DEFAULT
    node.feed(0, noisy)
    native = vs.core.resize.Bicubic(as_clip(noisy, **REC709), 32, 24)
    np.testing.assert_array_equal(node.render(0, (64, 48))[..., :3], colours(vsplugin.upscale(native, scale=2)))


def test_presets_and_their_growth(make, noisy):
    node = make("restoration", "nuke")
    node.set(colour=1, preset="Upscale")
    node.feed(0, noisy)
    np.testing.assert_array_equal(
        node.render(0, (128, 96))[..., :3], colours(vsplugin.upscale(as_clip(noisy, **REC709), scale=2))
    )
    node.set(preset="Denoise")
    assert node.act(RENDERING + "GetRegionOfDefinition", OfxPropTime=0.0)[0] == REPLY_DEFAULT
    np.testing.assert_array_equal(
        node.render(0, (64, 48))[..., :3], colours(vsplugin.denoise(as_clip(noisy, **REC709)))
    )


@pytest.mark.parametrize("name", ["restoration", "denoise", "lift_hdr", "upscale"])
@pytest.mark.parametrize("profile", ["strict", "mlt", "resolve"])
def test_mix_0_is_the_source_bit_for_bit(make, scene, name, profile):
    """Also for hosts that never ask whether a node does anything; pixels that are no numbers too."""
    node = make(name, profile)
    picture = scene.copy()
    picture[0, 0, 0] = np.nan
    node.set(mix=0.0)
    node.feed(0, picture)
    status, out = node.act(RENDERING + "IsIdentity", OfxPropTime=3.0)
    assert (status, out["OfxPropName"], out["OfxPropTime"]) == (OK, ["Source"], [3.0])
    np.testing.assert_array_equal(node.render(0, (64, 48)).view(np.uint32), picture.view(np.uint32))


def test_strength_0_is_the_source_and_half_a_mix_half_the_way(make, noisy):
    node = make("denoise")
    node.feed(0, noisy)
    node.set(strength=0.0)
    assert node.act(RENDERING + "IsIdentity", OfxPropTime=0.0)[0] == OK
    np.testing.assert_array_equal(node.render(0, (64, 48)), noisy)
    node.set(strength=1.0)
    assert node.act(RENDERING + "IsIdentity", OfxPropTime=0.0)[0] == REPLY_DEFAULT
    full = node.render(0, (64, 48))
    node.set(mix=0.25)
    np.testing.assert_allclose(node.render(0, (64, 48)), noisy + 0.25 * (full - noisy), atol=1e-6)


def test_thumbnails_are_the_source(make, noisy):
    node = make("denoise")
    node.feed(0, noisy)
    np.testing.assert_array_equal(node.render(0, (64, 48), thumbnail="true"), noisy)


def test_mix_is_taken_at_the_time_of_the_frame(make, scene):
    node = make("restoration")
    node.set(preset=OWN_SCRIPT, script=str(SCRIPTS / "halve.vpy"), mix={0.0: 0.0, 1.0: 0.5})
    for time in (0, 1, 2):
        node.feed(time, scene)
    half = scene[..., :3] * 0.5 + 0.125
    np.testing.assert_array_equal(node.render(0, (64, 48)), scene)
    np.testing.assert_allclose(node.render(1, (64, 48))[..., :3], (scene[..., :3] + half) / 2, atol=1e-6)
    np.testing.assert_allclose(node.render(2, (64, 48))[..., :3], half, atol=1e-6)


def test_linear_pixels_are_filtered_as_video_and_made_linear_again(make, noisy):
    def coded(x):
        return np.sign(x) * np.where(np.abs(x) <= 0.0031308, 12.92 * np.abs(x), 1.055 * np.abs(x) ** (1 / 2.4) - 0.055)

    def light(x):
        x, sign = np.abs(x), np.sign(x)
        return sign * np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)

    linear = noisy.copy()
    linear[..., :3] = light(noisy[..., :3].astype(np.float64)) * 3  # beyond 1
    node = make("denoise", "nuke")  # linear by itself
    node.set(sigma_unset=0, sigma=10.0, backend=2)  # ONNX Runtime: float32, where others run in bf16
    node.feed(0, linear)
    signal = linear.copy()
    signal[..., :3] = coded(linear[..., :3].astype(np.float64))
    expected = light(colours(vsplugin.denoise(as_clip(signal), sigma=10.0, backend="ort")).astype(np.float64))
    out = node.render(0, (64, 48))[..., :3]
    np.testing.assert_allclose(out, expected, rtol=1e-3, atol=1e-4)
    untouched = make("restoration", "nuke")
    untouched.set(preset=OWN_SCRIPT, script=str(SCRIPTS / "null.vpy"))
    untouched.feed(0, linear)
    np.testing.assert_allclose(untouched.render(0, (64, 48)), linear, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(
    ("choice", "space", "transfer", "primaries"),
    [(0, None, 1, 1), (0, "rec2100_pq_display", 16, 9), (0, "st2084_p3d65_display", 16, 12), (0, "unheard_of", 2, 2),
     (2, "rec2100_pq_display", 13, 1), (4, None, 16, 9), (5, None, 18, 9)],
)  # fmt: skip
def test_frames_say_how_their_pixels_are_coded(make, scene, choice, space, transfer, primaries):
    """tagged.vpy shows the frame properties as colours: red is transfer / 100, green primaries / 100."""
    node = make("restoration", "resolve")
    node.set(preset=OWN_SCRIPT, script=str(SCRIPTS / "tagged.vpy"), colour=choice)
    if space:
        node.instance.clip_property("OfxImageClipPropColourspace", space)
    node.feed(0, scene)
    out = node.render(0, (64, 48))
    np.testing.assert_allclose(out[0, 0, :2], [transfer / 100, primaries / 100], atol=1e-6)


def looks_around(entry):
    return entry.temporal > 0 or any(one.name == "radius" for one in entry.parameters)


@pytest.mark.parametrize("entry", [one for one in RESTORATIONS.values() if looks_around(one)], ids=lambda one: one.name)
def test_filters_that_look_at_other_frames_give_what_they_give_in_a_script(make, noisy, entry):
    """Frame by frame, at the ends of the clip too, in any order."""
    node = make(entry.name)
    knobs = {name: values for name, _, values in node.context.params}
    arguments = {}
    if "radius" in knobs and "radius_unset" not in knobs:
        arguments["radius"] = max(2, knobs["radius"]["OfxParamPropMin"][0])
    node.set(colour="Rec.709 video", **arguments)
    node.instance.clip_property("OfxImageEffectPropFrameRange", [0.0, 6.0])
    pictures = [np.roll(noisy * (1 + 0.05 * (frame % 2)), frame, axis=1) for frame in range(7)]
    for frame, picture in enumerate(pictures):
        node.feed(frame, picture)
    clip = vs.core.std.Splice([as_clip(picture, **REC709) for picture in pictures])
    expected = getattr(vsplugin, entry.name)(clip, **arguments)
    for frame in (3, 0, 6, 2):
        np.testing.assert_array_equal(node.render(frame, (64, 48))[..., :3], colours(expected[frame]))
    needed = node.act(RENDERING + "GetFramesNeeded", OfxPropTime=3.0)[1]["OfxImageClipPropFrameRange_Source"]
    reach = arguments.get("radius", entry.temporal)
    assert needed == [3.0 - reach, 3.0 + reach]


# Time ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["strict", "nuke", "resolve", "natron", "vegas"])
def averaging(make, request):
    """mean3.vpy: the mean of three frames. Frame t is all t / 8."""

    def one(profile=request.param, radius=1, first=0, frames=8, known=True):
        node = make("restoration", profile)
        node.set(preset=OWN_SCRIPT, script=str(SCRIPTS / "mean3.vpy"), radius=radius, colour=1)
        for time in range(first, first + frames):
            node.feed(time, np.full((4, 6, 4), (time - first) / 8, np.float32))
        if known:
            node.instance.clip_property("OfxImageEffectPropFrameRange", [float(first), float(first + frames - 1)])
        return node

    return one


def mean_of(*numbers):
    return sum(numbers) / len(numbers) / 8


@pytest.mark.parametrize("radius", [0, 1, 2])
@pytest.mark.parametrize("first", [0, 1001, -4])
def test_neighbours_are_fetched_whether_or_not_they_were_announced(averaging, radius, first):
    node = averaging(radius=radius, first=first)
    status, out = node.act(RENDERING + "GetFramesNeeded", OfxPropTime=3.0)
    if radius:
        assert (status, out["OfxImageClipPropFrameRange_Source"]) == (OK, [3.0 - radius, 3.0 + radius])
    else:
        assert status == REPLY_DEFAULT
    for time in (3, 4, 2, 5, 3):
        np.testing.assert_allclose(
            node.render(first + time, (6, 4))[..., 0], mean_of(time - 1, time, time + 1), atol=1e-6
        )
    assert {first + 2, first + 3, first + 4} <= set(node.instance.asked_times)


def test_at_the_ends_of_a_clip_its_length_is_the_graphs(averaging):
    """AverageFrames repeats the ends; no frame outside the clip is asked for."""
    node = averaging()
    np.testing.assert_allclose(node.render(0, (6, 4))[..., 0], mean_of(0, 0, 1), atol=1e-6)
    assert min(node.instance.asked_times) >= 0
    np.testing.assert_allclose(node.render(7, (6, 4))[..., 0], mean_of(6, 7, 7), atol=1e-6)
    assert max(node.instance.asked_times) <= 7


def test_a_host_that_has_no_frame_there_gets_the_nearest(averaging):
    node = averaging(known=False, first=3, frames=4)
    np.testing.assert_allclose(node.render(3, (6, 4))[..., 0], mean_of(0, 0, 1), atol=1e-6)
    np.testing.assert_allclose(node.render(6, (6, 4))[..., 0], mean_of(2, 3, 3), atol=1e-6)
    np.testing.assert_allclose(node.render(5, (6, 4))[..., 0], mean_of(1, 2, 3), atol=1e-6)


def test_a_host_without_other_times_is_not_asked_for_them(averaging):
    node = averaging("mlt", known=False)
    for time in (2, 5, 3):
        np.testing.assert_allclose(node.render(time, (6, 4))[..., 0], time / 8, atol=1e-6)
        assert node.instance.asked_times == [float(time)]


def test_fractional_and_negative_times(averaging):
    node = averaging(known=False, first=-3, frames=2)
    for time in (4.25, 5.25, 6.25, -100.0):
        node.feed(time, np.full((4, 6, 4), time / 8, np.float32))
    np.testing.assert_allclose(node.render(5.25, (6, 4))[..., 0], (4.25 + 5.25 + 6.25) / 3 / 8, atol=1e-6)
    np.testing.assert_allclose(node.render(-100, (6, 4))[..., 0], -100 / 8, atol=1e-5)


def test_what_the_user_changes_upstream_is_seen_at_once(averaging):
    """No host says so: the pictures themselves do. First the frame itself, then only its neighbour."""
    node = averaging()
    np.testing.assert_allclose(node.render(3, (6, 4))[..., 0], mean_of(2, 3, 4), atol=1e-6)
    node.feed(3, np.full((4, 6, 4), 1.0, np.float32))
    np.testing.assert_allclose(node.render(3, (6, 4))[..., 0], mean_of(2, 8, 4), atol=1e-6)
    node.feed(4, np.full((4, 6, 4), 2.0, np.float32))
    np.testing.assert_allclose(node.render(3, (6, 4))[..., 0], mean_of(2, 8, 16), atol=1e-6)
    unannounced = averaging(radius=0)
    np.testing.assert_allclose(unannounced.render(3, (6, 4))[..., 0], mean_of(2, 3, 4), atol=1e-6)
    unannounced.feed(4, np.full((4, 6, 4), 2.0, np.float32))
    np.testing.assert_allclose(unannounced.render(3, (6, 4))[..., 0], mean_of(2, 3, 16), atol=1e-6)


def test_any_order_gives_the_same_frames(averaging):
    node = averaging()
    forward = [node.render(time, (6, 4)) for time in range(8)]
    for time in (5, 1, 7, 1, 0, 6):
        np.testing.assert_array_equal(node.render(time, (6, 4)), forward[time])


def test_the_region_needed_is_the_whole_source(make, scene):
    node = make("denoise")
    node.feed(0, scene, origin=(-5, 7))
    status, out = node.act(RENDERING + "GetRegionsOfInterest", OfxPropTime=0.0)
    assert (status, out["OfxImageClipPropRoI_Source"]) == (OK, [-5.0, 7.0, 59.0, 55.0])


def test_a_smaller_render_scale_is_close_to_the_full_size_made_smaller(make):
    y, x = np.mgrid[0:96, 0:128].astype(np.float32)
    full = np.stack([0.5 + 0.4 * np.sin(x / 20), 0.5 + 0.4 * np.cos(y / 15), x / 127, np.ones_like(x)], axis=2)
    node = make("denoise")
    node.set(sigma_unset=0, sigma=4.0)
    node.feed(0, full)
    whole = node.render(0, (128, 96))
    node.feed(1, full.reshape(48, 2, 64, 2, 4).mean(axis=(1, 3)))
    half = node.render(1, (64, 48), scale=[0.5, 0.5])
    assert np.abs(half - whole.reshape(48, 2, 64, 2, 4).mean(axis=(1, 3))).mean() < 0.01


# What is wrong is said in words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("denoise", {"model": "no-such-model"}, "no-such-model"),
        ("denoise", {"backend": 4}, "backend 'trt' is not usable here"),
        ("restoration", {"preset": OWN_SCRIPT}, "script must be a .vpy or .py file"),
        ("restoration", {"preset": OWN_SCRIPT, "script": "/no/such.vpy"}, "no such file: /no/such.vpy"),
        ("restoration", {"preset": OWN_SCRIPT, "script": str(SCRIPTS / "broken.vpy")}, "ZeroDivisionError"),
        ("denoise", {"hdr_in": "/no/such.json"}, "no such file: /no/such.json"),
    ],
)
def test_errors_name_their_cause_once_and_show_the_source(make, noisy, name, values, words):
    node = make(name)
    node.feed(0, noisy)
    node.set(**values)
    for _ in range(3):
        status, out = node.try_render(0, (64, 48))
        assert status == 1
        assert words in node.instance.message and "\n" not in node.instance.message
        np.testing.assert_array_equal(out, noisy)
    assert node.instance.messages == 1
    node.set(mix=0.0)
    node.render(0, (64, 48))
    assert node.instance.message == ""


def test_parameters_that_cannot_be_read_or_are_out_of_range_are_the_defaults(make, noisy):
    node = make("denoise")
    node.feed(0, noisy)
    node.set(sigma_unset=0, sigma=10.0, sigma_chroma_unset=0, sigma_chroma=10.0)
    right = node.render(0, (64, 48))
    node.set(backend=77, tile=None, strength=None, mix=99.0, model=None)
    np.testing.assert_array_equal(node.render(0, (64, 48)), right)


def test_paths_may_hold_any_letters_and_be_long(make, noisy, tmp_path):
    folder = tmp_path / ("ü" * 60) / 'quote " and \\ back'
    folder.mkdir(parents=True)
    (folder / "null.vpy").write_text((SCRIPTS / "null.vpy").read_text())
    node = make("restoration")
    node.feed(0, noisy)
    node.set(preset=OWN_SCRIPT, script=str(folder / "null.vpy"))
    np.testing.assert_array_equal(node.render(0, (64, 48)), noisy)
    node.set(script="x" * 100_000)
    status, out = node.try_render(0, (64, 48))
    assert status == 1 and "64 KiB" in node.instance.message
    np.testing.assert_array_equal(out, noisy)


def test_knobs_that_are_left_to_the_filter_are_greyed_out(make):
    node = make("denoise")
    changed = {"OfxPropChangeReason": "OfxChangeUserEdited", "OfxPropName": "sigma_unset", "OfxPropTime": 0.0}
    for unset in (1, 0):
        node.set(sigma_unset=unset)
        assert node.act("OfxActionInstanceChanged", **changed)[0] == OK
        assert node.instance.param_property("sigma")["OfxParamPropEnabled"] == [1 - unset]
