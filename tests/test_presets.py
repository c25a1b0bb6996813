"""Every preset from the command line and from a script, on small files of the kinds it is for."""

# ruff: noqa: F811  (fixtures are arguments of the same name)
from __future__ import annotations

import json
import logging
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays
from job.conftest import own_cache, vsplugin  # noqa: F401  fixtures
from job.media import pixel_shapes

import vsplugin as package
from vsplugin import chain, models, sample
from vsplugin.sample import film

Run = Callable
NAMES = ("film", "film-colour", "vhs", "dvd", "web", "anime")
GROWS = {"film": 2, "film-colour": 2, "vhs": 1, "dvd": 2, "web": 1, "anime": 2}
FRAMES, WIDTH, HEIGHT = 6, 128, 96


def written(path: Path, bits: int, sar: Fraction) -> Path:
    """Six frames of the damaged sample in H.264, which can say the shape of pixels; without loss."""
    kind = vs.YUV420P8 if bits == 8 else vs.YUV420P10
    clip = sample.clip("film", FRAMES).std.CropAbs(WIDTH, HEIGHT, 250, 120).resize.Point(format=kind)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"qp": "0"})
        stream.width, stream.height = WIDTH, HEIGHT
        stream.pix_fmt = "yuv420p" if bits == 8 else "yuv420p10le"
        stream.codec_context.sample_aspect_ratio = sar
        for number in range(FRAMES):
            frame = av.VideoFrame(WIDTH, HEIGHT, stream.pix_fmt)
            for source, plane in zip(to_arrays(clip, number), frame.planes, strict=True):
                target = np.frombuffer(plane, source.dtype).reshape(plane.height, -1)
                target[:, : plane.width] = source
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("name", "bits"),
    [("film", 8), ("film-colour", 10), *((name, bits) for name in ("vhs", "dvd", "web", "anime") for bits in (8, 10))],
)
def test_a_preset_restores_a_file(vsplugin: Run, tmp_path: Path, name: str, bits: int) -> None:
    source = written(tmp_path / "in.mkv", bits, Fraction(16, 15))
    outcome = vsplugin("restore", source, tmp_path / "out.mkv", "--preset", name, "--codec", "ffv1", "--json")
    assert outcome.code == 0, outcome.err
    asked = [step for step, _ in json.loads(outcome.out)["plan"]["resolved"]]
    assert asked == [step for step, _ in chain.preset(name)]
    with av.open(str(tmp_path / "out.mkv")) as inside:
        stream = inside.streams.video[0]
        frames = [frame.to_ndarray() for frame in inside.decode(video=0)]
        assert stream.codec_context.pix_fmt == ("yuv420p" if bits == 8 else "yuv420p10le")
        assert (stream.width, stream.height) == (WIDTH * GROWS[name], HEIGHT * GROWS[name])
    assert pixel_shapes(tmp_path / "out.mkv") == {"16:15"}
    clip = package.preset(package_source(source), name)
    assert len(frames) == clip.num_frames == FRAMES
    for n in (0, 4):
        np.testing.assert_array_equal(frames[n][: clip.height], to_arrays(clip, n)[0])
    with av.open(str(source)) as inside:
        before = next(inside.decode(video=0)).to_ndarray()[:HEIGHT].astype(float)
    scale, peak = GROWS[name], (1 << bits) - 1
    now = frames[0][: HEIGHT * scale].reshape(HEIGHT, scale, WIDTH, scale).mean((1, 3))
    assert 0 < np.abs(now - before).mean() < 0.1 * peak, "another picture, or none"


def package_source(path: Path) -> vs.VideoNode:
    from vsplugin.source import open_source

    return open_source(str(path)).clip


def test_film_colour_brings_back_faded_dyes_and_leaves_others() -> None:
    clean = sample.clean("film", 3).std.CropAbs(WIDTH, HEIGHT, 250, 120)
    steps = [step for step in chain.preset("film-colour") if step[0] in ("repair", "unfade")]
    off = {}
    for kinds in ("fade,dust", "dust"):
        made = film.damaged(clean, film.read(kinds), 1).clip
        with_unfade, without = (chain.apply(made, part) for part in (steps, steps[:1]))
        off[kinds] = [
            np.mean([np.abs(to_arrays(clean, 1)[p].astype(int) - to_arrays(out, 1)[p]).mean() for p in (1, 2)])
            for out in (with_unfade, without)
        ]
    assert off["fade,dust"][0] < 0.4 * off["fade,dust"][1], "colour comes back"
    assert off["dust"][0] == off["dust"][1], "nothing has faded"


@pytest.mark.parametrize("name", ["vhs", "dvd"])
def test_fields_become_frames(name: str) -> None:
    clip = sample.clip("video", 4).std.CropAbs(WIDTH, HEIGHT, 250, 120).std.SetFrameProps(_FieldBased=2)
    out = package.preset(clip, name)
    with out.get_frame(1) as frame:
        assert frame.props["_FieldBased"] == 0 and out.num_frames == 4
    progressive = package.preset(clip.std.SetFrameProps(_FieldBased=0), name)
    assert np.abs(to_arrays(progressive, 1)[0].astype(int) - to_arrays(out, 1)[0]).max() > 8


@pytest.mark.parametrize("name", ["film", "film-colour", "web", "anime"])
def test_fields_are_refused_or_left_to_the_user(name: str) -> None:
    clip = sample.clip("video", 4).std.CropAbs(WIDTH, HEIGHT, 250, 120).std.SetFrameProps(_FieldBased=2)
    if name.startswith("film"):
        with pytest.raises(vs.Error, match="interlaced"):
            package.preset(clip, name)
    else:
        assert package.preset(clip, name).num_frames == 4


def test_hd_made_of_sd_is_coded_as_hd() -> None:
    clip = sample.clip("video", 1).resize.Bicubic(720, 480, matrix=6, transfer=6, primaries=6)
    with package.preset(clip, "dvd").get_frame(0) as frame:
        assert (frame.props["_Matrix"], frame.props["_Primaries"]) == (1, 1)


def test_wrong_names_are_refused_with_the_list(vsplugin: Run, tmp_path: Path) -> None:
    outcome = vsplugin("restore", "sample:film", tmp_path / "o.mkv", "--preset", "wbe")
    assert outcome.code == 2 and all(name in outcome.err for name in NAMES) and "did you mean 'web'?" in outcome.err
    with pytest.raises(vs.Error, match="preset must be one of anime, default, denoise, dvd, film, "):
        package.preset(sample.clip("film", 1), "vsh")


def test_steps_that_wait_for_a_model_are_named(
    vsplugin: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    others = [model for model in models.installed() if model.task != "deartifact"]
    waiting = "preset web: deartifact is left out, because no model for it is installed"
    made = models.Model("mine", tmp_path / "mine.onnx", "deartifact")
    monkeypatch.setattr(models, "installed", lambda: [*others, made])
    assert chain.preset("web")[1] == ("deartifact", {}) and chain.left_out("web") == []
    monkeypatch.setattr(models, "installed", lambda: others)
    assert "deartifact" not in dict(chain.preset("web")) and chain.left_out("web") == [waiting]
    source = written(tmp_path / "in.mkv", 8, Fraction(1))
    assert waiting in vsplugin("restore", source, tmp_path / "out.mkv", "--preset", "web", "--codec", "ffv1").err
    with caplog.at_level(logging.WARNING, "vsplugin"):
        package.preset(package_source(source), "web")
    assert waiting in caplog.text
    assert "no model for it is installed" in vsplugin("filters").out


def test_presets_say_what_they_are_for() -> None:
    assert set(NAMES) < set(chain.preset_names())
    assert all(chain.about(name).endswith(".") for name in chain.preset_names())
