"""Full-reference metrics: by hand, against FFmpeg where it is installed, and on the edges of their ranges."""

from __future__ import annotations

import math
import re
import shutil
import subprocess

import numpy as np
import pytest
import vapoursynth as vs

from vsplugin import metrics
from vsplugin.errors import UserError
from vsplugin.metrics import colour, ssimulacra2

from .clips import clip_of, texture


def damaged_pair(kind: int = vs.YUV420P8, frames: int = 3, size: tuple[int, int] = (96, 128)):
    rng = np.random.default_rng(0)
    bits = vs.core.get_video_format(kind).bits_per_sample
    scale = (1 << bits) / 256
    height, width = size
    one, other = [], []
    for seed in range(frames):
        planes = [
            255 * texture(height, width, seed),
            *(60 * texture(height // 2, width // 2, seed + p) + 100 for p in (7, 9)),
        ]
        one.append([np.clip(scale * plane, 0, (1 << bits) - 1) for plane in planes])
        noisy = [scale * (plane + rng.normal(0, 4 + seed, plane.shape)) for plane in planes]
        other.append([np.clip(plane, 0, (1 << bits) - 1) for plane in noisy])
    props = {"_Matrix": 1, "_Transfer": 1, "_Primaries": 1, "_Range": 0}
    return clip_of(one, kind, **props), clip_of(other, kind, **props)


def planes_of(clip: vs.VideoNode, plane: int) -> np.ndarray:
    return np.stack([np.array(frame[plane]).astype(np.float64) for frame in clip.frames(close=True)])


@pytest.mark.parametrize("kind", [vs.YUV420P8, vs.YUV420P10, vs.YUV420P16])
def test_psnr_is_that_of_the_mean_error_on_code_values(kind):
    one, other = damaged_pair(kind)
    peak = (1 << one.format.bits_per_sample) - 1
    errors = [np.square(planes_of(one, plane) - planes_of(other, plane)) for plane in range(3)]
    found = metrics.measure(one, other, ["psnr", "psnr_y", "psnr_cb", "psnr_cr", "psnr_yuv"])
    by_frame = [10 * math.log10(peak**2 / frame.mean()) for frame in errors[0]]
    assert found["psnr_y"] == pytest.approx(by_frame, rel=1e-6)
    assert found.pooled["psnr_y"] == pytest.approx(10 * math.log10(peak**2 / errors[0].mean()), rel=1e-6)
    assert found.pooled["psnr_cb"] == pytest.approx(10 * math.log10(peak**2 / errors[1].mean()), rel=1e-6)
    assert found.pooled["psnr_cr"] == pytest.approx(10 * math.log10(peak**2 / errors[2].mean()), rel=1e-6)
    every = np.concatenate([error.ravel() for error in errors]).mean()
    assert found.pooled["psnr"] == pytest.approx(10 * math.log10(peak**2 / every), rel=1e-6)
    weighted = (6 * errors[0].mean() + errors[1].mean() + errors[2].mean()) / 8
    assert found.pooled["psnr_yuv"] == pytest.approx(10 * math.log10(peak**2 / weighted), rel=1e-6)


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
def test_psnr_is_ffmpegs(tmp_path):
    files = []
    clips = damaged_pair()
    for name, clip in zip(("one", "other"), clips, strict=True):
        files.append(tmp_path / f"{name}.y4m")
        with files[-1].open("wb") as target:
            clip.output(target, y4m=True)
    command = ["ffmpeg", "-hide_banner", "-i", files[1], "-i", files[0], "-lavfi", "psnr", "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr.split("PSNR ")[-1]
    theirs = {name: float(value) for name, value in re.findall(r"(y|u|v|average):([\d.]+)", said)}
    ours = metrics.measure(*clips, ["psnr_y", "psnr_cb", "psnr_cr", "psnr"]).pooled
    assert list(ours.values()) == pytest.approx([theirs[key] for key in ("y", "u", "v", "average")], abs=2e-6)


def test_equal_clips_have_the_best_value_exactly():
    one, _ = damaged_pair(size=(192, 256))
    names = [
        "psnr", "psnr_rgb", "ssim", "ms_ssim", "ssimulacra2", "delta_e2000", "delta_e_itp", "halo", "grain",
        "temporal_difference_error",
    ]  # fmt: skip
    found = metrics.measure(one, one, names).pooled
    best = [math.inf, math.inf, 1, 1, 100, 0, 0, 0, 0, 0]
    assert list(found.values()) == best


def test_the_depth_may_differ():
    one, other = damaged_pair()
    deep = other.resize.Point(format=vs.YUV420P16)
    shallow, mixed = (metrics.measure(one, clip, ["psnr_y", "ssim"]).pooled for clip in (other, deep))
    peaks = 65535 / (255 * 256)
    assert mixed["psnr_y"] == pytest.approx(shallow["psnr_y"] + 20 * math.log10(peaks), abs=1e-5)
    assert mixed["ssim"] == pytest.approx(shallow["ssim"], abs=2e-4)  # the same 1.004 against C1 and C2


def test_range_may_differ():
    one, other = (clip.std.Limiter(16 << 8, [235 << 8, 240 << 8]) for clip in damaged_pair(vs.YUV420P16))
    limited, full = (
        metrics.measure(one, clip, ["psnr"]).pooled["psnr"] for clip in (other, other.resize.Point(range=1))
    )
    assert full == pytest.approx(limited, abs=1e-4)


def test_ssim_by_its_definition_at_one_place():
    """A window in the middle of an 11x11 picture is the only one inside it."""
    rng = np.random.default_rng(2)
    x, y = rng.random((2, 11, 11)).astype(np.float32)
    tap = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    window = np.outer(tap, tap) / tap.sum() ** 2
    mx, my = (window * x).sum(), (window * y).sum()
    vx, vy, cov = (window * x * x).sum() - mx**2, (window * y * y).sum() - my**2, (window * x * y).sum() - mx * my
    expected = (2 * mx * my + 1e-4) * (2 * cov + 9e-4) / ((mx**2 + my**2 + 1e-4) * (vx + vy + 9e-4))
    assert metrics.measure(clip_of([[x]]), clip_of([[y]]), ["ssim"]).pooled["ssim"] == pytest.approx(expected, abs=2e-6)


def test_the_gaussian_of_ssimulacra2_is_one():
    taps = ssimulacra2.gaussian_taps()
    assert len(taps) == 9 and taps.sum() == pytest.approx(1, abs=1e-12)
    assert (taps * np.arange(-4, 5) ** 2).sum() == pytest.approx(1.5**2, rel=1e-9)


# Sharma, Wu and Dalal (2005), table 1, pairs 1, 4, 7, 10, 15, 17, 21, 25, 29, 34: L*, a*, b* twice, and ΔE00.
SHARMA = [
    (50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425),
    (50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461),
    (50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000),
    (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
    (22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373),
    (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
]


@pytest.mark.parametrize("row", SHARMA)
def test_ciede2000_of_the_published_pairs(row):
    assert float(colour.delta_e_2000(np.array(row[:3]), np.array(row[3:6]))) == pytest.approx(row[6], abs=5e-5)


def test_lab_of_white_and_of_a_grey():
    lab = colour.lab(np.array([[100.0] * 3, [18.418651851244416] * 3]))
    assert lab == pytest.approx(np.array([[100, 0, 0], [50, 0, 0]]), abs=1e-6)


def test_hdr_is_measured_as_light_and_not_by_metrics_of_sdr():
    pictures = [np.full((16, 16), level, np.float32) for level in (0.5, 0.51)]
    props = {"_Matrix": 0, "_Transfer": 16, "_Primaries": 9}
    one, other = (clip_of([[picture] * 3], vs.RGBS, **props) for picture in pictures)
    found = metrics.measure(one, other, ["delta_e_itp"]).pooled["delta_e_itp"]
    assert found == pytest.approx(720 * 0.01, rel=1e-4)  # grey: only I differs, and I of grey is the PQ signal
    with pytest.raises(UserError, match="delta_e2000 is defined for SDR; this is HDR"):
        metrics.measure(one, other, ["delta_e2000"])
    assert "ssimulacra2" not in [metric.name for metric in metrics.suitable(one, other)]
