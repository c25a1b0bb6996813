"""RPUs as bytes: whole or refused, escaped once and only once."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from vsplugin.errors import UserError
from vsplugin.hdr import dolbyvision
from vsplugin.hdr.bits import escape, unescape

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


def test_no_bytes_do_harm() -> None:
    rng = random.Random(2)
    for _ in range(3000):
        data = rng.choice((b"", b"\x19", b"\x19\x08\x09")) + rng.randbytes(rng.randrange(40))
        for question in (dolbyvision.check, dolbyvision.profile, dolbyvision.read_file):
            try:
                question(data)
            except UserError as error:
                assert str(error).startswith("Dolby Vision: ")
