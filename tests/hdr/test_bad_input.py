"""What goes wrong with real material, at the command line: an error that says frame and reason, nothing written."""

# ruff: noqa: F811  (fixtures are arguments of the same name)
from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from job.conftest import own_cache, vsplugin  # noqa: F401  fixtures
from job.media import TRANSCODE

from vsplugin.hdr import hdr10plus_json, nal, packets, x265
from vsplugin.hdr.static import MasteringDisplay

from . import media
from .payloads import numbered

Run = Callable
COUNT = 20
SENT = media.payloads(COUNT)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media.hevc(tmp_path_factory.mktemp("bad") / "plain.hevc", COUNT)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media.hevc(tmp_path_factory.mktemp("bad") / "a.mkv", COUNT, SENT)


def refused(outcome: object, words: str) -> bool:
    """In one line, with exit code 2."""
    code, err = outcome.code, outcome.err  # type: ignore[attr-defined]
    assert code == 2 and words in err and err.count("\n") == 1, err
    return True


def with_messages(path: Path, data: bytes, messages: list[nal.Message]) -> Path:
    """A stream whose every picture has these SEI messages too."""
    out = bytearray()
    for _, units in packets.placed(data):
        for unit in units:
            out += (nal.START_CODE + nal.sei(messages)) * unit.first_slice
            out += nal.START_CODE + data[unit.start : unit.end]
    path.write_bytes(out)
    return path


def test_another_number_of_frames(vsplugin: Run, plain: Path, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.hevc"
    (tmp_path / "o.nalu").write_text(x265.nalu_text(SENT[:-1]))
    assert refused(vsplugin("hdr", "inject", plain, tmp_path / "o.nalu", out), "metadata of 19 frames for 20 pictures")
    script = tmp_path / "s.vpy"
    script.write_text(
        "from vsplugin.hdr import attach\nfrom vsplugin.source import open_source\n"
        f"attach(open_source({str(file)!r}).clip[1:], {str(file)!r}).set_output()"
    )
    outcome = vsplugin("hdr", "export", script, "--nalu", out)
    assert refused(outcome, "attach: metadata of 20 frames for a clip of 19") and not out.exists()


def test_a_gap(vsplugin: Run, plain: Path, tmp_path: Path) -> None:
    lines = x265.nalu_text(SENT).splitlines(keepends=True)
    (tmp_path / "o.nalu").write_text("".join(lines[:7] + lines[8:]))
    outcome = vsplugin("hdr", "inject", plain, tmp_path / "o.nalu", tmp_path / "out.hevc")
    assert refused(outcome, "frame 7 is missing; its line says 8") and not (tmp_path / "out.hevc").exists()


def test_payloads_that_grow(vsplugin: Run, plain: Path, tmp_path: Path) -> None:
    """x265 3.5 aborts when a later one is longer: all lines have one length. Some are too long for its lines."""
    growing = [payload + b"\1" * 3 * number for number, payload in enumerate(SENT)]
    nalu, grown, out = tmp_path / "o.nalu", tmp_path / "grown.hevc", tmp_path / "out.nalu"
    nalu.write_text("".join(x265.nalu_line(n, payload, len(payload)) for n, payload in enumerate(growing)))
    assert vsplugin("hdr", "inject", plain, nalu, grown).code == 0
    assert vsplugin("hdr", "export", grown, "--nalu", out).code == 0
    assert len({len(line.split()[3]) for line in out.read_text().splitlines()}) == 1
    assert [payload.rstrip(b"\0") for payload in x265.read_nalu(out.read_text())] == [p.rstrip(b"\0") for p in growing]
    out.unlink()
    growing[13] += b"\1" * 700
    nalu.write_text("".join(x265.nalu_line(n, payload, len(payload)) for n, payload in enumerate(growing)))
    assert vsplugin("hdr", "inject", plain, nalu, grown, "--overwrite").code == 0
    outcome = vsplugin("hdr", "export", grown, "--nalu", out)
    assert refused(outcome, "frame 13: a payload of 790 bytes does not fit") and not out.exists()


def test_profiles_that_change(vsplugin: Run, tmp_path: Path) -> None:
    longest = max(map(len, media.payloads(COUNT, "B")))
    mixed = [p.ljust(longest, b"\0") for p in (*SENT[:9], *media.payloads(COUNT, "B")[9:])]
    path = media.hevc(tmp_path / "mixed.mkv", COUNT, mixed)
    for option in ("--nalu", "--json"):
        outcome = vsplugin("hdr", "export", path, option, tmp_path / "o")
        assert refused(outcome, "frame 9 has") and "profile B" in outcome.err and not (tmp_path / "o").exists()


def test_a_sparse_source(vsplugin: Run, tmp_path: Path) -> None:
    sparse = media.hevc(tmp_path / "sparse.mkv", COUNT, SENT[:13])
    words = "frame 13 has no HDR10+ metadata, frame 0 has; 13 of 20 frames have it"
    assert refused(vsplugin("hdr", "export", sparse, "--nalu", tmp_path / "o.nalu"), words)
    assert refused(vsplugin("restore", sparse, tmp_path / "out.mkv", *TRANSCODE), words)
    assert [path.name for path in tmp_path.iterdir()] in (["sparse.mkv", "sparse.nalu"], ["sparse.nalu", "sparse.mkv"])


def test_a_damaged_payload(vsplugin: Run, tmp_path: Path) -> None:
    bad = [*SENT[:4], SENT[4][:9].ljust(len(SENT[4]), b"\xff"), *SENT[5:]]
    path = media.hevc(tmp_path / "bad.mkv", COUNT, bad)
    assert refused(vsplugin("hdr", "export", path, "--nalu", tmp_path / "o.nalu"), "frame 4: HDR10+: ")
    assert refused(vsplugin("restore", path, tmp_path / "out.mkv", *TRANSCODE), "frame 4: HDR10+: ")
    assert "damaged" in vsplugin("hdr", "show", path).out


def test_several_parameter_sets_and_slices(vsplugin: Run, file: Path, plain: Path, tmp_path: Path) -> None:
    """A second picture parameter set, of number 1: the first with two more bits in front."""
    data = plain.read_bytes()
    units = [units for _, units in packets.placed(data)]
    pps = next(data[u.start : u.end] for u in units[0] if u.type == nal.PPS)
    assert pps[2] >> 7 == 1 and sum(unit.is_slice for unit in units[0]) == 2
    bits = "010" + format(int.from_bytes(pps[2:]), f"0{8 * len(pps[2:])}b")[1:]
    second = pps[:2] + int(bits + "0" * (-len(bits) % 8), 2).to_bytes((len(bits) + 7) // 8)
    path = tmp_path / "two.hevc"
    at = next(u.end for u in units[0] if u.type == nal.PPS)
    path.write_bytes(data[:at] + nal.START_CODE + second + data[at:])
    out = tmp_path / "out.hevc"
    assert vsplugin("hdr", "inject", path, file, out).code == 0
    assert [frame.hdr10plus for frame in packets.read(out).frames] == SENT and media.shown(out) == list(range(COUNT))


def test_an_edit_list(vsplugin: Run, tmp_path: Path) -> None:
    """Pictures that are there but not shown have no line."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    whole, late = media.hevc(tmp_path / "a.mp4", COUNT, SENT), tmp_path / "late.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-ss", "0.4", "-i", whole, "-c", "copy", late], check=True)
    assert vsplugin("hdr", "export", late, "--nalu", tmp_path / "o.nalu").code == 0
    assert x265.read_nalu((tmp_path / "o.nalu").read_text()) == SENT[10:]


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_file_that_breaks_off(vsplugin: Run, tmp_path: Path, suffix: str) -> None:
    """What is there is written, but not silently."""
    path = media.hevc(tmp_path / f"a{suffix}", COUNT, SENT)
    data, cut, out = path.read_bytes(), tmp_path / f"cut{suffix}", tmp_path / "o.nalu"
    cut.write_bytes(data[: len(data) * 7 // 10])
    outcome = vsplugin("hdr", "export", cut, "--nalu", out)
    assert outcome.code == 2, outcome.err
    if suffix == ".mp4":  # its index is at the end
        assert "cannot be read as video" in outcome.err and not out.exists()
        return
    there = x265.read_nalu(out.read_text())
    assert "the file is cut off: it breaks at frame" in outcome.err and 5 < len(there) < COUNT
    assert set(there) <= set(SENT) and "the file is cut off" in vsplugin("hdr", "show", cut).err


def test_json_of_wrong_types_and_of_a_million_entries(vsplugin: Run, plain: Path, tmp_path: Path) -> None:
    text, out = tmp_path / "o.json", tmp_path / "out.hevc"
    whole = json.loads(hdr10plus_json.write([numbered(n) for n in range(COUNT)]))
    entry = whole["SceneInfo"][3]
    for change, words in (
        ({"LuminanceParameters": 5}, "frame 3: LuminanceParameters must be an object; got 5"),
        ({"NumberOfWindows": "1"}, "frame 3: NumberOfWindows must be a whole number in [0, 3]; got '1'"),
        ({"TargetedSystemDisplayMaximumLuminance": 400}, "frame 3: has a target luminance but no curve"),
    ):
        whole["SceneInfo"][3] = {**entry, **change}
        text.write_text(json.dumps(whole))
        assert refused(vsplugin("hdr", "inject", plain, text, out), words)
    lines = json.dumps([5] * 10**6)
    text.write_text(json.dumps(whole).replace('"AverageRGB": 1000', f'"AverageRGB": {lines}', 1))
    assert refused(vsplugin("hdr", "inject", plain, text, out), "frame 0: AverageRGB must be a whole number")
    text.write_text('{"JSONInfo": {}, "SceneInfo": ' + lines + "}")
    assert refused(vsplugin("hdr", "inject", plain, text, out), "frame 0: must be an object; got 5")
    assert not out.exists()


def test_a_mastering_display_that_cannot_be(vsplugin: Run, tmp_path: Path) -> None:
    good = MasteringDisplay.from_x265(media.DISPLAY).to_sei()
    bad = good[:16] + (2_000_000_000).to_bytes(4) + good[20:]  # 200,000 cd/m²
    data = media.hevc(tmp_path / "a.hevc", COUNT, SENT).read_bytes()
    path = with_messages(tmp_path / "bad.hevc", data, [(nal.MASTERING_DISPLAY, bad)])
    words = "highest luminance must be in (0, 10000] cd/m²; got 200000"
    assert f"wrong: mastering display: {words}" in vsplugin("hdr", "show", path).out
    assert refused(vsplugin("hdr", "export", path, "--x265", tmp_path / "o.args"), words)
    outcome = vsplugin("restore", path, tmp_path / "out.mkv", *TRANSCODE)
    assert outcome.code == 2 and words in outcome.err and not (tmp_path / "out.mkv").exists(), outcome.err
