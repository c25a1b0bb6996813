"""Measures over time find the faults that were planted, in their unit, and not those that were not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vsplugin import metrics
from vsplugin.metrics import flicker, jitter, motion, warping

from .clips import clip_of, moved, texture

SIZE = 96, 128


def gray(pictures: list[np.ndarray]):
    return clip_of([[picture.astype(np.float32)] for picture in pictures])


def test_random_gain_gives_its_own_standard_deviation():
    gains = np.random.default_rng(1).normal(1, 0.04, 60)
    found = metrics.measure(None, gray([gain * texture(*SIZE) for gain in gains]), ["flicker"])
    assert found.pooled["flicker"] == pytest.approx(gains.std(), rel=0.1)


def test_fades_cuts_and_moving_things_are_no_flicker():
    one, other = texture(*SIZE), texture(*SIZE, seed=9) ** 2
    fade = [one * (1 - t / 40) for t in range(20)]
    crossing = []
    for t in range(20):
        crossing.append(one.copy())
        crossing[-1][30:70, 4 * t : 4 * t + 20] = 1.0
    for pictures in (fade, [one] * 8 + [other] * 8, crossing):
        values = flicker.residual_variation([flicker.local_means(picture) for picture in pictures])
        assert np.nanmax(values) < 2e-3
        assert [math.isnan(value) for value in values].count(True) == (4 if pictures[0] is pictures[1] else 2)


def test_local_flicker_counts_too():
    gains = np.random.default_rng(2).normal(1, 0.05, 24)
    mask = np.ones(SIZE)
    mask[:, : 3 * SIZE[1] // 4] = 0
    pictures = [texture(*SIZE) * (1 + (gain - 1) * (1 - mask)) for gain in gains]
    found = metrics.measure(None, gray(pictures), ["flicker"])
    assert found.pooled["flicker"] == pytest.approx(gains.std(), rel=0.15)


@pytest.mark.parametrize(("dx", "dy"), [(0.0, 0.0), (0.25, -0.4), (3.5, 1.2), (-11.3, 6.75)])
def test_displacement_is_found_to_a_hundredth_of_a_pixel(dx, dy):
    picture = texture(*SIZE)
    found = jitter.displacement(picture.astype(np.float32), moved(picture, dx, dy).astype(np.float32))
    assert found == pytest.approx((dx, dy), abs=0.02)


def test_noise_and_a_passing_thing_do_not_mislead_the_displacement():
    rng = np.random.default_rng(3)
    one, other = texture(192, 256), moved(texture(192, 256), 1.3, -0.6)
    one[40:120, 60:120], other[40:120, 66:126] = (texture(80, 60, seed=5),) * 2
    found = jitter.displacement(*((p + rng.normal(0, 0.02, p.shape)).astype(np.float32) for p in (one, other)))
    assert found == pytest.approx((1.3, -0.6), abs=0.05)


def test_weave_on_a_pan_is_measured_without_the_pan():
    rng = np.random.default_rng(4)
    weave = rng.normal(0, 0.8, (40, 2))
    weave -= jitter.smoothed(weave)
    pictures = [moved(texture(*SIZE), 2.0 * t + x, 0.5 * t + y) for t, (x, y) in enumerate(weave)]
    steady = [moved(texture(*SIZE), 2.0 * t, 0.5 * t) for t in range(40)]
    found = metrics.measure(gray(steady), gray(pictures), ["jitter", "jitter_acceleration"])
    expected = weave - jitter.smoothed(weave)
    assert found.pooled["jitter"] == pytest.approx(math.sqrt(np.square(expected).sum(axis=1).mean()), rel=0.03)
    bends = np.diff(weave, 2, axis=0)
    assert found.pooled["jitter_acceleration"] == pytest.approx(math.sqrt(np.square(bends).sum(1).mean()), rel=0.03)
    assert found.reference_pooled["jitter"] < 0.03


def test_a_cut_begins_a_new_path():
    pictures = [texture(*SIZE)] * 6 + [texture(*SIZE, seed=7)] * 6
    found = metrics.measure(None, gray(pictures), ["jitter_acceleration"])["jitter_acceleration"]
    assert [index for index, value in enumerate(found) if math.isnan(value)] == [0, 5, 6, 11]
    assert max(value for value in found if not math.isnan(value)) < 0.01


def known_shift(dx: float, dy: float):
    planes = np.full(SIZE, dx, np.float32), np.full(SIZE, dy, np.float32)
    return lambda frame: motion.Motion(*planes, motion.occlusion_mask(*planes, -planes[0], -planes[1]))


def test_what_moves_with_the_flow_has_no_warping_error_and_noise_has_its_own():
    picture = texture(*SIZE)
    clean = [moved(picture, 2 * t, -t) for t in range(4)]
    truth = known_shift(2, -1)
    found = metrics.measure(None, gray(clean), ["warping_error"], motion=truth)
    assert math.isnan(found["warping_error"][0])
    assert found.pooled["warping_error"] < 1e-10
    rng = np.random.default_rng(6)
    noisy = gray([frame + rng.normal(0, 0.05, SIZE) for frame in clean])
    found = metrics.measure(gray(clean), noisy, ["warping_error"], motion=truth)
    assert found.pooled["warping_error"] == pytest.approx(2 * 0.05**2, rel=0.03)


def test_the_warp_samples_bilinearly_where_the_flow_says():
    rng = np.random.default_rng(8)
    before, after = rng.random(SIZE), rng.random(SIZE)
    dx, dy = (rng.uniform(-1.5, 1.5, SIZE) for _ in range(2))
    y, x = (grid.astype(float) for grid in np.mgrid[0 : SIZE[0], 0 : SIZE[1]])
    inner = slice(warping.BORDER, -warping.BORDER)
    sx, sy = x + dx, y + dy
    x0, y0 = np.floor(sx).astype(int), np.floor(sy).astype(int)
    fx, fy = sx - x0, sy - y0
    x0, y0 = np.clip(x0, 0, SIZE[1] - 2), np.clip(y0, 0, SIZE[0] - 2)
    top = after[y0, x0] * (1 - fx) + after[y0, x0 + 1] * fx
    bottom = after[y0 + 1, x0] * (1 - fx) + after[y0 + 1, x0 + 1] * fx
    expected = np.square((top * (1 - fy) + bottom * fy - before)[inner, inner]).mean()
    mask = np.ones(SIZE, np.float32)
    assert warping.warping_energy(before, after, dx, dy, mask) == pytest.approx(expected, rel=1e-5)


def test_what_gets_covered_is_masked():
    pytest.importorskip("cv2", reason="estimated motion needs OpenCV (extra 'metrics')")
    back = texture(192, 256)
    frames = []
    for t in range(2):
        frame = back.copy()
        frame[50:130, 60 + 12 * t : 140 + 12 * t] = texture(80, 80, seed=5) * 0.5 + 0.4
        frames.append(frame.astype(np.float32))
    found = motion.estimate(*frames)
    seen, covered = found.mask[60:120, 70:130], found.mask[60:120, 141:151]
    assert seen.mean() > 0.9
    assert covered.mean() < 0.5
    assert np.median(found.dx[60:120, 70:130]) == pytest.approx(12, abs=0.1)


def test_freezing_or_blurring_cannot_win_the_temporal_difference():
    rng = np.random.default_rng(10)
    clean = [moved(texture(*SIZE), 2 * t, 0) for t in range(5)]
    noisy = [frame + rng.normal(0, 0.01, SIZE) for frame in clean]
    frozen = [clean[0]] * 5
    errors = [metrics.measure(gray(clean), gray(p), ["temporal_difference_error"]) for p in (clean, noisy, frozen)]
    same, some, still = (error.pooled["temporal_difference_error"] for error in errors)
    assert same == 0
    assert some == pytest.approx(2 * 0.01**2, rel=0.1)
    assert still > some


def test_excess_reduction_says_over_smoothed_by_more_than_one():
    assert warping.excess_reduction(3.0, 1.5, 1.0) == pytest.approx(0.75)
    assert warping.excess_reduction(3.0, 0.5, 1.0) > 1
    assert math.isnan(warping.excess_reduction(1.0, 1.0, 1.0))
