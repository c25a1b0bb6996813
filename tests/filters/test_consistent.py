"""consistent: frames that a model made restless agree again; nothing else changes."""

from __future__ import annotations

import random

import motion_clips as mc
import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays

import vsplugin

pytest.importorskip("cv2", reason="OpenCV is not installed: pip install vapoursynth-vsplugin[flow]")


def smooth_noise(shape: tuple[int, ...], sigma: float, seed: int) -> np.ndarray:
    """What models leave: soft patches, anew in each frame."""
    noise = np.random.default_rng(seed).normal(0, 1, shape)
    for axis in (-1, -2):
        noise = noise + np.roll(noise, 1, axis) + np.roll(noise, 2, axis)
    return (noise / noise.std() * sigma / 255).astype(np.float32)


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    scene = mc.scene(4, 96, 128)
    return np.stack([scene.frame(t) for t in range(6)])[:, :1]


@pytest.fixture(scope="module")
def restless(frames) -> np.ndarray:
    return frames + smooth_noise(frames.shape, 4, 1)


def rms(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean((np.asarray(a, np.float64) - b) ** 2)))


def test_steady_texture_stays(frames):
    clip = mc.clip_of(frames, vs.GRAYS)
    assert rms(mc.planes(vsplugin.consistent(clip), 2), frames[2]) < 0.006  # a step and a half of 8 bit, moving


@pytest.mark.parametrize("with_source", [False, True])
def test_frames_agree_and_come_nearer_to_the_truth(frames, restless, with_source):
    clip = mc.clip_of(restless, vs.GRAYS)
    out = vsplugin.consistent(clip, source=mc.clip_of(frames, vs.GRAYS) if with_source else None)
    assert rms(mc.planes(out, 2), frames[2]) < 0.7 * rms(restless[2], frames[2])


def test_after_an_enlargement(frames):
    """A source half as large; the model's additions flicker."""
    large = mc.clip_of(frames, vs.GRAYS)
    small = large.resize.Bicubic(64, 48)
    plain = small.resize.Bicubic(128, 96)
    flickering = frames + smooth_noise(frames.shape, 4, 2)
    clip = mc.clip_of(flickering, vs.GRAYS)
    for added in (False, True):
        out = vsplugin.consistent(clip, source=small, added=added)
        assert (out.width, out.height) == (128, 96)
        assert rms(mc.planes(out, 2), frames[2]) < 0.8 * rms(flickering[2], frames[2])
    same = vsplugin.consistent(plain, source=small, added=True)  # nothing was added: nothing to average
    assert rms(mc.planes(same, 2), mc.planes(plain, 2)) < 1e-6


def test_strength(restless):
    clip = mc.clip_of(restless, vs.GRAYS)
    assert vsplugin.consistent(clip, strength=0) is clip
    whole, half = (mc.planes(vsplugin.consistent(clip, strength=s), 2) for s in (1.0, 0.5))
    assert rms(half, (whole + restless[2]) / 2) < 1e-6


def test_cuts_on_every_frame_change_nothing():
    frames = np.stack([mc.scene(seed, 96, 128).frame(0) for seed in range(21, 25)])[:, :1]
    clip = mc.clip_of(frames, vs.GRAYS)
    for n in range(4):
        assert np.array_equal(mc.planes(vsplugin.consistent(clip), n), frames[n])


def test_a_flash_and_a_new_object_do_not_ghost():
    base = np.full((5, 3, 96, 128), 0.4, np.float32) + 0.05 * mc.texture(5, 96, 128)
    y, x = np.mgrid[:96, :128]
    disc = np.hypot(x - 60, y - 50) < 14
    frames = base.copy()
    frames[2][:, disc] += 0.35
    clip = mc.clip_of(frames, vs.YUV444PS)
    for n in (1, 2, 3):
        inside = np.hypot(x - 60, y - 50) < 10
        for p in range(3):
            assert rms(mc.planes(vsplugin.consistent(clip), n)[p][inside], frames[n, p][inside]) < 0.004


@pytest.mark.parametrize("length", [1, 2])
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_short_and_constant_clips_stay(length, level):
    clip = mc.clip_of(np.full((length, 3, 32, 48), level, np.float32), vs.YUV444P8)
    out = vsplugin.consistent(clip, radius=3)
    for n in range(length):
        assert np.array_equal(mc.planes(out, n), mc.planes(clip, n))


def test_any_order_any_threads(restless):
    straight = vsplugin.consistent(mc.clip_of(restless, vs.GRAYS))
    first = [mc.planes(straight, n) for n in range(6)]
    order = list(range(6)) * 2
    random.Random(2).shuffle(order)
    threads, vs.core.num_threads = vs.core.num_threads, 1
    try:
        again = vsplugin.consistent(mc.clip_of(restless, vs.GRAYS))
        assert all(np.array_equal(mc.planes(again, n), first[n]) for n in order)
    finally:
        vs.core.num_threads = threads


@pytest.mark.parametrize("kind", [vs.GRAY8, vs.YUV420P8, vs.YUV422P10, vs.YUV444PH, vs.RGB24, vs.RGBS], ids=int)
def test_any_format_keeps_format_and_props(restless, kind):
    grey = mc.clip_of(restless, vs.GRAYS)
    family = vs.core.get_video_format(kind).color_family
    clip = grey.resize.Point(format=vs.RGBS) if family != vs.GRAY else grey
    clip = clip.resize.Point(format=kind, matrix=1 if family == vs.YUV else None).std.SetFrameProps(Mine=4)
    out = vsplugin.consistent(clip)
    assert out.format.id == kind
    assert out.get_frame(2).props["Mine"] == 4
    assert not np.array_equal(to_arrays(out, 2)[0], to_arrays(clip, 2)[0])


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_is_not_clipped(restless, transfer):
    bright = restless * 0.4 + 0.55
    bright[:, :, 10:16, 10:16] = 1.08
    out = mc.planes(vsplugin.consistent(mc.clip_of(bright, vs.GRAYS, _Transfer=transfer)), 2)[0]
    assert out[12:14, 12:14] == pytest.approx(1.08, abs=0.01)


def test_says_what_is_wrong(restless):
    clip = mc.clip_of(restless, vs.GRAYS)
    wrong = [
        ({"source": clip[:2]}, r"consistent: source must be as long as clip \(6 frames\); got 2"),
        ({"source": clip.resize.Bilinear(256, 192)}, r"source must be no larger than clip \(128x96\); got 256x192"),
        ({"source": 3}, "consistent: source must be a video clip; got int"),
        ({"added": True}, "consistent: added needs source"),
        ({"radius": 4}, r"consistent: radius must be in \[1, 3\] frames; got 4"),
        ({"sourse": clip}, "consistent: no parameter 'sourse'"),
    ]
    for arguments, words in wrong:
        with pytest.raises(vs.Error, match=words):
            vsplugin.consistent(clip, **arguments)
    with pytest.raises(vs.Error, match=r"consistent: clip is interlaced .* deinterlace it first"):
        vsplugin.consistent(clip.std.SetFrameProps(_FieldBased=2))
