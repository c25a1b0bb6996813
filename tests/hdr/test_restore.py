"""``vsplugin restore`` of HDR sources: every frame's metadata arrives, whatever the chunks and the container."""

# ruff: noqa: F811  (fixtures are arguments of the same name)
from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import av
import pytest
import vapoursynth as vs
from job.conftest import own_cache, vsplugin  # noqa: F401  fixtures
from job.media import TRANSCODE, probe

from vsplugin.hdr import dolbyvision, hdr10plus, packets, rpu_area, transfer
from vsplugin.hdr.static import ContentLight
from vsplugin.source import open_source
from vsplugin.spec import RESTORATIONS, restoration

from . import media
from .payloads import material

Run = Callable
COUNT = 20
UNKNOWN = ContentLight(0, 0)  # x265 writes it with every mastering display


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media.hevc(tmp_path_factory.mktemp("hdr") / "a.mkv", COUNT, media.payloads(COUNT))


def dynamic(path: Path) -> list[bytes | None]:
    return [frame.hdr10plus for frame in packets.read(path).frames]


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_every_frame_keeps_its_own(vsplugin: Run, file: Path, tmp_path: Path, suffix: str) -> None:
    output = tmp_path / f"out{suffix}"
    outcome = vsplugin("restore", file, output, *TRANSCODE, "--chunk", "7")
    assert outcome.code == 0 and "not kept" not in outcome.err
    assert dynamic(output) == media.payloads(COUNT)
    assert media.shown(output) == list(range(COUNT))
    assert vsplugin("hdr", "check", file, output).code == 0, "static metadata and colour too"


def test_a_part_enlarged(vsplugin: Run, file: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mkv"
    arguments = ("--scale", "2", "--start", "5", "--frames", "9", "--chunk", "4", "--set", "upscale.strength=0")
    assert vsplugin("restore", file, output, *arguments).code == 0
    assert dynamic(output) == media.payloads(COUNT)[5:14]


def test_ffprobe_sees_it_on_every_frame(vsplugin: Run, file: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mkv"
    assert vsplugin("restore", file, output, *TRANSCODE).code == 0
    probe(output)
    query = ["ffprobe", "-v", "error", "-of", "json", "-show_frames", str(output)]
    found = json.loads(subprocess.run(query, capture_output=True, check=True).stdout)["frames"]
    dynamic = [next(data for data in frame["side_data_list"] if "2094-40" in data["side_data_type"]) for frame in found]
    assert [one["maxscl"] for one in dynamic][:1] or all("average_maxrgb" in one for one in dynamic)
    assert [int(one["average_maxrgb"].split("/")[0]) for one in dynamic] == [1000 + n for n in range(COUNT)]


def test_a_raw_stream(vsplugin: Run, tmp_path: Path) -> None:
    raw = media.hevc(tmp_path / "a.hevc", COUNT, media.payloads(COUNT))
    source = open_source(str(raw))
    assert source.timestamps == list(range(COUNT)) and source.rate * source.time_base == 1
    assert vsplugin("restore", raw, tmp_path / "out.mkv", *TRANSCODE).code == 0
    assert dynamic(tmp_path / "out.mkv") == media.payloads(COUNT)
    assert media.shown(tmp_path / "out.mkv") == list(range(COUNT))


def test_strip(vsplugin: Run, file: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mkv"
    assert vsplugin("restore", file, output, *TRANSCODE, "--frames", "3", "--hdr", "strip").code == 0
    found = packets.read(output)
    assert dynamic(output) == [None] * 3 and found.mastering is None and found.light is None
    assert found.colour == packets.read(file).colour


def test_incomplete_metadata_is_refused_before_any_work(vsplugin: Run, tmp_path: Path) -> None:
    there = media.payloads(COUNT)[:13]  # x265 takes the first lines only
    sparse = media.hevc(tmp_path / "a.mkv", COUNT, there)
    outcome = vsplugin("restore", sparse, tmp_path / "out.mkv", *TRANSCODE)
    assert outcome.code == 2 and "frame 13 has no HDR10+ metadata, frame 0 has; 13 of 20 frames have it" in outcome.err
    assert outcome.err.rstrip().endswith("--hdr strip goes on without HDR metadata")
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []
    assert vsplugin("restore", sparse, tmp_path / "out.mkv", *TRANSCODE, "--hdr", "strip").code == 0


def test_other_codecs_say_what_they_lose(vsplugin: Run, file: Path, tmp_path: Path) -> None:
    outcome = vsplugin("restore", file, tmp_path / "out.mkv", *TRANSCODE, "--codec", "ffv1", "--frames", "2")
    assert outcome.code == 0 and "not kept: HDR10+ metadata per frame (libx265 keeps it)" in outcome.err


@pytest.mark.corpus
def test_real_dolby_vision(vsplugin: Run, corpus: Path, tmp_path: Path) -> None:
    source = material(corpus, "dolbyvision/regular.mkv")
    rpus = dolbyvision.read_file(material(corpus, "dolbyvision/regular_rpu.bin").read_bytes())
    for suffix in (".mkv", ".mp4"):
        output = tmp_path / f"out{suffix}"
        assert vsplugin("restore", source, output, *TRANSCODE, "--start", "20", "--frames", "30").code == 0
        assert [frame.rpu for frame in packets.read(output).frames] == rpus[20:50]
        with av.open(str(output)) as inside:
            record = inside.streams.video[0].codec_context.coded_side_data["dovi_conf"]
        assert tuple(record[2:8]) == (8, 1, 1, 0, 1, 1), "profile 8, level 1, RPU, no second layer, base layer, HDR10"


@pytest.mark.corpus
def test_the_active_picture_of_dolby_vision_grows_with_the_picture(vsplugin: Run, corpus: Path, tmp_path: Path) -> None:
    rpus = dolbyvision.read_file(material(corpus, "dolbyvision/regular_rpu.bin").read_bytes())[:4]
    plain, rpu, source = media.hevc(tmp_path / "a.mkv", 4), tmp_path / "o.rpu", tmp_path / "b.mkv"
    rpu.write_bytes(dolbyvision.write_file([rpu_area.with_edges(one, (0, 4, 10 + n, 9)) for n, one in enumerate(rpus)]))
    assert vsplugin("hdr", "inject", plain, rpu, source).code == 0
    outcome = vsplugin("restore", source, tmp_path / "out.mkv", "--scale", "2", "--set", "upscale.strength=0")
    assert outcome.code == 0 and "level 5" not in outcome.err
    found = [frame.rpu or b"" for frame in packets.read(tmp_path / "out.mkv").frames]
    assert [rpu_area.edges(one) for one in found] == [(0, 8, 20 + 2 * n, 18) for n in range(4)]
    assert vsplugin("restore", source, tmp_path / "same.mkv", *TRANSCODE).code == 0
    assert packets.read(tmp_path / "same.mkv").frames[2].rpu == packets.read(source).frames[2].rpu


@pytest.mark.corpus
def test_a_real_phone_recording_with_varying_times(vsplugin: Run, corpus: Path, tmp_path: Path) -> None:
    source = material(corpus, "containers/hdr10-video-with-sdr-container.mp4")
    output = tmp_path / "out.mp4"
    assert vsplugin("restore", source, output, *TRANSCODE, "--chunk", "2", "--frames", "3", "--crf", "40").code == 0
    assert dynamic(output) == dynamic(source)[:3] and None not in dynamic(output)
    assert packets.read(output).times == (packets.read(source).times or ())[:3]


def test_a_filter_that_makes_metadata_false_drops_it(file: Path) -> None:
    from vsplugin.hdr import frames, policy

    clip = frames.attach(open_source(str(file)).clip, file)
    try:

        @restoration(invalidates=policy.invalidated_by("grade"))
        def brighten(clip: vs.VideoNode) -> vs.VideoNode:
            """Lift everything."""
            return clip.std.Levels(min_in=64, max_in=940, min_out=100, max_out=940, planes=0)

        with brighten(clip).get_frame(3) as frame:
            assert "HDR10Plus" not in frame.props and "ContentLightLevelMax" not in frame.props
            assert "MasteringDisplayMaxLuminance" in frame.props and frame.props["_Transfer"] == 16
    finally:
        RESTORATIONS.pop("brighten", None)


def windows(path: Path) -> list[hdr10plus.Window]:
    return [hdr10plus.parse(payload or b"").windows[0] for payload in dynamic(path)]


def light_of(number: int) -> float:
    """What the pictures of media.hevc show, in 0.1 cd/m²: grey of limited range. The next one is 10 % brighter."""
    return 10 * float(transfer.pq_eotf((media.luma(number) - 64) / 876))


def test_metadata_is_measured_anew_where_it_is_asked_for(vsplugin: Run, file: Path, tmp_path: Path) -> None:
    """In chunks: what a frame gets does not depend on where they begin."""
    output = tmp_path / "out.mkv"
    outcome = vsplugin("restore", file, output, *TRANSCODE, "--chunk", "7", "--hdr", "recompute")
    assert outcome.code == 0, outcome.err
    assert "HDR10+: measured anew on the result" in outcome.err and "not kept: MaxCLL and MaxFALL" in outcome.err
    found = packets.read(output)
    assert found.light == UNKNOWN and found.mastering and found.mastering.to_x265() == media.DISPLAY
    for number, window in enumerate(windows(output)):  # brightness only rises: the brightest is the last looked at
        near = range(max(0, number - 12), min(COUNT, number + 13))
        assert window.maxscl[0] == pytest.approx(light_of(max(near)), rel=0.06)
        assert window.average == pytest.approx(sum(map(light_of, near)) / len(near), rel=0.06, abs=1)


def test_what_a_filter_makes_false_is_measured_anew(file: Path, tmp_path: Path) -> None:
    from vsplugin import filters, job
    from vsplugin.hdr import policy
    from vsplugin.hdr.restore import with_metadata

    try:

        @restoration(invalidates=policy.invalidated_by("grade"))
        def brighten(clip: vs.VideoNode) -> vs.VideoNode:
            """Add 100 codes."""
            return clip.std.Expr(["x 100 +", ""])

        filters.brighten = brighten  # type: ignore[attr-defined]
        opened, _ = with_metadata(open_source(str(file)))
        plan = job.make_plan(opened, [("brighten", {})], crf=10)
        output = tmp_path / "out.mkv"
        job.run(opened, plan, output)
    finally:
        RESTORATIONS.pop("brighten", None)
        del filters.brighten  # type: ignore[attr-defined]
    last = windows(output)[-1]
    assert last.maxscl[0] == pytest.approx(light_of(COUNT - 1 + 10), rel=0.06)
    found = packets.read(output)
    assert found.light == UNKNOWN and found.mastering, "the light changed, the display did not"


def test_an_sdr_source_lifted_gets_the_new_display(tmp_path: Path) -> None:
    from vsplugin import job

    opened = open_source("sample:film")
    output = tmp_path / "out.mkv"
    job.run(opened, job.make_plan(opened, [("lift_hdr", {"peak": 1000.0})], frames=2, crf=40), output)
    found = packets.read(output)
    assert found.colour["_Transfer"] == 16 and found.mastering and found.mastering.highest == 10_000_000
    assert found.light and found.light.max_cll == 1000 and dynamic(output) == [None, None]


def test_only_pq_can_be_measured(vsplugin: Run, tmp_path: Path) -> None:
    outcome = vsplugin("restore", "sample:film", tmp_path / "out.mkv", *TRANSCODE, "--hdr", "recompute")
    assert (
        outcome.code == 2 and "--hdr recompute: the result must be PQ (transfer 16); its transfer is 1" in outcome.err
    )
    assert not list(tmp_path.iterdir())
