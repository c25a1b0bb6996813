"""One bit changed anywhere is found and named; a killed job ends in the same audit."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from job.media import wait_for

from vsplugin import models
from vsplugin.errors import UserError
from vsplugin.forensic.audit import Audit, read
from vsplugin.forensic.verify import verify

from .conftest import ARGUMENTS, run, write_film


def flip(path: Path, at: int, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)


def wrong(folder: Path, **options: object) -> dict[str, str]:
    checks = verify(folder / "out.mkv.audit.json", str(folder / "in.mkv"), **options)  # type: ignore[arg-type]
    return {check.what: check.wrong for check in checks if check.wrong}


def test_all_is_well(case: Path) -> None:
    assert wrong(case, recompute=True) == {}
    audit, _ = read(case / "out.mkv.audit.json")
    assert wrong(case, expected=audit.sha256) == {}
    assert "audit hash" in wrong(case, expected="0" * 64)


def test_every_byte_of_the_audit_counts(case: Path) -> None:
    path = case / "out.mkv.audit.json"
    whole = path.read_bytes()
    rng = random.Random(2)
    for at in [0, len(whole) - 1, *rng.sample(range(len(whole)), 300)]:
        path.write_bytes(whole)
        flip(path, at, rng.randrange(8))
        with contextlib.suppress(UserError):  # no audit any more
            assert read(path)[1] is not None, f"byte {at}"


@pytest.mark.parametrize("name", ["in.mkv", "out.mkv"])
def test_a_bit_of_a_video_is_found(case: Path, name: str) -> None:
    size = (case / name).stat().st_size
    flip(case / name, size // 2, 3)
    found = wrong(case)
    what = "input" if name == "in.mkv" else "output"
    assert f"{what} file" in found and f"{what} pixels" in found
    assert "frame" in found[f"{what} pixels"]


def test_a_bit_of_a_model_is_found(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = case / "models"
    for name in ("sr2-fast", "denoise-fast"):
        shutil.copytree(models.find("t", name, next(m.task for m in models.installed() if m.name == name)).path.parent,
                        own / name)  # fmt: skip
    flip(own / "sr2-fast" / "model.onnx", 20_000)
    monkeypatch.setenv("VSPLUGIN_MODELS", str(own))
    models._installed.cache_clear()
    try:
        assert list(wrong(case)) == ["model sr2-fast"]
    finally:
        monkeypatch.delenv("VSPLUGIN_MODELS")
        models._installed.cache_clear()


def test_a_forged_picture_is_named(case: Path, tmp_path: Path) -> None:
    """The audit made to fit another file: the pixels still tell."""
    path = case / "out.mkv.audit.json"
    write_film(case / "in.mkv", change=5)
    audit, _ = read(path)
    from vsplugin.forensic.audit import hash_file_whole

    audit.content["input"]["sha256"] = hash_file_whole(case / "in.mkv")
    path.write_text(Audit(audit.content).text())
    assert wrong(case) == {"input pixels": "frame 5 is another picture"}


def test_a_broken_promise_in_the_audit_is_seen(case: Path) -> None:
    path = case / "out.mkv.audit.json"
    audit, _ = read(path)
    audit.content["frames"][3]["residuals"][1][2] = 0.6
    path.write_text(Audit(audit.content).text())
    assert wrong(case) == {"promises": "frame 3, plane 2: upscale leaves 0.6"}


def test_a_shorter_or_longer_file_is_seen(case: Path) -> None:
    shutil.copy(case / "in.mkv", case / "keep.mkv")
    write_film(case / "in.mkv", frames=7)
    assert wrong(case)["input pixels"] == "frame 7 is missing; there are 7"
    write_film(case / "out.mkv", frames=1)
    shutil.copy(case / "keep.mkv", case / "in.mkv")
    assert "another picture" in wrong(case)["output pixels"]


def test_the_command_says_what_is_wrong(case: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("audit", "verify", case / "out.mkv.audit.json") == 0
    assert "all as the audit says" in capfd.readouterr().out
    flip(case / "out.mkv", (case / "out.mkv").stat().st_size // 2)
    assert run("audit", "verify", case / "out.mkv.audit.json", case / "in.mkv", case / "out.mkv", "--json") == 2
    told = json.loads(capfd.readouterr().out)
    assert told["ok"] is False and any("frame" in (check["wrong"] or "") for check in told["checks"])
    assert run("audit", "show", case / "out.mkv.audit.json") == 0
    assert "denoise: no sample changes" in capfd.readouterr().out
    assert run("audit", "verify", case / "in.mkv") == 2
    assert "is no audit that this version can read" in capfd.readouterr().err
    (case / "out.mkv").unlink()
    assert run("audit", "verify", case / "out.mkv.audit.json") == 2
    assert "no such file" in capfd.readouterr().err


def test_kill_9_in_the_middle_ends_in_the_same_audit(case: Path) -> None:
    expected = (case / "out.mkv.audit.json").read_bytes(), (case / "out.mkv").read_bytes()
    (case / "out.mkv.audit.json").unlink()
    (case / "out.mkv").unlink()
    command = [sys.executable, "-m", "vsplugin", "restore", "in.mkv", "out.mkv", *ARGUMENTS, "--forensic"]
    process = subprocess.Popen(command, cwd=case, stderr=subprocess.DEVNULL)
    wait_for(case / "out.mkv.vsplugin" / "00000.json", process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (case / "out.mkv").exists(), "it was too late to interrupt it"
    subprocess.run(command, cwd=case, stderr=subprocess.DEVNULL, check=True)
    told, before = (json.loads(text) for text in ((case / "out.mkv.audit.json").read_bytes(), expected[0]))
    told["input"]["file"] = before["input"]["file"]  # the folder is another
    told.pop("sha256"), before.pop("sha256")
    assert told == before
    assert (case / "out.mkv").read_bytes() == expected[1]
