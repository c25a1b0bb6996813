"""What must survive a restoration besides the pictures: sound, subtitles, times, turns, colours."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from .media import TRANSCODE, packets, pictures, pixel_shapes, probe, times, write_video

FAST = (*TRANSCODE, "--codec", "libx264")


@pytest.fixture(scope="module")
def containers(corpus: Path) -> Path:
    return corpus / "public" / "containers"


def test_audio_and_subtitles_are_copied_bit_for_bit(containers: Path, tmp_path: Path, vsplugin: Callable) -> None:
    source, output = containers / "sample_with_ass_subtitles.mkv", tmp_path / "out.mkv"
    assert vsplugin("restore", source, output, *FAST, "--chunk", "10").code == 0
    for kind in ("audio", "subtitle"):
        assert packets(output, kind) == packets(source, kind)
    assert times(output) == times(source)
    found = {stream["codec_type"]: stream for stream in probe(output)["streams"]}
    assert (found["audio"]["codec_name"], found["subtitle"]["codec_name"]) == ("ac3", "ass")
    assert found["audio"]["start_time"] == "0.129000", "sound keeps its place"


def test_a_stream_the_container_cannot_hold_is_named(containers: Path, tmp_path: Path, vsplugin: Callable) -> None:
    output = tmp_path / "out.mp4"
    outcome = vsplugin("restore", containers / "sample_with_ass_subtitles.mkv", output, *FAST)
    assert outcome.code == 0
    assert "not kept: stream 2: subtitle, ass" in outcome.err


def test_chapters_and_tags_are_kept(containers: Path, tmp_path: Path, vsplugin: Callable) -> None:
    source, output = containers / "sample_with_chapters.mkv", tmp_path / "out.mkv"
    assert vsplugin("restore", source, output, *FAST).code == 0
    before, after = probe(source), probe(output)
    assert [(c["start_time"], c["tags"]) for c in after["chapters"]] == [
        (c["start_time"], c["tags"]) for c in before["chapters"]
    ]


@pytest.mark.parametrize("codec", ["libx265", "libx264", "ffv1"])
def test_attachments_language_and_shape_of_pixels_are_kept(tmp_path: Path, vsplugin: Callable, codec: str) -> None:
    source, output = tmp_path / "in.mkv", tmp_path / "out.mkv"
    with av.open(str(source), "w") as out:
        video: Any = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.sample_aspect_ratio = Fraction(16, 11)
        video.metadata["language"] = "fra"
        out.add_attachment("notes.txt", "text/plain", b"reel 4")
        out.metadata["title"] = "Reel"
        frame = av.VideoFrame.from_ndarray(np.zeros((72, 64), np.uint8), "yuv420p")
        for number in range(4):
            frame.pts = number
            out.mux(video.encode(frame))
        out.mux(video.encode())
    assert vsplugin("restore", source, output, *TRANSCODE, "--codec", codec).code == 0
    found = probe(output)
    assert pixel_shapes(output) == {"16:11"}
    assert found["video"]["tags"]["language"] == "fre" or found["video"]["tags"]["language"] == "fra"
    assert found["format"]["tags"]["title"] == "Reel"
    with av.open(str(output)) as inside:
        attached: Any = next(stream for stream in inside.streams if stream.type == "attachment")
        assert bytes(attached.data) == b"reel 4"


def test_variable_frame_rate_is_kept(containers: Path, tmp_path: Path, vsplugin: Callable) -> None:
    source = containers / "sample_android_slow_motion.mp4"
    for chunk in ("2", "96"):
        exact, rounded = tmp_path / f"{chunk}.mp4", tmp_path / f"{chunk}.mkv"
        assert vsplugin("restore", source, exact, *FAST, "--chunk", chunk).code == 0
        assert times(exact) == times(source)
        assert vsplugin("restore", source, rounded, *FAST, "--chunk", chunk).code == 0
        # Matroska counts milliseconds.
        assert all(abs(a - b) <= Fraction(1, 1000) for a, b in zip(times(rounded), times(source), strict=True))
    assert probe(exact)["video"]["duration_ts"] == probe(source)["video"]["duration_ts"]


@pytest.mark.parametrize("name", ["sample_rotate_and_reflect.mp4", "dolbyVision-hdr.MOV"])
def test_a_turned_picture_stays_turned(containers: Path, tmp_path: Path, vsplugin: Callable, name: str) -> None:
    source = containers / name
    for output in (tmp_path / "out.mp4", tmp_path / "out.mkv"):
        assert vsplugin("restore", source, output, *FAST, "--frames", "3").code == 0
        before, after = (
            next(s for s in probe(p)["video"]["side_data_list"] if "rotation" in s) for p in (source, output)
        )
        assert after["rotation"] == before["rotation"] == -90
        rows = [line.split()[1:] for line in after["displaymatrix"].split("\n") if line]
        assert rows[:2] == [line.split()[1:] for line in before["displaymatrix"].split("\n") if line][:2]
    assert [probe(output)["video"][side] for side in ("width", "height")] == [
        probe(source)["video"][side] for side in ("width", "height")
    ]


@pytest.mark.parametrize("name", ["hlg10-color-test.mp4", "bt601.mp4"])
@pytest.mark.parametrize("codec", ["libx265", "libx264", "ffv1"])
def test_colour_tags_are_kept(containers: Path, tmp_path: Path, vsplugin: Callable, name: str, codec: str) -> None:
    source, output = containers / name, tmp_path / "out.mkv"
    assert vsplugin("restore", source, output, *TRANSCODE, "--frames", "2", "--codec", codec).code == 0
    before, after = probe(source)["video"], probe(output)["video"]
    for tag in ("color_range", "color_space", "color_transfer", "color_primaries"):
        assert after[tag] == before[tag], tag


def test_missing_colour_tags_are_written_by_the_size_of_the_source(tmp_path: Path, vsplugin: Callable) -> None:
    """A player would guess BT.709 for what was enlarged beyond 576 lines."""
    source, output = write_video(tmp_path / "in.mkv", size=(720, 480), frames=1), tmp_path / "out.mkv"
    assert vsplugin("restore", source, output, "--scale", "2", "--set", "upscale.strength=0").code == 0
    assert probe(output)["video"]["height"] == 960
    assert probe(output)["video"]["color_space"] == "smpte170m"


def test_mastering_display_and_light_level_reach_the_stream(tmp_path: Path, vsplugin: Callable) -> None:
    output = tmp_path / "out.mkv"
    assert vsplugin("restore", "sample:hdr", output, *TRANSCODE, "--frames", "2").code == 0
    probe(output)
    query = ["ffprobe", "-v", "error", "-of", "json", "-show_frames", "-read_intervals", "%+#1", str(output)]
    frame = json.loads(subprocess.run(query, capture_output=True, check=True).stdout)["frames"][0]
    side = {data["side_data_type"]: data for data in frame["side_data_list"]}
    display, light = side["Mastering display metadata"], side["Content light level metadata"]
    assert (display["red_x"], display["green_y"], display["max_luminance"]) == (
        "35400/50000", "39850/50000", "10000000/10000",
    )  # fmt: skip
    assert (light["max_content"], light["max_average"]) == (1000, 180)
    assert (frame["color_transfer"], frame["pix_fmt"]) == ("smpte2084", "yuv420p10le")


def test_what_hdr_loses_is_said(containers: Path, tmp_path: Path, vsplugin: Callable) -> None:
    source = containers / "hdr10-video-with-sdr-container.mp4"
    outcome = vsplugin("restore", source, tmp_path / "out.mkv", *TRANSCODE, "--frames", "1", "--codec", "ffv1")
    assert outcome.code == 0 and "not kept: HDR10+" in outcome.err


def test_a_range_takes_its_sound_along(containers: Path, tmp_path: Path, vsplugin: Callable) -> None:
    source, output = containers / "bt601.mp4", tmp_path / "out.mkv"
    lossless = ("--codec", "ffv1", "--chunk", "4", *TRANSCODE)
    assert vsplugin("restore", source, output, *lossless, "--start", "10", "--frames", "10").code == 0
    with av.open(str(source)) as inside:
        wanted = [frame.to_ndarray() for frame in inside.decode(video=0)][10:20]
    with av.open(str(output)) as inside:
        got = [frame.to_ndarray() for frame in inside.decode(video=0)]
    assert len(got) == 10 and all(np.array_equal(a, b) for a, b in zip(got, wanted, strict=True))
    assert times(output)[0] == 0
    with av.open(str(output)) as inside:
        seconds = [packet.pts * 0.001 for packet in inside.demux(audio=0) if packet.pts is not None]
    assert seconds[0] < 0.03 and 0.28 < seconds[-1] < 0.34
    sound = packets(source, "audio")
    kept = packets(output, "audio")
    assert kept == sound[sound.index(kept[0]) :][: len(kept)]


def test_an_empty_edit_at_the_start_is_kept(containers: Path, tmp_path: Path, vsplugin: Callable) -> None:
    source, output = containers / "edit_list_positive_shift.mp4", tmp_path / "out.mp4"
    assert vsplugin("restore", source, output, *FAST, "--frames", "3").code == 0
    assert times(output) == times(source)[:3] and times(output)[0] == 1


def test_lossless_really_is(corpus: Path, tmp_path: Path, vsplugin: Callable) -> None:
    source, output = corpus / "public" / "video" / "parkjoy_480x270.mkv", tmp_path / "out.mkv"
    assert vsplugin("restore", source, output, *TRANSCODE, "--codec", "ffv1", "--chunk", "3").code == 0
    assert pictures(output) == pictures(source)
