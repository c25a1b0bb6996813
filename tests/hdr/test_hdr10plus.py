"""ST 2094-40 payloads: every one the syntax allows packs to itself, and no bytes whatever do harm."""

from __future__ import annotations

import random
import time

import pytest

from vsplugin.errors import UserError
from vsplugin.hdr import t35
from vsplugin.hdr.hdr10plus import Grid, Hdr10Plus, Window, pack, parse, same

from .payloads import numbered, numbers, random_payload


def test_random_payloads_are_read_as_written_and_pack_to_themselves() -> None:
    rng = random.Random(1)
    for _ in range(1500):
        payload, written = random_payload(rng)
        meta = parse(payload)
        assert numbers(meta) == written
        assert pack(meta) == payload
        assert parse(pack(meta.bare())).bare() == meta.bare()


def _hostile(rng: random.Random) -> bytes:
    payload, _ = random_payload(rng)
    kind = rng.randrange(4)
    if kind == 0:
        return payload[: rng.randrange(len(payload))]
    if kind == 1:
        return t35.HDR10PLUS + rng.randbytes(rng.randrange(200))
    if kind == 2:
        return rng.randbytes(rng.randrange(64))
    spoilt = bytearray(payload)
    for _ in range(rng.randrange(1, 6)):
        spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
    return bytes(spoilt)


def _fuzz(count: int, seed: int) -> int:
    rng, accepted = random.Random(seed), 0
    for _ in range(count):
        data = _hostile(rng)
        try:
            meta = parse(data)
        except UserError as error:
            assert "\n" not in str(error) and str(error).startswith("HDR10+: ")
            continue
        assert pack(meta) == data
        accepted += 1
    return accepted


def test_hostile_bytes_are_refused_in_one_line_or_pack_to_themselves() -> None:
    assert 100 < _fuzz(2000, 2) < 1900, "both ways were taken"


@pytest.mark.slow
def test_200_000_hostile_payloads() -> None:
    assert 10_000 < _fuzz(200_000, 3) < 190_000


def test_a_megabyte_of_payload_takes_no_time() -> None:
    payload = pack(numbered(5)) + b"\xff" * (1 << 20)
    began = time.perf_counter()
    assert pack(parse(payload)) == payload
    assert time.perf_counter() - began < 0.5


def test_the_bytes_of_a_known_payload() -> None:
    """The first frame of hdr10plus_tool's own example, profile A."""
    values = ((1, 3), (5, 14024), (10, 43), (25, 56), (50, 219), (75, 1036), (90, 2714), (95, 4668), (99, 14445))
    meta = Hdr10Plus((Window((17830, 16895, 14252), 1037, values),))
    assert pack(meta).hex() == (
        "b5003c00010401400000008b4c41ff1bd601036408000c28db205000acc800e190036e581032d02a6af848f318e1b40000"
    )


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        (Hdr10Plus(()), "number of windows must be in [1, 3]; got 0"),
        (Hdr10Plus((Window((1 << 17, 0, 0), 0, ()),)), "MaxSCL R must be in [0, 131071]; got 131072"),
        (Hdr10Plus((Window((0, 0, 0), -1, ()),)), "average maxRGB must be in"),
        (Hdr10Plus((Window((0, 0, 0), 0, ((200, 1),)),)), "percentage must be in [0, 127]; got 200"),
        (Hdr10Plus((Window((0, 0, 0), 0, ((1, 1),) * 16),)), "number of percentiles must be in [0, 15]; got 16"),
        (Hdr10Plus((Window((0, 0, 0), 0, ()),) * 2), "window 1 must have a shape"),
        (Hdr10Plus((Window((0, 0, 0), 0, ()),), target_actual=Grid(2, 2, (1,))), "must have 4 values; got 1"),
    ],
)
def test_what_does_not_fit_is_named(meta: Hdr10Plus, words: str) -> None:
    with pytest.raises(UserError) as told:
        pack(meta)
    assert words in str(told.value)


def test_profiles() -> None:
    assert [numbered(0, profile).profile for profile in "AB"] == ["A", "B"]
    assert Hdr10Plus((Window((0, 0, 0), 0, ()),), target=100).profile == "?"


def test_equal_but_for_zeros_at_the_end() -> None:
    payload = pack(numbered(3))
    assert same(payload, payload + b"\0\0") and not same(payload, payload + b"\1")
    assert not same(payload, pack(numbered(4)))


def test_whose_message_it_is() -> None:
    assert t35.kind(pack(numbered(0))) == "HDR10+"
    assert t35.kind(bytes.fromhex("b50090000100")) == "ST 2094-50"
    assert t35.kind(bytes.fromhex("b500314741393403")) is None, "closed captions"
