"""TileSR on the GPU, run on the host by an emulator of blocks and tensor cores, against the definition in numpy."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "kernels"))
from emulated import buffer, needs_compiler, run
from int8_networks import to_int8
from kernel_planes import SAMPLES, assert_padding_untouched, padded, random_plane
from networks import evaluate, random_layers, to_onnx

from vsplugin import kernels
from vsplugin.cuda import fused, network, plan
from vsplugin.errors import UserError

pytestmark = needs_compiler
MODEL = Path(__file__).parents[2] / "models" / "sr2-fast" / "model.onnx"
SMALL = plan.Limits(shared=99 * 1024, multiprocessors=3)  # a consumer card's shared memory


def run_passes(passes, image, out, *, seed=0, limits=SMALL, **options):
    """All passes in turn, each with its tables and layers in memory of its own."""
    height, width = image.shape
    before = np.zeros(0, np.uint8)
    for each in passes:
        tables = fused.tables(each)
        after = np.full(fused.layer_bytes(each, width, height) + 16, 0xFF, np.uint8)  # NaN wherever it is not written
        start = -after.ctypes.data % 16
        places = fused.Addresses(
            tables.fragments.ctypes.data,
            tables.lanes.ctypes.data,
            tables.head.ctypes.data,
            before.ctypes.data,
            after[start:].ctypes.data,
        )
        run(fused.launch(each, places, buffer(image), buffer(out), limits, **options), seed)
        before = after[start:]


def residual(content, image, *, passes=0, seed=0, limits=SMALL):
    found = network.read(content)
    chosen = plan.plan(found, image.shape[1], image.shape[0], limits, passes)
    out = padded(np.zeros((image.shape[0] * found.scale, image.shape[1] * found.scale), np.float32))
    run_passes(chosen, image, out, seed=seed, limits=limits)
    assert_padding_untouched(out)
    return out


def in_halves(layers, scale, plane):
    """The definition with what the GPU rounds rounded: weights but the first layer's, and what layers hand on."""
    rounded = [(layer[0] if i == 0 else halves(layer[0]), *layer[1:]) for i, layer in enumerate(layers)]
    return evaluate(rounded, scale, plane, hand_on=halves)


def halves(values):
    return values.astype(np.float16).astype(np.float64)


def assert_close(got, expected):
    """Sums in another order tip a rounding to half here and there, by 1/512 for values above 2: few samples, little."""
    error = np.abs(got - expected)
    assert error.max() < 4e-3 and error.mean() < 1e-4, f"worst {error.max()}, mean {error.mean()}"


CASES = {
    "two layers": ([16], 2, {}, 0),
    "three layers, PReLU": ([16, 9], 2, {"activation": "PRelu"}, 0),
    "32 channels, two passes": ([32, 32, 32, 20], 2, {"activation": "LeakyRelu"}, 2),
    "x4": ([16, 16, 16, 16], 4, {}, 1),
    "x3, skips": ([12, 12, 12, 12], 3, {"skips": {2: (0, True), 3: (1, False)}}, 1),
    "x1, a skip over a pass": ([16, 16, 16, 16, 16], 1, {"skips": {4: (2, True)}}, 2),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("size", [(1, 1), (5, 3), (61, 23)])  # width, height
def test_equals_the_definition(case, size):
    channels, scale, options, passes = CASES[case]
    rng = np.random.default_rng(4)
    layers = random_layers(rng, channels, scale, **options)
    image = padded(rng.uniform(0, 1, size[::-1]).astype(np.float32))
    got = residual(to_onnx(layers, scale), image, passes=passes)
    assert_close(got, in_halves(layers, scale, image))


@pytest.mark.slow  # half a minute of the emulator
def test_strips_bands_and_passes_join_and_the_order_of_threads_does_not_matter():
    """Many blocks: each strip and band is made on its own, and a missing barrier would show."""
    rng = np.random.default_rng(5)
    layers = random_layers(rng, [32, 32, 32, 32], 2, activation="PRelu", skips={3: (1, True)})
    content, image = to_onnx(layers, 2), rng.uniform(-0.2, 1.4, (45, 90)).astype(np.float32)
    found = network.read(content)
    small = plan.Limits(shared=80 * 1024, multiprocessors=16)
    out = np.zeros((90, 180), np.float32)
    results = []
    for passes in (1, 2):
        chosen = plan.plan(found, 90, 45, small, passes)
        for each in chosen:
            launched = fused.launch(each, fused.Addresses(0, 0, 0), buffer(image), buffer(out), small)
            assert launched.grid[0] > 1 and launched.grid[1] > 1
        whole = residual(content, image, passes=passes, limits=small)
        assert_close(whole, in_halves(layers, 2, image))
        for seed in (1, 2):
            np.testing.assert_array_equal(residual(content, image, passes=passes, seed=seed, limits=small), whole)
        results.append(whole)
    np.testing.assert_array_equal(*results)  # between passes a layer is halves in either case


def test_rows_of_a_strip_that_are_no_multiple_of_a_step():
    """Then the last tile of a step has a neighbour below and beside that the stage before must have made: its lag."""
    rng = np.random.default_rng(5)
    layers = random_layers(rng, [16, 16, 16], 2, skips={2: (0, True)})
    image = rng.uniform(-0.2, 1.4, (20, 150)).astype(np.float32)
    (planned,) = plan.plan(network.read(to_onnx(layers, 2)), 150, 20, SMALL, 1)
    each = replace(planned, tiles=5)
    assert each.tiles % each.at_once
    for seed in (0, 1, 2):
        out = np.zeros((40, 300), np.float32)
        run_passes([each], image, out, seed=seed)
        assert_close(out, in_halves(layers, 2, image))


@pytest.mark.parametrize("passes", [1, 2])
def test_our_model_is_within_the_bar_of_float(passes):
    """sr2-fast on a detailed picture: within 1/1023 for 99.9 % of samples, 4/1023 everywhere."""
    y, x = np.mgrid[0:24, 0:75]
    image = (0.5 + 0.4 * np.sin(x * y / 30) * np.cos(x / 5)).astype(np.float32)
    limits = plan.Limits(shared=227 * 1024, multiprocessors=2)
    got = residual(MODEL.read_bytes(), image, passes=passes, limits=limits)
    error = np.abs(got - kernels.TileSR(MODEL, cpu="scalar")(image))
    assert error.max() < 4 / 1023 and np.mean(error > 1 / 1023) <= 1e-3, f"worst {error.max()}"
    assert np.abs(got).max() > 0.05  # it is not all zero


@pytest.mark.parametrize("sample,bits", SAMPLES)
@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_a_picture_equals_the_cpu_s(sample, bits, scale):
    """Enlargement, sum, limit and rounding: a code apart where the network's halves tip a rounding."""
    rng = np.random.default_rng(6)
    layers = random_layers(rng, [16], scale)
    content = to_onnx(layers, scale)
    for (width, height), overshoot in (((37, 9), 0.25), ((3, 2), -1.0)):
        image = padded(random_plane(rng, width, height, sample, bits))
        if sample.startswith("float"):
            image[...] = np.abs(image) / 3
            image[height // 2, width // 2] = np.nan
        options = {"strength": 0.3, "overshoot": overshoot, "full_range": True, "bits": bits}
        expected = kernels.TileSR(content, cpu="scalar")(image, **options)
        out = padded(np.zeros_like(expected))
        run_passes(plan.plan(network.read(content), width, height, SMALL), image, out, **options)
        assert_padding_untouched(out)
        np.testing.assert_array_equal(np.isnan(out), np.isnan(expected))
        step = {"uint8": 1 / 255, "uint16": 1 / (2**bits - 1), "float16": 2**-10, "float32": 1e-6}[sample]
        unit = 1 if sample.startswith("uint") else step
        error = np.nan_to_num(np.abs(out.astype(np.float64) - expected.astype(np.float64))) * (step / unit)
        assert error.max() <= 1e-3 + 1.01 * step and error.mean() < 5e-5 + 0.2 * step


def test_networks_it_does_not_run_are_refused_in_one_line():
    rng = np.random.default_rng(8)
    with pytest.raises(UserError, match=r"^cuda: a layer of 40 channels; the GPU engine keeps up to 32 in registers$"):
        network.read(to_onnx(random_layers(rng, [16, 40], 2), 2))
    with pytest.raises(UserError, match=r"^cuda: a network of one layer"):
        network.read(to_onnx(random_layers(rng, [], 2), 2))
    with pytest.raises(UserError, match=r"^cuda: INT8 layers; the GPU engine multiplies halves. Take the float model$"):
        network.read(to_int8(random_layers(rng, [16, 16], 2), 2, rng))
    deep = network.read(to_onnx(random_layers(rng, [32] * 6, 2, skips={5: (0, True)}), 2))
    with pytest.raises(UserError, match=r"does not fit into 49152 bytes of shared memory$"):
        plan.plan(deep, 640, 360, plan.Limits(48 * 1024, 40))
