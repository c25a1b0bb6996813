"""RPUs as bytes: whole or refused, escaped once and only once."""

from __future__ import annotations

import random
import struct
from fractions import Fraction
from pathlib import Path

import av
import pytest
import vapoursynth as vs

from vsplugin.errors import UserError
from vsplugin.hdr import dolby_record, dolbyvision, frames, inject, rpu_area
from vsplugin.hdr.bits import escape, unescape
from vsplugin.hdr.metadata import Metadata

from . import media
from .payloads import material


def test_emulation_prevention() -> None:
    rng = random.Random(1)
    for _ in range(500):
        data = bytes(rng.choice((0, 0, 0, 1, 2, 3, 4, 255)) for _ in range(rng.randrange(40)))
        escaped = escape(data)
        assert unescape(escaped) == data
        assert not any(bytes((0, 0, n)) in escaped for n in range(3))
    assert escape(b"\0\0\0\0\1") == b"\0\0\3\0\0\3\1"
    assert unescape(b"\0\0\3\0\0\3\1") == b"\0\0\0\0\1"


@pytest.mark.corpus
def test_a_real_file(corpus: Path) -> None:
    data = material(corpus, "dolbyvision/regular_rpu.bin").read_bytes()
    rpus = dolbyvision.read_file(data)
    assert len(rpus) == 259 and dolbyvision.write_file(rpus) == data
    assert {dolbyvision.profile(rpu) for rpu in rpus} == {8}
    for number in (0, 100, 258):
        spoilt = bytearray(rpus[number])
        spoilt[30] ^= 0x10
        with pytest.raises(UserError, match=r"checksum"):
            dolbyvision.check(bytes(spoilt))
    with pytest.raises(UserError, match=r"\(frame 1\)"):
        dolbyvision.read_file(dolbyvision.write_file([rpus[0], rpus[1][:-9], rpus[2]]))


EDGES = (12, 8, 276, 277)


def seen_by_ffmpeg(path: Path) -> list[tuple[int, ...]]:
    """Level 5 as FFmpeg's own parser finds it (AVDOVIMetadata: offset, size and number of extension blocks)."""
    out = []
    with av.open(str(path)) as inside:
        for frame in inside.decode(video=0):
            data = next(bytes(v) for k, v in frame.side_data.items() if k.name == "DOVI_METADATA")
            first, size, count = struct.unpack_from("=QQi", data, 24)
            blocks = [data[first + size * n : first + size * (n + 1)] for n in range(count)]
            out += [struct.unpack_from("=4H", block, 4) for block in blocks if block[0] == 5]
    return out


@pytest.mark.corpus
def test_edges_are_where_ffmpeg_finds_them(corpus: Path, tmp_path: Path) -> None:
    """And nothing else of the RPU changes: with its old edges it is itself again."""
    real = dolbyvision.read_file(material(corpus, "dolbyvision/regular_rpu.bin").read_bytes())[:6]
    assert [rpu_area.edges(rpu) for rpu in real] == [(0, 0, 0, 0)] * 6
    made = [rpu_area.with_edges(rpu, (*EDGES[:3], EDGES[3] + n)) for n, rpu in enumerate(real)]
    for rpu, old in zip(made, real, strict=True):
        dolbyvision.check(rpu)
        assert rpu_area.with_edges(rpu, (0, 0, 0, 0)) == old
    plain, path = media.hevc(tmp_path / "a.hevc", 6), tmp_path / "b.hevc"
    data = bytearray()
    inject.into_stream(plain.read_bytes(), [Metadata(rpu=rpu) for rpu in made], data.extend)
    path.write_bytes(data)
    assert seen_by_ffmpeg(path) == [(*EDGES[:3], EDGES[3] + n) for n in range(6)]


@pytest.mark.corpus
def test_edges_grow_with_the_picture(corpus: Path) -> None:
    real = dolbyvision.read_file(material(corpus, "dolbyvision/regular_rpu.bin").read_bytes())[0]
    rpu = rpu_area.with_edges(real, EDGES)
    clip = vs.core.std.BlankClip(format=vs.YUV420P10, width=64, height=48, length=2).std.SetFrameProps(_Transfer=16)
    clip = frames.attach(clip, [Metadata(rpu=rpu)] * 2)
    wide = frames.guard(clip.resize.Bicubic(160, 120))
    for result, expected in ((clip, EDGES), (wide, (30, 20, 690, 692)), (frames.guard(wide), (30, 20, 690, 692))):
        with result.get_frame(1) as frame:
            assert rpu_area.edges(bytes(frame.props["DolbyVisionRPU"])) == expected
    assert rpu_area.scaled(real, Fraction(2), Fraction(2)) is real, "without edges nothing changes"


def test_no_bytes_do_harm() -> None:
    rng = random.Random(2)
    for _ in range(3000):
        data = rng.choice((b"", b"\x19", b"\x19\x08\x09")) + rng.randbytes(rng.randrange(40))
        for question in (dolbyvision.check, dolbyvision.profile, dolbyvision.read_file):
            try:
                question(data)
            except UserError as error:
                assert str(error).startswith("Dolby Vision: ")


def test_a_record_whatever_the_checksum_before_the_track_is(tmp_path: Path) -> None:
    """FFmpeg's Matroska begins its tracks with a CRC-32, in which any byte may be that of a track's name (AE)."""
    data = bytearray(media.hevc(tmp_path / "a.mkv", 2).read_bytes())
    tracks = data.rindex(b"\x16\x54\xae\x6b", 0, data.index(b"\x1f\x43\xb6\x75"))
    crc = data.index(b"\xbf\x84", tracks)
    assert crc < tracks + 16
    data[crc + 2 : crc + 6] = b"\xae\x81\xae\xae"
    head = dolby_record.template(bytes(data), dolby_record.record(192, 128, Fraction(25), 16))
    with av.open(head) as inside:
        assert inside.streams.video[0].codec_context.coded_side_data["dovi_conf"][2] == 8
