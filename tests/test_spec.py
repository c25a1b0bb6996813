"""The declaration: checks and the words of the errors."""

import math

import pytest
import vapoursynth as vs

import vsplugin
from vsplugin.spec import RESTORATIONS

CLIP = vs.core.std.BlankClip(format=vs.YUV420P8, width=32, height=32, length=1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"strength": 1.4}, r"upscale: strength must be in \[0, 1\]; got 1.4"),
        ({"strength": math.nan}, r"upscale: strength must be in \[0, 1\]; got nan"),
        ({"strength": True}, "upscale: strength must be a number; got True"),
        ({"stength": 1.0}, "upscale: no parameter 'stength'; did you mean 'strength'?"),
        ({"scale": 5}, "upscale: scale must be one of 2, 3, 4; got 5"),
        ({"model": "sr2-fats"}, "did you mean 'sr2-fast'?"),
        ({"model": "/nowhere/x.onnx"}, "upscale: model: no such file: /nowhere/x.onnx"),
        ({"backend": "trt2"}, "upscale: backend must be one of auto, tile, ov, ort, ort-cuda, trt; got 'trt2'"),
        ({"overshoot": "much"}, "upscale: overshoot must be a number or None; got 'much'"),
    ],
)
def test_wrong_arguments_are_named(arguments, words):
    with pytest.raises(vs.Error, match=words.replace("?", r"\?")) as error:
        vsplugin.upscale(CLIP, **arguments)
    assert "\n" not in str(error.value)


def test_a_clip_of_varying_format_is_refused():
    other = CLIP.resize.Point(format=vs.YUV444P8)
    with pytest.raises(vs.Error, match="denoise: clip must have one format and one size"):
        vsplugin.denoise(vs.core.std.Splice([CLIP, other], mismatch=True))


@pytest.mark.parametrize("name", ["denoise", "restore", "repair", "deband"])
def test_integers_of_more_than_16_bits_are_refused_by_name(name):
    clip = vs.core.std.BlankClip(format=vs.GRAY32, width=32, height=32, length=1)
    with pytest.raises(vs.Error, match=f"{name}: clip must have 8 to 16 bits, .*; got Gray32, 32 bits"):
        getattr(vsplugin, name)(clip)


@pytest.mark.parametrize("name", ["consistent", "repair"])
def test_clips_that_are_too_small_are_refused_by_name(name):
    clip = vs.core.std.BlankClip(format=vs.GRAY8, width=3, height=5, length=3)
    with pytest.raises(vs.Error, match=f"{name}: clip must be at least 4x4 pixels large; got 3x5"):
        getattr(vsplugin, name)(clip)


def test_not_a_clip():
    with pytest.raises(vs.Error, match="denoise: clip must be a video clip; got str"):
        vsplugin.denoise("film.mkv")


def test_every_parameter_has_help_and_a_default_that_passes_its_own_check():
    for restoration in RESTORATIONS.values():
        assert restoration.summary
        for parameter in restoration.parameters:
            assert parameter.help, f"{restoration.name}.{parameter.name}"
            parameter.check(restoration.name, parameter.default)


def test_further_clips_are_for_scripts_alone():
    entry = RESTORATIONS["consistent"]
    assert "source" not in [parameter.name for parameter in entry.parameters]
    clip = vs.core.std.BlankClip(length=2)
    with pytest.raises(vs.Error, match="consistent: source must have one format and one size"):
        other = vs.core.std.Splice([clip[0], vs.core.std.BlankClip(width=64, length=1)], mismatch=True)
        vsplugin.consistent(clip, source=other)
