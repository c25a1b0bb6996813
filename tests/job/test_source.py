"""What ``open_source`` finds out about a file, against ffprobe and against the procedural samples."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

from vsplugin import source
from vsplugin.container import inspect
from vsplugin.errors import UserError
from vsplugin.source import cache_folder, hash_file, open_source

from .media import times, write_video


def test_frames_are_the_files_frames(tmp_path: Path) -> None:
    opened = open_source(str(write_video(tmp_path / "in.mkv", frames=5)))
    facts = opened.facts
    assert (facts.format, facts.width, facts.height, facts.frames, facts.fps) == ("YUV420P8", 64, 48, 5, "25")
    assert opened.timestamps == [0, 40, 80, 120, 160] and opened.time_base == Fraction(1, 1000)
    with opened.clip.get_frame(0) as frame:
        luma = np.array(frame[0])
    import av

    with av.open(str(tmp_path / "in.mkv")) as inside:
        assert np.array_equal(next(inside.decode(video=0)).to_ndarray()[:48], luma)


def test_no_index_is_left_beside_the_source(tmp_path: Path) -> None:
    write_video(tmp_path / "in.mkv", frames=30)
    open_source(str(tmp_path / "in.mkv"))
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]


def test_the_index_is_kept_in_the_cache(corpus: Path) -> None:
    open_source(str(corpus / "public" / "containers" / "sample_edit_list.mp4"))
    assert all(path.is_relative_to(cache_folder()) for path in cache_folder().rglob("*"))


@pytest.mark.parametrize(
    ("size", "expected"),
    [((720, 480), (6, 6, 6)), ((720, 576), (5, 6, 5)), ((1280, 720), (1, 1, 1))],
)
def test_missing_colour_tags_follow_the_usual_rule(
    tmp_path: Path, size: tuple[int, int], expected: tuple[int, int, int]
) -> None:
    opened = open_source(str(write_video(tmp_path / "in.mkv", frames=1, size=size)))
    facts = opened.facts
    assert (facts.matrix, facts.transfer, facts.primaries) == expected and not facts.full_range
    assert set(facts.assumed) == {"matrix", "transfer", "primaries", "range"}
    with opened.clip.get_frame(0) as frame:
        assert (frame.props["_Matrix"], frame.props["_Range"]) == (expected[0], 0)


def test_tags_that_are_there_stay(tmp_path: Path) -> None:
    tagged = write_video(
        tmp_path / "in.mkv", frames=1, colorspace=9, color_trc=16, color_primaries=9, color_range=2
    )  # fmt: skip
    facts = open_source(str(tagged)).facts
    assert (facts.matrix, facts.transfer, facts.primaries, facts.full_range) == (9, 16, 9, True)
    assert facts.assumed == () and facts.hdr == "PQ"


def test_facts_of_real_files(corpus: Path) -> None:
    folder = corpus / "public" / "containers"
    slow = open_source(str(folder / "sample_android_slow_motion.mp4"))
    assert slow.facts.vfr and [t * slow.time_base for t in slow.timestamps] == times(slow.path or Path())
    assert not open_source(str(folder / "sample_with_ass_subtitles.mkv")).facts.vfr, "rounding is no variable rate"
    dolby = open_source(str(folder / "dolbyVision-hdr.MOV")).facts
    assert (dolby.hdr, dolby.rotation) == ("Dolby Vision", 90)
    assert (dolby.width, dolby.height) == (1280, 720), "pixels are not turned"
    portrait = open_source(str(folder / "sample_portrait.mp4")).facts
    assert (portrait.width, portrait.height, portrait.rotation) == (720, 1080, 0)
    assert open_source(str(folder / "hdr10-video-with-sdr-container.mp4")).facts.hdr == "HDR10+"
    assert open_source(str(folder / "hlg10-color-test.mp4")).facts.hdr == "HLG"
    chapters = open_source(str(folder / "sample_with_chapters.mkv")).facts
    assert (chapters.chapters, chapters.audio) == (2, ("aac",))


def test_healthy_files_are_not_called_cut_off(corpus: Path) -> None:
    for path in sorted((corpus / "public" / "containers").glob("*.m*")):
        try:
            opened = open_source(str(path))
        except UserError:
            continue
        assert opened.broken is None, path.name


def test_a_cut_matroska_file_is_noticed_by_its_own_sizes(tmp_path: Path) -> None:
    whole, cut = write_video(tmp_path / "whole.mkv"), tmp_path / "cut.mkv"
    assert not inspect(whole).cut
    cut.write_bytes(whole.read_bytes()[:-200])
    assert inspect(cut).cut


def test_fingerprint_sees_content_not_dates(tmp_path: Path) -> None:
    first, copy, other = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    data = bytes(range(256)) * 20_000
    first.write_bytes(data)
    copy.write_bytes(data)
    other.write_bytes(data[:-1] + b"!")
    assert hash_file(first) == hash_file(copy) != hash_file(other)
    other.write_bytes(data[: len(data) // 2] + b"!" + data[len(data) // 2 + 1 :])
    assert hash_file(first) == hash_file(other), "the quick one reads both ends only"
    assert hash_file(first, full=True) != hash_file(other, full=True)


def test_without_bestsource_the_cure_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "in.mkv", frames=1)
    monkeypatch.setattr(source.vs, "core", object())
    with pytest.raises(UserError, match="pip install vapoursynth-bestsource"):
        open_source(str(path))


def test_a_sample_is_a_source(tmp_path: Path) -> None:
    opened = open_source("sample:hdr")
    assert (opened.path, opened.facts.hdr, opened.clip.format.id) == (None, "HDR10", vs.YUV420P10)
    assert len(opened.timestamps) == opened.clip.num_frames == 48


@pytest.mark.parametrize(("name", "value"), [("_Matrix", 44), ("_Transfer", 3), ("_Primaries", 200)])
def test_reserved_colour_tags_are_taken_for_missing(name: str, value: int) -> None:
    """H.273 gives them no meaning, x265 ends on them."""
    clip = vs.core.std.BlankClip(format=vs.YUV420P8, width=1920, height=1080, length=1)
    whole = clip.std.SetFrameProps(_Matrix=9, _Transfer=16, _Primaries=9, _Range=0)
    assert source._complete_colour(whole)[2] == ()
    _, props, assumed = source._complete_colour(whole.std.SetFrameProps(**{name: value}))
    assert props[name] == 1 and assumed == (name.lstrip("_").lower(),)
