"""The real chain: source, Trim, Splice, upscale, retime, vspipe, x265; every picture comes out with its own payload.

Which source frame an output picture shows is read from its brightness, after decoding: that is the truth the payloads
are held against.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import pytest
import vapoursynth as vs

from vsplugin.hdr import dolbyvision, frames, hdr10plus, inject, live, packets, x265
from vsplugin.hdr.metadata import Metadata

from . import media
from .payloads import material
from .test_frames import listed, plain
from .test_x265 import PROPS, encode, program, y4m

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "hdr10plus.vpy"
SOURCE = 30
# B-frames, open GOPs, two threads, two slices.
HARD = "--preset superfast --bframes 3 --keyint 16 --min-keyint 8 --open-gop --frame-threads 2 --pools 2 --slices 2"


def environment() -> dict[str, str]:
    """vspipe finds its Python through the active environment."""
    path = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "VIRTUAL_ENV": sys.prefix, "PATH": path}


def run(script: Path, options: str, output: Path, **arguments: str | Path) -> None:
    """``vspipe script | x265`` in the output's folder; both must end well."""
    there = {"cwd": output.parent, "env": {**environment(), "PWD": str(output.parent)}}
    vspipe = shutil.which("vspipe", path=environment()["PATH"])
    if vspipe is None:
        pytest.skip("vspipe is not installed")
    given = [word for name, value in arguments.items() for word in ("-a", f"{name}={value}")]
    with subprocess.Popen([vspipe, "-c", "y4m", *given, str(script), "-"], stdout=subprocess.PIPE, **there) as pipe:
        command = [program(), "--input", "-", "--y4m", "-D", "10", "--log-level", "error", *options.split()]
        done = subprocess.run(
            [*command, "-o", str(output)], stdin=pipe.stdout, capture_output=True, timeout=300, **there
        )
        assert done.returncode == 0, done.stderr
        if pipe.stdout:
            pipe.stdout.close()
        assert pipe.wait(60) == 0


def shown(path: Path) -> list[int]:
    """Source frames by brightness, in order of display."""
    with av.open(str(path)) as inside:
        return [round((float(f.to_ndarray()[: f.height].mean()) - media.luma(0)) / 10) for f in inside.decode(video=0)]


def expected() -> list[int]:
    cut = [*range(2, 16), *range(20, SOURCE)]
    return [n for place, n in enumerate(n for n in cut for _ in range(2)) if place % 5 in (0, 2, 4)]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program()
    return media.hevc(tmp_path_factory.mktemp("chain") / "source.mkv", SOURCE, media.payloads(SOURCE))


def vsplugin(*arguments: object) -> None:
    """``vsplugin hdr`` in a process of its own."""
    command = [sys.executable, "-m", "vsplugin", "hdr", *map(str, arguments)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def export(source: Path, folder: Path, *kinds: str) -> dict[str, Path]:
    files = {kind: folder / f"o.{kind}" for kind in kinds}
    options = [word for kind, path in files.items() for word in (f"--{kind}", path)]
    vsplugin("export", EXAMPLE, "-a", f"source={source}", *options)
    return files


def check(output: Path, source: Path) -> None:
    sent = media.payloads(SOURCE)
    numbers = shown(output)
    assert numbers == expected(), "the pictures themselves"
    found = packets.read(output)
    assert [frame.hdr10plus for frame in found.frames] == [sent[number] for number in numbers]
    origin = packets.read(source)
    assert (found.mastering, found.light) == (origin.mastering, origin.light)
    assert {**found.colour} == {**origin.colour}


def test_in_two_passes(source: Path, tmp_path: Path) -> None:
    files = export(source, tmp_path, "x265", "nalu", "json")
    output = tmp_path / "out.hevc"
    run(EXAMPLE, f"{HARD} {files['x265'].read_text()} --nalu-file {files['nalu']}", output, source=source)
    check(output, source)
    assert probed(output) == [1000 + number for number in expected()]
    for suffix in ("mkv", "mp4", "ts"):
        check(packed(output, suffix), source)
    plain_one, injected = tmp_path / "plain.hevc", tmp_path / "injected.hevc"
    run(EXAMPLE, f"{HARD} {files['x265'].read_text()}", plain_one, source=source)
    vsplugin("inject", plain_one, files["json"], injected)
    check_payloads_aside_from_zeros(injected)


def probed(path: Path) -> list[int]:
    """Averages, which say the source frame, as ffprobe finds them."""
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed")
    query = ["ffprobe", "-v", "error", "-of", "json", "-show_frames", str(path)]
    frames = json.loads(subprocess.run(query, capture_output=True, check=True).stdout)["frames"]
    found = [next(data for data in frame["side_data_list"] if "2094-40" in data["side_data_type"]) for frame in frames]
    return [int(data["average_maxrgb"].split("/")[0]) for data in found]


def packed(raw: Path, suffix: str) -> Path:
    """The bare stream in a container. It has no times; were these wrong, the pictures would be shown in disorder."""
    path = raw.with_suffix(f".{suffix}")
    data = raw.read_bytes()
    numbers = inject._display_numbers([place for place, _ in packets.placed(data)])
    with av.open(str(raw)) as inside, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(inside.streams.video[0], opaque=True)
        stored = [packet for packet in inside.demux(video=0) if packet.size]
        for place, packet in enumerate(stored):
            packet.pts, packet.dts, packet.time_base = numbers[place], place - 8, Fraction(1, 30)
            packet.stream = stream
            out.mux_one(packet)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".ts", ".hevc"])
def test_from_other_containers(tmp_path: Path, suffix: str) -> None:
    """Up to what x265 is told, which the test above holds against what it makes of it."""
    sent = media.payloads(SOURCE)
    files = export(media.hevc(tmp_path / f"source{suffix}", SOURCE, sent), tmp_path, "x265", "nalu")
    assert x265.read_nalu(files["nalu"].read_text()) == [sent[number] for number in expected()]
    words = files["x265"].read_text()
    assert f"--master-display {media.DISPLAY} --max-cll 987,321" in words and "--transfer 16" in words


@pytest.mark.corpus
def test_dolby_vision_through_the_chain(corpus: Path, tmp_path: Path) -> None:
    program()
    rpus = dolbyvision.read_file(material(corpus, "dolbyvision/regular_rpu.bin").read_bytes())[:SOURCE]
    raw, source, output = tmp_path / "raw.hevc", tmp_path / "source.hevc", tmp_path / "out.hevc"
    (tmp_path / "source.rpu").write_bytes(dolbyvision.write_file(rpus))
    vsplugin("inject", media.hevc(raw, SOURCE, media.payloads(SOURCE)), tmp_path / "source.rpu", source)
    files = export(source, tmp_path, "x265", "nalu", "rpu")
    run(EXAMPLE, f"{HARD} {files['x265'].read_text()} --nalu-file {files['nalu']}", output, source=source)
    check(output, source)
    assert len(set(rpus)) > 1, "else order would not show"
    assert [frame.rpu for frame in packets.read(output).frames] == [rpus[number] for number in expected()]


def check_payloads_aside_from_zeros(output: Path) -> None:
    sent = media.payloads(SOURCE)
    got = [(frame.hdr10plus or b"").rstrip(b"\0") for frame in packets.read(output).frames]
    assert got == [sent[number].rstrip(b"\0") for number in expected()] and shown(output) == expected()


def test_live_through_a_fifo(source: Path, tmp_path: Path) -> None:
    """Named as the user names them: vspipe runs a script in the script's own folder."""
    args = tmp_path / "o.args"
    vsplugin("export", source, "--x265", args)
    os.mkfifo(tmp_path / "hdr.fifo")
    (tmp_path / "film.mkv").symlink_to(source)
    output = tmp_path / "out.hevc"
    run(EXAMPLE, f"{HARD} {args.read_text()} --nalu-file hdr.fifo", output, source="film.mkv", fifo="hdr.fifo")
    check(output, source)


MEASURED = """
from vsplugin import hdr
from vsplugin.hdr import live
from vsplugin.source import open_source
clip = hdr.recompute(open_source(source).clip.std.Reverse(), ahead=3)
if "fifo" in globals():
    clip = live.nalu_fifo(clip, fifo)
clip.set_output()
"""


def test_measured_and_encoded_in_one_pass(tmp_path: Path) -> None:
    """A source without HDR10+ gets it on the fly: every line is that of its frame, as two passes have it."""
    program()
    source, script, output = media.hevc(tmp_path / "plain.mkv", SOURCE), tmp_path / "m.vpy", tmp_path / "out.hevc"
    script.write_text(MEASURED)
    os.mkfifo(tmp_path / "hdr.fifo")
    vsplugin("export", script, "-a", f"source={source}", "--nalu", tmp_path / "o.nalu")
    run(script, f"{HARD} --nalu-file hdr.fifo", output, source=source, fifo="hdr.fifo")
    wanted = x265.read_nalu((tmp_path / "o.nalu").read_text())
    got = [frame.hdr10plus or b"" for frame in packets.read(output).frames]
    assert [one.rstrip(b"\0") for one in got] == [one.rstrip(b"\0") for one in wanted] and len(
        set(wanted)
    ) > SOURCE // 2
    assert shown(output) == list(range(SOURCE))[::-1]
    averages = [hdr10plus.parse(one).windows[0].average for one in got]
    assert averages == sorted(averages, reverse=True), "the source gets brighter, this is it backwards"


@pytest.mark.corpus
def test_dolby_vision_and_hdr10plus_together(corpus: Path, tmp_path: Path) -> None:
    rpus = dolbyvision.read_file(material(corpus, "dolbyvision/regular_rpu.bin").read_bytes())[:SOURCE]
    (tmp_path / "o.rpu").write_bytes(dolbyvision.write_file(rpus))
    nalu = media.nalu_file(tmp_path / "o.nalu", media.payloads(SOURCE))
    output = tmp_path / "a.hevc"
    options = [*HARD.split()[2:], *x265.arguments(PROPS, str(tmp_path / "o.rpu")), "--nalu-file", str(nalu)]
    encode(y4m(tmp_path / "a.y4m", SOURCE), output, *options)
    assert shown(output) == list(range(SOURCE))
    found = packets.read(output).frames
    assert [frame.rpu for frame in found] == rpus
    assert [frame.hdr10plus for frame in found] == media.payloads(SOURCE)


def rendered(clip: vs.VideoNode) -> None:
    for frame in clip.frames(close=True):
        frame.close()


def test_lines_are_written_in_order_whatever_is_asked_first(tmp_path: Path) -> None:
    fifo = tmp_path / "f"
    os.mkfifo(fifo)
    reader = subprocess.Popen(["cat", str(fifo)], stdout=subprocess.PIPE, text=True)
    clip = live.nalu_fifo(frames.attach(plain(), listed()), fifo, 60)
    for number in (3, 1, 0, 2, 2, 7, 6, 5, 4, 11, 10, 9, 8):
        clip.get_frame(number).close()
    text, _ = reader.communicate(timeout=30)
    assert [int(line.split()[0]) for line in text.splitlines()] == list(range(12))


def test_a_frame_without_metadata_ends_the_fifo_with_an_error(tmp_path: Path) -> None:
    fifo = tmp_path / "f"
    os.mkfifo(fifo)
    reader = subprocess.Popen(["cat", str(fifo)], stdout=subprocess.PIPE, text=True)
    clip = frames.attach(plain(), [*listed()[:5], Metadata(), *listed()[6:]])
    with pytest.raises(vs.Error, match=r"nalu_fifo: frame 5: has no HDR10\+ metadata"):
        rendered(live.nalu_fifo(clip, fifo, 60))
    text, _ = reader.communicate(timeout=30)
    assert len(text.splitlines()) <= 5


def test_what_a_fifo_refuses(tmp_path: Path) -> None:
    clip = frames.attach(plain(), listed())
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "nowhere"):
        with pytest.raises(vs.Error, match="nalu_fifo: fifo must be a named pipe"):
            live.nalu_fifo(clip, path)
    os.mkfifo(tmp_path / "f")
    with pytest.raises(vs.Error, match="at least 1 byte; got 0"):
        live.nalu_fifo(clip, tmp_path / "f", 0)
    with pytest.raises(vs.Error, match=r"a payload of .* bytes where 9 were announced"):
        live.nalu_fifo(clip, tmp_path / "f", 9).get_frame(0)
