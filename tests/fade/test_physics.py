"""Density, dyes, decay and its inverse, against closed forms and numbers worked out by hand."""

import numpy as np
import pytest

from vsplugin.fade import decay, density, dyes
from vsplugin.fade.correction import KNEE, Correction, regrown


@pytest.mark.parametrize("transfer", [1, density.LINEAR, density.SRGB])
def test_light_and_density_come_back(transfer):
    signal = np.linspace(0, 1.2, 301)
    light = density.light(signal, transfer)
    np.testing.assert_allclose(density.signal(light, transfer), signal, atol=1e-6)
    np.testing.assert_allclose(density.transmitted(density.density(light)), light, atol=1e-12)


def test_densities_are_decimal_logarithms_with_a_little_flare():
    assert density.density(np.array(1.0)) == pytest.approx(0)
    assert density.density(np.array(0.1)) == pytest.approx(-np.log10(0.101 / 1.001))
    assert density.density(np.array(0.0)) == pytest.approx(3, abs=1e-3)
    assert density.light(np.array(0.5), density.SRGB) == pytest.approx(0.21404, abs=1e-5)  # IEC 61966-2-1
    assert density.light(np.array(0.5), 1) == pytest.approx(0.5**2.4)


def test_equal_dyes_are_grey_and_each_dye_stops_its_own_light_most():
    np.testing.assert_allclose(dyes.MIXING @ np.ones(3), 1, atol=1e-12)
    assert (dyes.MIXING.argmax(0) == [0, 1, 2]).all()
    unwanted = dyes.MIXING[~np.eye(3, dtype=bool)]
    assert (unwanted > 0).all() and unwanted.max() < 0.25


def test_a_dye_keeps_its_share_of_a_density_of_one():
    one = dyes.MIXING @ np.array([1.0, 0, 0])  # cyan alone
    faded = decay.Decay(kept=(0.4, 1, 1), order=(1.1, 1, 1), stain=(0, 0, 0.1)).of_density(one)
    np.testing.assert_allclose(faded, 0.4 * one + [0, 0, 0.1], atol=1e-12)
    twice = decay.Decay(kept=(0.4, 1, 1), order=(1.1, 1, 1)).of_density(2 * one)
    np.testing.assert_allclose(twice, 0.4 * 2**1.1 * one, atol=1e-12)


def test_kinetic_loss_of_the_second_order_is_a_hyperbola():
    dye, kept = 2.0, 0.5
    faded = decay.Kinetic(kept=(kept,) * 3, order=(2.0,) * 3).of_density(dyes.MIXING @ np.full(3, dye))
    np.testing.assert_allclose(faded, dye / (1 + (1 / kept - 1) * dye), atol=1e-9)


def test_draws_are_seeded_and_within_their_kinds():
    for kind, ranges in decay.KINDS.items():
        one, same = (decay.draw(np.random.default_rng(3), kind, 1.0) for _ in range(2))
        assert one.kept == same.kept and one.stain == same.stain
        assert all(low <= kept <= high for kept, (low, high) in zip(one.kept, ranges, strict=True))
        none = decay.draw(np.random.default_rng(3), kind, 0.0)
        assert none.kept == (1, 1, 1) and none.stain == (0, 0, 0) and none.order == (1, 1, 1)


def test_the_true_correction_brings_the_picture_back():
    """Only the knee, near white, and 16-bit rounding are left."""
    picture = np.random.default_rng(0).uniform(0.2, 1, (500, 3))
    kept, order, stain = np.array([0.4, 0.85, 0.6]), np.array([1.1, 0.95, 1.05]), (0.02, 0.05, 0.2)
    faded = decay.faded(picture, decay.Decay(tuple(kept), tuple(order), stain), 1, bits=16)
    truth = Correction(stain, tuple(kept ** (-1 / order)), tuple(1 / order - 1))
    assert np.abs(picture - faded).max() > 0.2
    left = np.abs(picture - truth.of_signal(faded, 1))
    assert left.mean() < 0.002 and left[picture.max(-1) < 0.85].max() < 0.01


def test_regrown_dyes_are_odd_and_rise():
    amount = np.linspace(-0.5, 3, 400)
    for bend in (-0.2, 0.0, 0.3):
        out = regrown(amount, 1.7, bend)
        assert (np.diff(out) > 0).all()
        np.testing.assert_allclose(regrown(-amount, 1.7, bend), -out)
        assert regrown(1.0, 1.7, bend) == pytest.approx(1.7)
    assert regrown(KNEE / 100, 2.0, 0.3) < 2 * KNEE / 100


def test_what_is_left_of_the_dyes_is_said():
    kept, order = np.array([0.4, 0.85, 0.6]), np.array([1.1, 0.95, 1.05])
    truth = Correction((0, 0, 0.1), tuple(kept ** (-1 / order)), tuple(1 / order - 1))
    np.testing.assert_allclose(truth.kept(), kept)
    assert "cyan 40%, magenta 85%, yellow 60%" in truth.words()
