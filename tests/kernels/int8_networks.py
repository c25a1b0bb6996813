"""INT8 networks for the TileSR tests, and what they compute, in numpy."""

import numpy as np
import onnx
from networks import ALPHA, graph_bytes, to_onnx
from onnx import helper, numpy_helper


def to_int8(layers, scale, rng, *, keep=(0,), signed=False, per_channel=True, tiny=()):
    """The bytes of ``to_onnx`` with INT8 layers but for those in ``keep``: QuantizeLinear and DequantizeLinear around
    them, scales drawn so that some codes saturate. The codes that layers in ``tiny`` read reach so little that values
    are far more steps than an integer holds.
    """
    model = onnx.load_from_string(to_onnx(layers, scale))
    nodes, weights = [], {weight.name: weight for weight in model.graph.initializer}
    for node in model.graph.node:
        index = int(node.output[0][1:]) if node.op_type == "Conv" else -1
        if node.op_type != "Conv" or index in keep:
            nodes.append(node)
            continue
        kernel, bias = (numpy_helper.to_array(weights.pop(name)) for name in node.input[1:])
        step = np.abs(kernel).max((1, 2, 3) if per_channel else None) / 127
        codes = np.rint(kernel / np.reshape(step, (-1, 1, 1, 1))).astype(np.int8)
        low, high = -rng.uniform(0, 2) * (layers[index - 1][2] != "Relu"), rng.uniform(2, 4)
        if index in tiny:
            low, high, bias = 1e-12 * low, 1e-12 * high, 0 * bias
        in_step = np.float32((high - low) / 255)
        zero = np.rint(-low / in_step) - (128 if signed else 0)
        total = np.float32(in_step * step) * np.ones(len(bias), np.float32)
        named = {
            f"is{index}": in_step, f"iz{index}": np.array(zero, np.int8 if signed else np.uint8),
            f"wq{index}": codes, f"ws{index}": np.asarray(step, np.float32),
            f"bq{index}": np.rint(bias / total).astype(np.int32), f"bs{index}": total,
        }  # fmt: skip
        weights |= {name: numpy_helper.from_array(np.asarray(value), name) for name, value in named.items()}
        nodes += [
            helper.make_node("QuantizeLinear", [node.input[0], f"is{index}", f"iz{index}"], [f"q{index}"]),
            helper.make_node("DequantizeLinear", [f"q{index}", f"is{index}", f"iz{index}"], [f"x{index}"]),
            helper.make_node("DequantizeLinear", [f"wq{index}", f"ws{index}"], [f"wd{index}"], axis=0),
            helper.make_node("DequantizeLinear", [f"bq{index}", f"bs{index}"], [f"bd{index}"], axis=0),
        ]
        options = {"kernel_shape": [3, 3], "pads": [1] * 4, "strides": [1, 1]}
        nodes.append(helper.make_node("Conv", [f"x{index}", f"wd{index}", f"bd{index}"], node.output, **options))
    return graph_bytes(nodes, weights.values())


def evaluate_int8(content, plane):
    """What an INT8 file computes, by its nodes, in float64: ``step * (code - zero)`` wherever it says."""
    graph = onnx.load_from_string(content).graph
    known = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
    known["input"] = plane.astype(np.float64)[None]
    for node in graph.node:
        a, *rest = (known[name] for name in node.input)
        if node.op_type == "QuantizeLinear":
            limits = np.iinfo(rest[1].dtype)
            made = np.clip(np.rint(a / np.float64(rest[0])) + int(rest[1]), limits.min, limits.max)
        elif node.op_type == "DequantizeLinear":
            zero = int(rest[1]) if len(rest) > 1 else 0
            made = (a.astype(np.float64) - zero) * np.reshape(rest[0], (-1, *[1] * (a.ndim - 1))).astype(np.float64)
        elif node.op_type == "Conv":
            kernel, bias = rest
            padded, (height, width) = np.pad(a, ((0, 0), (1, 1), (1, 1))), a.shape[1:]
            made = np.zeros((len(kernel), height, width)) + bias[:, None, None]
            for ky, kx in np.ndindex(3, 3):
                made += np.einsum("oi,ihw->ohw", kernel[:, :, ky, kx], padded[:, ky : ky + height, kx : kx + width])
        elif node.op_type == "DepthToSpace":
            scale, (height, width) = node.attribute[0].i, a.shape[1:]
            made = a.reshape(scale, scale, height, width).transpose(2, 0, 3, 1).reshape(1, height * scale, -1)
        else:
            slope = rest[0] if node.op_type == "PRelu" else {"Relu": 0, "LeakyRelu": ALPHA}[node.op_type]
            made = np.where(a < 0, a * slope, a)
        known[node.output[0]] = made
    return known["output"][0]
