"""Write a trained network as ONNX (opset 17) as vs-mlrt expects it: one 4-D input, one output, H and W free.

The graph is written node by node, without tracing, so the file holds what the network is and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from .networks import BlockUNet, HoleUNet, Network, PlainNet, ResidualNet, build
from .networks.blocks import Attention, LargeKernel, TwoConvolutions


class _Graph:
    """ONNX nodes and weights in the order they are added; each step returns the name of its output."""

    def __init__(self, slope: float) -> None:
        self.slope = slope  # of the activations, for negative values
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def add(self, kind: str, output: str, *inputs: str, **attributes) -> str:
        self.nodes.append(helper.make_node(kind, [*inputs], [output], name=output, **attributes))
        return output

    def conv(self, name: str, layer: nn.Conv2d, before: str, weight: np.ndarray | None = None) -> str:
        values = {
            "weight": layer.weight.detach().numpy() if weight is None else weight,
            "bias": layer.bias.detach().numpy(),
        }
        for part, value in values.items():
            self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), f"{name}.{part}"))
        size, stride, pad = layer.kernel_size[0], layer.stride[0], layer.padding[0]
        shape = {"kernel_shape": [size, size], "strides": [stride, stride], "pads": [pad] * 4}
        return self.add("Conv", name, before, f"{name}.weight", f"{name}.bias", **shape)

    def constant(self, name: str, value: float) -> str:
        if all(weight.name != name for weight in self.weights):
            self.weights.append(numpy_helper.from_array(np.float32(value), name))
        return name

    def split(self, name: str, before: str, parts: list[int]) -> list[str]:
        """``before`` cut along its channels."""
        self.weights.append(numpy_helper.from_array(np.array(parts, np.int64), f"{name}.parts"))
        outputs = [f"{name}.{index}" for index in range(len(parts))]
        self.nodes.append(helper.make_node("Split", [before, f"{name}.parts"], outputs, name=name, axis=1))
        return outputs

    def conv_active(self, name: str, layer: nn.Conv2d, before: str, weight: np.ndarray | None = None) -> str:
        here = self.conv(name, layer, before, weight)
        if self.slope:
            return self.add("LeakyRelu", f"{name}.active", here, alpha=self.slope)
        return self.add("Relu", f"{name}.relu", here)


def _plain(graph: _Graph, net: PlainNet) -> None:
    here = "input"
    for index, layer in enumerate([net.head, *net.body]):
        here = graph.conv_active(f"layer{index}", layer, here)
    here = graph.conv("tail", net.tail, here)
    if net.scale > 1:
        graph.add("DepthToSpace", "output", here, blocksize=net.scale, mode="CRD")
    else:
        graph.nodes[-1].output[0] = "output"


def _block_unet(graph: _Graph, net: BlockUNet) -> None:
    here = graph.add("SpaceToDepth", "blocks", "input", blocksize=2)
    # ONNX's SpaceToDepth counts position before plane, torch's pixel_unshuffle plane before position.
    order = [plane * 4 + position for position in range(4) for plane in range(net.planes_in)]
    here = graph.conv_active("head", net.head, here, net.head.weight.detach().numpy()[:, order])
    skip_order = [*range(net.channels), *(net.channels + place for place in order)]
    for index, layer in enumerate(net.before):
        here = graph.conv_active(f"before{index}", layer, here)
    deep = graph.conv_active("down", net.down, here)
    for index, layer in enumerate(net.deep):
        deep = graph.conv_active(f"deep{index}", layer, deep)
    deep = graph.add("DepthToSpace", "up.blocks", graph.conv("up", net.up, deep), blocksize=2, mode="CRD")
    here = graph.add("Add", "skip", here, deep)
    for index, layer in enumerate(net.after):
        here = graph.conv_active(f"after{index}", layer, here)
    here = graph.add("Concat", "with_input", here, "blocks", axis=1)
    here = graph.conv("tail", net.tail, here, net.tail.weight.detach().numpy()[:, skip_order])
    graph.add("DepthToSpace", "output", here, blocksize=2 * net.scale, mode="CRD")


def _hole_unet(graph: _Graph, net: HoleUNet) -> None:
    planes, unit = graph.split("planes", "input", [net.planes_in - 1, 1])
    blocks = graph.add("SpaceToDepth", "blocks", planes, blocksize=2)
    order = [plane * 4 + position for position in range(4) for plane in range(net.planes_in - 1)]  # as in _block_unet
    here = graph.conv_active("head", net.head, blocks, net.head.weight.detach().numpy()[:, order])
    skips = []
    for level, side in enumerate(net.before):
        for index, layer in enumerate(side):
            here = graph.conv_active(f"before{level}.{index}", layer, here)
        if level < len(net.down):
            skips.append(here)
            here = graph.conv_active(f"down{level}", net.down[level], here)
    for level in reversed(range(len(net.up))):
        wide = graph.conv(f"up{level}", net.up[level], here)
        here = graph.add("DepthToSpace", f"up{level}.blocks", wide, blocksize=2, mode="CRD")
        here = graph.add("Add", f"skip{level}", skips[level], here)
        for index, layer in enumerate(net.after[level]):
            here = graph.conv_active(f"after{level}.{index}", layer, here)
    here = graph.add("Concat", "with_input", here, blocks, axis=1)
    skip_order = [*range(net.channels[0]), *(net.channels[0] + place for place in order)]
    here = graph.conv("tail", net.tail, here, net.tail.weight.detach().numpy()[:, skip_order])
    here = graph.add("DepthToSpace", "answer", here, blocksize=2, mode="CRD")
    graph.add("Mul", "output", here, unit)


def _residual(graph: _Graph, net: ResidualNet) -> None:
    first = here = graph.conv("head", net.head, "input")
    for index, block in enumerate(net.blocks):
        here = _WRITERS[type(block)](graph, f"block{index}", block, here)
    here = graph.add("Add", "joined", first, graph.conv("join", net.join, here))
    here = graph.conv("tail", net.tail, here)
    if net.scale > 1:
        graph.add("DepthToSpace", "output", here, blocksize=net.scale, mode="CRD")
    else:
        graph.nodes[-1].output[0] = "output"


def _two_convolutions(graph: _Graph, name: str, block: TwoConvolutions, before: str) -> str:
    here = graph.conv_active(f"{name}.first", block.first, before)
    return graph.add("Add", name, before, graph.conv(f"{name}.second", block.second, here))


def _attention(graph: _Graph, name: str, block: Attention, before: str) -> str:
    here = graph.conv_active(f"{name}.first", block.first, before)
    here = graph.conv_active(f"{name}.second", block.second, here)
    made = graph.conv(f"{name}.third", block.third, here)
    weight = graph.add(
        "Sub", f"{name}.weight", graph.add("Sigmoid", f"{name}.sigmoid", made), graph.constant("half", 0.5)
    )
    return graph.add("Mul", name, graph.add("Add", f"{name}.sum", before, made), weight)


def _large_kernel(graph: _Graph, name: str, block: LargeKernel, before: str) -> str:
    local = graph.conv_active(f"{name}.local", block.local, before)
    channels = block.mix.in_channels
    if channels > block.taken:
        few, rest = graph.split(f"{name}.split", local, [block.taken, channels - block.taken])
        here = graph.add("Concat", f"{name}.parts", graph.conv(f"{name}.large", block.large, few), rest, axis=1)
    else:
        here = graph.conv(f"{name}.large", block.large, local)
    gate = graph.add("Sigmoid", f"{name}.sigmoid", graph.conv(f"{name}.gate", block.gate, here))
    here = graph.conv(f"{name}.mix", block.mix, graph.add("Mul", f"{name}.gated", here, gate))
    return graph.add("Add", name, before, here)


_WRITERS: dict[type, Callable[..., str]] = {
    TwoConvolutions: _two_convolutions,
    Attention: _attention,
    LargeKernel: _large_kernel,
}
_NETWORKS: dict[type, Callable[..., None]] = {
    PlainNet: _plain,
    BlockUNet: _block_unet,
    ResidualNet: _residual,
    HoleUNet: _hole_unet,
}


def as_onnx(net: Network) -> onnx.ModelProto:
    """``net``, already folded, in float32."""
    graph = _Graph(net.slope)
    _NETWORKS[type(net)](graph, net)
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
    return model


def write_onnx(net: Network, path: Path) -> None:
    """Write ``net``, already folded, to ``path`` in float32."""
    onnx.save(as_onnx(net), str(path))


def averaged_network(checkpoint: Path) -> tuple[Network, dict]:
    """The averaged weights of a training checkpoint and the recipe they were trained with."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=False)
    net = build(state["recipe"]["network"])
    net.load_state_dict(state["average"])
    return net.eval(), state["recipe"]
