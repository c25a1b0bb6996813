"""What `vsplugin compare` writes, and what it refuses."""

from __future__ import annotations

import base64
import io
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import vapoursynth as vs

from vsplugin.cli import main
from vsplugin.errors import UserError
from vsplugin.report import data, pictures, sheet
from vsplugin.report.entry import facts, open_entry
from vsplugin.report.recorder import Recorder
from vsplugin.report.server import Server

from .test_viewer import write_clip


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str | Path) -> tuple[int, str, str]:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        return int(ended.value.code or 0), *capfd.readouterr()

    return call


def test_numbers_and_sheet(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    clips = [write_clip(tmp_path / f"{level}.mkv", level) for level in (60, 70, 90)]
    code, out, _ = run(
        "compare", *clips, "--metrics", "psnr_y", "-o", tmp_path / "r.html", "--png", tmp_path / "s.png", "--json"
    )
    assert code == 0
    told = json.loads(out)
    assert told["pooled"]["psnr_y"][0] is None
    share = 1 - 40 * 40 / (320 * 180)  # the block is equal in all
    for value, step in zip(told["pooled"]["psnr_y"][1:], (10, 30), strict=True):
        assert value == pytest.approx(20 * np.log10(255 / step) - 10 * np.log10(share), abs=1e-3)
    with av.open(str(tmp_path / "s.png")) as image:
        sheet = next(image.decode(video=0)).to_ndarray(format="rgb24")
    assert sheet.shape[1] == 3 * (320 + 12) + 12
    assert sheet.shape[0] > 4 * 180
    assert not list(tmp_path.glob(".*part"))


def test_previews_keep_to_their_budget() -> None:
    noise = vs.core.std.BlankClip(
        width=640, height=360, format=vs.YUV420P8, length=40, color=[120, 128, 128], keep=True
    )

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        np.asarray(out[0])[:] = np.random.default_rng(n).integers(16, 236, (360, 640))
        return out

    noise = noise.std.ModifyFrame(noise, fill).std.SetFrameProps(_Matrix=1)
    store = pictures.plan([noise, noise], (640, 360), 40, 2.0)
    assert store.width < 640, "the noisiest pictures there are do not fit at full size"
    sizes = [
        len(pictures.encode(pictures.picture(noise, n, store.width, store.height), store.quality)) for n in (3, 17)
    ]
    assert max(sizes) * 2 * 40 * 4 / 3 < 2e6


def test_a_recorder_renders_nothing_twice() -> None:
    asked: list[int] = []

    def count(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        asked.append(n)
        return f

    clip = vs.core.std.BlankClip(width=64, height=48, format=vs.RGB24, length=5, keep=True)
    clip = clip.std.ModifyFrame(clip, count)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        recorder = Recorder(clip, pictures.Store(32, 24, 80, 0), pool)
        asked.clear()
        for frame in recorder.clip.frames(close=True):
            assert frame.format.id == vs.RGB24
        assert len(recorder.previews()) == 5
    assert sorted(asked) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"frames": 4}, "compare: the clips differ in length: a.mkv 6, b.mkv 4 frames"),
        ({"arguments": ["--metrics", "psnrr"]}, "no metric 'psnrr'; did you mean"),
        ({"arguments": ["-o", "/nowhere/r.html"]}, "-o: there is no folder /nowhere"),
        ({"arguments": ["-o", "r.pdf"]}, "-o must end in .html; got 'r.pdf'"),
        ({"arguments": ["--start", "6"]}, "--start must be in [0, 5] for a.mkv; got 6"),
    ],
)
def test_bad_input_is_named(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, change: dict[str, object], text: str
) -> None:
    first = write_clip(tmp_path / "a.mkv", 60)
    second = write_clip(tmp_path / "b.mkv", 70, int(str(change.get("frames", 6))))
    arguments = change.get("arguments") or ["-o", str(tmp_path / "r.html")]
    code, _, err = run("compare", first, second, "--quiet", *arguments)  # type: ignore[misc]
    assert code == 2 and text in err and err.count("\n") == 1
    assert not (tmp_path / "r.html").exists()


def test_sizes_and_light_that_do_not_fit() -> None:
    blank = vs.core.std.BlankClip(width=64, height=48, format=vs.YUV420P8, length=2).std.SetFrameProps(_Matrix=1)
    entry = open_entry("sample:video")

    def gather(*clips: vs.VideoNode) -> data.Report:
        entries = [replace(entry, name=f"c{n}", clip=clip) for n, clip in enumerate(clips)]
        return data.gather(entries, None, megabytes=5, settings={}, progress=lambda *_: None)

    with pytest.raises(UserError, match="compare: sizes must be equal or a whole multiple of the first: 64x48, 72x48"):
        gather(blank, blank.std.AddBorders(8))
    with pytest.raises(UserError, match=r"the dynamic ranges differ: reference SDR, distorted HDR \(PQ\)"):
        gather(blank, blank.std.SetFrameProps(_Transfer=16))


def test_what_an_enlargement_invents_glows_on_its_map() -> None:
    blank = vs.core.std.BlankClip(width=64, height=48, format=vs.YUV420P8, length=2, color=[120, 128, 128], keep=True)
    blank = blank.std.SetFrameProps(_Matrix=1)
    large = blank.resize.Bicubic(128, 96)

    def draw(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        np.asarray(out[0])[20:40, 30:60] += (20 * (np.indices((20, 30)).sum(0) % 2)).astype(np.uint8)
        return out

    entries = [
        replace(open_entry("sample:video"), name=name, clip=clip)
        for name, clip in (("small", blank), ("plain", large), ("drawn", large.std.ModifyFrame(large, draw)))
    ]
    made = data.gather(entries, None, megabytes=5, settings={}, progress=lambda *_: None)
    assert {"invented", "noise"} <= {plot["name"] for plot in made.data["plots"]}
    plain, drawn = (
        np.asarray(pictures.pillow().open(io.BytesIO(base64.b64decode(made.maps[f"{place}/0"]))))[..., 0]
        for place in (1, 2)
    )
    assert plain.max() <= 2
    assert drawn[22:38, 32:58].mean() > 60 and drawn[60:].max() <= 4


def test_wide_pixels_are_shown_wide(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    clip = vs.core.std.BlankClip(width=72, height=58, format=vs.YUV420P8, length=2, color=[235, 128, 128])
    entry = replace(open_entry("sample:video"), clip=clip.std.SetFrameProps(_Matrix=5, _SARNum=16, _SARDen=11))
    shown = data.viewer_data([replace(entry, facts=facts(entry.clip))])
    assert shown["size"] == [105, 58]  # 72 * 16 / 11
    assert shown["clips"][0]["facts"]["size"] == "72 × 58, shown as 105 × 58"
    report = data.gather([entry], None, megabytes=5, settings={}, progress=lambda *_: None)
    picture = sheet.sheet([entry], report)
    rows = np.flatnonzero((picture[:, 20:72] == 255).all((1, 2)))
    columns = np.flatnonzero((picture[rows[0]] == 255).all(-1))
    assert (len(columns), len(rows)) == (72, 2 * 40)  # two frames; 72 * 58 / 105 = 39.8


def test_the_server_is_for_this_machine_and_says_what_it_has_not() -> None:
    import threading

    entry = open_entry("sample:film")
    with Server([entry], "film") as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with urllib.request.urlopen(server.address + "frame/0/3.webp") as answer:
            image = pictures.pillow().open(answer)
            assert image.size == (entry.clip.width, entry.clip.height)
        for path, host, status in [
            ("frame/0/4800.webp", None, 404), ("frame/1/0.webp", None, 404), ("../etc/passwd", None, 404),
            ("", "evil.example", 403),
        ]:  # fmt: skip
            request = urllib.request.Request(server.address + path, headers={"Host": host} if host else {})
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request)
            assert refused.value.code == status
        server.shutdown()
