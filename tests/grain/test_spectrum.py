"""Spectra of grain: the estimate against noise that numpy made, and filters against the spectra they are made for."""

import numpy as np
import pytest

from vsplugin.grain import spectrum

from . import film


def measured(noise):
    blocks = np.lib.stride_tricks.sliding_window_view(noise, (32, 32))[::16, ::16].reshape(-1, 32, 32)
    return spectrum.power(spectrum.detrended(blocks)).mean(0)


@pytest.mark.parametrize("size", [0.3, 0.7, 1.2, 1.8])
def test_expected_is_what_noise_measures_as(size):
    taps = film.gaussian(size)
    noise = film.field(np.random.default_rng(1), 1000, 1000, taps)
    found, wanted = (spectrum.octave_power(s) for s in (measured(noise), spectrum.expected(taps)))
    np.testing.assert_allclose(found, wanted, rtol=0.05)


@pytest.mark.parametrize("size", [0.3, 0.7, 1.2, 1.8])
def test_a_filter_gives_the_spectrum_it_was_made_for(size):
    target = measured(film.field(np.random.default_rng(2), 800, 800, film.gaussian(size)))
    taps = spectrum.filter_for(spectrum.symmetric(target))
    again = measured(film.field(np.random.default_rng(3), 1000, 1000, taps))
    np.testing.assert_allclose(spectrum.octave_power(again), spectrum.octave_power(target), rtol=0.07)
    np.testing.assert_allclose(taps, taps[::-1, ::-1], atol=1e-12)


def test_detrending_takes_shading_and_nothing_of_the_grain_between():
    y, x = np.mgrid[0:32, 0:32] / 31
    shading = 0.3 + 0.4 * x - 0.2 * y + 0.5 * x * y - 0.3 * x * x + 0.1 * y * y
    assert np.abs(spectrum.detrended(shading[None])).max() < 1e-12
    wave = np.sin(2 * np.pi * 8 * x * 31 / 32)[None]
    np.testing.assert_allclose(spectrum.detrended(wave), wave, atol=0.12)


@pytest.mark.parametrize("size,factor", [(0.8, 2.0), (0.7, 1.5), (1.5, 0.5), (2.0, 0.4)])
def test_a_rescaled_filter_is_the_grain_enlarged_or_shrunk(size, factor):
    """Against a Gaussian of the other size: the same film with other pixels."""
    got, true = spectrum.rescaled(film.gaussian(size, 31), factor), film.gaussian(size * factor, 31)
    assert abs((got**2).sum() - 1) < 0.06
    wanted = spectrum.octave_power(spectrum.expected(true))
    strong = wanted > 0.05 * wanted.max()
    np.testing.assert_allclose(spectrum.octave_power(spectrum.expected(got))[strong], wanted[strong], rtol=0.12)
