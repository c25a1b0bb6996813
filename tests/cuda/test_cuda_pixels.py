"""The CUDA kernels that work pixel by pixel, run on the host by an emulator: equal to the CPU kernels to the last bit.

The CPU kernels are themselves held to numpy (tests/kernels); one direct comparison with numpy is here too.
"""

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "kernels"))
from emulated import buffer, needs_compiler, run
from kernel_planes import SAMPLES, assert_padding_untouched, assert_same_bits, padded, random_plane

from vsplugin import kernels
from vsplugin.cuda import pixels
from vsplugin.errors import UserError

pytestmark = needs_compiler
SIZES = [(1, 1), (3, 5), (129, 17), (260, 67)]  # width, height


def flow(rng, width, height):
    """Displacements from nothing to far outside, and what is no displacement."""
    plane = rng.normal(0, 6, (height, width)).astype(np.float32)
    plane[rng.random(plane.shape) < 0.05] = 0
    wild = rng.random(plane.shape) < 0.1
    plane[wild] = rng.choice(np.array([np.nan, np.inf, -np.inf, 1e30, -1e9, 300.5], np.float32), wild.sum())
    return plane


@pytest.mark.parametrize("mode", ["catmullrom", "bilinear"])
@pytest.mark.parametrize("sample,bits", SAMPLES)
def test_warp_equals_the_cpu_kernel(sample, bits, mode):
    rng = np.random.default_rng(1)
    for (width, height), subsampling, sure in itertools.product(SIZES, [(0, 0), (1, 1), (1, 0)], [True, False]):
        image = padded(random_plane(rng, width, height, sample, bits))
        big = width << subsampling[0], height << subsampling[1]
        dx, dy = (padded(flow(rng, *big)) for _ in range(2))
        confidence = None if sure else padded(rng.uniform(-0.3, 1.3, big[::-1]).astype(np.float32))
        expected = kernels.warp(image, dx, dy, confidence, mode=mode, bits=bits, subsampling=subsampling, cpu="scalar")
        out = padded(np.zeros_like(image))
        given = None if sure else buffer(confidence)
        planes = (buffer(image), buffer(dx), buffer(dy), given, buffer(out))
        run(pixels.warp(*planes, mode=mode, bits=bits, subsampling=subsampling))
        assert_same_bits(out, expected)
        assert_padding_untouched(out)


def test_bilinear_warp_by_hand():
    image = np.array([[0, 10, 20], [100, 110, 120]], np.float32)
    dx, dy, out = np.full_like(image, 0.5), np.full_like(image, 0.25), np.empty_like(image)
    run(pixels.warp(buffer(image), buffer(dx), buffer(dy), None, buffer(out), mode="bilinear"))
    np.testing.assert_array_equal(out, [[30, 40, 45], [105, 115, 120]])


# Each combination is compiled on its own: every type in every place, not every combination.
COMBINATIONS = [(SAMPLES[i], SAMPLES[(i + k) % 5], SAMPLES[(i + 2 * k) % 5]) for i in range(5) for k in (0, 1)]


@pytest.mark.parametrize("base,out,source", COMBINATIONS)
def test_merge_equals_the_cpu_kernel(base, out, source):
    rng = np.random.default_rng(2)
    for (width, height), scale, chroma in [((1, 1), 1, False), ((33, 5), 2, False), ((35, 10), 4, True)]:
        plane = padded(random_plane(rng, width * scale, height * scale, *base))
        under = padded(random_plane(rng, width, height, *source))
        residual = padded(rng.normal(0, 0.2, plane.shape).astype(np.float32))
        residual[rng.random(plane.shape) < 0.1] = np.nan
        for overshoot, full, given in ((0.25, False, residual), (-1.0, True, residual), (0.0, False, None)):
            options = {"strength": 0.7, "overshoot": overshoot, "full_range": full, "chroma": chroma}
            options |= {"bits": base[1], "out_bits": out[1], "source_bits": source[1]}
            expected = kernels.merge_plane(plane, given, source=under, dtype=out[0], cpu="scalar", **options)
            got = padded(np.zeros(plane.shape, out[0]))
            rest = None if given is None else buffer(given)
            run(pixels.merge(buffer(plane), rest, buffer(under), buffer(got), **options))
            assert_same_bits(got, expected)
            assert_padding_untouched(got)


@pytest.mark.parametrize("sample,bits", SAMPLES)
@pytest.mark.parametrize("flat", [False, True])
def test_light_histogram_equals_the_cpu_kernel(sample, bits, flat):
    rng = np.random.default_rng(3)
    for width, height in SIZES:
        planes = [padded(random_plane(rng, width, height, sample, bits)) for _ in range(3)]
        if sample.startswith("float"):
            planes[1][rng.random(planes[1].shape) < 0.2] = np.nan
        if flat:
            for plane in planes:
                plane[...] = plane[0, 0]
        counts, maxima = np.zeros(pixels.histogram_bins(planes[0].dtype, bits), np.uint32), np.zeros(3, np.uint32)
        run(pixels.light_histogram(*map(buffer, planes), counts.ctypes.data, maxima.ctypes.data, bits=bits))
        expected, largest = kernels.light_histogram(*planes, bits=bits, cpu="scalar")
        np.testing.assert_array_equal(counts, expected)
        assert tuple(maxima) == largest and counts.sum() == width * height


def test_what_does_not_fit_is_refused():
    image, flow = np.zeros((4, 6), np.uint8), np.zeros((4, 6), np.float32)
    with pytest.raises(UserError, match=r"^warp: dx must be 12x8 float32; got 6x4 float32$"):
        pixels.warp(buffer(image), buffer(flow), buffer(flow), None, buffer(image), subsampling=(1, 1))
    with pytest.raises(UserError, match=r"^warp: mode must be catmullrom or bilinear; got nearest$"):
        pixels.warp(buffer(image), buffer(flow), buffer(flow), None, buffer(image), mode="nearest")
    with pytest.raises(UserError, match=r"^merge: base must be a whole multiple of source; got 6x4 and 5x4$"):
        pixels.merge(buffer(flow), None, buffer(flow[:, :5]), buffer(flow), overshoot=0.1)
    with pytest.raises(UserError, match=r"^test: array must be uint8, uint16, float16 or float32; got float64$"):
        buffer(np.zeros((2, 2)))
    with pytest.raises(UserError, match=r"^test: array must have neighbouring samples in a row"):
        buffer(np.zeros((4, 6), np.float32)[:, ::2])
