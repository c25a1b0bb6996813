"""Grain laid back: spectrum and strength of the model, new in every frame, layers to the bit, stocks as published."""

import itertools
import math

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip

import vsplugin
from vsplugin.grain import model, spectrum, stocks

from . import film

FORMATS = [vs.GRAY8, vs.YUV420P8, vs.YUV422P10, vs.YUV444P16, vs.YUV420PH, vs.YUV444PS, vs.RGB24, vs.RGB48, vs.RGBS]


def grainy(frames=6, size=0.9):
    return film.clip_of(film.filmed(film.ramp(), film.gaussian(size), 0.03, frames), vs.YUV420P8)


@pytest.fixture(scope="module")
def taken():
    """The picture without grain, with the model of it on its frames."""
    return vsplugin.degrain(grainy(), radius=0)


def added(clip, out):
    return [new - old for new, old in zip(film.lumas(out), film.lumas(clip), strict=True)]


def octave_power(grains, columns=slice(None)):
    """Octave powers of the blocks of 32 x 32 in these columns, all frames together."""
    blocks = [np.lib.stride_tricks.sliding_window_view(grain[:, columns], (32, 32))[::16, ::16] for grain in grains]
    return spectrum.octave_power(spectrum.power(spectrum.detrended(np.concatenate(blocks).reshape(-1, 32, 32))).mean(0))


def test_every_octave_of_every_tone_has_the_measured_power(taken):
    measured = model.from_json(taken.get_frame(0).props["VSPluginGrainModel"])
    tones = measured.planes[0].tones
    bands = np.repeat(tones, 512 // len(tones) + 1)[None, :512].repeat(256, 0)
    clean = film.clip_of([bands] * 12)
    grains = added(clean, vsplugin.regrain(clean.std.SetFrameProps(VSPluginGrainModel=measured.to_json())))
    for tone, taps in zip(tones, measured.planes[0].taps, strict=True):
        columns = np.flatnonzero(bands[0] == tone)
        found = octave_power(grains, slice(columns[0], columns[-1] + 1))
        np.testing.assert_allclose(found, spectrum.octave_power(spectrum.expected(taps)), rtol=0.1)


def test_coarse_grain_is_told_from_the_picture_over_time():
    picture = film.ramp(160, 256) + 0.1 * np.sign(np.sin(np.mgrid[0:160, 0:256][1] / 5))
    source = film.clip_of(film.filmed(picture, film.gaussian(1.6), 0.04, 7))
    error = {r: np.sqrt(np.mean((film.lumas(vsplugin.degrain(source, radius=r))[3] - picture) ** 2)) for r in (0, 2)}
    before = np.sqrt(np.mean((film.lumas(source)[3] - picture) ** 2))
    assert error[2] < 0.6 * before and error[2] < 0.8 * error[0]


def test_grain_is_new_in_every_frame_and_has_no_mean(taken):
    grains = added(taken, vsplugin.regrain(taken))
    for first, second in itertools.pairwise(grains):
        assert abs((first * second).mean() / (first.std() * second.std())) < 0.05
    assert abs(np.mean(grains)) < 0.001


def test_the_same_seed_is_the_same_grain_in_any_order(taken):
    again = vsplugin.regrain(taken, seed=3)
    first = to_arrays(vsplugin.regrain(taken, seed=3), 4)[0]
    again.get_frame(1)
    np.testing.assert_array_equal(first, to_arrays(again, 4)[0])
    assert (first != to_arrays(vsplugin.regrain(taken, seed=4), 4)[0]).mean() > 0.3


def test_enlarged_twice_the_grains_are_twice_as_wide(taken):
    measured = model.from_json(taken.get_frame(0).props["VSPluginGrainModel"])
    flat = film.clip_of([np.full((512, 1024), measured.planes[0].tones[2])] * 4)
    flat = flat.std.SetFrameProps(VSPluginGrainModel=measured.to_json())
    found = octave_power(added(flat, vsplugin.regrain(flat)))
    half = vs.core.std.CropAbs(flat, 512, 512)
    small = octave_power(added(half, vsplugin.regrain(half)))
    assert found[3] < 0.05 * found[2]  # nothing finer than on film
    np.testing.assert_allclose(found[1:3], 4 * small[2:4], rtol=0.3)  # every octave is one lower, four times as dense


def test_strength_scales_and_0_is_the_clip(taken):
    deviation = [np.std(added(taken, vsplugin.regrain(taken, strength=s))) for s in (0.5, 1.0, 2.0)]
    np.testing.assert_allclose(np.array(deviation) / deviation[1], [0.5, 1, 2], rtol=0.05)
    assert vsplugin.regrain(taken, strength=0) is taken
    assert vsplugin.degrain(taken, strength=0) is taken


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_the_layer_gives_the_source_back_in_every_format(kind):
    source = film.clip_of(film.filmed(film.ramp(96, 128), film.gaussian(0.8), 0.03, 3))
    family = vs.core.get_video_format(kind).color_family
    source = source.resize.Point(format=kind, **({"matrix": 1} if family == vs.YUV else {})).std.SetFrameProps(Kept=7)
    clean = vsplugin.degrain(source, radius=0)
    back = vsplugin.regrain(clean, grain="layer")
    assert back.format.id == kind and back.get_frame(1).props["Kept"] == 7
    exact = vs.core.get_video_format(kind).sample_type == vs.INTEGER
    assert (to_arrays(clean, 1)[0] != to_arrays(source, 1)[0]).mean() > 0.3
    for got, want in zip(to_arrays(back, 1), to_arrays(source, 1), strict=True):
        if exact:
            np.testing.assert_array_equal(got, want)
        else:
            np.testing.assert_allclose(got.astype(float), want, atol=2e-3 if kind == vs.YUV420PH else 1e-6)


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_drawn_grain_fits_every_format(kind):
    source = vs.core.std.BlankClip(format=kind, width=70, height=66, length=2, color=None)
    out = vsplugin.regrain(source.std.SetFrameProps(Kept=7), grain="tri-x-400", gate="16mm")
    assert out.format.id == kind and out.get_frame(1).props["Kept"] == 7


def test_grain_follows_frames_through_trim_and_splice(taken):
    want = to_arrays(grainy(), 4)
    back = vsplugin.regrain((taken[2:3] + taken[4:5])[1:], grain="layer")
    for got, plane in zip(to_arrays(back, 0), want, strict=True):
        np.testing.assert_array_equal(got, plane)


def test_light_above_white_keeps_its_level():
    planes = [np.full((64, 64), 1.8, np.float32)] * 3
    source = to_clip(planes, vs.core.get_video_format(vs.RGBS), 2)
    out = to_arrays(vsplugin.regrain(source, grain="velvia-50"))
    assert all(abs(plane.mean() - 1.8) < 0.01 for plane in out) and out[0].std() > 0


@pytest.mark.parametrize("stock", ["kodachrome-64", "velvia-50", "provia-100f"])
def test_reversal_stocks_have_their_published_granularity(stock):
    """Drawn on grey of density 1, turned back into density, seen through circles four times as wide as the published
    ones, where the scanner's blur does not count: by Selwyn's law the deviation is a quarter."""
    width, published = 2048, stocks.table()[stock]["rms"]
    level = 10 ** (-1 / 2.4)
    grey = to_clip([np.full((1024, width), level, np.float32)], vs.core.get_video_format(vs.GRAYS), 2)
    signal = to_arrays(vsplugin.regrain(grey, grain=stock))[0].astype(np.float64)
    density = -2.4 * np.log10(signal)
    pixel = 21.95e3 / width
    y, x = np.mgrid[-10:11, -10:11]
    fine = [
        np.hypot(y + dy, x + dx) * pixel <= 96 for dy in np.arange(-0.45, 0.5, 0.1) for dx in np.arange(-0.45, 0.5, 0.1)
    ]
    circle = np.mean(fine, 0)
    shape = density.shape
    seen = np.real(np.fft.ifft2(np.fft.fft2(density) * np.fft.fft2(circle / circle.sum(), shape)))
    np.testing.assert_allclose(1000 * seen[16:-16, 16:-16].std(), published / 4, rtol=0.1)


def test_narrower_film_is_coarser_and_stronger():
    large, small = (stocks.find("tri-x-400", gate, 1920).planes[0] for gate in ("35mm", "16mm"))
    assert (small.sigma > 1.15 * large.sigma).all()
    width = [math.sqrt((taps.sum() ** 2) / (taps**2).sum()) for taps in (large.taps[4], small.taps[4])]
    assert width[1] > 1.3 * width[0]


@pytest.mark.parametrize(
    "arguments,words",
    [
        ({}, "the frames carry no model"),
        ({"grain": "layer"}, "the frames carry no layer"),
        ({"grain": "tri-x"}, "did you mean 'tri-x-400'"),
        ({"grain": "absent.json"}, "absent.json"),
        ({"strength": 5}, "strength must be in"),
    ],
)
def test_wrong_arguments_are_named(arguments, words):
    with pytest.raises(vs.Error, match=f"regrain: .*{words}"):
        vsplugin.regrain(vs.core.std.BlankClip(format=vs.GRAY8), **arguments)


def test_a_clip_without_grain_stays():
    for clip in (vs.core.std.BlankClip(format=vs.YUV420P8, color=[90, 128, 128]), grainy(2).std.CropAbs(60, 60)):
        assert vsplugin.degrain(clip) is clip


def test_a_layer_of_another_size_is_refused(taken):
    with pytest.raises(vs.Error, match="the layer is YUV420P8 512x256, the clip YUV420P8 1024x512"):
        vsplugin.regrain(vs.core.resize.Bicubic(taken, 1024, 512), grain="layer")
