"""``vsplugin hdr``: what it prints, writes and refuses, and how it ends."""

# ruff: noqa: F811  (fixtures are arguments of the same name)
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from job.conftest import own_cache, vsplugin  # noqa: F401  fixtures

from vsplugin.hdr import dolbyvision, hdr10plus_json, nal, packets, x265

from . import media
from .payloads import material, numbered

Run = Callable
COUNT = 12


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media.hevc(tmp_path_factory.mktemp("hdr") / "a.mkv", COUNT, media.payloads(COUNT))


def test_show(vsplugin: Run, file: Path) -> None:
    outcome = vsplugin("hdr", "show", file)
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0].startswith("a.mkv: hevc, 12 frames; colour: primaries 9, transfer 16, matrix 9, range 0")
    assert lines[1] == "HDR10+ on 12 of 12 frames"
    assert f"mastering display: {media.DISPLAY}" in lines and "content light: 987,321" in lines
    assert lines[-1].split() == ["11", "A", "1.1", "2.2", "3000.0", "101.1", "991.1"]


def test_show_as_json_says_everything(vsplugin: Run, file: Path) -> None:
    whole = json.loads(vsplugin("hdr", "show", file, "--json").out)
    assert (whole["frames"], whole["hdr10plus"], whole["rpu"]) == (12, 12, 0)
    frame = whole["metadata"][7]
    assert frame["frame"] == 7 and bytes.fromhex(frame["hdr10plus"]["payload"]) == media.payloads(8)[7]
    assert frame["hdr10plus"]["maxscl"] == [0.7, 1.4, 3000.0]
    assert frame["hdr10plus"]["fields"]["windows"][0]["maxscl"] == [7, 14, 30_000]


@pytest.mark.corpus
def test_show_runs_of_equal_frames(vsplugin: Run, corpus: Path) -> None:
    lines = vsplugin("hdr", "show", material(corpus, "hdr10plus/regular.mkv")).out.splitlines()
    rows = [line.split()[0] for line in lines[-3:]]
    assert rows == ["0-2", "3-5", "6-258"], "hdr10plus_tool's scenes of this file"
    assert "RPU on 259" in vsplugin("hdr", "show", material(corpus, "dolbyvision/regular.mkv")).out


def test_a_plot_has_the_peaks(vsplugin: Run, file: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib comes with the extra 'report'")
    assert vsplugin("hdr", "show", file, "--plot", tmp_path / "p.png").code == 0
    with av.open(str(tmp_path / "p.png")) as inside:
        image = next(inside.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    blue = (abs(image - (31, 119, 180)).sum(axis=2) < 30).any(axis=1).nonzero()[0]
    green = (abs(image - (44, 160, 44)).sum(axis=2) < 30).any(axis=1).nonzero()[0]
    assert image.shape[:2] == (500, 1200)
    assert blue[-1] < green.max(), "3000 cd/m² is above 101"


def test_plot_without_matplotlib_names_the_extra(vsplugin: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    outcome = vsplugin("hdr", "show", file, "--plot", "p.png")
    assert outcome.code == 2 and "comes with the extra 'report'" in outcome.err


def test_check_names_the_frames(vsplugin: Run, file: Path, tmp_path: Path) -> None:
    assert vsplugin("hdr", "check", file, file).code == 0
    changed = media.payloads(COUNT)
    changed[5] = media.payloads(7)[6]
    other = media.hevc(tmp_path / "b.mkv", COUNT - 1, changed)
    outcome = vsplugin("hdr", "check", file, other)
    assert outcome.code == 1 and outcome.out.splitlines() == ["frames: 12 became 11", "frame 5: HDR10+ changed"]
    plain = media.hevc(tmp_path / "c.hevc", COUNT, extra="colorprim=bt709")
    told = json.loads(vsplugin("hdr", "check", file, plain, "--json").out)
    assert not told["same"] and {"frame": None, "what": "primaries", "how": "9 became 1"} in told["differences"]
    lost = [one["frame"] for one in told["differences"] if one["what"] == "HDR10+"]
    assert lost == list(range(COUNT)) and told["differences"][-1]["how"] == "is lost"
    assert vsplugin("hdr", "check", plain, plain).out.strip() == "the same metadata on every frame"


def test_export_of_a_file(vsplugin: Run, file: Path, tmp_path: Path) -> None:
    args, nalu, text = tmp_path / "o.args", tmp_path / "o.nalu", tmp_path / "o.json"
    assert vsplugin("hdr", "export", file, "--x265", args, "--nalu", nalu, "--json", text).code == 0
    assert args.read_text().split()[:8] == [
        "--colorprim",
        "9",
        "--transfer",
        "16",
        "--colormatrix",
        "9",
        "--chromaloc",
        "2",
    ]
    assert f"--master-display {media.DISPLAY} --max-cll 987,321" in args.read_text()
    assert x265.read_nalu(nalu.read_text()) == media.payloads(COUNT)
    assert hdr10plus_json.read(text.read_text()) == [numbered(n) for n in range(COUNT)]


SCRIPT = """
from vsplugin.hdr import frames
from vsplugin.source import open_source
clip = frames.attach(open_source(source).clip, source)
clip = clip[6:] + clip.std.Reverse()[{drop}:]
clip.set_output()
"""


def test_export_of_a_script(vsplugin: Run, file: Path, tmp_path: Path) -> None:
    script = tmp_path / "s.vpy"
    script.write_text(SCRIPT.format(drop=6))
    nalu = tmp_path / "o.nalu"
    outcome = vsplugin("hdr", "export", script, "-a", f"source={file}", "--nalu", nalu)
    assert outcome.code == 0, outcome.err
    sent = media.payloads(COUNT)
    assert x265.read_nalu(nalu.read_text()) == sent[6:] + sent[5::-1]


def test_export_refuses(vsplugin: Run, file: Path, tmp_path: Path) -> None:
    nalu, script = tmp_path / "o.nalu", tmp_path / "s.vpy"
    plain = media.hevc(tmp_path / "plain.mkv", 3)
    half = SCRIPT.format(drop=0) + "clip.std.RemoveFrameProps('HDR10Plus')[:2].__add__(clip).set_output()"
    sdr = SCRIPT.format(drop=0) + "clip.resize.Bicubic(matrix=1, transfer=1, primaries=1).set_output()"
    for text, words in (
        ("1/0", "ZeroDivisionError: division by zero"),
        ("x = 5", "sets no output 0"),
        ("globals()['sauce']", "KeyError: 'sauce'"),
        (half, "frame 0 has no HDR10+ metadata, frame 2 has; 18 of 20 frames have it"),
        (sdr, "frame 0 carries hdr10plus"),
    ):
        script.write_text(text)
        outcome = vsplugin("hdr", "export", script, "-a", f"source={file}", "--nalu", nalu)
        assert outcome.code == 2 and words in outcome.err and outcome.err.count("\n") == 1, outcome.err
    mixed = media.payloads(3)[:2] + media.payloads(3, "B")[2:]
    longest = max(map(len, mixed))
    mixed_file = media.hevc(tmp_path / "m.mkv", 3, [payload.ljust(longest, b"\0") for payload in mixed])
    for arguments, words in (
        ((plain, "--nalu", nalu), "has no HDR10+ metadata"),
        ((file, "--rpu", nalu), "has no Dolby Vision RPU"),
        ((file,), "give at least one of --x265"),
        ((tmp_path / "nowhere.mkv", "--nalu", nalu), "no such file"),
        ((script, "-a", "source", "--nalu", nalu), "--arg must be NAME=VALUE; got 'source'"),
        ((mixed_file, "--nalu", nalu), "frame 2 has HDR10+ profile B, frame 0 has A"),
        ((file, "--nalu", tmp_path / "no" / "o.nalu"), "cannot write"),
    ):
        outcome = vsplugin("hdr", "export", *arguments)
        assert outcome.code == 2 and words in outcome.err and outcome.err.count("\n") == 1, outcome.err
    assert not nalu.exists()


def test_inject(vsplugin: Run, file: Path, tmp_path: Path) -> None:
    plain = media.hevc(tmp_path / "plain.hevc", COUNT)
    sent = media.payloads(COUNT)
    text, nalu = tmp_path / "o.json", tmp_path / "o.nalu"
    text.write_text(hdr10plus_json.write([numbered(n) for n in range(COUNT)]))
    nalu.write_text(x265.nalu_text(sent))
    for number, meta in enumerate((text, nalu, file)):
        out = tmp_path / f"{number}.hevc"
        assert vsplugin("hdr", "inject", plain, meta, out).code == 0
        assert [(frame.hdr10plus or b"").rstrip(b"\0") for frame in packets.read(out).frames] == [
            payload.rstrip(b"\0") for payload in sent
        ]
    before = out.read_bytes()
    bare = tmp_path / "bare.mkv"
    with av.open(str(bare), "w") as made:
        stream = made.add_stream("ffv1", rate=25)
        stream.width = stream.height = 16
        made.mux(stream.encode(av.VideoFrame(16, 16, "yuv420p")))
        made.mux(stream.encode())
    for arguments, words in (
        ((plain, text, out), "exists; --overwrite replaces it"),
        ((plain, text, plain, "--overwrite"), "it is the input"),
        ((file, text, tmp_path / "x.hevc"), "is no raw HEVC stream: OUT must end in .mkv, "),
        ((plain, text, tmp_path / "x.mkv"), "is a raw HEVC stream, so is OUT"),
        ((plain, text, tmp_path / "x.hevc", "--max-cll", "5"), "must read MaxCLL,MaxFALL; got '5'"),
        ((plain, bare, tmp_path / "x.hevc"), "has no HDR metadata"),
        ((plain, tmp_path / "no.json", tmp_path / "x.hevc"), "no such file"),
    ):
        outcome = vsplugin("hdr", "inject", *arguments)
        assert outcome.code == 2 and words in outcome.err and outcome.err.count("\n") == 1, outcome.err
    assert out.read_bytes() == before and not (tmp_path / "x.hevc").exists()
    text.write_text(hdr10plus_json.write([numbered(n) for n in range(5)]))
    outcome = vsplugin("hdr", "inject", plain, text, tmp_path / "x.hevc", "--json")
    assert json.loads(outcome.out) == {"error": "inject: metadata of 5 frames for 12 pictures"}
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.corpus
def test_rpus_out_and_in(vsplugin: Run, corpus: Path, tmp_path: Path) -> None:
    real = material(corpus, "dolbyvision/regular.mkv")
    rpus = tmp_path / "o.rpu"
    assert vsplugin("hdr", "export", real, "--rpu", rpus, "--x265", tmp_path / "o.args").code == 0
    assert rpus.read_bytes() == material(corpus, "dolbyvision/regular_rpu.bin").read_bytes()
    assert "--dolby-vision-profile 8.1" in (tmp_path / "o.args").read_text()
    base = material(corpus, "hdr10plus/regular_bl_start_code_4.hevc")
    out = tmp_path / "out.hevc"
    assert vsplugin("hdr", "inject", base, rpus, out).code == 0
    assert [frame.rpu for frame in packets.read(out).frames] == dolbyvision.read_file(rpus.read_bytes())
    assert out.read_bytes().count(nal.START_CODE + dolbyvision.NAL_HEADER) == 259
