"""INT8 networks in TileSR: the scalar reference against numpy, VNNI against the reference to the last bit, the shipped
model against ONNX Runtime and against the float model it was made from.
"""

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs
from int8_networks import evaluate_int8, to_int8
from kernel_planes import assert_padding_untouched, clip_of, padded, planes_of, sized
from networks import KERNEL, conv, graph_bytes, last, node, random_layers, refused_and_run, to_onnx, weights

from vsplugin import infer, kernels, models, sample
from vsplugin.training import evaluate

core = vs.core
ROOT = Path(__file__).parents[2]
CODE = 1 / 1023
BUILDS = kernels.tile_sr_levels(int8=True)
SIZES = [(1, 1), (3, 2), (2, 33), (33, 17), (70, 41)]  # width, height
MODELS = [model for model in models.installed() if model.name.endswith("-int8") and model.task == "super-resolution"]
needs_vnni = pytest.mark.skipif("vnni" not in BUILDS, reason="this CPU has no AVX-512 VNNI")

# channels of the hidden layers, scale, activation, layers that stay float, other options
NETWORKS = {
    "sr2-fast's shape": ([32] * 4, 2, "Relu", (0,), {}),
    "16 channels x4, leaky": ([16, 16, 16], 4, "LeakyRelu", (0,), {}),
    "odd channels x3": ([7, 19, 33, 5], 3, "PRelu", (0,), {}),
    "wide": ([48, 80, 64], 2, "PRelu", (0,), {}),
    "few channels": ([4, 3], 2, "Relu", (0,), {}),
    "values that no integer holds": ([16, 16, 16], 2, "LeakyRelu", (0,), {"tiny": (2, 3)}),
    "values that no integer holds, Relu": ([16, 16, 16], 2, "Relu", (0,), {"tiny": (2, 3)}),
    "int8 codes, one step a layer": ([32, 32], 2, "LeakyRelu", (0,), {"signed": True, "per_channel": False}),
}
MIXED = {
    "float ends": ([32] * 3, 2, "LeakyRelu", (0, 3), {}),
    "float in the middle": ([16, 32, 32, 16], 2, "Relu", (0, 2), {}),
}


def float_of(model):
    """The file of the float network that an INT8 model was made from: what ships, or a stage kept beside it."""
    here = [models.find("test", model.name.removesuffix("-int8"), model.task).path]
    for path in here + sorted(model.path.parent.glob("stages/*/model.onnx")):
        if hashlib.sha256(path.read_bytes()).hexdigest() == model.card["quantised_from"]:
            return path
    raise AssertionError(f"make {model.name} again (vsplugin/training/quantise.py): what it was made from is gone")


def network(name):
    channels, scale, activation, keep, options = (NETWORKS | MIXED)[name]
    rng = np.random.default_rng(5)
    layers = random_layers(rng, channels, scale, activation=activation)
    return to_int8(layers, scale, rng, keep=keep, **options)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NETWORKS | MIXED)
def test_the_reference_is_the_definition(name, size):
    """But for roundings to codes that float32 decides otherwise than float64: few, and one step each."""
    plane = np.random.default_rng(1).uniform(-0.3, 1.3, size[::-1]).astype(np.float32)
    content = network(name)
    got, expected = kernels.TileSR(content, cpu="scalar")(plane), evaluate_int8(content, plane)
    error = np.abs(got - expected) / max(1, np.abs(expected).max())
    assert np.mean(error <= 1e-5) >= 0.98 and error.max() <= 0.02


@needs_vnni
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NETWORKS)
def test_vnni_is_the_reference_to_the_last_bit(name, size):
    content = network(name)
    plane = np.random.default_rng(1).uniform(-0.3, 1.3, size[::-1]).astype(np.float32)
    plane[0, 0] = np.nan
    plane[-1, -1] = 1e30
    np.testing.assert_array_equal(
        kernels.TileSR(content, cpu="vnni")(plane), kernels.TileSR(content, cpu="scalar")(plane)
    )


@needs_vnni
@pytest.mark.parametrize("name", MIXED)
def test_vnni_is_near_the_reference_where_float_layers_sum_in_another_order(name):
    content = network(name)
    plane = np.random.default_rng(1).uniform(0, 1, (41, 70)).astype(np.float32)
    got, expected = (kernels.TileSR(content, cpu=cpu)(plane) for cpu in ("vnni", "scalar"))
    error = np.abs(got - expected) / np.abs(expected).max()
    assert np.mean(error <= 1e-5) >= 0.98 and error.max() <= 0.02


@pytest.mark.parametrize("cpu", BUILDS)
def test_no_thread_count_or_tile_changes_a_pixel(cpu):
    engine = kernels.TileSR(network("odd channels x3"), cpu=cpu)
    plane = np.random.default_rng(2).uniform(0, 1, sized((53, 91), (9, 34))).astype(np.float32)
    whole = engine(plane, threads=1, tile=91)
    for threads, tile in [(1, 0), (1, 1), (1, 17), (2, 64), (7, 40), (53, 91), (0, 0)]:
        np.testing.assert_array_equal(engine(plane, threads=threads, tile=tile), whole)


@pytest.mark.parametrize("cpu", BUILDS)
def test_nothing_is_written_beside_the_plane(cpu):
    engine = kernels.TileSR(network("odd channels x3"), cpu=cpu)
    for width, height in SIZES:
        plane = padded(np.random.default_rng(2).uniform(0, 1, (height, width)).astype(np.float32))
        out = padded(np.zeros((height * 3, width * 3), np.float32))
        engine(plane, out=out)
        assert_padding_untouched(out)


@pytest.mark.parametrize("cpu", BUILDS)
@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_a_model_is_what_onnxruntime_makes_of_its_file(model, cpu):
    """Both round to codes; where float32 sums in another order decide one otherwise, the pixels it reaches follow: by
    up to 17 steps of 10 bits, on 1 to 3 % of the pixels. On average that is a hundredth of what INT8 itself costs.
    """
    master = float_of(model)
    frames = core.resize.Point(sample.clip("film"), format=vs.YUV444PS)
    for frame, y, x in ((7, 80, 100), (3, 100, 200), (7, 20, 30)):
        plane = np.ascontiguousarray(planes_of(frames, frame)[0][y : y + 80, x : x + 120])
        expected = of_onnxruntime(model, plane)
        error = np.abs(kernels.TileSR(model.path, cpu=cpu)(plane) - expected)
        cost = np.abs(kernels.TileSR(master)(plane) - expected)
        assert np.mean(error <= 1e-6) >= 0.95 and np.mean(error) <= 0.02 * np.mean(cost)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_set5_loses_at_most_a_tenth_of_a_db(model, corpus):
    """Against the float model it was made from, both in TileSR."""
    scores = []
    for path in (model.path, float_of(model)):
        engine = kernels.TileSR(path)
        found = evaluate.super_resolution(
            lambda low, engine=engine: engine(low, strength=1.0), corpus / "public/set5", model.scale
        )
        scores.append(np.array(list(found.values())))
    assert len(scores[0]) == 5
    assert np.mean(scores[1] - scores[0]) <= 0.1 and np.max(scores[1] - scores[0]) <= 0.2


@needs_vnni
@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_auto_takes_vnni(model, monkeypatch):
    monkeypatch.setattr(infer, "has_cuda_device", lambda: False)
    choice = infer.choose("upscale", model=model)
    assert (choice.name, choice.precision) == ("tile", "int8") and kernels.TileSR(model.path).cpu == "vnni"


def of_onnxruntime(model, plane):
    return planes_of(core.ort.Model([clip_of([[plane]], vs.GRAYS)], str(model.path)))[0]


def test_builds_of_the_other_kind_are_refused():
    floats = to_onnx(random_layers(np.random.default_rng(1), [8], 2), 2)
    with pytest.raises(ValueError, match=r"^cpu must be one of auto, scalar.* on this machine; got vnni"):
        kernels.TileSR(floats, cpu="vnni")
    with pytest.raises(ValueError, match=r"^cpu must be one of auto, scalar.* for an INT8 network .*; got avx2"):
        kernels.TileSR(network("few channels"), cpu="avx2")


STEP, ZERO, CODES = np.float32(0.01), np.uint8(0), KERNEL.astype(np.int8)
ROUND = [node("QuantizeLinear", ["c", "s", "z"], "q"), node("DequantizeLinear", ["q", "s", "z"], "x")]
SECOND = np.ones((4, 4, 3, 3), np.int8)
UNSUPPORTED = {
    "operator QuantizeLinear of the picture": (
        [
            node("QuantizeLinear", ["input", "s", "z"], "q"),
            node("DequantizeLinear", ["q", "s", "z"], "x"),
            node("DequantizeLinear", ["v", "s"], "w"),
            conv(before="x"),
            last(),
        ],
        {"v": CODES},
    ),
    "operator Relu of a value rounded to 8 bits": (
        [conv(), *ROUND, node("Relu", ["x"], "r"), last("r")],
        {"w": KERNEL},
    ),
    "operator Conv of a value rounded to 8 bits with float weights": (
        [conv(), *ROUND, conv("u", "d", "x"), last("d")],
        {"w": KERNEL, "u": SECOND.astype(np.float32)},
    ),
    "operator DequantizeLinear with another scale than its QuantizeLinear": (
        [conv(), ROUND[0], node("DequantizeLinear", ["q", "t", "z"], "x"), last("x")],
        {"w": KERNEL, "t": np.float32(0.02)},
    ),
    "operator DequantizeLinear of what no QuantizeLinear made": (
        [conv(), node("DequantizeLinear", ["c", "s", "z"], "x"), last("x")],
        {"w": KERNEL},
    ),
    "operator QuantizeLinear whose scale is not one positive number": (
        [conv(), node("QuantizeLinear", ["c", "t", "z"], "q"), last("q")],
        {"w": KERNEL, "t": np.float32(-1)},
    ),
    "operator DequantizeLinear of a weight with a zero point other than 0": (
        [node("DequantizeLinear", ["v", "s", "t"], "w"), conv(), last()],
        {"v": CODES, "t": np.int8(3)},
    ),
    "operator Add in an INT8 network": (
        [
            conv(),
            *ROUND,
            node("DequantizeLinear", ["v", "s"], "u"),
            conv("u", "d", "x"),
            node("Add", ["c", "d"], "a"),
            conv("y", "e", "a"),
            last("e"),
        ],
        {"w": KERNEL, "v": SECOND, "y": SECOND.astype(np.float32)},
    ),
}


@pytest.mark.parametrize("text", UNSUPPORTED)
def test_a_network_it_cannot_run_is_named(text):
    nodes, arrays = UNSUPPORTED[text]
    with pytest.raises(ValueError, match="^" + re.escape(text)):
        kernels.TileSR(graph_bytes(nodes, weights(s=STEP, z=ZERO, **arrays)))


def test_damaged_files_are_refused_or_run_but_never_crash():
    rng = np.random.default_rng(8)
    whole = network("few channels")

    def damaged():
        for _ in range(1500):
            data = bytearray(whole)
            for _ in range(rng.integers(1, 6)):
                data[int(rng.integers(len(data)))] = int(rng.integers(256))
            yield bytes(data)

    refused, ran = refused_and_run(damaged())
    assert refused > 300 and ran > 100
