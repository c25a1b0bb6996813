"""x265's own words: options, NALU files, and what it makes of them. The real program where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from vsplugin.errors import UserError
from vsplugin.hdr import hdr10plus, packets, x265
from vsplugin.hdr.static import ContentLight, MasteringDisplay

from . import media

PROPS = {
    "_Primaries": 9, "_Transfer": 16, "_Matrix": 9, "_ChromaLocation": 2, "_Range": 0,
    **MasteringDisplay.from_x265(media.DISPLAY).to_props(), **ContentLight(987, 321).to_props(),
}  # fmt: skip


def program() -> str:
    found = shutil.which("x265")
    if found is None:
        pytest.skip("x265 is not installed")
    return found


def y4m(path: Path, count: int) -> Path:
    width, height = media.SIZE
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{width} H{height} F25:1 Ip C420p10\n".encode())
        for number in range(count):
            planes = np.full(width * height * 3 // 2, 512, "<u2")
            planes[: width * height] = media.luma(number)
            out.write(b"FRAME\n" + planes.tobytes())
    return path


def encode(source: Path, output: Path, *options: str) -> None:
    common = ["--input", str(source), "--y4m", "-D", "10", "--preset", "ultrafast", "--log-level", "error"]
    subprocess.run([program(), *common, *options, "-o", str(output)], check=True, capture_output=True, timeout=120)


def test_options_are_understood_by_x265(tmp_path: Path) -> None:
    options = x265.arguments(PROPS)
    assert options[:4] == ["--colorprim", "9", "--transfer", "16"] and "--repeat-headers" in options
    assert options[options.index("--master-display") + 1] == media.DISPLAY
    output = tmp_path / "a.hevc"
    encode(y4m(tmp_path / "a.y4m", 8), output, *options)
    found = packets.read(output)
    assert found.mastering and found.mastering.to_x265() == media.DISPLAY
    assert found.light and found.light.to_x265() == "987,321"


def test_payloads_of_any_lengths_arrive(tmp_path: Path) -> None:
    """Shorter first, longer later aborts x265 3.5 when they are not padded; some are short of a base64 group."""
    count = 30
    sent = [media.payloads(count, "B" if n > 10 else "A")[n].rstrip(b"\0") + b"\0" * (n % 3) for n in range(count)]
    assert len({len(payload) % 3 for payload in sent}) == 3 and len(sent[0]) < len(sent[20])
    (tmp_path / "o.nalu").write_text(x265.nalu_text(sent))
    output = tmp_path / "a.hevc"
    hard = ("--bframes", "3", "--keyint", "16", "--open-gop", "--slices", "2", "--frame-threads", "2")
    encode(y4m(tmp_path / "a.y4m", count), output, *hard, "--nalu-file", str(tmp_path / "o.nalu"))
    got = [frame.hdr10plus or b"" for frame in packets.read(output).frames]
    assert media.shown(output) == list(range(count))
    assert [hdr10plus.same(one, other) for one, other in zip(got, sent, strict=True)] == [True] * count


def test_a_nalu_file_reads_back() -> None:
    sent = media.payloads(5)
    text = x265.nalu_text(sent)
    assert text.startswith("0 PREFIX 39/4 tQA8AAEEAUA") and "=" not in text
    assert [payload.rstrip(b"\0") for payload in x265.read_nalu(text)] == [payload.rstrip(b"\0") for payload in sent]
    for spoilt, words in (
        ("", "it is empty"),
        ("0 SUFFIX 39/4 aaaa", "a line must read"),
        ("0 PREFIX 39/4 aaaa\n2 PREFIX 39/4 aaaa", "frame 1 is missing; its line says 2"),
        ("0 PREFIX 39/4 a", "frame 0 is not base64"),
        ("9" * 5000 + " PREFIX 39/4 aaaa", "frame 0 is missing"),
    ):
        with pytest.raises(UserError, match=words) as told:
            x265.read_nalu(spoilt)
        assert len(str(told.value)) < 150


def test_too_long_for_x265(tmp_path: Path) -> None:
    assert all(len(line) < 1000 for line in x265.nalu_text([bytes(735)] * 3).splitlines())
    with pytest.raises(UserError, match=r"x265: frame 1: a payload of 736 bytes does not fit .* hdr inject"):
        x265.nalu_text([bytes(10), bytes(736)])
    with pytest.raises(UserError, match="frame 7: a payload of 4 bytes where 3 were announced"):
        x265.nalu_line(7, b"1234", 3)


def test_dolby_vision_needs_a_display() -> None:
    assert x265.arguments(PROPS, "o.rpu")[-8:-4] == ["--dolby-vision-profile", "8.1", "--dolby-vision-rpu", "o.rpu"]
    with pytest.raises(UserError, match="needs mastering display"):
        x265.arguments({"_Transfer": 16}, "o.rpu")
