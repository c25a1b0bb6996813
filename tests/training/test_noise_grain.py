"""Noise and grain by their statistics."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")

from vsplugin.training.degrade import grain, interlace, sensor, tones
from vsplugin.training.degrade.colour import repeat_chroma, shrink_chroma, to_linear, to_rgb, to_video, to_ycbcr


def autocorrelation(plane):
    """Normalised, circular; lag 0 at [0, 0]."""
    power = np.abs(np.fft.fft2(plane - plane.mean())) ** 2
    out = np.fft.ifft2(power).real
    return out / out[0, 0]


def test_variance_grows_with_light_as_gain_times_signal_plus_read_noise():
    rng = np.random.default_rng(1)
    levels = np.linspace(0.05, 0.9, 8)
    flat = np.repeat(levels[:, None], 40000, 1)
    noisy = sensor.poisson_gaussian(flat, 0.004, 0.03, rng)
    slope, start = np.polyfit(levels, noisy.var(1), 1)
    assert slope == pytest.approx(0.004, rel=0.05) and start == pytest.approx(0.03**2, rel=0.1)
    np.testing.assert_allclose(noisy.mean(1), levels, atol=2e-3)


def test_no_gain_means_no_photon_noise():
    flat = np.full((200, 200), 0.5, np.float32)
    rng = np.random.default_rng(1)
    assert np.array_equal(sensor.poisson_gaussian(flat, 0.0, 0.0, rng), flat)
    assert sensor.poisson_gaussian(flat, 0.0, 0.02, rng).std() == pytest.approx(0.02, rel=0.03)


def test_mosaic_noise_has_the_spectrum_of_bilinear_demosaicing():
    grey = to_video(np.full((3, 256, 256), 0.4, np.float32))
    noisy = to_linear(sensor.sensor_noise(grey, 0.0, 0.01, np.random.default_rng(2)))
    red, green, _ = noisy - noisy.mean((1, 2), keepdims=True)
    # Red is sampled at every fourth place and interpolated with the tent (1 2 1)/2 on both axes. Averaged over the
    # phases of the pattern, a white mosaic's autocorrelation is the tent's: lag 1 (1 2 1)*(1 2 1) = 4/6, lag 2 1/6.
    correlation = autocorrelation(red)
    assert correlation[0, 1] == pytest.approx(4 / 6, abs=0.03) and correlation[2, 0] == pytest.approx(1 / 6, abs=0.03)
    assert correlation[1, 1] == pytest.approx(16 / 36, abs=0.03) and abs(correlation[0, 5]) < 0.03
    # Green, on a quincunx with the cross (1; 1 4 1; 1)/4: lag (0, 1) is 8/20, lag (1, 1) 2/20, lag (0, 2) 1/20.
    correlation = autocorrelation(green)
    assert correlation[0, 1] == pytest.approx(8 / 20, abs=0.03) and correlation[1, 1] == pytest.approx(0.1, abs=0.03)
    assert correlation[0, 2] == pytest.approx(0.05, abs=0.03)
    # Where a colour was sampled its own noise stands unchanged.
    assert red[::2, ::2].std() == pytest.approx(0.01, rel=0.05)


def test_demosaicing_is_exact_on_ramps_and_at_edges_of_flat_fields():
    ramp = np.stack([np.add.outer(np.arange(12.0), 2 * np.arange(14.0))] * 3).astype(np.float32)
    out = sensor.demosaic(ramp * sensor.bayer_masks(12, 14))
    np.testing.assert_allclose(out[:, 2:-2, 2:-2], ramp[:, 2:-2, 2:-2], rtol=1e-6)
    flat = np.ones((3, 12, 14), np.float32)
    np.testing.assert_allclose(sensor.demosaic(flat * sensor.bayer_masks(12, 14)), 1, rtol=1e-6)


def test_white_balance_amplifies_the_noise_of_its_colour():
    grey = np.full((3, 128, 128), 0.5, np.float32)
    noisy = to_linear(sensor.sensor_noise(grey, 0.0, 0.01, np.random.default_rng(2), balance=(2.0, 1.0, 1.0)))
    assert noisy[0, ::2, ::2].std() / noisy[2, 1::2, 1::2].std() == pytest.approx(2, rel=0.1)


def test_chroma_noise_leaves_luma_and_has_the_asked_size():
    flat = np.zeros((3, 256, 256), np.float32)
    noisy = sensor.chroma_noise(flat, 0.05, 2.0, np.random.default_rng(3))
    assert np.array_equal(noisy[0], flat[0]) and noisy[1:].std() == pytest.approx(0.05, rel=0.1)
    # A Gaussian of sigma 2 has the autocorrelation of sigma 2 sqrt(2): exp(-lag^2 / 16).
    assert autocorrelation(noisy[1])[0, 4] == pytest.approx(np.exp(-1), abs=0.08)


@pytest.mark.parametrize("size", [0.7, 1.5])
def test_filtered_grain_has_the_asked_size_and_strength(size):
    noisy = grain.filtered_grain(np.full((256, 256), 0.5, np.float32), 0.05, size, np.random.default_rng(4))
    assert noisy.std() == pytest.approx(0.05, rel=0.05)
    assert autocorrelation(noisy)[0, 2] == pytest.approx(np.exp(-1 / size**2), abs=0.05)


def test_grain_follows_brightness():
    spread = [
        grain.filtered_grain(np.full((128, 128), u, np.float32), 0.05, 0.7, np.random.default_rng(5)).std()
        for u in (0.0, 0.1, 0.5, 1.0)
    ]
    assert spread[0] == 0 and spread[3] == 0
    assert spread[1] / spread[2] == pytest.approx(2 * np.sqrt(0.1 * 0.9), rel=0.02)


@pytest.mark.parametrize("level", [0.15, 0.5, 0.85])
def test_boolean_grain_covers_the_share_it_should_with_the_variance_of_discs(level):
    radius, aperture = 0.4, 0.8
    out = grain.boolean_grain(np.full((160, 160), level, np.float32), radius, aperture, np.random.default_rng(6))
    assert out.mean() == pytest.approx(level, abs=0.01)
    # For small grains the variance is the integral of the covariance of the discs times that of the squared aperture:
    # C(d) = (1 - u)^2 (exp(density * overlap(d)) - 1), overlap of two discs at distance d; aperture 1 / (4 pi s^2).
    d = np.linspace(0, 2 * radius, 2001)
    overlap = 2 * radius**2 * np.arccos(d / (2 * radius)) - d / 2 * np.sqrt(np.maximum(4 * radius**2 - d * d, 0))
    density = -np.log(1 - level) / (np.pi * radius**2)
    covariance = (1 - level) ** 2 * np.expm1(density * overlap)
    want = np.trapezoid(2 * np.pi * d * covariance, d) / (4 * np.pi * (aperture**2 + 1 / 12))
    assert out.var() == pytest.approx(want, rel=0.15)


def test_boolean_grain_is_the_same_at_every_edge():
    out = grain.boolean_grain(np.full((200, 200), 0.5, np.float32), 0.5, 0.4, np.random.default_rng(7))
    assert out[0].mean() == pytest.approx(0.5, abs=0.06) and out[:, -1].mean() == pytest.approx(0.5, abs=0.06)


def test_bands_are_the_even_steps_of_that_many_bits():
    ramp = np.linspace(0, 1, 1001, dtype=np.float32)
    assert len(np.unique(tones.band(ramp, 4))) == 16
    assert np.abs(tones.band(ramp, 4) - ramp).max() == pytest.approx(0.5 / 15, abs=1e-3)


def test_clipped_tones_stay_within_and_the_others_stay():
    ramp = np.zeros((3, 2, 101), np.float32) + 0.2
    ramp[0] = np.linspace(0, 1, 101)
    out = tones.clip_tones(ramp, 0.1, 0.8)
    assert out[0].min() == np.float32(0.1) and out[0].max() == np.float32(0.8)
    inside = (ramp[0] >= 0.1) & (ramp[0] <= 0.8)
    assert np.array_equal(out[:, inside], ramp[:, inside])


def test_fields_are_woven_line_by_line():
    top, bottom = np.zeros((6, 4), np.float32), np.ones((6, 4), np.float32)
    np.testing.assert_array_equal(interlace.weave(top, bottom)[:, 0], [0, 1, 0, 1, 0, 1])


def test_a_comb_holds_two_moments_and_a_blend_both_in_each_line():
    picture = np.tile(np.arange(16, dtype=np.float32), (8, 1))
    comb = interlace.comb(picture, 3, 0)
    np.testing.assert_array_equal(comb[::2], picture[::2])
    np.testing.assert_allclose(comb[1::2, 5:], picture[1::2, 5:] - 3)  # moved 3 to the right
    np.testing.assert_allclose(interlace.blend_fields(picture, 3, 0)[:, 5:], picture[:, 5:] - 1.5)
    np.testing.assert_allclose(interlace.comb(picture, 3, 0, 0.5)[1::2, 5:], picture[1::2, 5:] - 1.5)


def test_a_dropped_field_is_made_from_its_neighbours():
    picture = np.random.default_rng(0).random((8, 4)).astype(np.float32)
    out = interlace.drop_field(picture)
    np.testing.assert_array_equal(out[::2], picture[::2])
    np.testing.assert_allclose(out[3], (picture[2] + picture[4]) / 2)
    np.testing.assert_allclose(out[7], picture[6])


def test_colours_come_back():
    rng = np.random.default_rng(0)
    rgb = rng.random((2, 3, 8, 8)).astype(np.float32)
    np.testing.assert_allclose(to_rgb(to_ycbcr(rgb)), rgb, atol=1e-5)
    np.testing.assert_allclose(to_video(to_linear(rgb)), rgb, atol=1e-5)
    assert to_linear(np.float32(0.5)) == pytest.approx(0.2597, abs=1e-3)  # BT.709 by hand: ((.5+.099)/1.099)^(1/.45)
    luma, chroma = shrink_chroma(rgb)
    assert repeat_chroma(luma, chroma).shape == rgb.shape and chroma[1, 0, 2, 3] == pytest.approx(
        rgb[1, 1, 4:6, 6:8].mean()
    )
