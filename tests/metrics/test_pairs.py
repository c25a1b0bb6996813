"""Clips that cannot be compared are refused in one line with both values; offsets are found or refused."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

from vsplugin import metrics
from vsplugin.errors import UserError
from vsplugin.metrics.offset import find_offset

from .clips import clip_of, moved, texture


def blank(**options: int) -> vs.VideoNode:
    given = {"width": 64, "height": 48, "length": 4, "format": vs.YUV420P8, "fpsnum": 25, "fpsden": 1, **options}
    return vs.core.std.BlankClip(**given)


def tagged(**props: int) -> vs.VideoNode:
    return blank().std.SetFrameProps(**props)


@pytest.mark.parametrize(
    ("reference", "distorted", "text"),
    [
        (blank(), blank(width=32), "the sizes differ: reference 64x48, distorted 32x48"),
        (blank(), blank(length=5), "the lengths differ: reference 4, distorted 5 frames; an offset says which"),
        (blank(), blank(fpsnum=24000, fpsden=1001), r"reference 25 fps, distorted 24000/1001 \(23.976\) fps"),
        (blank(), blank(format=vs.YUV444P8), "the formats differ: reference YUV 4:2:0, distorted YUV 4:4:4"),
        (blank(), blank(format=vs.RGB24), "the formats differ: reference YUV 4:2:0, distorted RGB"),
        (tagged(_Transfer=16), tagged(_Transfer=1), r"dynamic ranges differ: reference HDR \(PQ\), distorted SDR"),
        (tagged(_Transfer=18), tagged(_Transfer=16), r"reference HDR \(HLG\), distorted HDR \(PQ\)"),
        (tagged(_Primaries=9), tagged(_Primaries=1), r"primaries \(H.273\) differ: reference 9, distorted 1"),
        (tagged(_Matrix=1), tagged(_Matrix=6), r"matrices \(H.273\) differ: reference 1, distorted 6"),
    ],
)
def test_a_mismatch_is_named_with_both_values(reference, distorted, text):
    with pytest.raises(UserError, match=text) as caught:
        metrics.measure(reference, distorted, ["psnr"])
    assert "\n" not in str(caught.value)


def test_what_means_the_same_is_no_mismatch():
    assert metrics.measure(tagged(_Transfer=1), tagged(_Transfer=6), ["psnr"]).pooled["psnr"] == math.inf
    assert metrics.measure(tagged(_Matrix=5), tagged(_Matrix=6), ["psnr"]).pooled["psnr"] == math.inf
    assert metrics.measure(tagged(_Primaries=2), tagged(_Primaries=1), ["psnr"]).pooled["psnr"] == math.inf


def test_frames_that_vary_in_size_are_refused():
    varying = vs.core.std.Splice([blank(), blank(width=32)], mismatch=True)
    with pytest.raises(UserError, match="the distorted clip must have one format and one size"):
        metrics.measure(None, varying, ["noise"])


def test_a_frame_that_cannot_be_made_is_named_by_its_error():
    def fail(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        raise ValueError("the tape is torn here")

    torn = blank().std.ModifyFrame(blank(), fail)
    with pytest.raises(UserError, match=r"a frame cannot be made: .*the tape is torn here"):
        metrics.measure(None, blank()[:1] + torn[1:], ["noise"])


@pytest.mark.parametrize(
    ("names", "reference", "text"),
    [
        (["psnrr"], blank(), r"no metric 'psnrr'; did you mean 'psnr'"),
        (["qqqqqq"], blank(), "no metric 'qqqqqq'; there are psnr, psnr_y"),
        (["ssim"], None, "ssim compares two clips and needs a reference"),
        (["lpips"], blank(), "lpips needs a network file that you have, by --lpips FILE; nothing is fetched"),
        (["ms_ssim"], blank(), "ms_ssim needs pictures of at least 176x176; these are 64x48"),
        ([], blank(), "no metric is asked for"),
    ],
)
def test_metrics_that_cannot_be_are_refused(names, reference, text):
    with pytest.raises(UserError, match=text):
        metrics.measure(reference, blank(), names)


def test_an_lpips_file_that_is_none(tmp_path):
    pytest.importorskip("onnxruntime", reason="extra 'metrics'")
    nothing = tmp_path / "net.onnx"
    for content, text in ((None, "no such file"), (b"not a network", "is no network ONNX Runtime can read")):
        if content:
            nothing.write_bytes(content)
        with pytest.raises(UserError, match=text) as caught:
            metrics.measure(blank(), blank(), ["lpips"], files={"lpips": nothing})
        assert "\n" not in str(caught.value)


def panning(frames: int = 40) -> vs.VideoNode:
    return clip_of([[moved(texture(48, 64), 1.5 * t, t % 7).astype(np.float32)] for t in range(frames)])


@pytest.mark.parametrize("offset", [0, 5, -7])
def test_an_offset_is_found_and_applied(offset):
    reference = panning()
    distorted = reference[offset:30] if offset >= 0 else panning()[:20]
    if offset < 0:
        reference = reference[-offset:30]
    darker = distorted.std.Expr("x 0.8 *")
    assert find_offset(reference, darker) == offset
    found = metrics.measure(reference, distorted, ["psnr"], offset=offset)
    assert found.pooled["psnr"] == math.inf
    assert len(found["psnr"]) == min(reference.num_frames - max(0, offset), distorted.num_frames - max(0, -offset))


def test_an_offset_that_nothing_shows_or_leaves_no_frame_is_refused():
    with pytest.raises(UserError, match="no offset within 48 frames stands out"):
        find_offset(blank(length=20), blank(length=20))
    with pytest.raises(UserError, match=r"an offset of 9 leaves no frame in common: reference 4, distorted 4 frames"):
        metrics.measure(blank(), blank(), ["psnr"], offset=9)


def test_progress_counts_every_frame_and_may_stop():
    seen = []
    metrics.measure(blank(), blank(), ["psnr", "noise"], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        metrics.measure(blank(length=1000), blank(length=1000), ["psnr", "noise"], progress=stop)


def test_each_frame_is_asked_for_once():
    asked: list[int] = []

    def count(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        asked.append(n)
        return f.copy()

    source = blank(length=12)
    counted = source.std.ModifyFrame(source, count)
    names = ["psnr", "ssim", "noise", "flicker", "jitter", "temporal_difference_error", "delta_e_itp"]
    metrics.measure(blank(length=12), counted, names)
    assert sorted(set(asked)) == list(range(12))
    assert len(asked) <= 12 + 2  # the first is looked at for its properties, too


def test_memory_does_not_grow_with_the_clip():
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("needs /proc")
    clip = blank(width=640, height=480, length=60)
    other = clip.std.Expr(["x 1 +", "x"])
    used: list[int] = []

    def watch(done: int, total: int) -> None:
        used.append(int(statm.read_text().split()[1]) * 4096)

    before = vs.core.max_cache_size
    metrics.measure(clip, other, ["ssim", "ssimulacra2"], progress=watch)
    assert vs.core.max_cache_size == before
    # Kept, forty frames would be forty times some twenty float planes of 1.2 MB.
    assert max(used[20:]) - max(used[:20]) < 100e6


def test_what_is_not_installed_is_named_with_its_extra(monkeypatch):
    from vsplugin.metrics import native

    with pytest.raises(metrics.NotSuitableError, match=r"needs vapoursynth-none, of the extra 'metrics': pip install"):
        native.plugin("xpsnr", "none", "vapoursynth-none")
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(UserError, match="motion needs OpenCV, of the extra 'metrics'"):
        metrics.measure(None, blank(), ["warping_error"])
    assert "warping_error" not in [metric.name for metric in metrics.suitable(None, blank(), every=True)]
    from vsplugin.metrics import lpips

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UserError, match="lpips needs ONNX Runtime, of the extra 'metrics'"):
        lpips.session(Path("any.onnx"))
