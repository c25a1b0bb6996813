"""Metadata into AV1, and into HEVC that stands in a container: FFmpeg's own decoders are the second opinion."""

# ruff: noqa: F811  (fixtures are arguments of the same name)
from __future__ import annotations

import ctypes
import io
import json
import random
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from job.conftest import own_cache, vsplugin  # noqa: F401  fixtures

from vsplugin.errors import UserError
from vsplugin.hdr import av1, dolbyvision, hdr10plus_json, inject, metadata, packets, remux, x265
from vsplugin.hdr.metadata import Metadata
from vsplugin.hdr.static import MasteringDisplay

from . import media
from .payloads import material, numbered
from .test_inject import pixels

Run = Callable
COUNT = 24
SENT = media.payloads(COUNT)
STATIC = ("--master-display", media.DISPLAY, "--max-cll", "987,321")
# Pictures that are decoded before they are shown, and shown again without being coded; key frames in the middle.
SVT = {"preset": "10", "svtav1-params": "lp=1:keyint=16:hierarchical-levels=3"}


def av1_file(path: Path, sound: bool = False) -> Path:
    """Flat pictures as in :mod:`.media`, and a second of silence."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libsvtav1", rate=25, options=SVT)
        stream.width, stream.height, stream.pix_fmt = *media.SIZE, "yuv420p10le"
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace = 9, 16, 9
        silence = out.add_stream("pcm_s16le", rate=8000) if sound else None
        for number in range(COUNT):
            planes = np.full((media.SIZE[1] * 3 // 2, media.SIZE[0]), 512, np.uint16)
            planes[: media.SIZE[1]] = media.luma(number)
            frame = av.VideoFrame.from_ndarray(planes, "yuv420p10le")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if silence:
            block = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
            block.sample_rate = 8000
            out.mux(silence.encode(block))
    return path


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("json") / "o.json"
    path.write_text(hdr10plus_json.write([numbered(n) for n in range(COUNT)]))
    return path


def decoded(path: Path) -> list[int]:
    """The averages, which say the frame, as FFmpeg's AV1 decoder and parser find them (AVDynamicHDRPlus)."""
    with av.open(str(path)) as inside:
        found = [dict(frame.side_data.items()) for frame in inside.decode(video=0)]
    return [next(_average(bytes(v)) for k, v in sides.items() if k.name == "DYNAMIC_HDR_PLUS") for sides in found]


def _average(data: bytes) -> int:
    library = ctypes.CDLL(str(next((Path(av.__file__).parents[1] / "av.libs").glob("libavutil*"))))
    library.av_dynamic_hdr_plus_to_t35.restype = ctypes.c_int
    out, size = ctypes.c_void_p(), ctypes.c_size_t()
    assert library.av_dynamic_hdr_plus_to_t35(data, ctypes.byref(out), ctypes.byref(size)) >= 0
    bits = "".join(format(byte, "08b") for byte in ctypes.string_at(out.value, size.value))
    at = 8 + 2 + 27 + 1 + 3 * 17  # version, windows, target, flag, MaxSCL
    return int(bits[at : at + 17], 2)


def layout(path: Path) -> list[list[str]]:
    """The OBUs of every temporal unit in words: H hidden frame, S shown frame, M metadata type, other type numbers."""
    out = []
    with av.open(str(path)) as inside:
        for packet in inside.demux(video=0):
            if packet.size:
                out.append([_word(obu.type, obu.payload[:1]) for obu in av1.obus(bytes(packet))])
    return out


def _word(kind: int, first: bytes) -> str:
    if kind in (3, 6):
        return "S" if first[0] & 0x90 else "H"
    return f"M{first[0]}" if kind == 5 else str(kind)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ivf", ".obu", ".webm"])
def test_into_av1(vsplugin: Run, table: Path, tmp_path: Path, suffix: str) -> None:
    plain, out = av1_file(tmp_path / f"plain{suffix}"), tmp_path / f"out{suffix}"
    outcome = vsplugin("hdr", "inject", plain, table, out, *STATIC)
    assert outcome.code == 0, outcome.err
    found = packets.read(out)
    assert [(frame.hdr10plus or b"").rstrip(b"\0") for frame in found.frames] == [p.rstrip(b"\0") for p in SENT]
    assert found.mastering and found.mastering.to_x265() == media.DISPLAY
    assert found.light and found.light.to_x265() == "987,321"
    assert pixels(out) == pixels(plain) and media.shown(out) == list(range(COUNT))
    assert packets.read(plain).times == found.times
    assert decoded(out) == [1000 + n for n in range(COUNT)], "FFmpeg says the same of every picture"
    rows = layout(out)
    assert sum("H" in row for row in rows) > 1, "else hidden frames are not tested"
    for row in rows:
        assert row.count("M4") == 1 and row[row.index("M4") + 1] == "S", row
        assert ("M1" in row and "M2" in row and row.index("M2") > row.index("1")) == ("1" in row), row


def test_ffprobe_sees_av1_metadata(vsplugin: Run, table: Path, tmp_path: Path) -> None:
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed")
    out = tmp_path / "out.mkv"
    assert vsplugin("hdr", "inject", av1_file(tmp_path / "plain.mkv"), table, out, *STATIC).code == 0
    query = ["ffprobe", "-v", "error", "-of", "json", "-show_frames", str(out)]
    found = json.loads(subprocess.run(query, capture_output=True, check=True).stdout)["frames"]
    first = {data["side_data_type"]: data for data in found[0]["side_data_list"]}
    assert first["Content light level metadata"]["max_content"] == 987
    display = first["Mastering display metadata"]
    assert MasteringDisplay.from_ffmpeg(display).to_x265() == media.DISPLAY
    dynamic = [next((d for d in f["side_data_list"] if "2094-40" in d["side_data_type"]), None) for f in found]
    if any(dynamic):  # FFmpeg's AV1 decoder knows HDR10+ from 6.0 on
        assert [int(one["average_maxrgb"].split("/")[0]) for one in dynamic if one] == [1000 + n for n in range(COUNT)]


def test_restored_to_hevc(vsplugin: Run, table: Path, tmp_path: Path) -> None:
    """What an AV1 source says goes with its frames into what restore makes."""
    source, out = tmp_path / "source.mkv", tmp_path / "out.mkv"
    assert vsplugin("hdr", "inject", av1_file(tmp_path / "plain.mkv"), table, source, *STATIC).code == 0
    assert vsplugin("restore", source, out, "--scale", "1", "--start", "3", "--frames", "12", "--chunk", "5").code == 0
    found = packets.read(out)
    assert [frame.hdr10plus for frame in found.frames] == [f.hdr10plus for f in packets.read(source).frames[3:15]]
    assert (found.mastering, found.light) == (packets.read(source).mastering, packets.read(source).light)
    assert media.shown(out) == list(range(3, 15))


@pytest.mark.parametrize(("one", "other"), [(".mkv", ".ivf"), (".ivf", ".mp4")])
def test_from_one_container_into_another(vsplugin: Run, table: Path, tmp_path: Path, one: str, other: str) -> None:
    out = tmp_path / f"out{other}"
    outcome = vsplugin("hdr", "inject", av1_file(tmp_path / f"plain{one}"), table, out)
    assert outcome.code == 0, outcome.err
    assert decoded(out) == [1000 + n for n in range(COUNT)] and media.shown(out) == list(range(COUNT))


def test_an_ivf_header_with_a_duration_for_a_count(vsplugin: Run, table: Path, tmp_path: Path) -> None:
    """As FFmpeg 5 writes it: the file is not cut off for that."""
    plain = av1_file(tmp_path / "a.ivf")
    data = plain.read_bytes()
    plain.write_bytes(data[:24] + (10_802).to_bytes(4, "little") + data[28:])
    outcome = vsplugin("hdr", "inject", plain, table, tmp_path / "b.ivf")
    assert outcome.code == 0 and "cut off" not in outcome.err, outcome.err


def test_old_av1_metadata_is_replaced(vsplugin: Run, table: Path, tmp_path: Path) -> None:
    """And the same metadata once more changes nothing."""
    once, twice, other = tmp_path / "1.mkv", tmp_path / "2.mkv", tmp_path / "3.mkv"
    assert vsplugin("hdr", "inject", av1_file(tmp_path / "plain.mkv"), table, once, *STATIC).code == 0
    assert vsplugin("hdr", "inject", once, once, twice).code == 0
    assert stored(twice) == stored(once)
    assert vsplugin("hdr", "inject", once, other_table(tmp_path), other, "--max-cll", "5,4").code == 0
    assert [frame.hdr10plus for frame in packets.read(other).frames] != [f.hdr10plus for f in packets.read(once).frames]
    assert decoded(other) == [1000 + COUNT - 1 - n for n in range(COUNT)]
    assert packets.read(other).light.to_x265() == "5,4" and packets.read(other).mastering.to_x265() == media.DISPLAY
    assert [sorted(row) for row in layout(other)] == [sorted(row) for row in layout(once)], "none is there twice"


def other_table(folder: Path) -> Path:
    path = folder / "other.json"
    path.write_text(hdr10plus_json.write([numbered(COUNT - 1 - n) for n in range(COUNT)]))
    return path


def stored(path: Path) -> list[bytes]:
    with av.open(str(path)) as inside:
        return [bytes(packet) for packet in inside.demux(video=0)]


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
def test_into_hevc_in_a_container(vsplugin: Run, table: Path, tmp_path: Path, suffix: str) -> None:
    """B-frames and open GOPs; the other messages stay, the mastering display is another."""
    plain, out = media.hevc(tmp_path / f"plain{suffix}", COUNT), tmp_path / f"out{suffix}"
    brighter = media.DISPLAY.replace("L(10000000", "L(40000000")
    assert vsplugin("hdr", "inject", plain, table, out, "--master-display", brighter).code == 0
    found = packets.read(out)
    assert [(frame.hdr10plus or b"").rstrip(b"\0") for frame in found.frames] == [p.rstrip(b"\0") for p in SENT]
    assert found.mastering and found.mastering.to_x265() == brighter
    assert found.light and found.light.to_x265() == "987,321"
    assert pixels(out) == pixels(plain) and media.shown(out) == list(range(COUNT))
    assert found.times == packets.read(plain).times
    untouched = tmp_path / f"same{suffix}"
    assert vsplugin("hdr", "inject", out, out, untouched).code == 0 and stored(untouched) == stored(out)


@pytest.mark.corpus
@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_rpus_come_with_their_record(vsplugin: Run, corpus: Path, tmp_path: Path, suffix: str) -> None:
    """Without it players take the file for plain HDR10."""
    rpus = dolbyvision.read_file(material(corpus, "dolbyvision/regular_rpu.bin").read_bytes())[:COUNT]
    plain, rpu, out = media.hevc(tmp_path / f"a{suffix}", COUNT), tmp_path / "o.rpu", tmp_path / f"b{suffix}"
    rpu.write_bytes(dolbyvision.write_file(rpus))
    assert vsplugin("hdr", "inject", plain, rpu, out).code == 0
    assert [frame.rpu for frame in packets.read(out).frames] == rpus
    assert pixels(out) == pixels(plain) and packets.read(out).times == packets.read(plain).times
    with av.open(str(out)) as inside:
        record = inside.streams.video[0].codec_context.coded_side_data["dovi_conf"]
    assert tuple(record[2:8]) == (8, 1, 1, 0, 1, 1), "profile 8, level 1, RPU, no second layer, base layer, HDR10"


def test_everything_else_of_the_file_stays(vsplugin: Run, table: Path, tmp_path: Path) -> None:
    plain, out = av1_file(tmp_path / "plain.mkv", sound=True), tmp_path / "out.mkv"
    assert vsplugin("hdr", "inject", plain, table, out).code == 0
    with av.open(str(out)) as inside:
        assert [stream.type for stream in inside.streams] == ["video", "audio"]
        assert sum(frame.samples for frame in inside.decode(audio=0)) == 8000
    rpu = b"\x19" + b"abcd" + dolbyvision.checksum(b"abcd") + b"\x80"
    _, dropped = remux.into_file(plain, [Metadata(SENT[0], rpu)] * COUNT, io.BytesIO(), "matroska")
    assert dropped == ["Dolby Vision RPUs: they can be put into HEVC only"]
    quiet = vsplugin("hdr", "inject", plain, table, tmp_path / "out.ivf")
    assert quiet.code == 0 and "not kept: stream 1: audio, pcm_s16le" in quiet.err, quiet.err


def test_an_edit_list(vsplugin: Run, tmp_path: Path) -> None:
    """Pictures hidden before the first stay hidden."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    whole, late, out = media.hevc(tmp_path / "a.mp4", COUNT, SENT), tmp_path / "late.mp4", tmp_path / "out.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-ss", "0.4", "-i", whole, "-c", "copy", late], check=True)
    (tmp_path / "o.nalu").write_text(x265.nalu_text(SENT[: COUNT - 10]))
    assert vsplugin("hdr", "inject", late, tmp_path / "o.nalu", out).code == 0
    assert [frame.hdr10plus for frame in packets.read(out).frames] == SENT[: COUNT - 10]
    assert media.shown(out) == media.shown(late) == list(range(10, COUNT))


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["sample_edit_list.mp4", "dolbyVision-hdr.MOV"])
def test_pictures_hidden_later_are_refused(vsplugin: Run, corpus: Path, tmp_path: Path, name: str) -> None:
    """A copy would show them."""
    source = material(corpus, f"containers/{name}")
    lines = [media.payloads(1)[0]] * len(packets.read(source).frames)
    (tmp_path / "o.nalu").write_text(x265.nalu_text(lines))
    outcome = vsplugin("hdr", "inject", source, tmp_path / "o.nalu", tmp_path / "out.mp4")
    assert outcome.code == 2 and "hides pictures behind its first by an edit list" in outcome.err, outcome.err


def test_what_is_refused(vsplugin: Run, table: Path, tmp_path: Path) -> None:
    plain, out = av1_file(tmp_path / "plain.mkv"), tmp_path / "out.mkv"
    short = tmp_path / "short.json"
    short.write_text(hdr10plus_json.write([numbered(n) for n in range(COUNT - 1)]))
    outcome = vsplugin("hdr", "inject", plain, short, out)
    assert outcome.code == 2 and "metadata of 23 frames for 24 pictures" in outcome.err and not out.exists()
    with av.open(str(plain)) as inside, pytest.raises(UserError, match="RPUs can be put into HEVC only"):
        remux._editor(inside.streams.video[0], [Metadata(rpu=b"\x19")])
    other = tmp_path / "other.mkv"
    with av.open(str(other), "w") as made:
        stream = made.add_stream("ffv1", rate=25)
        stream.width = stream.height = 16
        for number in range(COUNT):
            frame = av.VideoFrame(16, 16, "yuv420p")
            frame.pts = number
            made.mux(stream.encode(frame))
        made.mux(stream.encode())
    outcome = vsplugin("hdr", "inject", other, table, out)
    assert outcome.code == 2 and "can be put into HEVC and AV1; this is ffv1" in outcome.err, outcome.err
    for target in (tmp_path / "x.ts", tmp_path / "x.hevc"):
        outcome = vsplugin("hdr", "inject", plain, table, target)
        assert outcome.code == 2 and ("mpegts cannot hold av1" in outcome.err or "must end in" in outcome.err)
    outcome = vsplugin("hdr", "inject", media.hevc(tmp_path / "h.mkv", COUNT), table, tmp_path / "x.webm")
    assert outcome.code == 2 and "webm cannot hold hevc" in outcome.err, outcome.err
    assert not list(tmp_path.glob(".*.part")) and not list(tmp_path.glob("x.*"))
    whole, torn, rest = av1_file(tmp_path / "whole.mkv"), tmp_path / "torn.mkv", tmp_path / "rest.mkv"
    assert vsplugin("hdr", "inject", whole, table, whole.with_name("m.mkv")).code == 0
    torn.write_bytes(whole.with_name("m.mkv").read_bytes()[: whole.stat().st_size * 7 // 10])
    outcome = vsplugin("hdr", "inject", torn, torn, rest)
    assert outcome.code == 2 and "the file is cut off" in outcome.err and rest.exists(), outcome.err
    cut = tmp_path / "cut.ivf"
    whole = av1_file(tmp_path / "a.ivf").read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    outcome = vsplugin("hdr", "inject", cut, table, tmp_path / "x.ivf")
    assert outcome.code == 2 and "metadata of 24 frames for" in outcome.err


def test_a_unit_without_a_shown_frame_is_refused() -> None:
    with pytest.raises(UserError, match="shows no frame"):
        inject.into_unit(b"\x32\x01\x28", Metadata(SENT[0]), frozenset({"hdr10plus"}))


def test_static_metadata_has_av1s_units() -> None:
    """AV1, 5.8.4: 0.16 fixed point, 24.8 and 18.14; what those units can hold comes back exactly."""
    display = MasteringDisplay.from_x265(media.DISPLAY)
    numbers = struct.unpack(">8H2I", display.to_av1())
    assert numbers[0] == round(34000 / 50000 * 65536) and numbers[8:] == (1000 * 256, round(0.0001 * 16384))
    rng = random.Random(1)
    for _ in range(2000):
        points = [(rng.randrange(50_001), rng.randrange(50_001)) for _ in range(4)]
        one = MasteringDisplay(*points, rng.randrange(1, 10_001) * 10_000, rng.randrange(10_000))
        assert MasteringDisplay.from_av1(one.to_av1()) == one


def test_hostile_units_do_no_harm() -> None:
    rng = random.Random(2)
    for _ in range(5000):
        data = rng.choice((b"", b"\x2a\x05\x04\xb5", b"\x0a\x01\x00\x32\x02\x10")) + rng.randbytes(rng.randrange(60))
        metadata.from_av1(data)
        try:
            made = inject.into_unit(data, Metadata(SENT[3]), frozenset({"hdr10plus"}))
        except UserError:
            continue
        assert metadata.from_av1(made).hdr10plus == SENT[3].rstrip(b"\0") or made
