"""Networks for the TileSR tests: ONNX files with random weights, and what they compute, in numpy and float64."""

from itertools import pairwise

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from vsplugin import kernels

ALPHA = 0.2  # slope of LeakyRelu


def random_layers(rng, channels, scale, *, activation="Relu", skips=()):
    """(kernel, bias, activation or None, slopes, skip or None, skip first) of each layer."""
    widths = [1, *channels, scale**2]
    skips = dict(skips)
    layers = []
    for index, (before, after) in enumerate(pairwise(widths)):
        kernel = rng.normal(0, (2 / (9 * before)) ** 0.5, (after, before, 3, 3)).astype(np.float32)
        bias = rng.normal(0, 0.1, after).astype(np.float32)
        slopes = rng.uniform(-0.2, 0.5, after).astype(np.float32)
        last = index == len(widths) - 2
        skip, first = skips.get(index, (None, False))
        layers.append((kernel, bias, None if last else activation, slopes, skip, first))
    return layers


def evaluate(layers, scale, plane, hand_on=lambda values: values):
    """The definition: zero padding of every layer, all sums in float64; ``hand_on`` rounds what layers hand on."""
    outs = []
    x = plane.astype(np.float64)[None]
    height, width = plane.shape
    for kernel, bias, activation, slopes, skip, first in layers:
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
        x = np.zeros((len(kernel), height, width)) + bias[:, None, None]
        for ky in range(3):
            for kx in range(3):
                window = padded[:, ky : ky + height, kx : kx + width]
                x += np.einsum("oi,ihw->ohw", kernel[:, :, ky, kx].astype(np.float64), window)
        if skip is not None and first:
            x = x + outs[skip]
        if activation == "Relu":
            x = np.maximum(x, 0)
        elif activation == "LeakyRelu":
            x = np.where(x < 0, x * ALPHA, x)
        elif activation == "PRelu":
            x = np.where(x < 0, x * slopes[:, None, None], x)
        if skip is not None and not first:
            x = x + outs[skip]
        x = x if len(outs) == len(layers) - 1 else hand_on(x)
        outs.append(x)
    return x.reshape(scale, scale, height, width).transpose(2, 0, 3, 1).reshape(height * scale, width * scale)


def to_onnx(layers, scale):
    """The bytes of an ONNX file."""
    nodes, weights, finals, here = [], [], [], "input"
    for i, (kernel, bias, activation, slopes, skip, first) in enumerate(layers):
        weights += [numpy_helper.from_array(kernel, f"w{i}"), numpy_helper.from_array(bias, f"b{i}")]
        shape = {"kernel_shape": [3, 3], "pads": [1] * 4, "strides": [1, 1]}
        nodes.append(helper.make_node("Conv", [here, f"w{i}", f"b{i}"], [f"c{i}"], **shape))
        here = f"c{i}"

        def add(here, i=i, skip=skip):
            nodes.append(helper.make_node("Add", [finals[skip], here], [f"s{i}"]))
            return f"s{i}"

        if skip is not None and first:
            here = add(here)
        if activation:
            inputs = [here]
            if activation == "PRelu":
                weights.append(numpy_helper.from_array(slopes[:, None, None], f"p{i}"))
                inputs.append(f"p{i}")
            options = {"alpha": ALPHA} if activation == "LeakyRelu" else {}
            nodes.append(helper.make_node(activation, inputs, [f"a{i}"], **options))
            here = f"a{i}"
        if skip is not None and not first:
            here = add(here)
        finals.append(here)
    nodes.append(helper.make_node("DepthToSpace", [here], ["output"], blocksize=scale, mode="CRD"))
    return graph_bytes(nodes, weights)


def graph_bytes(nodes, weights, planes=1):
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, planes, "h", "w"])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, "h2", "w2"])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


# Parts of small networks made by hand.

KERNEL = np.full((4, 1, 3, 3), 0.1, np.float32)
SAME = {"pads": [1, 1, 1, 1]}


def conv(weight="w", into="c", before="input", **attributes):
    return helper.make_node("Conv", [before, weight], [into], **{**SAME, **attributes})


def node(kind, inputs, output="output", **attributes):
    return helper.make_node(kind, inputs, [output], **attributes)


def last(before="c"):
    return node("DepthToSpace", [before], blocksize=2)


def weights(**arrays):
    return [numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items()]


def refused_and_run(files, **options):
    """How many of these ONNX files TileSR refuses, in one line each, and how many it runs."""
    plane = np.full((5, 6), 0.5, np.float32)
    refused = ran = 0
    for content in files:
        try:
            engine = kernels.TileSR(content, **options)
        except ValueError as error:
            assert "\n" not in str(error)
            refused += 1
        else:
            engine(plane)
            ran += 1
    return refused, ran
