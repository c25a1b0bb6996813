"""Bytes from anywhere, and real ones damaged, into every reader and writer: an answer or one line of error."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from vsplugin.errors import UserError
from vsplugin.hdr import dolbyvision, hdr10plus, inject, lift, metadata, nal, packets, report, rpu_area, st2094_50
from vsplugin.hdr.metadata import Metadata

from . import media
from .payloads import material, random_payload
from .test_av1 import av1_file, stored

SENT = Metadata(media.payloads(1)[0], b"\x19\x08\x80")
KINDS = frozenset({"hdr10plus", "mastering"})


def hdr10plus_back(data: bytes) -> None:
    assert hdr10plus.pack(hdr10plus.parse(data)) == data


def st2094_50_back(data: bytes) -> None:
    meta = st2094_50.parse(data)
    assert st2094_50.parse(st2094_50.pack(meta)) == meta
    report.gains(data)


def rpu(data: bytes) -> None:
    if data[:1] == b"\x19":
        rpu_area.scaled(data, Fraction(2), Fraction(2))
    dolbyvision.check(data)
    dolbyvision.profile(data)


def access_unit(data: bytes) -> None:
    metadata.from_nals(nal.units(data, nal.annex_b(data)), data)
    inject.into_packet(data, SENT)
    list(packets.placed(data))


def length_prefixed(data: bytes) -> None:
    inject.into_packet(data, SENT, length_size=4)


def temporal_unit(data: bytes) -> None:
    metadata.from_av1(data)
    inject.into_unit(data, SENT, KINDS)


READERS = [hdr10plus_back, st2094_50_back, rpu, access_unit, length_prefixed, temporal_unit]


def good(reader: Callable[[bytes], None], folder: Path, corpus: Path | None) -> list[bytes]:
    """What the reader is for."""
    rng = random.Random(1)
    if reader is hdr10plus_back:
        return [*media.payloads(5, "B"), *(random_payload(rng)[0] for _ in range(30))]
    if reader is st2094_50_back:
        return [st2094_50.pack(lift.metadata(peak)) for peak in (1000.0, 4000.0, 10_000.0)]
    if reader is rpu:
        assert corpus is not None
        return dolbyvision.read_file(material(corpus, "dolbyvision/regular_rpu.bin").read_bytes())[:20]
    if reader is temporal_unit:
        return stored(av1_file(folder / "a.ivf"))[:10]
    if reader is length_prefixed:
        return [data for data in stored(media.hevc(folder / "a.mkv", 10, media.payloads(10))) if data]
    data = media.hevc(folder / "a.hevc", 10, media.payloads(10)).read_bytes()
    return [data[units[0].start - 4 : units[-1].end] for _, units in packets.placed(data)]


def hostile(rng: random.Random, whole: list[bytes]) -> bytes:
    data = bytearray(rng.choice(whole))
    match rng.randrange(4):
        case 0:
            return rng.randbytes(rng.randrange(120))
        case 1:
            for _ in range(rng.randrange(1, 6)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            return bytes(data)
        case 2:
            return bytes(data[: rng.randrange(len(data) + 1)])
        case _:
            return bytes(data[:6]) + rng.randbytes(rng.randrange(200))


def fuzz(reader: Callable[[bytes], None], whole: list[bytes], count: int) -> None:
    rng = random.Random(3)
    for _ in range(count):
        data = hostile(rng, whole)
        try:
            reader(data)
        except UserError as error:
            assert "\n" not in str(error), data.hex()


@pytest.mark.parametrize("reader", [one for one in READERS if one is not rpu], ids=lambda one: one.__name__)
def test_damaged_bytes(reader: Callable[[bytes], None], tmp_path: Path) -> None:
    fuzz(reader, good(reader, tmp_path, None), 2000)


@pytest.mark.slow
@pytest.mark.corpus
@pytest.mark.parametrize("reader", READERS, ids=lambda one: one.__name__)
def test_200_000_of_each(reader: Callable[[bytes], None], tmp_path: Path, corpus: Path) -> None:
    fuzz(reader, good(reader, tmp_path, corpus), 200_000)
