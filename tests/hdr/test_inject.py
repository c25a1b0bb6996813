"""Metadata into streams that are encoded: pictures untouched, every payload with its picture, the rest of SEI kept."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import av
import pytest

from vsplugin.errors import UserError
from vsplugin.hdr import dolbyvision, inject, nal, packets
from vsplugin.hdr.metadata import Metadata

from . import media
from .payloads import material

COUNT = 40


def pixels(path: Path) -> list[str]:
    with av.open(str(path)) as inside:
        return [hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest() for frame in inside.decode(video=0)]


def injected(data: bytes, metas: list[Metadata], path: Path) -> Path:
    out = io.BytesIO()
    assert inject.into_stream(data, metas, out.write) == len(metas)
    path.write_bytes(out.getvalue())
    return path


def slices(data: bytes) -> list[bytes]:
    return [data[unit.start : unit.end] for unit in nal.units(data, nal.annex_b(data)) if unit.type != nal.PREFIX_SEI]


def is_hdr10plus(message: nal.Message) -> bool:
    return message[0] == 4 and message[1].startswith(bytes.fromhex("b5003c000104"))


def test_into_a_stream_without_any(tmp_path: Path) -> None:
    plain = media.hevc(tmp_path / "plain.hevc", COUNT)
    sent = media.payloads(COUNT)
    path = injected(plain.read_bytes(), [Metadata(payload) for payload in sent], tmp_path / "out.hevc")
    assert [frame.hdr10plus for frame in packets.read(path).frames] == sent
    assert pixels(path) == pixels(plain) and media.shown(path) == list(range(COUNT))
    assert slices(path.read_bytes()) == slices(plain.read_bytes())
    found = packets.read(path)
    assert found.mastering and found.mastering.to_x265() == media.DISPLAY, "other messages stay"


def test_old_messages_are_replaced(tmp_path: Path) -> None:
    first = media.hevc(tmp_path / "first.hevc", COUNT, media.payloads(COUNT))
    other = [Metadata(payload) for payload in media.payloads(COUNT, "B")[::-1]]
    path = injected(first.read_bytes(), other, tmp_path / "out.hevc")
    assert list(packets.read(path).frames) != other  # static metadata is read too
    assert [frame.hdr10plus for frame in packets.read(path).frames] == [meta.hdr10plus for meta in other]
    data = path.read_bytes()
    messages = [
        message
        for unit in nal.units(data, nal.annex_b(data))
        if unit.type == nal.PREFIX_SEI
        for message in nal.sei_messages(unit.bytes(data))
    ]
    assert sum(is_hdr10plus(message) for message in messages) == COUNT
    assert pixels(path) == pixels(first)


def test_the_same_metadata_gives_the_same_stream(tmp_path: Path) -> None:
    """A stream whose messages stand alone, where they are put back, is changed in nothing but their place."""
    plain = media.hevc(tmp_path / "plain.hevc", 12)
    once = injected(plain.read_bytes(), [Metadata(p) for p in media.payloads(12)], tmp_path / "1.hevc")
    twice = injected(once.read_bytes(), list(packets.read(once).frames), tmp_path / "2.hevc")
    assert twice.read_bytes() == once.read_bytes()


@pytest.mark.corpus
def test_a_real_stream_with_rpus_and_several_messages(corpus: Path, tmp_path: Path) -> None:
    rpus = dolbyvision.read_file(material(corpus, "dolbyvision/regular_rpu.bin").read_bytes())
    sent = [frame.hdr10plus for frame in packets.read(material(corpus, "hdr10plus/regular.hevc")).frames]
    metas = [Metadata(payload, rpu) for payload, rpu in zip(sent, rpus, strict=True)]
    base = material(corpus, "hdr10plus/regular_bl_start_code_4.hevc")
    path = injected(base.read_bytes(), metas, tmp_path / "both.hevc")
    found = packets.read(path).frames
    assert [(frame.hdr10plus, frame.rpu) for frame in found] == [(meta.hdr10plus, meta.rpu) for meta in metas]
    assert pixels(path) == pixels(base)
    many = material(corpus, "hdr10plus/multimsg-sei.hevc").read_bytes()
    put = injected(many, [Metadata(sent[0])], tmp_path / "many.hevc").read_bytes()

    def others(data: bytes) -> list[nal.Message]:
        units = [unit for unit in nal.units(data, nal.annex_b(data)) if unit.type == nal.PREFIX_SEI]
        found = [message for unit in units for message in nal.sei_messages(unit.bytes(data))]
        return [message for message in found if not is_hdr10plus(message)]

    assert others(put) == others(many) and len(others(many)) > 1


def test_into_a_packet(tmp_path: Path) -> None:
    data = media.hevc(tmp_path / "a.hevc", 1, media.payloads(1), "bframes=0").read_bytes()
    meta = Metadata(media.payloads(3)[2], b"\x19\x08\x80")
    made = inject.into_packet(data, meta)
    path = tmp_path / "b.hevc"
    path.write_bytes(made)
    assert packets.read(path).frames[0].hdr10plus == meta.hdr10plus
    assert packets.read(path).frames[0].rpu == meta.rpu
    assert inject.into_packet(data, Metadata()) == data


def test_nothing_is_written_when_it_does_not_fit(tmp_path: Path) -> None:
    data = media.hevc(tmp_path / "a.hevc", 12).read_bytes()
    good = [Metadata(payload) for payload in media.payloads(12)]
    for metas, words in (
        (good[:11], "inject: metadata of 11 frames for 12 pictures"),
        ([*good[:5], Metadata(), *good[6:]], "inject: frame 5 has no HDR10"),
    ):
        out = io.BytesIO()
        with pytest.raises(UserError, match=words):
            inject.into_stream(data, metas, out.write)
        assert out.getvalue() == b""
