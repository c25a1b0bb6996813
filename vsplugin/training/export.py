"""Write a trained network as ONNX (opset 17) as vs-mlrt expects it: one 4-D input, one output, H and W free.

The graph is written node by node, without tracing, so the file holds what the network is and nothing else.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from .networks import PlainNet, build


class _Graph:
    """ONNX nodes and weights in the order they are added; each step returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def add(self, kind: str, output: str, *inputs: str, **attributes) -> str:
        self.nodes.append(helper.make_node(kind, [*inputs], [output], **attributes))
        return output

    def conv(self, name: str, layer: nn.Conv2d, before: str) -> str:
        for part in ("weight", "bias"):
            values = getattr(layer, part).detach().numpy()
            self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), f"{name}.{part}"))
        return self.add("Conv", name, before, f"{name}.weight", f"{name}.bias", kernel_shape=[3, 3], pads=[1] * 4)


def write_onnx(net: PlainNet, path: Path) -> None:
    """Write ``net``, already folded, to ``path`` in float32."""
    graph, here = _Graph(), "input"
    for index, layer in enumerate([net.head, *net.body]):
        here = graph.add("Relu", f"layer{index}.relu", graph.conv(f"layer{index}", layer, here))
    here = graph.conv("tail", net.tail, here)
    if net.scale > 1:
        graph.add("DepthToSpace", "output", here, blocksize=net.scale, mode="CRD")
    else:
        graph.nodes[-1].output[0] = "output"
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "vsplugin",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, net.planes_in, "H", "W"])],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, net.planes_out, "H2", "W2"])],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        producer_name="vsplugin",
        ir_version=8,
    )
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def averaged_network(checkpoint: Path) -> tuple[PlainNet, dict]:
    """The averaged weights of a training checkpoint and the recipe they were trained with."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=False)
    net = build(state["recipe"]["network"])
    net.load_state_dict(state["average"])
    return net.eval(), state["recipe"]
