"""Warp: the scalar build against numpy written from the formula, the fast builds against the scalar one."""

import numpy as np
import pytest
from kernel_planes import FAST, SAMPLES, SIZES, assert_padding_untouched, assert_same_bits, padded, random_plane

from vsplugin import kernels

MODES = ["catmullrom", "bilinear"]


def keys(t):
    """Keys' cubic convolution kernel with a = -0.5, from its textbook form; not how the kernel computes it."""
    t = np.abs(t)
    near = 1.5 * t**3 - 2.5 * t**2 + 1
    far = -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    return np.where(t <= 1, near, np.where(t < 2, far, 0.0))


def reference(image, dx, dy, confidence, mode):
    """float64, before rounding to the sample type."""
    height, width = image.shape
    image = image.astype(np.float64)
    dx, dy = (np.where(np.isfinite(d), d, 0).astype(np.float64) for d in (dx, dy))
    y, x = np.mgrid[:height, :width]
    px, py = x + dx, y + dy
    total = np.zeros_like(image)
    for j in range(-1, 3):
        for i in range(-1, 3):
            ix, iy = np.floor(px) + i, np.floor(py) + j
            weight = keys(px - ix) * keys(py - iy)
            if mode == "bilinear":
                weight = np.maximum(1 - np.abs(px - ix), 0) * np.maximum(1 - np.abs(py - iy), 0)
            total += weight * image[iy.clip(0, height - 1).astype(int), ix.clip(0, width - 1).astype(int)]
    if confidence is None:
        return total
    return image + np.nan_to_num(confidence.astype(np.float64)).clip(0, 1) * (total - image)


def flow(rng, width, height, spread=4.0):
    return (rng.normal(0, spread, (2, height, width))).astype(np.float32)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sample,bits", SAMPLES)
@pytest.mark.parametrize("size", SIZES)
def test_scalar_is_the_formula(size, sample, bits, mode):
    rng = np.random.default_rng(1)
    image = random_plane(rng, *size, sample, bits)
    dx, dy = flow(rng, *size)
    confidence = rng.uniform(-0.2, 1.2, image.shape).astype(np.float32)
    for trust in (None, confidence):
        got = kernels.warp(image, dx, dy, trust, mode=mode, bits=bits, cpu="scalar")
        expected = reference(image, dx, dy, trust, mode)
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
    dx, dy = (padded(plane) for plane in flow(rng, *size, spread=6.0))
    dx[:: max(1, size[1] // 3)] *= 1e5
    confidence = padded(rng.uniform(-0.2, 1.2, image.shape).astype(np.float32))
    for trust in (None, confidence):
        out = padded(np.zeros_like(image))
        kernels.warp(image, dx, dy, trust, mode=mode, bits=bits, out=out, cpu=cpu)
        assert_same_bits(out.copy(), kernels.warp(image, dx, dy, trust, mode=mode, bits=bits, cpu="scalar"))
        for plane in (out, image, dx, dy, confidence):
            assert_padding_untouched(plane)


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
    dx, dy = flow(rng, 35 * bw, 22 * bh)
    confidence = rng.uniform(0, 1, dx.shape).astype(np.float32)
    dx[0, 0] = np.nan
    got = kernels.warp(image, dx, dy, confidence, subsampling=subsampling, cpu=cpu)

    def mean(plane):
        return np.nan_to_num(plane.astype(np.float64)).reshape(22, bh, 35, bw).mean((1, 3))

    expected = reference(image, mean(dx) / bw, mean(dy) / bh, mean(confidence), "catmullrom")
    np.testing.assert_allclose(got, expected, rtol=0, atol=5e-6)


def test_full_confidence_is_the_warp_itself():
    rng = np.random.default_rng(7)
    image = random_plane(rng, 50, 20, "float32", 32)
    dx, dy = flow(rng, 50, 20)
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
