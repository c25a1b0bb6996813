"""One restored film with its audit, shared; each test works on its own copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from vsplugin.cli import main

FRAMES, SIZE = 8, (64, 48)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or leaves frame indexes in the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def write_film(path: Path, frames: int = FRAMES, change: int | None = None) -> Path:
    """A noisy moving scene in FFV1, 8-bit 4:2:0; ``change`` names a frame in which one sample is one code higher."""
    rng = np.random.default_rng(1)
    width, height = SIZE
    y, x = np.mgrid[:height, :width]
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25, options={"g": "1"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            luma = 120 + 60 * np.sin((x + 2 * number) / 5) * np.cos(y / 7) + 30 * (np.hypot(x - 30, y - 20) < 12)
            picture = np.full((height * 3 // 2, width), 128.0)
            picture[:height] = luma
            picture[height:, ::3] += 20
            picture = np.rint(picture + rng.normal(0, 2, picture.shape)).clip(16, 235).astype(np.uint8)
            if number == change:
                picture[10, 10] += 1
            frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def run(*arguments: str | Path) -> int:
    """The command line in this process; its exit code."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


ARGUMENTS = ("--scale", "2", "--denoise", "auto", "--set", "denoise.sigma=2", "--codec", "ffv1", "--chunk", "3")


@pytest.fixture(scope="session")
def proven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with in.mkv, out.mkv and out.mkv.audit.json."""
    folder = tmp_path_factory.mktemp("proven")
    write_film(folder / "in.mkv")
    assert run("restore", folder / "in.mkv", folder / "out.mkv", *ARGUMENTS, "--forensic", "--quiet") == 0
    return folder


@pytest.fixture
def case(proven: Path, tmp_path: Path) -> Path:
    """The same, to be broken."""
    for name in ("in.mkv", "out.mkv", "out.mkv.audit.json"):
        shutil.copy(proven / name, tmp_path / name)
    return tmp_path
