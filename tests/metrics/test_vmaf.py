"""VMAF through an ffmpeg that has libvmaf; a stand-in only where the point is how it fails."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import vapoursynth as vs

from vsplugin import metrics
from vsplugin.errors import UserError
from vsplugin.metrics import vmaf

from .test_fidelity import damaged_pair


@pytest.fixture(autouse=True)
def forget():
    vmaf.executable.cache_clear()
    yield
    vmaf.executable.cache_clear()


def clips(frames: int = 5) -> tuple[vs.VideoNode, vs.VideoNode]:
    return damaged_pair(frames=frames, size=(192, 256))


def test_scores_are_those_of_ffmpeg_on_files(tmp_path):
    try:
        ffmpeg = vmaf.executable()
    except UserError as error:
        pytest.skip(str(error))
    pair = clips()
    for name, clip in zip(("one", "other"), pair, strict=True):
        with (tmp_path / f"{name}.y4m").open("wb") as target:
            clip.output(target, y4m=True)
    graph = "libvmaf=model=version=vmaf_v0.6.1neg:log_fmt=json:log_path=log.json"
    command = [ffmpeg, "-v", "error", "-i", "other.y4m", "-i", "one.y4m", "-lavfi", graph, "-f", "null", "-"]
    subprocess.run(command, cwd=tmp_path, check=True)
    theirs = [frame["metrics"]["vmaf"] for frame in json.loads((tmp_path / "log.json").read_text())["frames"]]
    found = metrics.measure(*pair, ["vmaf_neg", "psnr"])
    assert found["vmaf_neg"] == pytest.approx(theirs, abs=1e-6)
    assert min(theirs) < max(theirs)


def stand_in(tmp_path, monkeypatch, body: str) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(
        f"#!{sys.executable}\nimport sys, os\nif '-filters' in sys.argv: print(' .. libvmaf '); sys.exit()\n{body}\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("VSPLUGIN_FFMPEG", str(program))


@pytest.mark.parametrize(
    "body",
    [
        "print('no such model', file=sys.stderr); sys.exit(3)",
        # reads a little, then gives up, while both pipes are full
        "os.read(int(sys.argv[sys.argv.index('-i') + 1][5:]), 1000)\n"
        "print('no such model', file=sys.stderr); sys.exit(3)",
    ],
)
def test_an_ffmpeg_that_fails_is_quoted_and_hangs_nothing(tmp_path, monkeypatch, body):
    stand_in(tmp_path, monkeypatch, body)
    with pytest.raises(UserError, match="vmaf: ffmpeg failed: no such model"):
        metrics.measure(*clips(30), ["vmaf"])


def test_stopping_ends_ffmpeg(tmp_path, monkeypatch):
    stand_in(
        tmp_path, monkeypatch, "import time; open(os.environ['MARK'], 'w').write(str(os.getpid())); time.sleep(10000)"
    )
    monkeypatch.setenv("MARK", str(tmp_path / "pid"))

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        metrics.measure(*clips(2), ["vmaf"], progress=stop)
    if (tmp_path / "pid").exists() and (pid := (tmp_path / "pid").read_text()):
        with pytest.raises(ProcessLookupError):
            import os

            os.kill(int(pid), 0)


def test_without_libvmaf_it_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("VSPLUGIN_FFMPEG", "/bin/false")
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(UserError, match="vmaf needs an ffmpeg with libvmaf and found none"):
        metrics.measure(*clips(1), ["vmaf"])


def test_grey_is_refused():
    grey = [clip.std.ShufflePlanes(0, vs.GRAY) for clip in clips(1)]
    with pytest.raises(UserError, match="needs Y'CbCr 4:2:0, 4:2:2 or 4:4:4; these clips are Gray8"):
        metrics.measure(*grey, ["vmaf"])
