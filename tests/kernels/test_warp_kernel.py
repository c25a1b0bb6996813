"""Warp: the scalar build against numpy written from the formula, the fast builds against the scalar one."""

import numpy as np
import pytest
from kernel_planes import (
    FAST,
    SAMPLES,
    SIZES,
    assert_padding_untouched,
    assert_same_bits,
    padded,
    random_flow,
    random_plane,
    warped,
)

from vsplugin import kernels

MODES = ["catmullrom", "bilinear"]


def smooth_flow(width, height):
    """A slow zoom and turn: long runs of pixels move by the same whole pixels, as in real motion."""
    y, x = np.mgrid[:height, :width]
    return np.stack([2.3 + 0.02 * x - 0.01 * y, -1.4 + 0.01 * x + 0.02 * y]).astype(np.float32)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sample,bits", SAMPLES)
@pytest.mark.parametrize("size", SIZES)
def test_scalar_is_the_formula(size, sample, bits, mode):
    rng = np.random.default_rng(1)
    image = random_plane(rng, *size, sample, bits)
    dx, dy = random_flow(rng, *size)
    confidence = rng.uniform(-0.2, 1.2, image.shape).astype(np.float32)
    for trust in (None, confidence):
        got = kernels.warp(image, dx, dy, trust, mode=mode, bits=bits, cpu="scalar")
        expected = warped(image, dx, dy, trust, mode)
        if image.dtype.kind == "u":
            expected = expected.clip(0, 2**bits - 1)
            assert np.abs(got - expected).max() <= 0.5 + 0.03 * 2.0 ** (bits - 16)
        else:
            tolerance = 4e-6 if sample == "float32" else 4e-3
            np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("cpu", FAST)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sample,bits", SAMPLES)
@pytest.mark.parametrize("size", SIZES)
def test_fast_equals_scalar_and_keeps_padding(size, sample, bits, mode, cpu):
    rng = np.random.default_rng(2)
    image = padded(random_plane(rng, *size, sample, bits))
    dx, dy = (padded(plane) for plane in random_flow(rng, *size, spread=6.0))
    dx[:: max(1, size[1] // 3)] *= 1e5
    dx[1::3], dy[1::3] = smooth_flow(*size)[:, 1::3]
    confidence = padded(rng.uniform(-0.2, 1.2, image.shape).astype(np.float32))
    for trust in (None, confidence):
        out = padded(np.zeros_like(image))
        kernels.warp(image, dx, dy, trust, mode=mode, bits=bits, out=out, cpu=cpu)
        assert_same_bits(out.copy(), kernels.warp(image, dx, dy, trust, mode=mode, bits=bits, cpu="scalar"))
        for plane in (out, image, dx, dy, confidence):
            assert_padding_untouched(plane)


@pytest.mark.parametrize("cpu", FAST)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sample,bits", SAMPLES)
def test_pixels_that_move_alike_are_read_to_the_edges_and_not_beyond(sample, bits, mode, cpu):
    rng = np.random.default_rng(9)
    image = padded(random_plane(rng, 67, 9, sample, bits))
    ones = np.ones((9, 67), np.float32)
    steps = (0.0, 0.4, -0.3, 1.0, -1.6, 2.2, -3.0, 19.5, -18.2, 1e5, 2.0**31 - 200, -(2.0**31), 3e9, np.nan)
    for dx in steps:
        for dy in (0.0, 1.25, -1.25, 2.0, -2.6, 2.0**31 - 200, -3e9, np.nan):
            got = kernels.warp(image, dx * ones, dy * ones, mode=mode, bits=bits, cpu=cpu)
            assert_same_bits(got, kernels.warp(image, dx * ones, dy * ones, mode=mode, bits=bits, cpu="scalar"))


@pytest.mark.parametrize("cpu", FAST)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sample,bits", SAMPLES)
def test_every_slope_of_a_flow_equals_scalar(sample, bits, mode, cpu):
    """From vectors of pixels that move alike over windows one to three rows higher to pixels all apart, and changes
    between these within one chunk."""
    rng = np.random.default_rng(10)
    width, height = 301, 24
    image = padded(random_plane(rng, width, height, sample, bits))
    y, x = np.mgrid[:height, :width].astype(np.float32)
    for slope in (0.0, 0.03, -0.06, 0.1, -0.13, 0.2, 0.7):
        dx, dy = slope * (x % 53) - 2.3, slope * ((x + 7 * y) % 31) + 1.2
        dx[:, 200:260], dy[:, 200:260] = random_flow(rng, 60, height, spread=4.0)
        got = kernels.warp(image, dx, dy, mode=mode, bits=bits, cpu=cpu)
        assert_same_bits(got, kernels.warp(image, dx, dy, mode=mode, bits=bits, cpu="scalar"))


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sample,bits", SAMPLES)
def test_whole_shifts_are_exact(sample, bits, mode, cpu):
    image = random_plane(np.random.default_rng(3), 70, 41, sample, bits)
    ones = np.ones(image.shape, np.float32)
    got = kernels.warp(image, 3 * ones, -2 * ones, mode=mode, bits=bits, cpu=cpu)
    rolled = np.roll(image, (2, -3), (0, 1))
    np.testing.assert_array_equal(got[2:, :-3], rolled[2:, :-3])
    np.testing.assert_array_equal(kernels.warp(image, 0 * ones, 0 * ones, mode=mode, bits=bits, cpu=cpu), image)


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_unknown_flow_moves_nothing(value, mode, cpu):
    image = random_plane(np.random.default_rng(4), 37, 19, "uint8", 8)
    unknown = np.full(image.shape, value, np.float32)
    np.testing.assert_array_equal(kernels.warp(image, unknown, unknown, mode=mode, cpu=cpu), image)
    ones = np.ones(image.shape, np.float32)
    nan = np.full(image.shape, np.nan, np.float32)
    np.testing.assert_array_equal(kernels.warp(image, ones, ones, nan, mode=mode, cpu=cpu), image)


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
@pytest.mark.parametrize("mode", MODES)
def test_far_flow_repeats_the_edge(mode, cpu):
    image = random_plane(np.random.default_rng(5), 21, 13, "float32", 32)
    far, zero = np.full(image.shape, 3e38, np.float32), np.zeros(image.shape, np.float32)
    got = kernels.warp(image, -far, zero, mode=mode, cpu=cpu)
    np.testing.assert_array_equal(got, np.repeat(image[:, :1], 21, 1))
    got = kernels.warp(image, far, far, mode=mode, cpu=cpu)
    np.testing.assert_array_equal(got, np.full_like(image, image[-1, -1]))


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
@pytest.mark.parametrize("subsampling", [(1, 1), (1, 0), (0, 1), (2, 2), (2, 0)])
def test_subsampled_planes_use_the_mean_flow(subsampling, cpu):
    rng = np.random.default_rng(6)
    bw, bh = 1 << subsampling[0], 1 << subsampling[1]
    image = random_plane(rng, 35, 22, "float32", 32)
    dx, dy = random_flow(rng, 35 * bw, 22 * bh)
    confidence = rng.uniform(0, 1, dx.shape).astype(np.float32)
    dx[0, 0] = np.nan
    got = kernels.warp(image, dx, dy, confidence, subsampling=subsampling, cpu=cpu)

    def mean(plane):
        return np.nan_to_num(plane.astype(np.float64)).reshape(22, bh, 35, bw).mean((1, 3))

    expected = warped(image, mean(dx) / bw, mean(dy) / bh, mean(confidence), "catmullrom")
    np.testing.assert_allclose(got, expected, rtol=0, atol=5e-6)


def test_full_confidence_is_the_warp_itself():
    rng = np.random.default_rng(7)
    image = random_plane(rng, 50, 20, "float32", 32)
    dx, dy = random_flow(rng, 50, 20)
    np.testing.assert_array_equal(kernels.warp(image, dx, dy, np.ones_like(dx)), kernels.warp(image, dx, dy))


def test_errors_name_the_argument():
    image, small = np.zeros((4, 6), np.float32), np.zeros((3, 6), np.float32)
    with pytest.raises(ValueError, match="dx must be 6x4; got 6x3"):
        kernels.warp(image, small, small)
    with pytest.raises(ValueError, match="mode must be catmullrom or bilinear; got cubic"):
        kernels.warp(image, image, image, mode="cubic")
    with pytest.raises(ValueError, match=r"cpu must be one of auto, scalar.* got mmx"):
        kernels.warp(image, image, image, cpu="mmx")
    with pytest.raises(ValueError, match="image must be uint8, uint16, float16 or float32"):
        kernels.warp(image.astype(np.float64), image, image)
