"""Paths: what is meant stays, what shakes goes."""

from __future__ import annotations

import numpy as np
import pytest

from vsplugin.steady import path

T = 60


def smoothed(values: np.ndarray, radius: int = 20) -> np.ndarray:
    values = values.reshape(len(values), -1)
    out = []
    for t in range(len(values)):
        first, last = max(0, t - radius), min(len(values), t + radius + 1)
        out.append(path.fitted(values[first:last], t - first, radius)[0])
    return np.array(out)


@pytest.mark.parametrize(
    "meant",
    [
        np.full(T, 3.0),
        np.linspace(0, 40, T),
        np.interp(np.arange(T), [0, 20, 40, T], [1, 1, 0, 0]),  # a fade
        np.maximum(0, np.arange(T) - 30.0),  # a pan begins
        np.where(np.arange(T) > 30, 1.0, 0.0),
        5 * np.sin(np.arange(T) / 15),
    ],
    ids=["still", "ramp", "fade", "pan", "step", "curve"],
)
def test_what_does_not_shake_stays(meant):
    np.testing.assert_allclose(smoothed(meant)[:, 0], meant, atol=2e-3 * np.ptp(meant) + 1e-9)


def test_shake_is_the_deviation_of_white_noise():
    noise = np.random.default_rng(1).normal(0, 2.5, (400, 6))
    assert path.shake(noise) == pytest.approx(2.5, rel=0.1)
    assert path.shake(np.linspace(0, 9, 50)[:, None]) < 1e-9
    assert path.shake(noise[:1]) == 0


def test_shake_goes():
    noise = np.random.default_rng(2).uniform(-1, 1, (200, 8))
    left = np.diff(smoothed(noise), axis=0)[20:-20]
    assert left.std() < 0.03 * np.diff(noise, axis=0).std()


def test_shake_goes_from_a_bending_path():
    meant = np.interp(np.arange(T), [0, 25, 45, T], [0, 0, 30, 30])
    noise = np.random.default_rng(3).uniform(-1, 1, (T, 4))
    left = smoothed(meant[:, None] + noise) - meant[:, None]
    assert np.diff(left, axis=0).std() < 0.15 * np.diff(noise, axis=0).std()
    assert np.abs(left).max() < 1


def test_the_sharp_end_of_a_fade_stays_sharp():
    """Of a fade by 30 times the shake's deviation in 24 frames, the corner is off by less than the shake itself."""
    meant = np.interp(np.arange(T), [0, 24, 48, T], [30, 30, 0, 0])
    noise = np.random.default_rng(5).normal(0, 1, (T, 8))
    left = smoothed(meant[:, None] + noise) - meant[:, None]
    assert np.sqrt((left[46:51] ** 2).mean(axis=1)).max() < 0.6


@pytest.mark.parametrize("frames", [1, 2, 3, 4])
def test_short_paths(frames):
    values = np.random.default_rng(4).normal(size=(frames, 2))
    for centre in range(frames):
        out = path.fitted(values, centre, 20)[0]
        assert np.isfinite(out).all()
        if frames < 3:
            np.testing.assert_array_equal(out, values[centre])


def test_units_do_not_matter():
    noise = np.random.default_rng(5).uniform(-1, 1, (30, 3))
    large, small = (path.fitted(noise * times, 12, 20)[0] for times in (1000, 1))
    np.testing.assert_allclose(large, 1000 * small, rtol=1e-6)


def test_one_frame_that_jumps_does_not_drag_the_path_along():
    """A torn sprocket hole: 12 times the shake for a frame, now and then. It goes as the rest does."""
    rng = np.random.default_rng(6)
    noise = rng.normal(0, 1, (T, 8))
    jumping = noise.copy()
    jumping[[11, 23, 38, 47]] += 12
    without, left = smoothed(noise), smoothed(jumping)
    assert np.abs(left - without).max() < 0.6
