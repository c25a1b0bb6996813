"""Files that end too soon or begin late: what can still be decoded keeps the metadata of exactly that picture."""

from __future__ import annotations

# ruff: noqa: F811  (fixtures are arguments of the same name)
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from job.conftest import own_cache, vsplugin  # noqa: F401  fixtures

from vsplugin import container
from vsplugin.hdr import packets
from vsplugin.hdr.hdr10plus import HDR10PLUS
from vsplugin.hdr.restore import with_metadata
from vsplugin.source import open_source

from . import media
from .test_av1 import av1_file

SENT = media.payloads(40)


def check(path: Path) -> list[int]:
    """Pictures by their brightness; the payload on each must be its own."""
    source, lost = with_metadata(open_source(str(path)))
    assert not lost
    pictures = []
    for frame in source.clip.frames(close=True):
        number = round((float(np.asarray(frame[0]).mean()) - media.luma(0)) / 10)
        assert HDR10PLUS + bytes(frame.props["HDR10Plus"]) == SENT[number]
        pictures.append(number)
    return pictures


@pytest.mark.parametrize("suffix", [".mkv", ".ts"])
def test_cut_off(tmp_path: Path, suffix: str) -> None:
    data = media.hevc(tmp_path / f"a{suffix}", 40, SENT).read_bytes()
    for part in (0.5, 0.93):
        cut = tmp_path / f"{part}{suffix}"
        cut.write_bytes(data[: int(len(data) * part)])
        assert 10 < len(check(cut)) < 40


def test_a_duration_that_is_none(tmp_path: Path) -> None:
    """Matroska keeps it as text, which may be damaged: then it promises nothing."""
    path = media.hevc(tmp_path / "a.mkv", 6)
    data = path.read_bytes()
    at = data.index(b"00:00:00.2")
    for text in (b"00:00:00.x", b"00:0\xff:00.2", b"::0000000."):
        path.write_bytes(data[:at] + text + data[at + 10 :])
        assert container.inspect(path).promised == {0: (0, None)}


def test_times_that_jump_about(vsplugin: Callable, tmp_path: Path) -> None:
    """The result's times grow, and no finished work is lost over them at the end. IVF: 12 bytes before each frame."""
    path, out = av1_file(tmp_path / "a.ivf"), tmp_path / "out.mkv"
    data, at = bytearray(path.read_bytes()), 32
    for number in range(12):
        if number in (5, 9):
            data[at + 4 : at + 12] = (9999 if number == 5 else 2).to_bytes(8, "little")
        at += 12 + int.from_bytes(data[at : at + 4], "little")
    path.write_bytes(data)
    assert packets.read(path).times != tuple(range(24)), "the times are damaged"
    outcome = vsplugin("restore", path, out, "--scale", "1")
    assert outcome.code == 0 and "the times of 2 frames are damaged" in outcome.err, outcome.err
    with av.open(str(out)) as inside:
        found = [packet.pts for packet in inside.demux(video=0) if packet.size]
    assert len(found) == len(set(found)) and sorted(found) == list(range(0, 40 * len(found), 40))


def test_pictures_a_decoder_left_out(tmp_path: Path) -> None:
    """Their times say which are there, not their number."""
    opened = open_source(str(media.hevc(tmp_path / "a.mkv", 12, SENT[:12])))
    times = sorted(opened.timestamps[::3] + opened.timestamps[2::3])
    source, _ = with_metadata(replace(opened, clip=opened.clip.std.SelectEvery(3, [0, 2]), timestamps=times))
    got = [HDR10PLUS + bytes(frame.props["HDR10Plus"]) for frame in source.clip.frames(close=True)]
    assert got == [SENT[number] for number in (0, 2, 3, 5, 6, 8, 9, 11)]


def test_an_edit_list(tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    whole, late = media.hevc(tmp_path / "a.mp4", 40, SENT), tmp_path / "late.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-ss", "0.7", "-i", whole, "-c", "copy", late], check=True)
    assert check(late) == list(range(18, 40))
