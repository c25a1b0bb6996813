"""``vsplugin hdr lift`` and ``render``: an SDR file that shows as HDR, from the encoded file to a display's light."""

# ruff: noqa: F811  (fixtures are arguments of the same name)
from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import vapoursynth as vs
from job.conftest import own_cache, vsplugin  # noqa: F401  fixtures

from vsplugin import hdr, lift_hdr
from vsplugin.hdr import lift, packets, props, st2094_50, transfer, x265
from vsplugin.hdr.ictcp import delta_e_itp
from vsplugin.hdr.primaries import BT709, BT2020, conversion
from vsplugin.source import open_source

from . import media
from .test_inject import pixels

Run = Callable
COUNT, SIZE = 6, (96, 64)
FRAME = SIZE[0] * SIZE[1]


def sdr(path: Path, codec: str = "libx265", transfer_tag: int = 1) -> Path:
    """Pictures with all grey levels and soft colours, and the second half darker."""
    options = {
        "libx265": {"preset": "ultrafast", "crf": "4", "x265-params": "log-level=error:bframes=3"},
        "libsvtav1": {"preset": "10", "crf": "10", "svtav1-params": "lp=1"},
    }[codec]
    with av.open(str(path), "w", format="hevc" if path.suffix == ".hevc" else None) as out:
        stream = out.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p10le"
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = 1, transfer_tag, 1, 1
        for number in range(COUNT):
            planes = np.full((SIZE[1] * 3 // 2, SIZE[0]), 512, np.uint16)
            planes[: SIZE[1]] = np.linspace(64, 940 - 60 * number, SIZE[0])
            planes[SIZE[1] :] += (np.arange(SIZE[0]) // 6).astype(np.uint16)
            frame = av.VideoFrame.from_ndarray(planes, "yuv420p10le")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def lifted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By the command, in a process of its own as a user has it."""
    folder = tmp_path_factory.mktemp("lift")
    command = [sys.executable, "-m", "vsplugin", "hdr", "lift", sdr(folder / "sdr.mkv"), folder / "out.mkv"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "out.mkv"


@pytest.mark.parametrize(("suffix", "codec"), [(".hevc", "libx265"), (".mp4", "libx265"), (".mkv", "libsvtav1")])
def test_every_picture_says_how_it_is_lifted(vsplugin: Run, tmp_path: Path, suffix: str, codec: str) -> None:
    plain, out = sdr(tmp_path / f"sdr{suffix}", codec), tmp_path / f"out{suffix}"
    assert vsplugin("hdr", "lift", plain, out, "--peak", "4000").code == 0
    payload = st2094_50.pack(lift.metadata(4000.0))
    assert [(frame.st2094_50 or b"").rstrip(b"\0") for frame in packets.read(out).frames] == [payload.rstrip(b"\0")] * 6
    assert pixels(out) == pixels(plain)
    again = tmp_path / f"again{suffix}"
    assert vsplugin("hdr", "lift", out, again).code == 0, "replaced, not added"
    other = st2094_50.pack(lift.metadata(10_000.0))
    assert {(frame.st2094_50 or b"").rstrip(b"\0") for frame in packets.read(again).frames} == {other.rstrip(b"\0")}
    assert vsplugin("hdr", "check", out, again).code == 1


def test_show_says_what_it_means(vsplugin: Run, lifted: Path) -> None:
    text = vsplugin("hdr", "show", lifted).out
    assert "ST 2094-50 on 6 of 6 frames" in text
    assert "ST 2094-50, first: reference white 203 cd/m², made for 10000 cd/m²" in text
    frame = json.loads(vsplugin("hdr", "show", lifted, "--json").out)["metadata"][3]["st2094_50"]
    assert frame["alternates"] == [5.6224] and frame["peaks"] == [10_000] and frame["baseline"] == 0


def test_lines_for_x265(vsplugin: Run, tmp_path: Path) -> None:
    """And back into another encoder's stream."""
    plain, nalu, out = sdr(tmp_path / "sdr.hevc"), tmp_path / "o.nalu", tmp_path / "out.hevc"
    assert vsplugin("hdr", "lift", plain, nalu).code == 0
    payload = st2094_50.pack(lift.metadata(10_000.0))
    assert [one.rstrip(b"\0") for one in x265.read_nalu(nalu.read_text())] == [payload.rstrip(b"\0")] * COUNT
    assert vsplugin("hdr", "inject", plain, nalu, out).code == 0
    assert (packets.read(out).frames[4].st2094_50 or b"").rstrip(b"\0") == payload.rstrip(b"\0")


def rendered(vsplugin: Run, source: Path, output: Path, peak: float) -> np.ndarray:
    """R'G'B' of PQ ``(frames, height, width, 3)`` from the 16-bit 4:4:4 y4m, by BT.2020's matrix."""
    outcome = vsplugin("hdr", "render", source, output, "--peak", peak, "--format", "YUV444P16")
    assert outcome.code == 0, outcome.err
    assert "-D 12 --colorprim 9 --transfer 16 --colormatrix 9 --range limited --master-display" in outcome.err
    data = output.read_bytes()
    head, _, rest = data.partition(b"\n")
    assert head.startswith(b"YUV4MPEG2 C444p16 W96 H64 F25:1")
    frames = np.frombuffer(rest, np.uint8).reshape(COUNT, -1)[:, len(b"FRAME\n") :]
    y, cb, cr = np.moveaxis(np.ascontiguousarray(frames).view("<u2").reshape(COUNT, 3, SIZE[1], SIZE[0]), 1, 0) / 256
    y, cb, cr = (y - 16) / 219, (cb - 128) / 224, (cr - 128) / 224
    red, blue = y + 1.4746 * cr, y + 1.8814 * cb
    return np.stack([red, (y - 0.2627 * red - 0.0593 * blue) / 0.6780, blue], -1)


def test_rendered_at_its_peak_it_is_what_lift_hdr_makes(vsplugin: Run, lifted: Path, tmp_path: Path) -> None:
    found = transfer.pq_eotf(rendered(vsplugin, lifted, tmp_path / "o.y4m", 10_000))
    clip = lift_hdr(open_source(str(lifted)).clip.resize.Bicubic(format=vs.RGBS), method="maxrgb", peak=10_000)
    for number in range(COUNT):
        with clip.get_frame(number) as frame:
            master = transfer.pq_eotf(np.stack([np.asarray(frame[p]) for p in range(3)], -1))
        assert delta_e_itp(found[number], master).max() < 0.5
    assert 9000 < found.max() < 10_005  # a step of the 16-bit signal is 4 cd/m² there


def test_rendered_at_reference_white_it_is_the_sdr_picture(vsplugin: Run, lifted: Path, tmp_path: Path) -> None:
    """Without our curve: BT.1886 with white at 203 cd/m², in BT.2020."""
    found = transfer.pq_eotf(rendered(vsplugin, lifted, tmp_path / "o.y4m", 203))
    with open_source(str(lifted)).clip.resize.Bicubic(format=vs.RGBS).get_frame(2) as frame:
        signal = np.stack([np.asarray(frame[p]) for p in range(3)], -1)
    light = transfer.bt1886_eotf(signal, 203) @ conversion(BT709, BT2020).T
    assert delta_e_itp(found[2], np.minimum(light, 203)).max() < 0.2


def test_restore_keeps_it_and_scripts_carry_it(vsplugin: Run, lifted: Path, tmp_path: Path) -> None:
    payload = packets.read(lifted).frames[0].st2094_50
    for arguments, expected in ((("--scale", "2"), payload), (("--scale", "1", "--hdr", "strip"), None)):
        outcome = vsplugin("restore", lifted, tmp_path / "out.mkv", *arguments, "--overwrite")
        assert outcome.code == 0, outcome.err
        assert [frame.st2094_50 for frame in packets.read(tmp_path / "out.mkv").frames] == [expected] * COUNT
    outcome = vsplugin("restore", lifted, tmp_path / "o.mkv", "--scale", "1", "--codec", "ffv1")
    assert outcome.code == 0 and "not kept: ST 2094-50 metadata per frame" in outcome.err
    clip = hdr.attach(open_source(str(lifted)).clip, lifted)
    foreign = clip.resize.Bicubic(transfer=16, primaries=9, matrix=9)  # keeps it, though it is HDR now
    with foreign.get_frame(1) as frame:
        assert frame.props["VSPluginST2094_50"] == payload and props.stale(frame.props) == ("st2094_50",)
    for result, expected in (
        (hdr.guard(clip[2:]), payload),
        (lift_hdr(clip), None),
        (hdr.strip(clip), None),
        (hdr.guard(foreign), None),
    ):
        with result.get_frame(1) as frame:
            assert props.from_props(frame.props).st2094_50 == expected


def test_rendered_into_a_pipe(lifted: Path) -> None:
    command = [sys.executable, "-m", "vsplugin", "hdr", "render", str(lifted), "-", "--peak", "1000"]
    done = subprocess.run(command, capture_output=True)
    assert done.returncode == 0 and done.stdout.count(b"FRAME") == COUNT
    assert len(done.stdout) == len(done.stdout.partition(b"\n")[0]) + 1 + COUNT * (6 + FRAME * 3)


def test_what_is_refused(vsplugin: Run, lifted: Path, tmp_path: Path) -> None:
    plain, pq = sdr(tmp_path / "sdr.mkv"), media.hevc(tmp_path / "pq.mkv", 3)
    for arguments, words in (
        (("lift", pq, tmp_path / "o.mkv"), "must be SDR; it is PQ"),
        (("lift", plain, tmp_path / "o.mkv", "--peak", "100"), "peak must be above 203"),
        (("lift", plain, tmp_path / "o.hevc"), "OUT must end in .mkv"),
        (("lift", tmp_path / "no.mkv", tmp_path / "o.mkv"), "no such file"),
        (("render", plain, tmp_path / "o.y4m", "--peak", "500"), "render: frame 0: has no ST 2094-50 metadata"),
        (("render", pq, tmp_path / "o.y4m", "--peak", "500"), "clip must be SDR; its _Transfer is 16"),
        (("render", lifted, tmp_path / "o.y4m", "--peak", "0"), "peak must be in (0, 10000]"),
        (("render", lifted, lifted, "--peak", "500"), "it is the input"),
        (("render", "sample:hdr", tmp_path / "o.y4m", "--peak", "500"), "has no ST 2094-50"),
    ):
        outcome = vsplugin("hdr", *arguments)
        last = outcome.err.splitlines()[-1]
        assert outcome.code == 2 and words in last, outcome.err
    assert not list(tmp_path.glob("o.*")) and not list(tmp_path.glob(".*.part"))
