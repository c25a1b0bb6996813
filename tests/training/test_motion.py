"""Clips with known motion: the flow must give each frame from its neighbour, by our own warp and by the filter's."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")

from vsplugin.training.degrade.motion import Leaf, Path, Scene, random_scene, render
from vsplugin.training.degrade.warp import shift, warp


def smooth_stills(count=3, side=240):
    y, x = np.mgrid[:side, :side]
    rng = np.random.default_rng(0)
    out = []
    for _ in range(count):
        waves = [np.sin((x * np.cos(a) + y * np.sin(a)) / 7 + p) for a, p in rng.uniform(0, 6.28, (3, 2))]
        out.append((0.5 + 0.3 * np.stack(waves)).astype(np.float32))
    return out


def scene(seed=0, **options):
    return random_scene(smooth_stills(), 96, 128, np.random.default_rng(seed), **options)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("step", [1, -1, 3])
def test_the_other_frame_warped_is_this_frame_outside_occlusions(seed, step):
    moving = scene(seed)
    flow, hidden = moving.flow(4, 4 + step)
    error = np.abs(warp(moving.frame(4 + step), flow) - moving.frame(4)).max(0)
    assert error[hidden == 0].max() < 1 / 255
    assert (hidden == 0).mean() > 0.3 and set(np.unique(hidden)) <= {0.0, 1.0}
    assert error[hidden == 1].max() > 0.05  # what is marked hidden does differ somewhere


def test_the_flow_of_a_pan_is_its_displacement_with_the_filters_sign():
    still = smooth_stills(1)[0]
    pan = Scene((Leaf(Path((64, 48), speed=(3.0, -1.5)), still),), 96, 128)
    flow, hidden = pan.flow(0, 1)
    # The scene moves 3 to the right and 1.5 up, so the next frame holds each point there.
    np.testing.assert_allclose(flow[0], 3, atol=1e-5)
    np.testing.assert_allclose(flow[1], -1.5, atol=1e-5)
    assert hidden[:, -5:].all() and hidden[:3].all() and not hidden[10:-10, 10:-10].any()
    np.testing.assert_allclose(pan.frame(1)[:, 5:-5, 5:-5], shift(pan.frame(0), 3, -1.5)[:, 5:-5, 5:-5], atol=1 / 255)


def test_flow_there_and_back_cancels_where_nothing_hides():
    moving = scene(2)
    there, hidden = moving.flow(0, 1)
    back, _ = moving.flow(1, 0)
    both = np.abs(there + warp(back, there)).max(0)
    assert both[hidden == 0].max() < 0.05


def test_a_leaf_hides_what_it_moves_over():
    grey = np.full((3, 64, 64), 0.5, np.float32)
    white = np.full((3, 64, 64), 1.0, np.float32)
    moving = Scene((Leaf(Path((32, 32)), grey), Leaf(Path((20, 32), speed=(8.0, 0)), white, (8, 8))), 64, 64)
    flow, hidden = moving.flow(0, 1)
    assert hidden[32, 34] == 1 and not flow[:, 32, 34].any()  # background under the leaf's next place
    assert hidden[32, 20] == 0 and flow[0, 32, 20] == pytest.approx(8)  # the leaf itself stays in sight
    assert hidden[32, 8] == 1 or moving.frame(0)[0, 32, 8] == 0.5
    assert moving.frame(0)[0, 32, 20] == pytest.approx(1) and moving.frame(1)[0, 32, 34] == pytest.approx(1)
    # An ellipse covers the area it should, outline pixels by their share.
    assert (moving.frame(0)[0] - 0.5).sum() / 0.5 == pytest.approx(np.pi * 64, rel=0.01)


def test_a_clip_holds_frames_and_both_neighbours():
    clip = render(scene(1, leaves=3), 3)
    assert clip.frames.shape == (3, 3, 96, 128) and clip.frames.dtype == np.float32
    assert clip.before.shape == clip.after.shape == (3, 2, 96, 128)
    assert clip.hidden_before[0].all() and clip.hidden_after[2].all()
    error = np.abs(warp(clip.frames[0], clip.before[1]) - clip.frames[1]).max(0)
    assert error[clip.hidden_before[1] == 0].max() < 1 / 255


def test_the_same_seed_gives_the_same_clip():
    a, b, c = (render(scene(seed), 2) for seed in (5, 5, 6))
    assert np.array_equal(a.frames, b.frames) and np.array_equal(a.after, b.after)
    assert not np.array_equal(a.frames, c.frames)


def test_shifting_is_warping_by_one_displacement():
    picture = np.random.default_rng(0).random((3, 20, 24)).astype(np.float32)
    for dx, dy in ((1.3, -2.6), (-4.2, 0.5), (2, 0), (0, -3.0), (-30, 1)):
        flow = np.empty((2, 20, 24))
        flow[0], flow[1] = -dx, -dy
        np.testing.assert_allclose(shift(picture, dx, dy), warp(picture, flow), atol=1e-6)


def test_the_filter_moves_pictures_by_the_same_convention():
    vs = pytest.importorskip("vapoursynth")
    from conftest import to_arrays, to_clip

    moving = scene(3)
    flow, hidden = moving.flow(0, 1)
    rgb = vs.core.get_video_format(vs.RGBS)
    field = to_clip([flow[0], flow[1], np.ones_like(hidden)], rgb)
    out = np.stack(to_arrays(vs.core.vsplugin.Warp(to_clip(list(moving.frame(1)), rgb), field)))
    np.testing.assert_allclose(out, warp(moving.frame(1), flow), atol=2e-6)
    assert np.abs(out - moving.frame(0)).max(0)[hidden == 0].max() < 1 / 255
