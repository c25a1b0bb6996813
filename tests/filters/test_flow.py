"""flow: against known motion, at cuts and ends, in any order, of any format."""

from __future__ import annotations

import gc
import itertools
import random
import sys

import motion_clips as mc
import numpy as np
import pytest
import vapoursynth as vs

import vsplugin
from vsplugin import kernels, scenes

pytest.importorskip("cv2", reason="OpenCV is not installed: pip install vapoursynth-vsplugin[flow]")
CUT = "VSPluginFlowCut"


@pytest.fixture(scope="module")
def moving() -> tuple[mc.motion.Scene, np.ndarray]:
    scene = mc.scene()
    return scene, np.stack([scene.frame(t) for t in range(5)])


def luma(frames: np.ndarray) -> np.ndarray:
    return frames[:, :1]


@pytest.mark.parametrize(
    ("method", "half", "most"), [("dis", False, 0.14), ("dis", True, 0.35), ("mvtools", False, 0.3)]
)
@pytest.mark.parametrize(("delta", "chain"), [(1, False), (-1, False), (2, False), (2, True), (-2, True)])
def test_is_the_known_motion(moving, method, half, most, delta, chain):
    scene, frames = moving
    if method == "mvtools" and not hasattr(vs.core, "mv"):
        pytest.skip("MVTools is not installed")
    clip = mc.clip_of(luma(frames), vs.GRAY8)
    found = mc.planes(vsplugin.flow(clip, delta, method=method, half=half, chain=chain), 2)
    truth, hidden = scene.flow(2, 2 + delta)
    error = np.hypot(*(found[:2] - truth))[hidden == 0]
    assert np.median(error) < most
    sure = found[2] > 0.5
    assert sure[hidden == 0].mean() > 0.9
    assert np.hypot(*(found[:2] - truth))[(hidden == 0) & sure].mean() < 2 * most


def test_warp_by_it_lies_on_the_frame(moving):
    scene, frames = moving
    clip = mc.clip_of(luma(frames), vs.GRAYS)
    flow = vsplugin.flow(clip, 1)
    warped = mc.planes(kernels.plugin().Warp(clip[1:], flow[:-1]), 1)[0]
    seen = scene.flow(1, 2)[1] == 0
    before, after = (frames[2, 0] - frames[1, 0])[seen], (warped - frames[1, 0])[seen]
    assert np.sqrt((after**2).mean()) < 0.3 * np.sqrt((before**2).mean())


def test_nothing_beyond_the_ends_and_across_cuts(moving):
    _, frames = moving
    other = mc.scene(7).frame(0)[None].repeat(2, 0)
    clip = mc.clip_of(luma(np.concatenate([frames[:3], other])), vs.GRAY8)
    ends = {1: [0, 0, 1, 0, 1], -1: [1, 0, 0, 1, 0], 2: [0, 1, 1, 1, 1], -9: [1] * 5}
    for (delta, cut), chain in itertools.product(ends.items(), (False, True)):
        flow = vsplugin.flow(clip, delta, chain=chain)
        for n, is_cut in enumerate(cut):
            with flow.get_frame(n) as frame:
                assert frame.props[CUT] == is_cut
                assert (np.asarray(frame[2]).max() == 0) == is_cut
                assert not is_cut or not any(np.asarray(frame[p]).any() for p in range(3))
    with scenes.mark(clip).get_frame(2) as frame:
        assert (frame.props["_SceneChangePrev"], frame.props["_SceneChangeNext"]) == (0, 1)


def test_fades_and_flashes_are_no_cuts(moving):
    _, frames = moving
    gains = np.array([0.3, 0.5, 1.0, 0.6, 0.4], np.float32)[:, None, None, None]
    clip = mc.clip_of(luma(frames) * gains, vs.GRAY8)
    assert [f.props[CUT] for f in vsplugin.flow(clip, 1).frames()] == [0, 0, 0, 0, 1]


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("sigma", [0, 20])
def test_flat_frames_are_one_scene(level, sigma):
    frames = mc.noisy(np.full((3, 1, 108, 192), level, np.float32), sigma)
    flow = vsplugin.flow(mc.clip_of(frames, vs.GRAY8), 1)
    assert [f.props[CUT] for f in flow.frames()] == [0, 0, 1]
    assert np.isfinite(mc.planes(flow, 0)).all()


def test_a_jump_between_flat_frames_is_a_cut():
    frames = np.stack([np.full((1, 64, 64), level, np.float32) for level in (0.0, 0.9)])
    assert [f.props[CUT] for f in vsplugin.flow(mc.clip_of(frames, vs.GRAY8), 1).frames()] == [1, 1]


def test_any_order_any_threads(moving):
    _, frames = moving
    clip = mc.clip_of(luma(frames), vs.GRAY8)
    flow = vsplugin.flow(clip, 1)
    first = [mc.planes(flow, n) for n in range(5)]
    order = list(range(5)) * 2
    random.Random(3).shuffle(order)
    threads, vs.core.num_threads = vs.core.num_threads, 1
    try:
        again = vsplugin.flow(mc.clip_of(luma(frames), vs.GRAY8), 1)
        for n in order:
            assert np.array_equal(mc.planes(again, n), first[n])
    finally:
        vs.core.num_threads = threads


def test_one_search_serves_all(moving):
    clip = mc.clip_of(luma(moving[1]), vs.GRAY8)
    assert vsplugin.flow(clip, 2) == vsplugin.flow(clip, 2)
    assert vsplugin.flow(clip, 2) != vsplugin.flow(clip, -2)
    assert vsplugin.flow(clip, 2) != vsplugin.flow(clip[:3], 2)


def test_nothing_is_kept_of_clips_that_are_gone(moving):
    frames = luma(moving[1])
    kept = vsplugin.filters.flow.__globals__["_nodes"]
    before = len(kept)
    clip = mc.clip_of(frames, vs.GRAY8)
    steady = vsplugin.consistent(clip, radius=2)
    again = vsplugin.denoise(clip, sigma=5, radius=2)
    mc.planes(again, 1)
    assert len(kept) == before + 1
    del clip
    gc.collect()
    assert len(kept) == before
    mc.planes(steady, 1)  # what filters made of it still works


@pytest.mark.parametrize(
    "kind", [vs.GRAY16, vs.GRAYH, vs.YUV420P8, vs.YUV420P10, vs.YUV444PS, vs.RGB24, vs.RGB48, vs.RGBS], ids=str
)
def test_any_format(moving, kind):
    scene, frames = moving
    grey = mc.clip_of(luma(frames), vs.GRAYS)
    family = vs.core.get_video_format(kind).color_family
    clip = grey.resize.Point(format=vs.RGBS) if family != vs.GRAY else grey
    clip = clip.resize.Bilinear(format=kind, matrix=1 if family == vs.YUV else None)
    flow = vsplugin.flow(clip, 1)
    assert (flow.format.id, flow.width, flow.height, flow.num_frames) == (vs.RGBS, clip.width, clip.height, 5)
    truth, hidden = scene.flow(1, 2)
    assert np.median(np.hypot(*(mc.planes(flow, 1)[:2] - truth))[hidden == 0]) < 0.12


def test_linear_light_is_seen_in_gamma(moving):
    scene, frames = moving
    dark = (luma(frames) * 0.12) ** 2.4  # one step of 8 bit in all
    flow = vsplugin.flow(mc.clip_of(dark, vs.GRAYS, _Transfer=8), 1)
    truth, hidden = scene.flow(1, 2)
    assert np.median(np.hypot(*(mc.planes(flow, 1)[:2] - truth))[hidden == 0]) < 0.2


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_and_broken_pixels(moving, transfer):
    scene, frames = moving
    hot = luma(frames) * 0.6
    hot[:, :, 40, 50], hot[:, :, 41, 50], hot[:, :, 42, 50] = np.nan, np.inf, -np.inf
    flow = vsplugin.flow(mc.clip_of(hot, vs.GRAYS, _Transfer=transfer), 1)
    truth, hidden = scene.flow(1, 2)
    assert np.median(np.hypot(*(mc.planes(flow, 1)[:2] - truth))[hidden == 0]) < 0.15


def test_keeps_the_properties(moving):
    clip = mc.clip_of(luma(moving[1]), vs.GRAY8, _Matrix=6, Mine=7)
    with vsplugin.flow(clip, -1).get_frame(1) as frame:
        assert frame.props["Mine"] == 7
        assert frame.props["_Matrix"] == 0
        assert frame.props[CUT] == 0


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (7, 5), (33, 16)])
@pytest.mark.parametrize("method", ["dis", "mvtools"])
@pytest.mark.parametrize("half", [False, True])
def test_tiny_frames(size, method, half):
    clip = vs.core.std.BlankClip(format=vs.GRAY8, width=size[0], height=size[1], length=2, color=90)
    flow = vsplugin.flow(clip, 1, method=method, half=half)
    assert (flow.width, flow.height) == size
    assert not mc.planes(flow, 0)[:2].any()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"delta": 0}, "delta must not be 0"),
        ({"delta": 26}, r"flow: delta must be in \[-25, 25\] frames; got 26"),
        ({"delta": 1.5}, "delta must be a whole number"),
        ({"method": "sift"}, "method must be one of dis, mvtools; got 'sift'"),
        ({"tolerance": -1}, r"tolerance must be in \[0, 1000\] pixels; got -1"),
        ({"half": 1}, "half must be true or false"),
    ],
)
def test_wrong_arguments(arguments, words):
    with pytest.raises(vs.Error, match=words):
        vsplugin.flow(vs.core.std.BlankClip(length=2), **arguments)


def test_refuses_fields_and_varying_sizes():
    fields = vs.core.std.BlankClip(length=2).std.SetFrameProps(_FieldBased=2)
    with pytest.raises(vs.Error, match=r"flow: clip is interlaced .* deinterlace it first"):
        vsplugin.flow(fields, 1)
    a, b = vs.core.std.BlankClip(length=1), vs.core.std.BlankClip(width=320, length=1)
    with pytest.raises(vs.Error, match="flow: clip must have one format and one size"):
        vsplugin.flow(vs.core.std.Splice([a, b], mismatch=True), 1)


def test_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(vs.Error, match=r"flow: method 'dis' needs OpenCV: pip install vapoursynth-vsplugin\[flow\]"):
        vsplugin.flow(vs.core.std.BlankClip(length=2), 1)
