"""A network as the GPU engine wants it: read by the CPU engine's reader, its weights in the order tensor cores read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vsplugin import _kernels
from vsplugin.errors import UserError, one_line

Array = np.ndarray[Any, np.dtype[Any]]
MOST_CHANNELS = 32
PRELU = 2  # kernels/tile_sr/network.hpp: none, relu, prelu


@dataclass(frozen=True)
class Layer:
    """A 3x3 convolution: ``weights`` (out, in, 3, 3), what follows it, and the layer whose output is added (or -1)."""

    weights: Array
    bias: Array
    activation: int
    slope: Array
    skip: int
    skip_first: bool


@dataclass(frozen=True)
class Network:
    layers: tuple[Layer, ...]
    scale: int

    @property
    def channels(self) -> int:
        """Of all layers but the last one, padded to what one product takes: 16 or 32."""
        return -(-max(len(layer.bias) for layer in self.layers[:-1]) // 16) * 16


def read(onnx: bytes) -> Network:
    """The network of an ONNX file.

    Raises ``ValueError`` in one line for what neither engine runs, ``UserError`` for what only the CPU's runs.
    """
    rows, scale = _kernels.read_layers(onnx)
    layers = []
    for channels_in, channels_out, weights, bias, activation, slope, skip, skip_first, integers in rows:
        if integers:
            raise UserError("cuda: INT8 layers; the GPU engine multiplies halves. Take the float model")
        kernel = np.array(weights, np.float32).reshape(channels_out, channels_in, 3, 3)
        slopes = np.array(slope if slope else [0.0] * channels_out, np.float32)
        layers.append(Layer(kernel, np.array(bias, np.float32), activation, slopes, skip, skip_first))
    network = Network(tuple(layers), scale)
    if len(layers) < 2:
        raise UserError("cuda: a network of one layer; the GPU engine runs two and more")
    if network.channels > MOST_CHANNELS:
        widest = max(len(layer.bias) for layer in layers[:-1])
        raise UserError(f"cuda: a layer of {widest} channels; the GPU engine keeps up to {MOST_CHANNELS} in registers")
    return network


def refusal(path: Path) -> str | None:
    """Why the GPU engine cannot run the network in this file, in one line; ``None`` if it can. Needs no GPU."""
    try:
        read(path.read_bytes())
    except (UserError, ValueError, OSError) as error:
        return one_line(error).removeprefix("cuda: ")
    return None


def head_weights(layer: Layer, channels: int) -> Array:
    """(tap, channel) float32 of the first layer."""
    taps = np.zeros((9, channels), np.float32)
    taps[:, : len(layer.bias)] = layer.weights.reshape(len(layer.bias), 9).T
    return taps


def fragments(layer: Layer, channels: int, groups: int) -> Array:
    """Halves in the order in which a warp reads them: (tap, 16 channels in, 8 channels out, lane, 4).

    Lane 4g + t holds, of channel out g, the channels in 2t, 2t + 1, 2t + 8, 2t + 9 (PTX, mma.m16n8k16).
    """
    out, inside = layer.weights.shape[:2]
    padded = np.zeros((8 * groups, channels, 9), np.float16)
    padded[:out, :inside] = layer.weights.reshape(out, inside, 9)
    split = padded.reshape(groups, 8, channels // 16, 2, 4, 2, 9)  # group, g, step, half, t, pair, tap
    return np.ascontiguousarray(split.transpose(6, 2, 0, 1, 4, 3, 5)).reshape(9, channels // 16, groups, 32, 4)


def lanes(layers: list[Layer | None], channels: int) -> Array:
    """(stage, bias or slope, channel) float32; None is a stage that only reads."""
    table = np.zeros((len(layers), 2, channels), np.float32)
    for row, layer in zip(table, layers, strict=True):
        if layer is not None:
            row[0, : len(layer.bias)] = layer.bias
            row[1, : len(layer.slope)] = layer.slope
    return table
