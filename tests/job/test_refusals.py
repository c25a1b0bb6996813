"""Bad input, bad arguments, bad luck: one line that names what is wrong, exit code 2, nothing left behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from .media import TRANSCODE, pictures, write_video


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere.mkv", "o.mkv"), "input: no such file: nowhere.mkv"),
        ((".", "o.mkv"), "is a folder"),
        (("sample:fim", "o.mkv"), "sample must be one of film, video, hdr; got 'fim'"),
        (("sample:film", "o.txt"), "must end in .mkv, .mp4, .mov"),
        (("sample:film", "nowhere/o.mkv"), "no such folder: nowhere"),
        (("sample:film", "/proc/o.mkv"), "cannot write in /proc"),
        (("sample:film", "o.mkv", "--preset", "defalt"), "did you mean 'default'?"),
        (("sample:film", "o.mkv", "--codec", "x265"), "--codec must be one of libx265, libx264, ffv1; got 'x265'"),
        (("sample:film", "o.mkv", "--crf", "99"), "--crf must be in [0, 51]; got 99"),
        (("sample:film", "o.mkv", "--codec", "ffv1", "--crf", "9"), "--crf has no meaning for ffv1"),
        (("sample:film", "o.mkv", "--scale", "2", "--model", "sr3"), "upscale: model must be one of"),
        (("sample:film", "o.mkv", "--backend", "cuda"), "backend must be one of auto,"),
        (("sample:film", "o.mkv", "--frames", "0"), "--frames must be at least 1; got 0"),
        (("sample:film", "o.mkv", "--start", "48"), "--start must be in [0, 47]; got 48"),
        (("sample:film", "o.mkv", "--chunk", "0"), "--chunk must be at least 1 frame; got 0"),
        (("sample:film", "o.mkv", "--denoise", "lots"), "--denoise must be auto, off or a number in [0, 1]"),
        (("sample:film", "o.mkv", "--denoise", "1.4"), "strength must be in [0, 1]; got 1.4"),
        (("sample:film", "o.mkv", "--scale", "5"), "'--scale': 5 is not in the range"),
        (("sample:film", "o.mkv", "--sclae", "2"), "did you mean"),
        (("sample:film",), "missing argument 'OUT'"),
        (("sample:film", "o.mkv", "--set", "upscale.overshot=1", "--scale", "2"), "did you mean 'overshoot'?"),
        (("sample:film", "o.mkv", "--set", "upscale=1"), "--set must be FILTER.ARGUMENT=VALUE"),
    ],
)
def test_wrong_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vsplugin: Callable, arguments: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = vsplugin("restore", *arguments)
    assert outcome.code == 2
    assert words.lower() in outcome.err.lower()
    assert outcome.err.count("\n") == 1 and outcome.err.startswith("vsplugin: ")
    assert not list(tmp_path.iterdir())


def test_output_that_exists_or_is_the_input(tmp_path: Path, vsplugin: Callable) -> None:
    source, other = write_video(tmp_path / "in.mkv"), write_video(tmp_path / "other.mkv", frames=1)
    before = source.read_bytes(), other.read_bytes()
    link = tmp_path / "link.mkv"
    link.symlink_to(source)
    for output, words in ((source, "is the input itself"), (link, "is the input itself"), (other, "--overwrite")):
        outcome = vsplugin("restore", source, output, *TRANSCODE)
        assert outcome.code == 2 and words in outcome.err
    assert vsplugin("restore", source, source, *TRANSCODE, "--overwrite").code == 2
    assert (source.read_bytes(), other.read_bytes()) == before
    assert vsplugin("restore", source, other, *TRANSCODE, "--overwrite", "--codec", "ffv1").code == 0
    assert pictures(other) == pictures(source)


def test_empty_and_meaningless_files(tmp_path: Path, vsplugin: Callable) -> None:
    empty, text, output = tmp_path / "empty.mkv", tmp_path / "text.mkv", tmp_path / "out.mkv"
    empty.touch()
    text.write_text("not a film\n" * 1000)
    for path, words in ((empty, "is empty"), (text, "cannot be read as video")):
        outcome = vsplugin("restore", path, output, *TRANSCODE)
        assert outcome.code == 2 and words in outcome.err and path.name in outcome.err
    assert not output.exists()


def test_sound_alone_is_refused(corpus: Path, tmp_path: Path, vsplugin: Callable) -> None:
    for name in ("sample_audio_only.mp4", "sample_with_dts.mkv"):
        outcome = vsplugin("restore", corpus / "public" / "containers" / name, tmp_path / "out.mkv", *TRANSCODE)
        assert outcome.code == 2 and "no video stream (audio only)" in outcome.err


def test_odd_containers_end_in_a_result_or_in_one_line(corpus: Path, tmp_path: Path, vsplugin: Callable) -> None:
    for name in ("sample_malformed_free_box.mp4", "sample_mdat_too_long.mp4", "sample_missing_stsd.mp4"):
        output = tmp_path / name
        outcome = vsplugin("restore", corpus / "public" / "containers" / name, output, *TRANSCODE, "--frames", "2")
        assert outcome.code in (0, 2) and "Traceback" not in outcome.err and "internal" not in outcome.err
        assert output.exists() == (outcome.code == 0)


def test_a_change_of_size_is_refused_with_its_frame(tmp_path: Path, vsplugin: Callable) -> None:
    source = tmp_path / "two.h264"
    with source.open("wb") as joined:
        for width, height in ((64, 48), (96, 80)):
            part = tmp_path / "part.h264"
            with av.open(str(part), "w") as out:
                stream = out.add_stream("libx264", rate=24)
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                for number in range(5):
                    frame = av.VideoFrame.from_ndarray(np.full((height * 3 // 2, width), 40, np.uint8), "yuv420p")
                    frame.pts = number
                    out.mux(stream.encode(frame))
                out.mux(stream.encode())
            joined.write(part.read_bytes())
    outcome = vsplugin("restore", source, tmp_path / "out.mkv", *TRANSCODE)
    assert outcome.code == 2
    assert "from YUV420P8 64x48 to YUV420P8 96x80 at frame 5" in outcome.err


def test_a_truncated_matroska_file_is_restored_as_far_as_it_goes(tmp_path: Path, vsplugin: Callable) -> None:
    whole, cut, output = write_video(tmp_path / "whole.mkv"), tmp_path / "cut.mkv", tmp_path / "out.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    outcome = vsplugin("restore", cut, output, *TRANSCODE, "--codec", "ffv1", "--chunk", "2")
    assert outcome.code == 2
    restored = pictures(output)
    assert 3 <= len(restored) < 12
    assert f"breaks at frame {len(restored)}" in outcome.err
    assert restored == pictures(whole)[: len(restored)]


def test_a_truncated_mp4_file_is_restored_as_far_as_it_goes(corpus: Path, tmp_path: Path, vsplugin: Callable) -> None:
    whole, cut, output = corpus / "public/containers/hlg10-color-test.mp4", tmp_path / "cut.mp4", tmp_path / "out.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    outcome = vsplugin("restore", cut, output, *TRANSCODE, "--codec", "ffv1")
    assert outcome.code == 2
    restored = pictures(output)
    assert 0 < len(restored) < 9 and f"breaks at frame {len(restored)} of 9" in outcome.err


def test_ffv1_packets_lost_in_the_middle_do_not_crash(tmp_path: Path, vsplugin: Callable) -> None:
    whole, damaged, output = write_video(tmp_path / "whole.mkv"), tmp_path / "damaged.mkv", tmp_path / "out.mkv"
    data = bytearray(whole.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    damaged.write_bytes(data)
    outcome = vsplugin("restore", damaged, output, *TRANSCODE, "--codec", "ffv1")
    assert outcome.code in (0, 2) and "internal error" not in outcome.err
    shutil.rmtree(tmp_path / "out.mkv.vsplugin", ignore_errors=True)
