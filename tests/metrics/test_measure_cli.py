"""``vsplugin measure``: files, scripts and samples in; tables, JSON, CSV and plots out; errors in one line."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import click.testing
import pytest
import vapoursynth as vs

from vsplugin.cli import cli
from vsplugin.errors import UserError

SCRIPT = """
import vapoursynth as vs
clip = vs.core.std.BlankClip(format=vs.YUV420P8, width=64, height=48, length={length}, color=[{level}, 128, 128],
                             fpsnum=25, fpsden=1)
clip.set_output()
"""


@pytest.fixture
def scripts(tmp_path: Path) -> tuple[str, str]:
    for name, level in (("one", 100), ("other", 110)):
        (tmp_path / f"{name}.vpy").write_text(SCRIPT.format(length=5, level=level))
    return str(tmp_path / "one.vpy"), str(tmp_path / "other.vpy")


def run(*arguments: str) -> str:
    done = click.testing.CliRunner().invoke(cli, ["measure", *arguments], standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.stdout


def test_json_has_everything(scripts):
    found = json.loads(run(*scripts, "--metrics", "psnr_y,noise,flicker", "--json"))
    assert (found["frames"], found["reference"], found["distorted"]) == (5, *scripts)
    psnr = found["metrics"]["psnr_y"]
    assert psnr["value"] == pytest.approx(28.1308, abs=1e-4)  # 20 log10(255 / 10)
    assert psnr["frames"] == pytest.approx([28.1308] * 5, abs=1e-4)
    assert (psnr["unit"], psnr["better"], psnr["worst_frame"]) == ("dB", "higher", None)
    assert found["metrics"]["noise"]["reference"] == 0
    assert found["metrics"]["flicker"]["frames"] == [None, 0, 0, 0, None]
    equal = json.loads(run(scripts[0], scripts[0], "--metrics", "psnr_y", "--json"))
    assert equal["metrics"]["psnr_y"]["value"] == "inf"


def test_a_table_for_people_and_a_list_of_metrics(scripts):
    header, *rows = run(*scripts, "--metrics", "psnr_y,noise").splitlines()
    assert header.split()[:2] == ["metric", "value"]
    assert rows[0].split() == ["psnr_y", "28.1308", "higher", "dB"]
    listed = run("--list").splitlines()
    assert any(line.startswith("ssimulacra2: ") and "higher is better, points" in line for line in listed)


def test_csv_has_a_row_per_frame(scripts, tmp_path):
    target = tmp_path / "out.csv"
    run(*scripts, "--metrics", "psnr_y,flicker", "--csv", str(target), "--frames", "4", "--start", "1")
    rows = list(csv.DictReader(target.read_text().splitlines()))
    assert [row["frame"] for row in rows] == ["0", "1", "2", "3"]
    assert float(rows[2]["psnr_y"]) == pytest.approx(28.1308, abs=1e-4)
    assert rows[0]["flicker"] == "" and float(rows[1]["flicker of the reference"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.vpy", "other.vpy", "out.csv"]


def test_a_plot_is_a_picture(scripts, tmp_path):
    pytest.importorskip("matplotlib", reason="extra 'report'")
    target = tmp_path / "out.png"
    run(*scripts, "--metrics", "psnr_y,noise", "--plot", str(target))
    assert target.read_bytes().startswith(b"\x89PNG")


def test_a_single_clip_is_measured_by_what_needs_no_reference(scripts):
    found = json.loads(run(scripts[0], "--json"))
    assert found["reference"] is None
    assert set(found["metrics"]) == {"blockiness", "noise", "flicker", "jitter", "jitter_acceleration"}


def test_samples_and_an_offset(tmp_path):
    assert "psnr" in run("sample:film", "sample:film", "--metrics", "psnr", "--offset", "2", "--frames", "2")
    found = json.loads(
        run("sample:film", "sample:film", "--metrics", "psnr", "--offset", "0", "--frames", "2", "--json")
    )
    assert found["metrics"]["psnr"]["value"] == "inf"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nothing.mkv", "nothing.mkv"], "input: no such file: nothing.mkv"),
        (["{one}", "nothing.vpy"], "input: no such file: nothing.vpy"),
        (["{one}", "{empty}"], "sets no output 0"),
        (["{one}", "{broken}"], r"failed: NameError: name 'nonsense' is not defined"),
        (["{one}", "{longer}"], "the lengths differ: reference 5, distorted 7 frames"),
        (["{one}", "{one}", "--start", "5"], r"--start must be in \[0, 4\]; got 5"),
        (["{one}", "{one}", "--offset", "x"], "--offset must be a whole number or auto; got 'x'"),
        (["{one}", "--offset", "auto"], "--offset auto needs two clips"),
        (["{one}", "{one}", "--offset", "9", "--frames", "2"], "no frame is left in common: reference 5, distorted 5"),
        (["{one}", "{one}", "--metrics", "vmav"], "no metric 'vmav'; did you mean 'vmaf'"),
        (["{one}", "{one}", "--csv", "{folder}/no/x.csv"], "--csv: there is no folder .*/no"),
        (["{one}", "{one}", "--csv", "{folder}"], "--csv: .* is a folder"),
        (["{one}", "{one}", "--plot", "x.jpg"], "--plot must end in .png; got 'x.jpg'"),
    ],
)
def test_bad_input_is_named_in_one_line(scripts, tmp_path, arguments, text):
    names = {"one": scripts[0], "folder": str(tmp_path)}
    for name, content in (
        ("empty", "import vapoursynth"), ("broken", "nonsense"), ("longer", SCRIPT.format(length=7, level=90))
    ):  # fmt: skip
        names[name] = str(tmp_path / f"{name}.vpy")
        Path(names[name]).write_text(content)
    with pytest.raises(UserError, match=text) as caught:
        run(*(argument.format(**names) for argument in arguments))
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_output_that_cannot_be_written_is_refused_before_the_work(scripts, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match=r"--csv: cannot write .*: Permission denied"):
        run(*scripts, "--csv", str(tmp_path / "x.csv"))


def test_a_script_leaves_the_process_as_it_was(scripts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/helper.py").write_text("LEVEL = 77")
    (tmp_path / "sub/uses.vpy").write_text(
        "import os, helper\nassert os.path.exists('helper.py')\n" + SCRIPT.format(length=2, level=77)
    )
    before = Path.cwd()
    assert "noise" in run("sub/uses.vpy", "--metrics", "noise")
    assert Path.cwd() == before and not vs.get_outputs()
