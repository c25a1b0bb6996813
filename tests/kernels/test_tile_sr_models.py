"""What TileSR says to models it cannot run, to damaged files and to wrong arguments: one line, never a crash."""

import re
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs
from networks import KERNEL, conv, evaluate, graph_bytes, last, node, random_layers, refused_and_run, to_onnx, weights
from onnx import helper

from vsplugin import kernels

core = vs.core
MODEL = Path(__file__).parents[2] / "models" / "sr2-fast" / "model.onnx"
UNSUPPORTED = {
    "operator Sigmoid; TileSR runs Conv, Relu, LeakyRelu, PRelu, Add and DepthToSpace": (
        [conv(), node("Sigmoid", ["c"], "s"), last("s")],
        weights(w=KERNEL),
    ),
    "operator Conv with a kernel that is not 3x3": ([conv(), last()], weights(w=KERNEL[:, :, :1, :1])),
    "operator Conv with other strides than 1": ([conv(strides=[2, 2]), last()], weights(w=KERNEL)),
    "operator Conv with other pads than 1": ([conv(pads=[1, 1, 0, 1]), last()], weights(w=KERNEL)),
    "operator Conv with other dilations than 1": ([conv(dilations=[2, 2]), last()], weights(w=KERNEL)),
    "operator Conv with other group than 1": ([conv(group=2), last()], weights(w=KERNEL)),
    "operator Conv without pads": ([helper.make_node("Conv", ["input", "w"], ["c"]), last()], weights(w=KERNEL)),
    "operator Conv with auto_pad": ([conv(auto_pad="SAME_UPPER"), last()], weights(w=KERNEL)),
    "operator Conv takes 3 channels but gets 1": ([conv(), last()], weights(w=np.zeros((4, 3, 3, 3), np.float32))),
    "operator Conv with 512 channels": ([conv(), last()], weights(w=np.zeros((512, 1, 3, 3), np.float32))),
    "operator Conv without float32 weights": ([conv(), last()], weights(w=KERNEL.astype(np.float16))),
    "the last Conv makes 3 channels; one plane at scale 2 needs 4": ([conv(), last()], weights(w=KERNEL[:3])),
    "operator DepthToSpace with blocksize 8": (
        [conv(), node("DepthToSpace", ["c"], blocksize=8)],
        weights(w=KERNEL.repeat(16, 0)),
    ),
    "operator Relu after DepthToSpace": (
        [conv(), node("DepthToSpace", ["c"], "d", blocksize=2), node("Relu", ["d"])],
        weights(w=KERNEL),
    ),
    "operator Relu after another activation": (
        [conv(), node("Relu", ["c"], "r"), node("Relu", ["r"], "q"), last("q")],
        weights(w=KERNEL),
    ),
    "operator PRelu with slopes that are not one per channel": (
        [conv(), node("PRelu", ["c", "p"], "r"), last("r")],
        weights(w=KERNEL, p=np.zeros(3, np.float32)),
    ),
    "operator Add after the last Conv": (
        [conv(), conv("v", "d", "c"), node("Add", ["c", "d"], "s"), last("s")],
        weights(w=KERNEL, v=KERNEL.repeat(4, 1)),
    ),
    "operator Add of the input": ([conv("v"), node("Add", ["c", "input"])], weights(v=KERNEL[:1])),
    "operator Conv does not follow the layer before it": (
        [conv(into="a"), conv(into="b"), last("b")],
        weights(w=KERNEL),
    ),
    "a network without Conv": ([node("DepthToSpace", ["input"], blocksize=1)], []),
}


@pytest.mark.parametrize("text", UNSUPPORTED)
def test_a_network_it_cannot_run_is_named(text, tmp_path):
    content = graph_bytes(*UNSUPPORTED[text])
    if text == "a network without Conv":
        text = "operator DepthToSpace does not follow"
    with pytest.raises(ValueError, match="^" + re.escape(text)):
        kernels.TileSR(content)
    path = tmp_path / "foreign.onnx"
    path.write_bytes(content)
    with pytest.raises(vs.Error, match=f"^TileSR: model {re.escape(str(path))}: {re.escape(text)}") as error:
        kernels.plugin(core).TileSR(core.std.BlankClip(format=vs.GRAYS), str(path))
    assert "\n" not in str(error.value)


def test_a_bias_and_weights_stored_as_float_data_are_read():
    layers = random_layers(np.random.default_rng(1), [5], 2)
    kernel = layers[0][0]
    weight = helper.make_tensor("w0", 1, kernel.shape, kernel.ravel().tolist(), raw=False)
    plain, listed = to_onnx(layers, 2), None
    import onnx

    model = onnx.load_from_string(plain)
    model.graph.initializer[0].CopyFrom(weight)
    listed = model.SerializeToString()
    plane = np.random.default_rng(2).uniform(0, 1, (9, 11)).astype(np.float32)
    np.testing.assert_array_equal(kernels.TileSR(listed)(plane), kernels.TileSR(plain)(plane))
    np.testing.assert_allclose(kernels.TileSR(plain, cpu="scalar")(plane), evaluate(layers, 2, plane), atol=1e-5)


def damaged_files():
    """Our model and a small one with bytes cut, changed, repeated and moved."""
    rng = np.random.default_rng(8)
    small = to_onnx(random_layers(rng, [6, 6, 6], 2, activation="PRelu", skips={2: (0, True)}), 2)
    for content in (small, MODEL.read_bytes()):
        heads = np.r_[0:400, len(content) - 400 : len(content)]
        for _ in range(1500):
            data = bytearray(content)
            for _ in range(rng.integers(1, 6)):
                at = int(rng.choice(heads)) if rng.random() < 0.6 else int(rng.integers(len(data)))
                data[min(at, len(data) - 1)] = int(rng.integers(256))
            if rng.random() < 0.3:
                del data[int(rng.integers(len(data))) :]
            if rng.random() < 0.2 and data:
                at = int(rng.integers(len(data)))
                data[at:at] = data[at // 2 : at // 2 + int(rng.integers(1, 60))]
            yield bytes(data)
    yield from (small[:end] for end in range(0, len(small), 7))


def test_damaged_files_are_refused_or_run_but_never_crash():
    refused, ran = refused_and_run(damaged_files(), cpu=kernels.cpu_level())
    assert refused > 500 and ran > 100


def blank(format_id, width=44, height=26):
    return core.std.BlankClip(width=width, height=height, format=format_id, length=1)


ERRORS = [
    ({"clip": vs.YUV420P8}, "TileSR: clip must be GRAY; got YUV420P8"),
    ({"clip": vs.GRAY32}, "TileSR: clip must have 8 to 16 bit integer, half or float samples; got 32 bit integer"),
    ({"cpu": "mmx"}, "TileSR: cpu must be one of auto, scalar"),
    ({"threads": -1}, "TileSR: threads must be 0 to 256; got -1"),
    ({"tile": 70000}, "TileSR: tile must be 0 to 65536; got 70000"),
    ({"model": "/nowhere/x.onnx"}, "TileSR: model /nowhere/x.onnx: cannot be read"),
    ({"model": str(MODEL.parent)}, f"TileSR: model {MODEL.parent}: "),
]


@pytest.mark.parametrize("options,text", ERRORS, ids=[text[:50] for _, text in ERRORS])
def test_errors_say_what_is_allowed(options, text):
    options = {"clip": vs.GRAYS, "model": str(MODEL), **options}
    clip = blank(options.pop("clip"))
    with pytest.raises(vs.Error) as error:
        kernels.plugin(core).TileSR(clip, **options)
    assert str(error.value).startswith(text) and "\n" not in str(error.value)


def test_the_numpy_face_refuses_what_does_not_fit():
    engine = kernels.TileSR(MODEL)
    plane = np.zeros((4, 6), np.float32)
    with pytest.raises(ValueError, match="out must be 2 times as large as image"):
        engine(plane, out=np.zeros((4, 6), np.float32))
    with pytest.raises(ValueError, match="out must be float32"):
        engine(plane, out=np.zeros((8, 12), np.uint8))
    with pytest.raises(ValueError, match="threads must be 0 to 256; got 300"):
        engine(plane, threads=300)
    with pytest.raises(ValueError, match="cpu must be one of auto, scalar"):
        kernels.TileSR(MODEL, cpu="neon")
