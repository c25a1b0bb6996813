"""HDR10+ payloads written bit by bit from the standard's table, independently of the code under test."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from vsplugin.hdr.hdr10plus import PERCENTAGES, Curve, Hdr10Plus, Window


class Bits:
    """A string of 0 and 1, and the numbers that went into it."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.text, self.numbers = rng, "", []

    def put(self, bits: int, value: int | None = None) -> int:
        value = self.rng.getrandbits(bits) if value is None else value
        self.text += format(value, f"0{bits}b")
        self.numbers.append(value)
        return value


def random_payload(rng: random.Random) -> tuple[bytes, list[int]]:
    """Any payload the syntax allows (ST 2094-40 annex, CTA-861-H table S), and its numbers in order."""
    bits = Bits(rng)
    bits.put(8)
    windows = bits.put(2, rng.choice((1, 1, 2, 3)))
    for _ in range(windows - 1):
        for width in (16,) * 6 + (8,) + (16,) * 3 + (1,):
            bits.put(width)
    bits.put(27)
    _grid(bits)
    for _ in range(windows):
        for _ in range(4):
            bits.put(17)
        for _ in range(bits.put(4)):
            bits.put(7), bits.put(17)
        bits.put(10)
    _grid(bits)
    for _ in range(windows):
        if bits.put(1):
            bits.put(12), bits.put(12)
            for _ in range(bits.put(4)):
                bits.put(10)
        if bits.put(1):
            bits.put(6)
    end = rng.choice(("", "0" * 8, "10101010"))
    text = bits.text + rng.choice("01") * (-len(bits.text) % 8) + end
    body = int(text, 2).to_bytes(len(text) // 8)
    return bytes.fromhex("b5003c000104") + body, bits.numbers


def _grid(bits: Bits) -> None:
    if bits.put(1, bits.rng.choice((0, 0, 1))):
        for _ in range(bits.put(5) * bits.put(5)):
            bits.put(4)


def numbers(meta: Hdr10Plus) -> list[int]:
    """The numbers of parsed metadata in the order of the syntax."""
    out = [meta.version, len(meta.windows)]
    for w in meta.windows[1:]:
        out += [*w.shape.upper_left, *w.shape.lower_right, *w.shape.centre, w.shape.rotation, *w.shape.axes]
        out.append(w.shape.overlap)
    grids = [
        [0] if grid is None else [1, grid.rows, grid.columns, *grid.values]
        for grid in (meta.target_actual, meta.mastering_actual)
    ]
    out += [meta.target, *grids[0]]
    for w in meta.windows:
        out += [*w.maxscl, w.average, len(w.percentiles), *(n for pair in w.percentiles for n in pair), w.bright]
    out += grids[1]
    for w in meta.windows:
        out += [1, *w.curve.knee, len(w.curve.anchors), *w.curve.anchors] if w.curve else [0]
        out += [0] if w.saturation is None else [1, w.saturation]
    return out


def numbered(index: int, profile: str = "A") -> Hdr10Plus:
    """Metadata that says which frame it belongs to."""
    values = tuple((p, 100 * p + index) for p in PERCENTAGES)
    curve = Curve((100 + index, 200), (100, 300, 500, 700, 900)) if profile == "B" else None
    return Hdr10Plus((Window((index, 2 * index, 30_000), 1000 + index, values, curve=curve),), target=400 * bool(curve))


def material(corpus: Path, name: str) -> Path:
    path = corpus / "public" / name
    if not path.exists():
        pytest.skip(f"the corpus has no public/{name}")
    return path
