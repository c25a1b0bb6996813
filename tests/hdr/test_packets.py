"""Payloads from packets, in order of display, from every container; decoders' pictures are the truth."""

from __future__ import annotations

import random
from pathlib import Path

import av
import numpy as np
import pytest

from vsplugin.errors import UserError
from vsplugin.hdr import av1, hdr10plus, hdr10plus_json, metadata, nal, packets
from vsplugin.hdr.poc import PictureOrder
from vsplugin.source import open_source

from . import media
from .payloads import material

COUNT = 40


@pytest.fixture(scope="module")
def sent() -> list[bytes]:
    return media.payloads(COUNT)


@pytest.mark.parametrize("suffix", [".hevc", ".mkv", ".mp4", ".ts"])
def test_every_payload_is_with_its_picture(tmp_path: Path, sent: list[bytes], suffix: str) -> None:
    path = media.hevc(tmp_path / f"a{suffix}", COUNT, sent)
    assert media.shown(path) == list(range(COUNT))
    found = packets.read(path)
    assert [frame.hdr10plus for frame in found.frames] == sent
    assert found.mastering and found.mastering.to_x265() == media.DISPLAY
    assert found.light and found.light.to_x265() == "987,321"
    assert (found.times is None) == (suffix == ".hevc")


def test_pictures_are_stored_out_of_order(tmp_path: Path, sent: list[bytes]) -> None:
    """Else the test above would prove nothing."""
    data = media.hevc(tmp_path / "a.hevc", COUNT, sent).read_bytes()
    stored = [metadata.from_nals(units, data).hdr10plus for _, units in packets.placed(data)]
    assert stored != sent and sorted(map(str, stored)) == sorted(map(str, sent))
    kinds = {unit.type for unit in nal.units(data, nal.annex_b(data))}
    assert nal.CRA in kinds and kinds & set(nal.LEADING), "an open GOP"
    assert all(sum(unit.is_slice for unit in units) == 2 for _, units in packets.placed(data)), "two slices"


def test_a_sparse_stream_is_seen_as_it_is(tmp_path: Path, sent: list[bytes]) -> None:
    """FFmpeg's decoder claims that every picture has metadata; five have."""
    there = [payload if number in (0, 7, 8, 17, 30) else None for number, payload in enumerate(sent)]
    plain = media.hevc(tmp_path / "plain.hevc", COUNT)
    data = plain.read_bytes()
    out = bytearray()
    order = sorted((place.key, n) for n, (place, _) in enumerate(packets.placed(data)) if place)
    display = {n: number for number, (_, n) in enumerate(order)}
    for n, (_, units) in enumerate(packets.placed(data)):
        for unit in units:
            if unit.first_slice and there[display[n]]:
                out += nal.START_CODE + nal.sei([(nal.T35, there[display[n]] or b"")])
            out += nal.START_CODE + data[unit.start : unit.end]
    sparse = tmp_path / "sparse.hevc"
    sparse.write_bytes(out)
    assert media.shown(sparse) == list(range(COUNT))
    with av.open(str(sparse)) as inside:
        claimed = sum(bool(frame.side_data.get("DYNAMIC_HDR_PLUS")) for frame in inside.decode(video=0))
    assert claimed > 5, "the trap is still there"
    assert [frame.hdr10plus for frame in packets.read(sparse).frames] == there


def test_a_stream_cut_into_begins_with_what_can_be_shown(tmp_path: Path, sent: list[bytes]) -> None:
    """From the second key frame on: leading pictures that refer to what is missing are not shown."""
    path = media.hevc(tmp_path / "a.hevc", COUNT, sent)
    data = path.read_bytes()
    groups = [units for _, units in packets.placed(data)]
    start = next(group[0].start for group in groups[1:] if any(unit.type == nal.CRA for unit in group))
    cut = tmp_path / "cut.hevc"
    cut.write_bytes(nal.START_CODE + data[start:])
    numbers = media.shown(cut)
    assert 0 < len(numbers) < COUNT
    assert [frame.hdr10plus for frame in packets.read(cut).frames] == [sent[number] for number in numbers]


def test_two_streams_in_a_row(tmp_path: Path, sent: list[bytes]) -> None:
    one = media.hevc(tmp_path / "1.hevc", 11, sent[:11]).read_bytes()
    two = media.hevc(tmp_path / "2.hevc", 20, sent[:20], "bframes=0:keyint=1").read_bytes()
    both = tmp_path / "both.hevc"
    both.write_bytes(one + two)
    assert [frame.hdr10plus for frame in packets.read(both).frames] == sent[:11] + sent[:20]


def test_picture_order_counts_that_wrap_around(tmp_path: Path) -> None:
    """Slices hold their last 8 bits; times of the same stream in Matroska are the truth."""
    sent = media.payloads(300)
    timed = media.hevc(
        tmp_path / "a.mkv",
        300,
        sent,
        "bframes=3:b-adapt=0:keyint=60:min-keyint=60:open-gop=1:scenecut=0:rc-lookahead=8",
    )
    assert [frame.hdr10plus for frame in packets.read(timed).frames] == sent
    with av.open(str(timed)) as inside:
        config = nal.configuration(inside.streams.video[0].codec_context.extradata)
        assert config is not None
        raw = b"".join(nal.START_CODE + unit for unit in config.nals)
        for packet in inside.demux(video=0):
            data = bytes(packet)
            raw += b"".join(nal.START_CODE + data[a:b] for a, b in nal.length_prefixed(data, config.length_size))
    (tmp_path / "a.hevc").write_bytes(raw)
    assert [frame.hdr10plus for frame in packets.read(tmp_path / "a.hevc").frames] == sent


def test_several_picture_parameter_sets(tmp_path: Path) -> None:
    """Pictures may name different sets, with different lengths of what comes before their count."""
    order = PictureOrder()
    data = media.hevc(tmp_path / "a.hevc", 2).read_bytes()
    order.parameters(next(data[u.start : u.end] for u in nal.units(data, nal.annex_b(data)) if u.type == nal.SPS))
    order.parameters(bytes((0x44, 0x01)) + _bits("1100000" + "1" * 20))  # number 0
    order.parameters(bytes((0x44, 0x01)) + _bits("0101000011" * 20))  # number 1, one extra slice bit
    first = order.picture(bytes((19 << 1, 1)) + _bits("1010111" * 40))
    assert (first.count, first.shown) == (0, True)
    bits = order._sps[0].count_bits
    for pps, extra in (("1", ""), ("010", "0")):
        low = format(5, f"0{bits}b")
        place = order.picture(bytes((1 << 1, 1)) + _bits("1" + pps + extra + "010" + low + "1" * 40))
        assert place.count == 5
    with pytest.raises(UserError, match="uses parameter set 2, which the stream does not have"):
        order.picture(bytes((1 << 1, 1)) + _bits("1011" + "1" * 60))


def _bits(text: str) -> bytes:
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8)


def test_variable_frame_rate(tmp_path: Path, sent: list[bytes]) -> None:
    times = np.cumsum(np.random.default_rng(1).integers(10, 90, COUNT)).tolist()
    plain = media.hevc(tmp_path / "a.mkv", COUNT, sent)
    path = tmp_path / "vfr.mkv"
    with av.open(str(plain)) as inside, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(inside.streams.video[0], opaque=True)
        stored = [packet for packet in inside.demux(video=0) if packet.size]
        ranks = sorted(packet.pts for packet in stored)
        for n, packet in enumerate(stored):
            packet.pts, packet.dts, packet.stream = times[ranks.index(packet.pts)], times[0] - 400 + n, stream
            out.mux_one(packet)
    assert [frame.hdr10plus for frame in packets.read(path).frames] == sent
    source = open_source(str(path))
    assert source.facts.vfr and list(packets.read(path).times or ()) == source.timestamps


@pytest.mark.corpus
def test_real_streams(corpus: Path) -> None:
    expected = hdr10plus_json.read(material(corpus, "hdr10plus/regular_metadata.json").read_text())
    for name in ("regular.hevc", "regular.mkv"):
        found = packets.read(material(corpus, f"hdr10plus/{name}"))
        metas = [hdr10plus.parse(frame.hdr10plus or b"") for frame in found.frames]
        assert [meta.bare() for meta in metas] == expected
        assert all(hdr10plus.pack(meta) == frame.hdr10plus for meta, frame in zip(metas, found.frames, strict=True))
    dolby = material(corpus, "dolbyvision/regular_rpu.bin").read_bytes()
    for name in ("regular.hevc", "regular.mkv"):
        frames = packets.read(material(corpus, f"dolbyvision/{name}")).frames
        assert b"".join(nal.START_CODE + (frame.rpu or b"") for frame in frames) == dolby
    sparse = packets.read(material(corpus, "hdr10plus/ToS-s01.h265")).frames
    assert [frame.hdr10plus is not None for frame in sparse] == [True] + [False] * 5


@pytest.mark.corpus
def test_frames_are_counted_and_timed_as_bestsource_does(corpus: Path) -> None:
    for path in sorted(material(corpus, "containers").iterdir()):
        try:
            source = open_source(str(path))
        except UserError:
            continue
        found = packets.read(path, source.track)
        assert len(found.frames) == source.clip.num_frames, path.name
        assert list(found.times or ()) == source.timestamps, path.name


def test_damaged_streams_do_no_harm(tmp_path: Path, sent: list[bytes]) -> None:
    rng = random.Random(1)
    good = media.hevc(tmp_path / "a.hevc", 12, sent[:12]).read_bytes()
    for _ in range(150):
        spoilt = bytearray(good[: rng.randrange(4, len(good))])
        for _ in range(rng.randrange(20)):
            spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
        for place, units in packets.placed(bytes(spoilt)):
            metadata.from_nals(units, bytes(spoilt))
            assert place is None or isinstance(place.count, int)
    for size in (0, 1, 2, 4):
        assert list(nal.length_prefixed(b"\0\0\0\4\1", size or 4)) in ([], [(2, 2)]) or size < 4
    assert nal.sei_messages(b"\x4e\x01" + b"\xff" * 100) == []
    nal.sei_messages(b"\x4e\x01" + bytes((1, 0)) * 200_000 + b"\x80")
    nal.configuration(b"\1" + rng.randbytes(500))


def test_what_is_no_video(tmp_path: Path) -> None:
    (tmp_path / "a.mkv").write_bytes(b"nonsense" * 40)
    with pytest.raises(UserError, match=r"a\.mkv cannot be read as video"):
        packets.read(tmp_path / "a.mkv")
    path = media.hevc(tmp_path / "b.mkv", 2)
    with pytest.raises(UserError, match="no video stream 3"):
        packets.read(path, 3)


def test_sei_messages_are_written_and_taken_out() -> None:
    messages = [(137, bytes(24)), (4, b"\xb5" + bytes(300)), (144, b"\0\0\0\1")]
    unit = nal.sei(messages)
    assert unit[0] >> 1 == nal.PREFIX_SEI and b"\0\0\0" not in unit and nal.sei_messages(unit) == messages
    rest = nal.without(unit, lambda message: message[0] == 4)
    assert rest is not None and nal.sei_messages(rest) == [messages[0], messages[2]]
    assert nal.without(unit, lambda message: message[0] == 5) is unit
    assert nal.without(nal.sei(messages[:1]), lambda _: True) is None


def test_av1_metadata(tmp_path: Path, sent: list[bytes]) -> None:
    def obu(kind: int, body: bytes) -> bytes:
        content = bytes((kind,)) + body + b"\x80"
        assert len(content) < 128
        return bytes((5 << 3 | 2, len(content))) + content

    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libsvtav1", rate=25, options={"preset": "12", "svtav1-params": "lp=1"})
        stream.width, stream.height, stream.pix_fmt = *media.SIZE, "yuv420p10le"
        stored = []
        for number in range(12):
            planes = np.full((media.SIZE[1] * 3 // 2, media.SIZE[0]), 512, np.uint16)
            planes[: media.SIZE[1]] = media.luma(number)
            frame = av.VideoFrame.from_ndarray(planes, "yuv420p10le")
            frame.pts = number
            stored += stream.encode(frame)
        for packet in [*stored, *stream.encode()]:
            head = obu(av1.CONTENT_LIGHT, b"\3\xdb\1\x41") if packet.is_keyframe else b""
            head += obu(av1.T35, sent[packet.pts])
            units = list(av1.obus(bytes(packet)))
            whole = bytes(packet)
            at = whole.index(units[1][1]) if units[0][0] == 2 and len(units) > 1 else 0
            made = av.Packet((whole[:2] + head + whole[2:]) if at else head + whole)
            made.pts, made.dts, made.time_base, made.stream = packet.pts, packet.dts, packet.time_base, stream
            made.is_keyframe = packet.is_keyframe
            out.mux_one(made)
    found = packets.read(path)
    assert [frame.hdr10plus for frame in found.frames] == sent[:12]
    assert found.light and found.light.to_x265() == "987,321"
    assert media.shown(path) == list(range(12))


def test_av1_bytes_do_no_harm() -> None:
    rng = random.Random(1)
    for _ in range(5000):
        data = rng.choice((b"", b"\x2a\x05\x04\xb5")) + rng.randbytes(rng.randrange(60))
        metadata.from_av1(data)
