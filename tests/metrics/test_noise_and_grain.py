"""Planted noise has its own level; grain of the same spectrum counts nothing, of another what it differs by."""

from __future__ import annotations

import numpy as np
import pytest

from vsplugin import metrics
from vsplugin.metrics import grain

from .clips import clip_of

RNG = np.random.default_rng(0)
GROUND = np.full((256, 320), 0.5)


def one(picture: np.ndarray):
    return clip_of([[picture.astype(np.float32)]])


@pytest.mark.parametrize("sigma", [1.0, 5.0])
def test_noise_has_the_level_that_was_planted(sigma):
    picture = GROUND + RNG.normal(0, sigma / 255, GROUND.shape)
    assert metrics.measure(None, one(picture), ["noise"]).pooled["noise"] == pytest.approx(sigma, rel=0.05)


def test_white_noise_has_its_variance_in_every_band():
    noise = RNG.normal(0, 0.02, (1024, 1024))
    spectra = grain.tile_spectra(noise).mean(axis=0)
    assert spectra[1:] == pytest.approx(np.full(grain.BANDS - 1, 0.02**2), rel=0.06)
    assert 0.8 * 0.02**2 < spectra[0] < 0.02**2  # the planes that were taken out


def test_another_draw_of_the_same_grain_is_no_change_and_half_of_it_is_six_decibels():
    ground = np.full((768, 1024), 0.5)
    first, second = (RNG.normal(0, 0.03, ground.shape) for _ in range(2))
    same = metrics.measure(one(ground + first), one(ground + second), ["grain"]).pooled["grain"]
    half = metrics.measure(one(ground + first), one(ground + second / 2), ["grain"]).pooled["grain"]
    assert same < 0.5
    assert half == pytest.approx(20 * np.log10(2), abs=0.5)


def test_small_pictures_have_no_spectrum():
    assert np.isnan(metrics.measure(one(GROUND[:16]), one(GROUND[:16]), ["grain"]).pooled["grain"])
