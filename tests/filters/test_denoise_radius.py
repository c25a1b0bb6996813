"""denoise(radius=...): less noise than a frame alone has, no ghosts, no matter in which order frames are asked for."""

from __future__ import annotations

import random
from pathlib import Path

import motion_clips as mc
import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays
from wild_networks import wild_answer

import vsplugin
from vsplugin import infer
from vsplugin.motion import average

pytest.importorskip("cv2", reason="OpenCV is not installed: pip install vapoursynth-vsplugin[flow]")
SIGMA = 20
OVER_TIME = str(Path(__file__).parents[2] / "models/denoise-t/stages/1/model.onnx")


def rms(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean((np.asarray(a, np.float64) - b) ** 2)))


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    scene = mc.scene(3, 96, 128)
    return np.stack([scene.frame(t) for t in range(5)])[:, :1]


@pytest.fixture(scope="module")
def noisy(frames) -> vs.VideoNode:
    return mc.clip_of(mc.noisy(frames, SIGMA), vs.GRAYS)


@pytest.mark.parametrize("model", ["denoise-fast", OVER_TIME], ids=["mean", "mean and frame"])
def test_neighbours_help(frames, noisy, model):
    clips = [vsplugin.denoise(noisy, sigma=SIGMA, radius=r, model=model if r else "denoise-fast") for r in (0, 1, 2)]
    errors = [rms(mc.planes(clip, 2)[0], frames[2, 0]) for clip in clips]
    assert errors[1] < 0.92 * errors[0]  # 0.7 dB
    assert errors[2] < 0.86 * errors[0]  # 1.3 dB


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_the_noise_that_is_left_is_told(shift):
    """A flat picture: the share is what the mean's standard deviation turns out to be, between pixels as well."""
    rng = np.random.default_rng(1)
    still = mc.clip_of(np.full((5, 1, 80, 96), 0.5, np.float32) + rng.normal(0, 0.05, (5, 1, 80, 96)), vs.GRAYS)
    moved = vs.core.std.BlankClip(format=vs.RGBS, width=96, height=80, length=5, color=[shift, shift, 1], keep=True)
    mean = vsplugin.kernels.plugin().WarpBlend(still, [moved] * 4)
    share = mc.planes(average._left([moved] * 4), 2)[0]
    inner = mc.planes(mean, 2)[0][8:-8, 8:-8]
    assert np.ptp(share) == 0
    assert share[0, 0] == pytest.approx(inner.std() / 0.05, rel=0.06)


def test_flat_noise_becomes_weaker():
    frames = mc.noisy(np.full((5, 1, 96, 128), 0.5, np.float32), SIGMA)
    clip = mc.clip_of(frames, vs.GRAYS)
    mean, left = average.average(clip, clip, clip, 2, (SIGMA / 255, 0.0))
    inner = (slice(16, -16), slice(16, -16))
    assert mc.planes(mean, 2)[0][inner].std() < 0.6 * SIGMA / 255
    assert 0.35 < np.median(mc.planes(left, 2)[0]) < 0.6


def test_radius_0_is_as_ever(noisy):
    a, b = vsplugin.denoise(noisy, sigma=SIGMA), vsplugin.denoise(noisy, sigma=SIGMA, radius=0)
    assert np.array_equal(mc.planes(a, 1), mc.planes(b, 1))


def test_strength_0_is_the_clip(noisy):
    assert vsplugin.denoise(noisy, radius=2, strength=0) is noisy


def test_cuts_on_every_frame_leave_each_alone():
    frames = np.stack([mc.scene(seed, 96, 128).frame(0) for seed in range(11, 16)])[:, :1]
    clip = mc.clip_of(mc.noisy(frames, SIGMA), vs.GRAYS)
    alone, together = (vsplugin.denoise(clip, sigma=SIGMA, radius=r) for r in (0, 2))
    for n in range(5):
        assert np.abs(mc.planes(alone, n) - mc.planes(together, n)).max() < 1e-6


def test_what_appears_does_not_ghost():
    """A disc that is there in one frame only, of a brightness and of a colour that its neighbours lack."""
    base = np.full((5, 3, 96, 128), 0.5, np.float32)
    y, x = np.mgrid[:96, :128]
    disc = np.hypot(x - 60, y - 50) < 12
    for plane in range(3):
        frames = base.copy()
        frames[2, plane][disc] += 0.3
        clip = mc.clip_of(mc.noisy(frames, 8), vs.YUV444P16, _Range=1)
        alone, together = (vsplugin.denoise(clip, sigma=8, radius=r) for r in (0, 2))
        inside = np.hypot(x - 60, y - 50) < 9
        for n in (1, 2, 3):
            found, expected = (mc.planes(out, n)[plane][inside].mean() / 65535 for out in (together, alone))
            assert found == pytest.approx(expected, abs=0.003)  # of 0.3


@pytest.mark.parametrize("plane", range(3))
def test_what_appears_does_not_ghost_where_the_frame_is_seen_too(plane):
    frames = np.full((5, 3, 96, 128), 0.5, np.float32)
    y, x = np.mgrid[:96, :128]
    frames[2, plane][np.hypot(x - 60, y - 50) < 12] += 0.3
    clip = mc.clip_of(mc.noisy(frames, 8), vs.YUV444P16, _Range=1)
    alone, together = (
        vsplugin.denoise(clip, sigma=8, radius=r, model=m) for r, m in ((0, "denoise-fast"), (2, OVER_TIME))
    )
    inside = np.hypot(x - 60, y - 50) < 9
    for n, truth in ((1, 0.5), (2, 0.8), (3, 0.5)):
        off, usual = (abs(mc.planes(out, n)[plane][inside].mean() / 65535 - truth) for out in (together, alone))
        assert off < usual + 0.003  # of 0.3


def test_dust_of_a_neighbour_stays_there(frames):
    dirty = mc.noisy(frames, 6)
    dirty[1, 0, 40:46, 50:56] = 0.0
    clip = mc.clip_of(dirty, vs.GRAYS)
    out = mc.planes(vsplugin.denoise(clip, sigma=6, radius=1), 2)[0]
    assert np.abs(out - frames[2, 0]).max() < 0.15


@pytest.mark.parametrize("length", [1, 2])
@pytest.mark.parametrize("level", [0.0, 0.5])
def test_short_and_constant_clips(length, level):
    clip = mc.clip_of(np.full((length, 3, 64, 64), level, np.float32), vs.YUV444P8)
    alone, out = (vsplugin.denoise(clip, sigma=10, radius=r) for r in (0, 3))
    assert out.num_frames == length
    for n in range(length):  # the network moves some samples of extreme colours by itself
        change, usual = (np.abs(mc.planes(c, n) - np.rint(level * 255)).max() for c in (out, alone))
        assert change <= usual + 1


def test_pure_noise_does_no_harm():
    rng = np.random.default_rng(3)
    clip = mc.clip_of(rng.random((3, 1, 64, 64)).astype(np.float32), vs.GRAYS)
    out = vsplugin.denoise(clip, sigma=30, radius=1)
    assert np.isfinite(mc.planes(out, 1)).all()
    assert np.abs(mc.planes(out, 1) - mc.planes(clip, 1)).max() <= 6 * 30 / 255 + 1e-6


def test_any_order_any_threads(frames):
    first = vsplugin.denoise(mc.clip_of(mc.noisy(frames, SIGMA), vs.GRAYS), sigma=SIGMA, radius=1)
    straight = [mc.planes(first, n) for n in range(5)]
    order = list(range(5)) * 2
    random.Random(1).shuffle(order)
    threads, vs.core.num_threads = vs.core.num_threads, 1
    try:
        again = vsplugin.denoise(mc.clip_of(mc.noisy(frames, SIGMA), vs.GRAYS), sigma=SIGMA, radius=1)
        assert all(np.array_equal(mc.planes(again, n), straight[n]) for n in order)
    finally:
        vs.core.num_threads = threads


@pytest.mark.parametrize(
    "kind", [vs.GRAY8, vs.YUV420P8, vs.YUV422P10, vs.YUV444P16, vs.YUV420PH, vs.YUV444PS, vs.RGB24, vs.RGBS], ids=int
)
def test_any_format_keeps_format_props_and_helps(frames, kind):
    grey = mc.clip_of(mc.noisy(frames, SIGMA), vs.GRAYS)
    family = vs.core.get_video_format(kind).color_family
    full = {"range": vs.RANGE_FULL} if family != vs.RGB else {}
    clip = grey.resize.Point(format=vs.RGBS) if family != vs.GRAY else grey
    clip = clip.resize.Point(format=kind, matrix=1 if family == vs.YUV else None, **full).std.SetFrameProps(Mine=4)
    alone, together = (vsplugin.denoise(clip, sigma=SIGMA, sigma_chroma=0, radius=r) for r in (0, 2))
    assert together.format.id == clip.format.id
    assert together.get_frame(2).props["Mine"] == 4
    luma = [to_arrays(each, 2)[0].astype(np.float64) for each in (alone, together)]
    scale = 1 if clip.format.sample_type == vs.FLOAT else (1 << clip.format.bits_per_sample) - 1
    assert rms(luma[1] / scale, frames[2, 0]) < 0.9 * rms(luma[0] / scale, frames[2, 0])


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_is_neither_clipped_nor_changed_where_nothing_is_noisy(frames, transfer):
    bright = frames * 0.4 + 0.55
    bright[:, :, 10:14, 10:14] = 1.08  # beyond the nominal peak
    clip = mc.clip_of(bright, vs.GRAYS, _Transfer=transfer)
    out = mc.planes(vsplugin.denoise(clip, sigma=2, radius=1), 2)[0]
    assert out[11:13, 11:13] == pytest.approx(1.08, abs=0.02)
    assert rms(out, bright[2, 0]) < 0.006


def test_broken_samples_stay_small(frames):
    broken = mc.noisy(frames, SIGMA)
    broken[1, 0, 50, 60], broken[2, 0, 30, 40] = np.inf, np.nan
    clip = mc.clip_of(broken, vs.GRAYS)
    out = mc.planes(vsplugin.denoise(clip, sigma=SIGMA, radius=1), 2)[0]
    bad = ~np.isfinite(out)
    assert bad.sum() <= 1


def test_refuses_fields_and_a_missing_extra(noisy, monkeypatch):
    fields = noisy.std.SetFrameProps(_FieldBased=1)
    with pytest.raises(vs.Error, match=r"denoise: clip is interlaced \(_FieldBased 1\): deinterlace it first"):
        vsplugin.denoise(fields, sigma=5, radius=1)
    vsplugin.denoise(fields, sigma=5)  # one frame alone is as it ever was
    with pytest.raises(vs.Error, match=r"denoise: radius must be in \[0, 3\] frames; got 4"):
        vsplugin.denoise(noisy, radius=4)


def test_the_network_sees_the_mean_and_the_frame(frames, monkeypatch):
    """In the order of its training: mean, two maps of what noise is left, frame, its noise."""
    shown = []

    def run(owner, clips, model, **options):
        shown.append((model.name, clips))
        return vs.core.std.BlankClip(clips[0], format=vs.RGBS, color=[0.0] * 3)

    monkeypatch.setattr(infer, "run", run)
    still = np.repeat(frames[2:3], 5, 0)
    noisy = [mc.noisy(still, level, seed) for seed, level in enumerate((SIGMA, SIGMA / 2, SIGMA / 2))]
    clip = mc.clip_of(np.concatenate(noisy, 1), vs.YUV444PS)
    out = vsplugin.denoise(clip, sigma=SIGMA, sigma_chroma=SIGMA / 2, radius=1, model=OVER_TIME)
    [(name, clips)] = shown
    seen = [mc.planes(each, 2)[0] for each in clips]
    assert name == "denoise-t" and len(seen) == 9
    noise = [plane - still[2, 0] for plane in seen]
    for p in range(3):
        np.testing.assert_array_equal(seen[5 + p], mc.planes(clip, 2)[p])
        assert 0.5 < noise[p].std() / noise[5 + p].std() < 0.75  # of three frames: 0.58
        np.testing.assert_allclose(mc.planes(out, 2)[p], seen[p], atol=1e-6)  # corrections of nothing
    assert 0.5 < np.median(seen[3]) / (SIGMA / 255) < 0.75 and np.ptp(seen[3]) > 0.01
    np.testing.assert_allclose(seen[4], seen[3] / 2, rtol=1e-5)
    np.testing.assert_array_equal(seen[8], np.float32(SIGMA / 255))


def test_grey_clips_have_no_chroma_and_none_of_its_noise(noisy, monkeypatch):
    shown = []

    def run(owner, clips, model, **options):
        shown.extend(clips)
        return vs.core.std.BlankClip(clips[0], format=vs.RGBS, color=[0.0] * 3)

    monkeypatch.setattr(infer, "run", run)
    vsplugin.denoise(noisy, sigma=SIGMA, radius=1, model=OVER_TIME)
    empty = [p for p, each in enumerate(shown) if not mc.planes(each, 2).any()]
    assert len(shown) == 9 and empty == [1, 2, 4, 6, 7]


def test_a_users_network_of_five_planes_gets_the_mean(noisy, tmp_path):
    """One that answers nothing leaves the mean."""
    model = wild_answer(tmp_path / "none.onnx", 0.0, 0.0, 5)
    out = vsplugin.denoise(noisy, sigma=SIGMA, radius=1, model=model)
    mean, _ = average.average(noisy, noisy, noisy, 1, (SIGMA / 255, SIGMA / 255))
    np.testing.assert_allclose(mc.planes(out, 2), mc.planes(mean, 2), atol=1e-6)
    assert rms(mc.planes(out, 2), mc.planes(noisy, 2)) > 0.02


def test_the_model_over_time_is_none_for_a_frame_alone(noisy):
    with pytest.raises(vs.Error, match=r"denoise: model .*1/model\.onnx is for denoise-t, not for denoise"):
        vsplugin.denoise(noisy, sigma=SIGMA, model=OVER_TIME)
