"""The commands around ``restore``: what they print for people and for machines, and how they end."""

# ruff: noqa: F811  (fixtures are arguments of the same name)
from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import vapoursynth as vs
from job.conftest import own_cache, vsplugin  # noqa: F401  fixtures
from job.media import command, pictures

from vsplugin import models, sample
from vsplugin.cli import _COMMANDS
from vsplugin.cli.options import build_chain
from vsplugin.cli.output import clock
from vsplugin.errors import UserError
from vsplugin.preview import picture, wipe
from vsplugin.spec import RESTORATIONS

Run = Callable


def test_help_lists_every_command(vsplugin: Run) -> None:
    outcome = vsplugin("--help")
    assert outcome.code == 0 and all(name in outcome.out for name in _COMMANDS)
    for name in _COMMANDS:
        assert vsplugin(name, "--help").code == 0


def test_version_and_unknown_command(vsplugin: Run) -> None:
    assert vsplugin("--version").out.startswith("vsplugin")
    outcome = vsplugin("restoer")
    assert outcome.code == 2 and outcome.err.count("\n") == 1 and "restoer" in outcome.err


@pytest.mark.parametrize("arguments", [("filters",), ("models",), ("models", "verify"), ("doctor",)])
def test_json_everywhere(vsplugin: Run, arguments: tuple[str, ...]) -> None:
    outcome = vsplugin(*arguments, "--json")
    assert outcome.code == 0 and outcome.err == ""
    assert isinstance(json.loads(outcome.out), dict)


def test_errors_are_json_too(vsplugin: Run) -> None:
    outcome = vsplugin("restore", "nowhere.mkv", "o.mkv", "--json")
    assert outcome.code == 2 and outcome.err == ""
    assert json.loads(outcome.out) == {"error": "input: no such file: nowhere.mkv"}


def test_filters_come_from_the_declarations(vsplugin: Run) -> None:
    listed = json.loads(vsplugin("filters", "--json").out)
    assert {one["name"]: [a["name"] for a in one["arguments"]] for one in listed["filters"]} == {
        name: [p.name for p in one.parameters] for name, one in RESTORATIONS.items()
    }
    assert "default" in listed["presets"]
    markdown = vsplugin("filters", "--markdown").out
    assert all(f"### {name}" in markdown for name in RESTORATIONS) and "| `scale` |" in markdown


def test_verify_notices_a_changed_model(
    vsplugin: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = models.installed()[0]
    shutil.copytree(original.path.parent, tmp_path / original.name)
    with (tmp_path / original.name / "model.onnx").open("ab") as file:
        file.write(b"\0")
    monkeypatch.setenv("VSPLUGIN_MODELS", str(tmp_path))
    models._installed.cache_clear()
    try:
        outcome = vsplugin("models", "verify")
    finally:
        monkeypatch.undo()
        models._installed.cache_clear()
    assert outcome.code == 2 and f"{original.name}: differs from its card" in outcome.out


def test_check_domain_says_what_is_off(vsplugin: Run) -> None:
    command = ("models", "check-domain", "sample:film", "--model", "deartifact-fast")
    told = vsplugin(*command)
    assert told.code == 0 and told.err.startswith(
        "warning: sample:film is far from what deartifact-fast was trained on: noise "
    )
    found = json.loads(vsplugin(*command, "--json").out)
    assert found["far"] and found["statistics"]["noise"]["off"] and found["statistics"]["noise"]["high"] < 6
    clean = vsplugin("models", "check-domain", "sample:video", "--model", "sr2-fast")
    assert clean.code == 0 and clean.err == "" and "is like what sr2-fast was trained on" in clean.out


def test_check_domain_without_a_table_or_a_model(vsplugin: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine.onnx"
    mine.write_bytes(b"x")
    told = vsplugin("models", "check-domain", "sample:film", "--model", mine)
    assert told.code == 0 and told.out.strip() == (
        "the card of mine has no domain table: what it was trained on is not known here"
    )
    assert json.loads(vsplugin("models", "check-domain", "sample:film", "--model", mine, "--json").out)["far"] is None
    for name, words in (("sr2-fst", "did you mean 'sr2-fast'?"), (tmp_path / "no.onnx", "no such file")):
        refused = vsplugin("models", "check-domain", "sample:film", "--model", name)
        assert refused.code == 2 and words in refused.err and refused.err.count("\n") == 1


def test_a_models_file_is_used_as_the_card_beside_it_says(vsplugin: Run, tmp_path: Path) -> None:
    folder = models.find("test", "sr2-fast", "super-resolution").path.parent
    assert models.find("test", str(folder / "model.onnx"), "super-resolution").output == "residual"
    with pytest.raises(vs.Error, match="is for super-resolution, not for denoise"):
        models.find("test", str(folder / "model.onnx"), "denoise")
    shutil.copy(folder / "model.onnx", tmp_path / "model.onnx")
    assert models.find("test", str(tmp_path / "model.onnx"), "super-resolution").output == "picture"
    chain = build_chain(None, 2, "auto", str(folder.parent / "denoise-fast" / "model.onnx"), None, ())
    assert [name for name, values in chain if "model" in values] == ["denoise"]


def test_train_without_torch_names_the_extra(vsplugin: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else there(name))
    outcome = vsplugin("train", "recipe.toml", "--data", "stills", "--json")
    assert outcome.code == 2 and "comes with the extra 'train'" in json.loads(outcome.out)["error"]


def test_doctor_names_what_would_be_used(vsplugin: Run) -> None:
    findings = json.loads(vsplugin("doctor", "--json").out)
    assert findings["vapoursynth"] == str(vs.core.core_version) and findings["problems"] == []
    assert findings["plugins"]["bs"] != "not installed" and ": " in findings["backend"]
    assert findings["fused engine"]["sr2-fast"].startswith("can; auto takes ")
    assert findings["fused engine"]["denoise-fast"].startswith("cannot: it takes 5 planes")
    why = "; cuda.TileSR cannot: INT8 layers; the GPU engine multiplies halves. Take the float model"
    assert findings["fused engine"]["sr2-fast-int8"].endswith(why) and why not in findings["fused engine"]["sr2-fast"]
    said = vsplugin("doctor").out.splitlines()  # a line to each plugin and model
    assert sum(line.split()[-1:] == [findings["plugins"]["bs"]] for line in said) == 1
    engine = [line.split(maxsplit=1)[1] for line in said if line.split()[0] == "sr2-fast-int8"]
    assert engine == [findings["fused engine"]["sr2-fast-int8"]]


def test_preview_is_a_wipe(vsplugin: Run, tmp_path: Path) -> None:
    png = tmp_path / "wipe.png"
    outcome = vsplugin(
        "preview", "sample:video", "--frame", "3", "-o", png, "--scale", "2", "--set", "upscale.strength=0"
    )
    assert outcome.code == 0 and outcome.out.strip() == str(png)
    with av.open(str(png)) as inside:
        image = next(inside.decode(video=0)).to_ndarray(format="rgb24")
    assert image.shape == (720, 1280, 3)
    assert (image[:600, 639:641] == 255).all()
    left = picture(sample.clip("video"), 3, 1280, 720)
    right = picture(sample.clip("video").resize.Bicubic(1280, 720), 3, 1280, 720)
    assert np.array_equal(image[:600, :638], left[:600, :638])
    assert np.array_equal(image[:600, 642:], right[:600, 642:])
    assert [path.name for path in tmp_path.iterdir()] == ["wipe.png"]


def test_preview_of_hdr_is_not_washed_out() -> None:
    shown = picture(sample.clip("hdr"), 0, 640, 360).astype(float)
    plain = picture(sample.clip("video"), 0, 640, 360).astype(float)
    assert abs(shown.mean() - plain.mean()) < 25 and shown.max() > 240


def test_preview_refuses(vsplugin: Run, tmp_path: Path) -> None:
    for arguments, words in (
        (("--frame", "48", "-o", tmp_path / "wipe.png"), "--frame must be in [0, 47]; got 48"),
        (("--frame", "4"), "--frame is for the picture that -o makes"),
        (("-o", "wipe.jpg"), "must end in .png"),
        (("-o", tmp_path / "nowhere" / "wipe.png"), "--output: there is no folder"),
    ):
        outcome = vsplugin("preview", "sample:film", "--scale", "1", *arguments)
        assert outcome.code == 2 and words in outcome.err and outcome.err.count("\n") == 1


def test_a_wipe_renders_its_frame_alone_and_once() -> None:
    """A chain may take seconds a frame, and its first frame is another one."""
    clip, rendered = sample.clip("film"), list[int]()

    def note(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        rendered.append(n)
        return f.copy()

    wipe(clip, clip.std.ModifyFrame(clip, note), 20)
    assert rendered == [20]


def test_wipe_of_clips_of_one_size() -> None:
    clip = sample.clip("film")
    assert wipe(clip, clip.std.Invert(), 0).shape == (360, 640, 3)


@pytest.mark.parametrize(("across", "down"), [(16, 11), (8, 9)])
def test_a_disc_is_round_whatever_shape_pixels_have(across: int, down: int) -> None:
    """PAL 16:9 and NTSC 4:3: what is round on the screen is an ellipse in samples."""
    y, x = np.indices((480, 720))
    disc = (((x - 140) * across / down) ** 2 + (y - 240) ** 2 < 120**2) * np.uint8(255)
    clip = vs.core.std.BlankClip(width=720, height=480, format=vs.RGB24, length=1)

    def draw(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        for plane in range(3):
            np.asarray(out[plane])[:] = disc
        return out

    clip = clip.std.ModifyFrame(clip, draw).std.SetFrameProps(_SARNum=across, _SARDen=down)
    left = wipe(clip, clip, 0)[:440, :350, 1]  # clear of the line and the lettering
    high, wide = np.ptp(np.argwhere(left > 127), axis=0)
    assert abs(high - wide) <= 2 and wide > 235


def test_sample_writes_clip_and_truth(vsplugin: Run, tmp_path: Path) -> None:
    outcome = vsplugin("sample", "video", tmp_path / "v.mkv", "--truth", tmp_path / "truth", "--json")
    assert outcome.code == 0
    written = json.loads(outcome.out)["written"]
    assert [len(pictures(Path(path))) for path in written] == [48, 48]
    with av.open(written[1]) as inside:
        frame = next(inside.decode(video=0)).to_ndarray()
    with sample.truth("video").get_frame(0) as truth:
        assert np.array_equal(frame[:720], np.asarray(truth[0]))
    assert vsplugin("sample", "video", tmp_path / "v.mkv").code == 2, "it exists"


def test_chain_from_options() -> None:
    assert build_chain(None, 2, None, None, None, ()) == [("upscale", {"scale": 2})]
    assert build_chain(None, 2, "auto", None, None, ()) == [("denoise", {}), ("upscale", {"scale": 2})]
    assert build_chain(None, None, "0.5", None, None, ()) == [("denoise", {"strength": 0.5})]
    assert build_chain(None, 1, "off", None, None, ()) == []
    assert [name for name, _ in build_chain(None, None, None, None, None, ())] == ["denoise", "upscale"]
    assert [name for name, _ in build_chain("default", 1, None, None, None, ())] == ["denoise"]
    assert build_chain(None, 2, None, "sr2-fast", "ort", ("upscale.chroma=0",)) == [
        ("upscale", {"scale": 2, "model": "sr2-fast", "backend": "ort", "chroma": 0})
    ]
    assert build_chain(None, 2, "auto", "denoise-fast", None, ())[0] == ("denoise", {"model": "denoise-fast"})
    with pytest.raises(UserError, match="no filter of this chain uses it"):
        build_chain(None, 2, None, "denoise-fast", None, ())


def test_chain_of_ones_own() -> None:
    own = build_chain(None, None, None, None, None, ("regrain.seed=3",), filters="degrain, upscale,regrain")
    assert own == [("degrain", {}), ("upscale", {}), ("regrain", {"seed": 3})]
    assert build_chain(None, 4, "auto", None, None, (), filters="regrain") == [
        ("denoise", {}),
        ("regrain", {}),
        ("upscale", {"scale": 4}),
    ]
    with pytest.raises(UserError, match=r"--filters: filter must be one of .*; got 'regrian'; did you mean 'regrain'"):
        build_chain(None, None, None, None, None, (), filters="regrian")
    with pytest.raises(UserError, match="--preset and --filters"):
        build_chain("default", None, None, None, None, (), filters="regrain")


def test_none_can_be_said_as_tables_and_messages_write_it() -> None:
    own = build_chain(None, None, None, None, None, ("restore.overshoot=None", "restore.tile=64"), filters="restore")
    assert own == [("restore", {"overshoot": None, "tile": 64})]


def test_a_chain_that_deinterlaces_is_not_told_to(vsplugin: Run, tmp_path: Path) -> None:
    fields = tmp_path / "fields.mkv"
    with av.open(str(fields), "w") as out:
        stream = out.add_stream("mpeg2video", rate=25, options={"flags": "+ildct+ilme"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.full((72, 64), 90, np.uint8), "yuv420p")
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    told = {}
    for name in ("deinterlace", "deband"):
        outcome = vsplugin("restore", fields, tmp_path / f"{name}.mkv", "--filters", name)
        assert outcome.code == 0
        told[name] = "deinterlace it first" in outcome.out + outcome.err
    assert told == {"deinterlace": False, "deband": True}


def test_damage_out_of_range_names_the_option(vsplugin: Run, tmp_path: Path) -> None:
    outcome = vsplugin("sample", "film", tmp_path / "a.mkv", "--damage", "dust=nan")
    assert outcome.code == 2 and "--damage: dust: amount must be in [0, 2000]; got nan" in outcome.err


def test_our_own_faults_end_with_1_and_no_traceback(
    vsplugin: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vsplugin.doctor.examine", lambda: 1 / 0)
    outcome = vsplugin("doctor")
    assert outcome.code == 1 and "Traceback" not in outcome.err and "VSPLUGIN_DEBUG" in outcome.err


def test_restoring_for_real(vsplugin: Run, tmp_path: Path) -> None:
    """Both filters, their models and the encoder together: closer to the truth than plain enlargement."""
    output = tmp_path / "out.mkv"
    number, (down, right) = _nearly_whole()
    arguments = ("--scale", "2", "--denoise", "auto", "--start", number, "--frames", "2", "--codec", "ffv1", "--json")
    outcome = vsplugin("restore", "sample:film", output, *arguments)
    assert outcome.code == 0
    report = json.loads(outcome.out)
    assert report["result"]["frames"] == 2 and len(report["plan"]["models"]) == 2
    with av.open(str(output)) as inside:
        restored = next(inside.decode(video=0)).to_ndarray()[:720].astype(float)
    with sample.clip("film").resize.Lanczos(1280, 720).get_frame(number) as frame:
        plain = np.asarray(frame[0]).astype(float)
    with sample.truth("film").get_frame(number) as frame:
        truth = np.roll(np.asarray(frame[0]).astype(float), (down, right), (0, 1))

    def error(image: np.ndarray) -> float:
        inner = (slice(20, -20), slice(20, -20))
        gain = truth[inner].mean() / image[inner].mean()  # flicker is not what these filters mend
        return float(np.mean((gain * image[inner] - truth[inner]) ** 2))

    assert error(restored) < 0.9 * error(plain)


def _nearly_whole() -> tuple[int, tuple[int, int]]:
    """The frame of the drawn film whose weave is nearest to whole pixels of its truth, and those."""
    frames = sample.film_damage().parameters(range(20))["frames"]
    moved = [(2 * frame["down"], 2 * frame["right"]) for frame in frames]
    off = [max(abs(way - round(way)) for way in ways) for ways in moved]
    number = int(np.argmin(off))
    return number, (round(moved[number][0]), round(moved[number][1]))


def test_the_time_of_day_is_readable() -> None:
    assert [clock(s) for s in (3.2, 59.9, 125, 3723, float("inf"))] == ["3 s", "1:00", "2:05", "1:02:03", "unknown"]


@pytest.mark.slow
def test_demo(tmp_path: Path) -> None:
    for _ in range(2):  # it replaces its own output
        done = subprocess.run(command("demo"), cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"restored.mkv", "restored.png"}
    assert len(pictures(tmp_path / "restored.mkv")) == 24
