"""Merge: against numpy written from the formula, builds against each other, and every promise about exactness."""

import numpy as np
import pytest
from kernel_planes import FAST, SAMPLES, SIZES, assert_padding_untouched, assert_same_bits, padded, random_plane

from vsplugin import kernels


def coding(sample, bits, full, chroma):
    """H.273: gain and offset of the code values of one plane."""
    if sample.startswith("float"):
        return 1.0, 0.0
    if full:
        return 2.0**bits - 1, 2.0 ** (bits - 1) if chroma else 0.0
    step = 2.0 ** (bits - 8)
    return (224 * step, 128 * step) if chroma else (219 * step, 16 * step)


def reference(base, residual, strength, source, overshoot, inp, out, src, full, chroma):
    """float64 code values of the output, before rounding and clamping."""

    def nominal(plane, sample, bits):
        gain, offset = coding(sample, bits, full, chroma)
        return (plane.astype(np.float64) - offset) / gain

    value = nominal(base, *inp) + strength * residual.astype(np.float64)
    if source is not None:
        edge = np.pad(nominal(source, *src), 1, mode="edge")
        height, width = source.shape
        window = np.stack([edge[j : j + height, i : i + width] for j in range(3) for i in range(3)])
        scale = base.shape[0] // height
        lo, hi = (np.kron(extreme, np.ones((scale, scale))) for extreme in (window.min(0), window.max(0)))
        value = value.clip(lo - overshoot * (hi - lo), hi + overshoot * (hi - lo))
    gain, offset = coding(*out, full, chroma)
    return value * gain + offset


@pytest.mark.parametrize("scale", [0, 1, 2, 3, 4])  # 0: no source
@pytest.mark.parametrize("out", SAMPLES)
@pytest.mark.parametrize("inp", SAMPLES)
def test_scalar_is_the_formula(inp, out, scale):
    rng = np.random.default_rng(1)
    for size, full, chroma in [((3, 5), True, True), ((33, 17), False, False), ((65, 9), False, True)]:
        width, height = size[0] * max(scale, 1), size[1] * max(scale, 1)
        base = random_plane(rng, width, height, *inp)
        residual = rng.normal(0, 0.1, base.shape).astype(np.float32)
        source = random_plane(rng, *size, *inp) if scale else None
        got = kernels.merge_plane(
            base,
            residual,
            strength=0.7,
            source=source,
            overshoot=0.25,
            full_range=full,
            chroma=chroma,
            bits=inp[1],
            dtype=out[0],
            out_bits=out[1],
            cpu="scalar",
        )
        expected = reference(base, residual, 0.7, source, 0.25, inp, out, inp, full, chroma)
        if out[0].startswith("uint"):
            assert np.abs(got - expected.clip(0, 2 ** out[1] - 1)).max() <= 0.5 + 0.03 * 2.0 ** (out[1] - 16)
        else:
            np.testing.assert_allclose(got, expected, rtol=0, atol=2e-6 if out[0] == "float32" else 2e-3)


@pytest.mark.parametrize("cpu", FAST)
@pytest.mark.parametrize("scale", [0, 1, 2, 3])
@pytest.mark.parametrize("sample,bits", SAMPLES)
@pytest.mark.parametrize("size", SIZES)
def test_fast_equals_scalar_and_keeps_padding(size, sample, bits, scale, cpu):
    rng = np.random.default_rng(2)
    width, height = size[0] * max(scale, 1), size[1] * max(scale, 1)
    base = padded(random_plane(rng, width, height, sample, bits))
    residual = padded(rng.normal(0, 0.3, base.shape).astype(np.float32))
    residual[rng.random(residual.shape) < 0.05] = np.nan
    source = padded(random_plane(rng, *size, sample, bits)) if scale else None
    if source is not None and sample.startswith("float"):
        source[rng.random(source.shape) < 0.3] = np.nan
    for dtype, out_bits in SAMPLES:
        options = {"source": source, "overshoot": 0.1, "bits": bits, "dtype": dtype, "out_bits": out_bits}
        out = padded(np.zeros(base.shape, dtype))
        kernels.merge_plane(base, residual, out=out, cpu=cpu, **options)
        assert_same_bits(out.copy(), kernels.merge_plane(base, residual, cpu="scalar", **options))
        for plane in (out, base, residual):
            assert_padding_untouched(plane)


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("chroma", [False, True])
@pytest.mark.parametrize("bits", [8, 9, 10, 12, 14, 16])
def test_zero_residual_keeps_every_code_value(bits, chroma, full, cpu):
    base = np.arange(2**bits, dtype=np.uint8 if bits == 8 else np.uint16).reshape(16, -1)
    zero = np.zeros(base.shape, np.float32)
    for residual in (zero, -zero, zero * np.nan, None):
        got = kernels.merge_plane(base, residual, bits=bits, full_range=full, chroma=chroma, cpu=cpu)
        np.testing.assert_array_equal(got, base)


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
def test_every_half_survives_and_rounds_as_ieee_says(cpu):
    halves = np.arange(65536, dtype=np.uint16).view(np.float16).reshape(64, -1)
    zero = np.zeros(halves.shape, np.float32)
    assert_same_bits(kernels.merge_plane(halves, zero, cpu=cpu), halves)
    floats = kernels.merge_plane(halves, zero, dtype="float32", cpu=cpu)
    np.testing.assert_array_equal(floats, halves.astype(np.float32))
    rng = np.random.default_rng(3)
    wild = rng.integers(0, 2**32, (128, 999), dtype=np.uint32).view(np.float32)
    wild[0, :6] = [65519.996, 65520, 2**-25, 2**-24 * 1.5, 2**-14 * 0.99999, -0.0]
    with np.errstate(over="ignore"):
        expected = wild.astype(np.float16)
    assert_same_bits(kernels.merge_plane(wild, None, dtype="float16", cpu=cpu), expected)


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
def test_floats_keep_nan_negative_zero_and_hdr(cpu):
    base = np.array([[np.nan, -0.0, 7.5, -3.0, np.inf]], np.float32)
    assert_same_bits(kernels.merge_plane(base, np.zeros_like(base), cpu=cpu), base)
    got = kernels.merge_plane(base, np.full_like(base, np.nan), cpu=cpu)
    assert_same_bits(got, base)
    assert kernels.merge_plane(base, np.zeros_like(base), dtype="uint8", cpu=cpu).tolist() == [[0, 16, 255, 0, 255]]


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
def test_integers_clamp_to_the_type_not_to_the_legal_range(cpu):
    base = np.array([[0, 255, 128]], np.uint8)
    residual = np.array([[-1, 1, 4 / 219]], np.float32)
    assert kernels.merge_plane(base, residual, cpu=cpu).tolist() == [[0, 255, 132]]
    deep = np.array([[1020, 5]], np.uint16)
    assert kernels.merge_plane(deep, np.array([[1, -1]], np.float32), bits=10, cpu=cpu).tolist() == [[1023, 0]]


def test_overshoot_zero_stays_between_the_neighbours():
    source = np.array([[50, 60], [70, 80]], np.uint8)
    base = np.kron(source, np.ones((2, 2), np.uint8))
    residual = np.array([[-1, 1] * 2] * 4, np.float32)
    got = kernels.merge_plane(base, residual, source=source, overshoot=0.0)
    assert got.tolist() == [[50, 80] * 2] * 4
    assert kernels.merge_plane(base, residual, source=source, overshoot=0.5)[0].tolist() == [35, 95] * 2
