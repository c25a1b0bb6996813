"""Killed, stopped, changed: what a job does when it is run again."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vsplugin.cli.progress import Reporter
from vsplugin.job.folder import JobFolder

from .media import TRANSCODE, command, pictures, wait_for, write_video

JOB = ("--codec", "libx265", "--chunk", "6", *TRANSCODE)


def start_and_wait(output: Path, records: int, *arguments: str) -> subprocess.Popen[bytes]:
    """A job in its own process, once it has finished this many chunks."""
    process = subprocess.Popen(command("restore", "sample:film", output, *arguments), stderr=subprocess.PIPE)
    wanted = JobFolder(output).path / f"{records - 1:05d}.json"
    wait_for(wanted, process)
    return process


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    output = tmp_path_factory.mktemp("whole") / "whole.mkv"
    subprocess.run(command("restore", "sample:film", output, *JOB), check=True, capture_output=True)
    return pictures(output)


def test_kill_9_and_the_same_command_give_the_uninterrupted_result(tmp_path: Path, uninterrupted: list[str]) -> None:
    output = tmp_path / "out.mkv"
    process = start_and_wait(output, 1, *JOB)
    time.sleep(random.uniform(0, 0.5))
    process.kill()
    process.wait()
    folder = JobFolder(output).path
    assert not output.exists() and (folder / "plan.json").exists()
    done = {path: path.stat().st_mtime_ns for path in folder.glob("0*.mkv")}

    again = subprocess.Popen(command("restore", "sample:film", output, *JOB), stderr=subprocess.DEVNULL)
    while again.poll() is None:  # finished chunks stay as they are for as long as the folder is there
        for path, mtime in done.items():
            with contextlib.suppress(FileNotFoundError):
                assert path.stat().st_mtime_ns == mtime, f"{path.name} was done again"
        time.sleep(0.02)

    assert again.returncode == 0
    assert pictures(output) == uninterrupted and len(uninterrupted) == 48
    assert [path.name for path in tmp_path.iterdir()] == ["out.mkv"], "nothing of the job is left behind"


def test_ctrl_c_stops_with_130_and_says_how_to_go_on(tmp_path: Path, uninterrupted: list[str]) -> None:
    output = tmp_path / "out.mkv"
    process = start_and_wait(output, 1, *JOB)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"run the same command to continue" in err
    assert not list(JobFolder(output).path.glob("*.part"))
    again = subprocess.run(command("restore", "sample:film", output, *JOB, "--json"), capture_output=True, check=True)
    result = json.loads(again.stdout)["result"]
    assert result["frames"] == 48 and result["reused_frames"] >= 6
    assert pictures(output) == uninterrupted


def test_two_processes_do_not_work_on_one_job(tmp_path: Path, vsplugin: Callable) -> None:
    output = tmp_path / "out.mkv"
    process = start_and_wait(output, 1, *JOB)
    process.send_signal(signal.SIGSTOP)  # it holds its job, and does not finish it meanwhile
    try:
        second = vsplugin("restore", "sample:film", output, *JOB)
    finally:
        process.kill()
        process.wait()
    assert second.code == 2 and "another process" in second.err


def half_done(output: Path, monkeypatch: pytest.MonkeyPatch, vsplugin: Callable, *arguments: str | Path) -> None:
    """A job stopped in its second chunk, as Ctrl-C would."""
    monkeypatch.setattr(Reporter, "_show", lambda self, progress: setattr(self, "stop", progress.done >= 6))
    assert vsplugin("restore", *arguments).code == 130
    monkeypatch.undo()
    assert JobFolder(output).finished(0) is not None


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (("--codec", "libx264", "--crf", "20"), "encoding.options.crf: 14 -> 20"),
        (("--codec", "ffv1"), "encoding.codec: libx264 -> ffv1"),
        (("--codec", "libx264", "--chunk", "5"), "chunk: 4 -> 5"),
        (("--codec", "libx264", "--frames", "6"), "frames: [0, 12] -> [0, 6]"),
        (("--codec", "libx264", "--set", "upscale.strength=0", "--scale", "2"), "chain.upscale: absent -> "),
    ],
)
def test_a_changed_setting_is_refused_by_name(
    tmp_path: Path, vsplugin: Callable, monkeypatch: pytest.MonkeyPatch, changed: tuple[str, ...], named: str
) -> None:
    source, output = write_video(tmp_path / "in.mkv"), tmp_path / "out.mkv"
    first = (source, output, *TRANSCODE, "--chunk", "4", "--codec", "libx264")
    half_done(output, monkeypatch, vsplugin, *first)
    plan = (JobFolder(output).path / "plan.json").read_bytes()
    outcome = vsplugin("restore", source, output, *TRANSCODE, "--chunk", "4", *changed)
    assert outcome.code == 2
    assert named in outcome.err and "--discard" in outcome.err
    assert (JobFolder(output).path / "plan.json").read_bytes() == plan, "a refusal changes nothing"
    assert vsplugin("restore", source, output, *TRANSCODE, "--chunk", "4", *changed, "--discard").code == 0


def test_a_changed_source_is_refused(tmp_path: Path, vsplugin: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    source, output = write_video(tmp_path / "in.mkv"), tmp_path / "out.mkv"
    arguments = (source, output, *TRANSCODE, "--chunk", "4", "--codec", "ffv1")
    half_done(output, monkeypatch, vsplugin, *arguments)
    write_video(source, seed=1)
    outcome = vsplugin("restore", *arguments)
    assert outcome.code == 2 and "source.sha256" in outcome.err


def test_a_changed_version_or_model_is_refused(
    tmp_path: Path, vsplugin: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, output = write_video(tmp_path / "in.mkv"), tmp_path / "out.mkv"
    arguments = (source, output, *TRANSCODE, "--chunk", "4", "--codec", "ffv1")
    half_done(output, monkeypatch, vsplugin, *arguments)
    path = JobFolder(output).path / "plan.json"
    plan = json.loads(path.read_text())
    plan["models"], plan["versions"]["vsplugin"] = {"sr2-fast": "0" * 64}, "0.0.9"
    path.write_text(json.dumps(plan))
    outcome = vsplugin("restore", *arguments)
    assert outcome.code == 2
    assert "models.sr2-fast" in outcome.err and "versions.vsplugin: 0.0.9 -> " in outcome.err


def test_a_damaged_chunk_is_done_again(tmp_path: Path, vsplugin: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    source, output = write_video(tmp_path / "in.mkv"), tmp_path / "out.mkv"
    arguments = (source, output, *TRANSCODE, "--chunk", "4", "--codec", "ffv1")
    half_done(output, monkeypatch, vsplugin, *arguments)
    chunk = JobFolder(output).chunk_path(0)
    chunk.write_bytes(chunk.read_bytes()[:-100])
    assert vsplugin("restore", *arguments).code == 0
    assert pictures(output) == pictures(source)


def test_chunks_put_together_are_the_source(tmp_path: Path, vsplugin: Callable) -> None:
    source = write_video(tmp_path / "in.mkv", frames=13)
    for chunk in (1, 5, 13, 100):
        output = tmp_path / f"out{chunk}.mkv"
        arguments = ("restore", source, output, *TRANSCODE, "--codec", "ffv1", "--chunk", str(chunk))
        assert vsplugin(*arguments).code == 0
        assert pictures(output) == pictures(source)


def test_a_full_disk_keeps_finished_chunks_and_the_final_name_free(tmp_path: Path) -> None:
    """Played by a limit on file sizes: the kernel refuses the write as it does on a full disk."""
    source, output = write_video(tmp_path / "in.mkv", size=(256, 192)), tmp_path / "out.mkv"
    arguments = command("restore", source, output, *TRANSCODE, "--codec", "ffv1", "--chunk", "4")
    small = 400_000  # a chunk fits, the joined file does not

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (small, small))

    full = subprocess.run(arguments, preexec_fn=limit, capture_output=True, text=True)
    assert full.returncode == 2, full.stderr
    assert "limit is reached" in full.stderr and full.stderr.count("\n") < 8 and "Traceback" not in full.stderr
    assert not output.exists() and not list(tmp_path.glob(".*part"))
    assert len(list(JobFolder(output).path.glob("0*.json"))) == 3, "finished chunks are kept"
    assert subprocess.run(arguments, capture_output=True).returncode == 0
    assert pictures(output) == pictures(source)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_really_full_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        source, output = write_video(tmp_path / "in.mkv", size=(256, 192)), disk / "out.mkv"
        arguments = command("restore", source, output, *TRANSCODE, "--codec", "ffv1", "--chunk", "3")
        full = subprocess.run(arguments, capture_output=True, text=True)
        assert full.returncode == 2 and "the disk is full" in full.stderr and "Traceback" not in full.stderr
        assert not output.exists() and not list(disk.rglob("*.part"))
        assert len(list(JobFolder(output).path.glob("0*.json"))) >= 1
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        assert subprocess.run(arguments, capture_output=True).returncode == 0
        assert pictures(output) == pictures(source)
    finally:
        subprocess.run(["umount", disk], check=False)


def test_death_between_rename_and_clean_up_is_recognised(
    tmp_path: Path, vsplugin: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, output = write_video(tmp_path / "in.mkv"), tmp_path / "out.mkv"
    arguments = ("restore", source, output, *TRANSCODE, "--codec", "ffv1", "--chunk", "4")
    monkeypatch.setattr(JobFolder, "remove", lambda self: None)
    assert vsplugin(*arguments).code == 0
    monkeypatch.undo()
    assert JobFolder(output).path.is_dir()
    before = output.stat().st_mtime_ns
    assert vsplugin(*arguments).code == 0
    assert output.stat().st_mtime_ns == before and not JobFolder(output).path.exists()
