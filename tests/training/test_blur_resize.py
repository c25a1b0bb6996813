"""Kernels by their moments and by the textbook; resizing by where things land."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")

from vsplugin.training.degrade import blur as b
from vsplugin.training.degrade.resize import CENTRED, KERNELS, resize


def moments(kernel):
    """Sum, mean x, mean y, variance x, variance y, covariance."""
    radius = kernel.shape[0] // 2
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    mx, my = (kernel * x).sum(), (kernel * y).sum()
    return kernel.sum(), mx, my, (kernel * x * x).sum(), (kernel * y * y).sum(), (kernel * x * y).sum()


ALL = {
    "gaussian": b.gaussian(1.3),
    "gaussian, narrow": b.gaussian(0.2),
    "anisotropic": b.gaussian(2.5, 0.7, 0.6),
    "motion": b.motion(7.3, 1.1),
    "no motion": b.motion(0.0, 0.4),
    "defocus": b.defocus(2.6),
    "defocus, small": b.defocus(0.3),
    "airy": b.airy(1.1),
    "low-pass": b.low_pass(1.7),
}


@pytest.mark.parametrize("name", ALL)
def test_kernels_are_odd_and_centred_and_sum_to_one(name):
    kernel = ALL[name]
    total, mx, my, *_ = moments(kernel)
    assert kernel.shape[0] == kernel.shape[1] and kernel.shape[0] % 2 == 1
    assert total == pytest.approx(1, abs=1e-12) and abs(mx) < 1e-9 and abs(my) < 1e-9


@pytest.mark.parametrize("sigma", [0.7, 1.0, 1.7, 3.2])
def test_gaussian_has_the_variance_it_was_asked_for(sigma):
    *_, vx, vy, cov = moments(b.gaussian(sigma))
    assert vx == pytest.approx(sigma**2, rel=0.01) and vy == pytest.approx(vx) and abs(cov) < 1e-9


def test_anisotropic_gaussian_has_the_covariance_of_a_rotated_ellipse():
    a, c, angle = 2.5, 0.9, 0.6
    *_, vx, vy, cov = moments(b.gaussian(a, c, angle))
    cos, sin = math.cos(angle), math.sin(angle)
    assert vx == pytest.approx((a * cos) ** 2 + (c * sin) ** 2, rel=0.01)
    assert vy == pytest.approx((a * sin) ** 2 + (c * cos) ** 2, rel=0.01)
    assert cov == pytest.approx((a * a - c * c) * sin * cos, rel=0.01)


def test_motion_has_the_variance_of_a_line_plus_the_bilinear_spread():
    *_, vx, vy, cov = moments(b.motion(9.0, 0.5))
    # A segment of length L has variance L^2 / 12; spreading a point over two samples adds 0..1/4, 1/6 on average.
    assert vx == pytest.approx((9 * math.cos(0.5)) ** 2 / 12 + 1 / 6, abs=0.06)
    assert vy == pytest.approx((9 * math.sin(0.5)) ** 2 / 12 + 1 / 6, abs=0.06)
    assert cov == pytest.approx(81 / 12 * math.sin(0.5) * math.cos(0.5), abs=0.06)


@pytest.mark.parametrize("radius", [0.8, 2.6, 5.0])
def test_defocus_has_the_variance_of_a_disc_over_pixels(radius):
    *_, vx, vy, _ = moments(b.defocus(radius))
    # The share of a disc left of x in closed form, so the share in each column of pixels.
    edges = np.clip((np.arange(-7, 9) - 0.5) / radius, -1, 1)
    share = np.diff((edges * np.sqrt(1 - edges**2) + np.arcsin(edges)) / np.pi)
    assert vx == pytest.approx((share * np.arange(-7, 8) ** 2).sum(), rel=0.01) and vy == pytest.approx(vx)


def test_airy_disc_is_dark_at_1_22_lambda_n_and_holds_84_percent_of_the_light():
    spread = 7.0
    fine = np.linspace(0.5, 1.5, 20001) * spread
    dark = fine[np.argmin(b.airy_intensity(fine, spread))]
    assert dark == pytest.approx(1.2197 * spread, abs=1e-3 * spread)
    kernel = b.airy(spread)
    radius = kernel.shape[0] // 2
    row = kernel[radius, radius:]
    assert abs(int(np.argmin(row[:12])) - 1.22 * spread) <= 0.5
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    inside = kernel[np.hypot(x, y) < 1.22 * spread].sum()
    assert inside == pytest.approx(0.838 / 0.938, abs=0.01)  # Born & Wolf; the kernel is cut after 93.8 %


def test_low_pass_keeps_what_is_below_the_cutoff_and_drops_what_is_above():
    response = np.abs(np.fft.fft2(np.pad(b.low_pass(np.pi / 2), (0, 107))))[0]
    assert response[:16] == pytest.approx(np.ones(16), abs=0.12) and response[48:64].max() < 0.08


def test_blur_is_convolution():
    rng = np.random.default_rng(0)
    kernel = rng.random((3, 3))
    point = np.zeros((2, 9, 9), np.float32)
    point[:, 4, 5] = 1
    np.testing.assert_allclose(b.blur(point, kernel)[1, 3:6, 4:7], kernel, rtol=1e-6)
    np.testing.assert_allclose(b.blur(np.full((4, 5), 0.3), b.gaussian(2)), 0.3, rtol=1e-6)


@pytest.mark.parametrize("kernel", CENTRED)
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("size", [24, 32, 37, 48, 96, 150])
def test_a_ramp_stays_a_ramp(kernel, antialias, size):
    ramp = np.repeat(np.arange(96.0)[None], 4, 0)
    out = resize(ramp, 4, size, kernel, antialias=antialias)[0]
    want = (np.arange(size) + 0.5) * 96 / size - 0.5
    middle = slice(size // 6, -size // 6)
    # A box without antialiasing is sampling with steps; Lanczos does not reproduce a ramp exactly.
    slack = 0.5 if kernel == "area" else 0.03 if kernel == "lanczos" else 1e-4
    if antialias and size < 96:  # a stretched kernel is only sampled symmetrically where the ratio is whole
        slack = 1e-4 if 96 % size == 0 else 0.05
    np.testing.assert_allclose(out[middle], want[middle], atol=slack + 1e-4)


@pytest.mark.parametrize("kernel", KERNELS)
def test_shrinking_by_three_keeps_the_centre(kernel):
    point = np.zeros((27, 27))
    point[13, 13] = 1
    out = resize(point, 9, 9, kernel)
    np.testing.assert_allclose(out, out[::-1, ::-1], atol=1e-6)
    assert np.unravel_index(out.argmax(), out.shape) == (4, 4)


@pytest.mark.parametrize("kernel", ["bicubic", "bilinear", "lanczos"])
def test_antialiasing_removes_what_the_small_picture_cannot_hold(kernel):
    stripes = np.repeat(np.cos(np.pi * 0.9 * np.arange(120))[None], 8, 0)  # 0.45 cycles per pixel
    smooth, aliased = (resize(stripes, 4, 60, kernel, antialias=a)[:, 10:-10] for a in (True, False))
    assert np.abs(smooth).max() < 0.05 and np.abs(aliased).max() > 0.1


def test_bicubic_agrees_with_the_literatures_shrinking():
    from vsplugin.training.pictures import imresize

    picture = np.random.default_rng(0).random((48, 60))
    np.testing.assert_allclose(
        resize(picture, 24, 20, "bicubic")[3:-3, 3:-3], imresize(picture, 24, 20)[3:-3, 3:-3], atol=1e-6
    )
