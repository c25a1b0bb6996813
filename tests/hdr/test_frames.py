"""Metadata on frames: it goes where its frame goes, and it is noticed where it no longer belongs."""

from __future__ import annotations

from pathlib import Path

import pytest
import vapoursynth as vs

from vsplugin.errors import UserError
from vsplugin.hdr import check, frames, packets, policy, props
from vsplugin.hdr.hdr10plus import HDR10PLUS
from vsplugin.hdr.metadata import Metadata
from vsplugin.source import open_source

from . import media

COUNT = 12
PQ_PROPS = {"_Matrix": 9, "_Transfer": 16, "_Primaries": 9, "_Range": 0}


def plain(count: int = COUNT, **more: int) -> vs.VideoNode:
    clip = vs.core.std.BlankClip(format=vs.YUV420P10, width=64, height=64, length=count, color=[300, 512, 512])
    return clip.std.SetFrameProps(**{**PQ_PROPS, **more})


def listed(count: int = COUNT) -> list[Metadata]:
    return [Metadata(payload, b"\x19" + bytes((n,))) for n, payload in enumerate(media.payloads(count))]


def carried(clip: vs.VideoNode) -> list[int | None]:
    """Which source frame's payload each frame has, by the payload itself; and the index it claims must agree."""
    known = {payload: n for n, payload in enumerate(media.payloads(40))}
    out: list[int | None] = []
    for frame in clip.frames(close=True):
        dynamic = frame.props.get("HDR10Plus")
        out.append(None if dynamic is None else known[HDR10PLUS + dynamic])
        assert dynamic is None or frame.props[props.SOURCE_FRAME] == out[-1]
        assert dynamic is None or frame.props["DolbyVisionRPU"] == b"\x19" + bytes((out[-1] or 0,))
    return out


def test_metadata_follows_its_frame() -> None:
    clip = frames.attach(plain(), listed())
    order = list(range(COUNT))
    assert carried(clip) == order
    assert carried(clip[3:8] + clip[0:2]) == [*order[3:8], *order[0:2]]
    assert carried(clip.std.SelectEvery(3, [0, 2])) == [0, 2, 3, 5, 6, 8, 9, 11]
    assert carried(clip.std.Reverse()) == order[::-1]
    assert carried(clip.std.DuplicateFrames([4])) == [*order[:5], *order[4:]]
    assert carried(clip.resize.Bicubic(128, 128)) == order
    assert carried(clip.std.AssumeFPS(fpsnum=50)) == order


def test_a_file_is_read_and_its_decoders_claims_replaced(tmp_path: Path) -> None:
    sent = media.payloads(COUNT)
    path = media.hevc(tmp_path / "a.mkv", COUNT, sent)
    clip = open_source(str(path)).clip
    found = [HDR10PLUS + bytes(frame.props["HDR10Plus"]) for frame in frames.attach(clip, path).frames(close=True)]
    assert found == sent
    with clip.get_frame(1) as frame:
        assert "HDR10Plus" in frame.props
    none = frames.attach(clip, [Metadata(None, None)] * COUNT)
    with none.get_frame(1) as frame:
        assert "HDR10Plus" not in frame.props and "MasteringDisplayMaxLuminance" in frame.props


def test_counts_must_agree(tmp_path: Path) -> None:
    with pytest.raises(vs.Error, match="attach: metadata of 11 frames for a clip of 12"):
        frames.attach(plain(), listed(11))
    with pytest.raises(vs.Error, match=r"attach: input: .* cannot be read"):
        frames.attach(plain(), _nonsense(tmp_path))
    with pytest.raises(vs.Error, match="carry: clip has 11 frames, source 12"):
        frames.carry(plain(11), plain())


def _nonsense(folder: Path) -> Path:
    (folder / "a.mkv").write_bytes(b"nonsense")
    return folder / "a.mkv"


def test_carry_brings_back_what_a_filter_lost() -> None:
    clip = frames.attach(plain(), listed())
    lost = vs.core.std.Expr([plain(), clip], "x y + 2 /")
    assert carried(lost) == [None] * COUNT
    brought = frames.carry(lost.std.SetFrameProps(_Matrix=1, MasteringDisplayMaxLuminance=5.0), clip)
    assert carried(brought) == list(range(COUNT))
    with brought.get_frame(0) as frame:
        assert frame.props["_Matrix"] == 1, "colour is the clip's own"
        assert "MasteringDisplayMaxLuminance" not in frame.props, "the source has none"


def test_strip() -> None:
    clip = frames.attach(plain(ContentLightLevelMax=5), listed())
    with frames.strip(clip).get_frame(0) as frame:
        assert not set(props.of(tuple(props.NAMES))) & set(frame.props) and frame.props["_Transfer"] == 16
    with frames.strip(clip, ["hdr10plus"]).get_frame(0) as frame:
        assert "HDR10Plus" not in frame.props and "DolbyVisionRPU" in frame.props
    assert frames.strip(clip, []) is clip
    with pytest.raises(vs.Error, match=r"strip: kinds must be among hdr10plus, .*; got 'hdr10'"):
        frames.strip(clip, ["hdr10"])


def test_guard_catches_what_resize_leaves_behind() -> None:
    clip = frames.attach(plain(MasteringDisplayMaxLuminance=1000), listed())
    sdr = clip.resize.Bicubic(matrix=1, transfer=1, primaries=1, format=vs.YUV420P8)
    with sdr.get_frame(5) as frame:
        assert "HDR10Plus" in frame.props, "the trap is still there"
    mixed = clip[:6] + sdr.resize.Point(format=vs.YUV420P10)[6:]
    guarded = frames.guard(mixed)
    assert carried(guarded) == [0, 1, 2, 3, 4, 5, *[None] * 6]
    with guarded.get_frame(7) as frame:
        assert not set(props.of(tuple(props.NAMES))) & set(frame.props)
    frames.guard(mixed, "error").get_frame(5).close()
    with pytest.raises(vs.Error, match=r"guard: frame 6 carries hdr10plus, dolby_vision.* its _Transfer is 1"):
        frames.guard(mixed, "error").get_frame(6)
    hlg = frames.guard(clip.std.SetFrameProps(_Transfer=18))
    with hlg.get_frame(0) as frame:
        assert "HDR10Plus" not in frame.props and "DolbyVisionRPU" in frame.props
    with pytest.raises(vs.Error, match="guard: mode must be"):
        frames.guard(clip, "loud")  # type: ignore[arg-type]


def test_guard_takes_rpus_off_pictures_with_other_edges() -> None:
    clip = frames.attach(plain(), listed())
    for same in (clip, clip.resize.Bicubic(128, 128), clip.resize.Bicubic(96, 98), clip[3:] + clip[:2]):
        with frames.guard(same).get_frame(1) as frame:
            assert "DolbyVisionRPU" in frame.props
    lost = clip.std.BlankClip(keep=True).std.Crop(top=4, bottom=4).std.SetFrameProps(**PQ_PROPS)
    crop = clip.std.Crop(top=4, bottom=4)
    for other in (crop, clip.std.AddBorders(left=8, right=8), crop.resize.Bicubic(128, 112), frames.carry(lost, clip)):
        with frames.guard(other).get_frame(5) as frame:
            assert "DolbyVisionRPU" not in frame.props
            assert HDR10PLUS + bytes(frame.props["HDR10Plus"]) == media.payloads(6)[5], (
                "statistics of the active picture"
            )
        with pytest.raises(vs.Error, match=r"guard: frame 5 carries dolby_vision, but it was cropped .*: 64x64 became"):
            frames.guard(other, "error").get_frame(5)


def test_verify_finds_missing_damaged_and_exchanged_metadata() -> None:
    clip = frames.attach(plain(), listed())
    moved = clip.std.Reverse()[2:]
    for frame in frames.verify(moved, listed()).frames(close=True):
        frame.close()
    blank = plain(2)
    spoilt = clip.std.SetFrameProp(prop="HDR10Plus", data="short")
    wrong = clip.std.CopyFrameProps(clip[1:] + clip[:1], props=["HDR10Plus"])
    for bad, at, words in (
        (clip[:3] + blank, 3, r"verify: frame 3: has no HDR10\+ metadata"),
        (spoilt, 2, r"verify: frame 2: HDR10\+: "),
        (wrong, 4, r"verify: the HDR10\+ metadata of frame 4 is not that of source frame 4"),
        (clip.std.SetFrameProps(_Transfer=1), 1, "verify: frame 1 carries hdr10plus, .* its _Transfer is 1"),
        (clip.std.RemoveFrameProps(props.SOURCE_FRAME), 0, "does not say of which source frame"),
    ):
        with pytest.raises(vs.Error, match=words):
            frames.verify(bad, listed()).get_frame(at)


def test_kinds_of_dynamic_range() -> None:
    for found, kind in (
        ({}, "SDR"),
        ({"_Transfer": 1, "HDR10Plus": b"x"}, "SDR"),
        ({"_Transfer": 18}, "HLG"),
        ({"_Transfer": 16}, "PQ"),
        ({"_Transfer": 16, "ContentLightLevelMax": 1}, "HDR10"),
        ({"_Transfer": 16, "HDR10Plus": b"x"}, "HDR10+"),
        ({"_Transfer": 16, "HDR10Plus": b"x", "DolbyVisionRPU": b"x"}, "Dolby Vision"),
    ):
        assert props.kind(found) == kind
    assert props.from_props({"_Transfer": 1, "HDR10Plus": b"x", "DolbyVisionRPU": b"y"}) == Metadata()


def test_the_table_says_what_filters_must_drop() -> None:
    assert policy.invalidated_by("clean") == policy.invalidated_by("scale") == policy.invalidated_by("timeline") == ()
    assert policy.invalidated_by("crop") == ("dolby_vision",)
    assert policy.invalidated_by("grade") == ("hdr10plus", "dolby_vision", "content_light", "st2094_50")
    assert policy.invalidated_by("sharp scale") == ("content_light",)
    assert policy.invalidated_by("transfer") == policy.KINDS == tuple(props.NAMES)


def test_incomplete_metadata_is_refused_with_its_frame() -> None:
    good = [Metadata(payload) for payload in media.payloads(5)]
    check.complete(good, "x")
    check.complete([Metadata()] * 3, "x")
    mixed = [*good[:3], Metadata(media.payloads(1, "B")[0])]
    for bad, words in (
        ([*good[:3], Metadata()], r"x: frame 3 has no HDR10\+ metadata, frame 0 has; 3 of 4 frames have it"),
        ([*good[:2], Metadata(HDR10PLUS + b"\1")], r"x: frame 2: HDR10\+: ends in the middle"),
        ([Metadata(rpu=b"\x19abcdefgh")], "x: frame 0: Dolby Vision: "),
    ):
        with pytest.raises(UserError, match=words):
            check.complete(bad, "x")
    with pytest.raises(UserError, match=r"x: frame 3 has HDR10\+ profile B, frame 0 has A"):
        check.one_profile(mixed, "x")


def test_a_clip_of_the_middle_of_a_file(tmp_path: Path) -> None:
    path = media.hevc(tmp_path / "a.mkv", COUNT, media.payloads(COUNT))
    source = open_source(str(path))
    assert carried_only(frames.attach(source.clip, packets.read(path))[4:7]) == media.payloads(COUNT)[4:7]


def carried_only(clip: vs.VideoNode) -> list[bytes]:
    return [HDR10PLUS + bytes(frame.props["HDR10Plus"]) for frame in clip.frames(close=True)]
