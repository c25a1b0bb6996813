"""upscale where TileSR writes finished luma: the picture and the properties are those of the steps one by one."""

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays

import vsplugin
from vsplugin import color, infer, kernels, models, sample

core = vs.core
INTEGERS = [vs.GRAY8, vs.GRAY10, vs.GRAY16, vs.YUV420P8, vs.YUV420P10, vs.YUV422P12, vs.YUV420P16, vs.YUV411P8]
OTHERS = [vs.YUV444P8, vs.GRAYH, vs.GRAYS, vs.YUV420PH, vs.YUV444PS, vs.RGB24, vs.RGBS]
HDR = {"_Range": 0, "_Transfer": 16, "_Matrix": 9, "_Primaries": 9, "_ChromaLocation": 2, "ContentLightLevelMax": 900}


def name_of(kind):
    return core.get_video_format(kind).name


def film(kind, width=92, height=52, **props):
    return core.resize.Bicubic(sample.clip("film")[3], width, height, format=kind).std.SetFrameProps(**props)


def step_by_step(clip, name, scale=2, strength=1.0, overshoot=0.25, chroma=1.0):
    """The network's answer, enlargement, sum and limit as filters of their own; chroma by resize and GuideChroma."""
    luma = color.plane(clip, 0)
    floats = color.to_float(luma)
    gain = infer.run("test", [floats], models.find("test", name, "super-resolution"))
    base = core.resize.Bicubic(floats, clip.width * scale, clip.height * scale)
    limit = -1 if overshoot is None else overshoot
    merged = kernels.plugin().Merge(base, gain, strength=strength, source=luma, overshoot=limit, format=luma.format.id)
    if clip.format.color_family == vs.GRAY:
        return to_arrays(merged)
    return to_arrays(kernels.plugin().GuideChroma(clip, merged, strength=chroma))


@pytest.fixture
def no_residual(monkeypatch):
    """Whoever asks for the network's bare answer fails."""

    def refuse(*_, **__):
        raise AssertionError("the residual was asked for")

    monkeypatch.setattr(infer, "run", refuse)


def assert_alike(got, expected, bits, several=1):
    """Of integers a code may be rounded otherwise here and there: sums differ by 1e-6 of nominal."""
    for a, b in zip(got, expected, strict=True):
        difference = np.abs(a.astype(float) - b)
        assert difference.max() <= several and np.mean(difference > 0) < 1e-3 * 2 ** max(0, bits - 12)


@pytest.mark.parametrize("kind", INTEGERS, ids=name_of)
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"strength": 0.6, "overshoot": None},
        {"overshoot": 0.0, "chroma": 0.5},
        {"scale": 4, "name": "sr4-realtime"},
    ],
    ids=["x2", "no limit", "no overshoot", "x4"],
)
@pytest.mark.parametrize("props", [{}, {"_Range": 1}, HDR], ids=["untold", "full", "HDR"])
def test_one_pass_is_the_steps_one_by_one(kind, arguments, props, request):
    clip = film(kind, **props)
    options = dict(arguments)
    name = options.pop("name", "sr2-fast")
    expected = step_by_step(clip, name, **options)
    request.getfixturevalue("no_residual")
    out = vsplugin.upscale(clip, model=name, **options)
    assert out.format.id == kind
    assert_alike(to_arrays(out), expected, clip.format.bits_per_sample)


@pytest.mark.parametrize("kind", [vs.GRAY8, vs.YUV420P8], ids=name_of)
def test_int8_networks_take_it_too(kind, request):
    clip = film(kind)
    for name, scale in (("sr2-fast-int8", 2), ("sr4-realtime-int8", 4)):
        if infer.choose("test", "auto", models.find("test", name, "super-resolution")).name != "tile":
            pytest.skip("this CPU has no VNNI")
        expected = step_by_step(clip, name, scale)
        # A sum near the middle of two 8-bit codes may go the other way, and layers after it follow.
        for a, b in zip(to_arrays(vsplugin.upscale(clip, model=name, scale=scale)), expected, strict=True):
            difference = np.abs(a.astype(float) - b)
            assert difference.max() <= 3 and np.mean(difference > 0) < 2e-3


@pytest.mark.parametrize("size", [(1, 1), (37, 29), (8, 2)])
def test_odd_sizes(size, no_residual):
    clip = film(vs.GRAY8, *size)
    assert (vsplugin.upscale(clip).width, vsplugin.upscale(clip).height) == (2 * size[0], 2 * size[1])
    assert to_arrays(vsplugin.upscale(clip))[0].shape == (2 * size[1], 2 * size[0])


def test_plain_chroma_is_the_bicubic_of_resize(no_residual):
    for location in range(6):
        clip = film(vs.YUV420P10).std.SetFrameProps(_ChromaLocation=location)
        plain = core.resize.Bicubic(clip, clip.width * 2, clip.height * 2, format=vs.YUV420PS)  # integers: not as exact
        codes = [np.floor(plane * 896 + 512.5) for plane in to_arrays(plain)[1:]]
        assert_alike(to_arrays(vsplugin.upscale(clip, chroma=0.0))[1:], codes, 10)


@pytest.mark.parametrize("kind", OTHERS, ids=name_of)
def test_what_needs_the_residual_still_has_it(kind, monkeypatch):
    """Full-size chroma follows luma's new detail; floats may hold what no network should see; RGB has one for three."""
    asked = []
    run = infer.run
    monkeypatch.setattr(infer, "run", lambda *args, **options: asked.append(1) or run(*args, **options))
    source = film(vs.YUV444P16, _Matrix=1)
    clip = core.resize.Bicubic(source, format=kind)
    out = vsplugin.upscale(clip)
    assert asked and out.format.id == kind and to_arrays(out)[0].shape == (2 * clip.height, 2 * clip.width)


def test_luma_is_the_same_whether_chroma_needs_the_residual():
    clip = film(vs.YUV444P10)
    assert_alike(to_arrays(vsplugin.upscale(clip, chroma=0.0))[:1], to_arrays(vsplugin.upscale(clip))[:1], 10)


@pytest.mark.parametrize("options", [{"ensemble": 2}, {"backend": "ov"}, {"backend": "ort"}], ids=str)
def test_luma_is_the_same_by_other_ways(options):
    """Other runtimes round otherwise, an ensemble answers a little otherwise: the same picture, though."""
    clip = film(vs.GRAY8)
    a, b = (to_arrays(vsplugin.upscale(clip, **each))[0].astype(float) for each in ({}, options))
    assert np.abs(a - b).mean() < 1 and np.abs(a - b).max() < 24


@pytest.mark.parametrize("kind", [vs.GRAY8, vs.YUV420P8, vs.YUV444P8, vs.YUV420PS, vs.RGB24], ids=name_of)
@pytest.mark.parametrize("props", [{}, HDR, {"_FieldBased": 2, "_Range": 1, "_SARNum": 4, "_SARDen": 3}], ids=str)
def test_properties_are_those_of_the_clip(kind, props):
    if kind == vs.RGB24:
        props = {name: value for name, value in props.items() if name not in ("_Matrix", "_ChromaLocation")}
    clip = core.std.BlankClip(width=32, height=24, format=kind, length=1).std.SetFrameProps(**props)
    want = dict(clip.get_frame(0).props)
    assert dict(vsplugin.upscale(clip).get_frame(0).props) == want
    fidelity = vsplugin.upscale(clip, mode="fidelity").get_frame(0).props
    made_false = {"ContentLightLevelMax"}  # nothing limits how far edges overshoot there
    no_chroma = set() if clip.format.subsampling_w else {"_ChromaLocation"}
    assert {name: fidelity.get(name) for name in set(want) - made_false - no_chroma}.items() <= want.items()


def test_interlaced_frames_are_taken_as_they_are_woven():
    clip = film(vs.YUV420P8, 64, 50)  # half of it is no whole number of chroma lines
    woven, tagged = (to_arrays(vsplugin.upscale(clip.std.SetFrameProps(_FieldBased=fields))) for fields in (0, 2))
    for a, b in zip(woven, tagged, strict=True):
        np.testing.assert_array_equal(a, b)
