"""The estimator's network: a few fully connected layers, read from its ONNX file and run with numpy.

It runs once for each scene, on numbers, not on pictures: a runtime for pictures has nothing to gain here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from ..models import Model
from .correction import Correction
from .features import COUNT

Array = np.ndarray

# The network's outputs are in these units: base (density), logarithm of the gain, bend; then the fade's log odds.
UNITS = np.array([0.1] * 3 + [0.5] * 3 + [0.2] * 3)
OUTPUTS = len(UNITS) + 1
LIMIT = 6.0  # standard deviations of the training's features beyond which no feature counts
_FLOAT = 1  # ONNX's number of float32


def correction_of(units: Array, confidence: float) -> Correction:
    """The correction that nine outputs of the network stand for."""
    base, gain, bend = (units * UNITS).reshape(3, 3)
    return Correction(_three(base), _three(np.exp(gain)), _three(bend), confidence)


def _three(values: Array) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third


def outputs(model: Model, features: Array) -> Array:
    """``(pictures, OUTPUTS)`` of ``(pictures, features)``: what ONNX Runtime gives for the same file."""
    weights = _weights(model.path)
    x = np.clip((features - weights["mean"]) / weights["deviation"], -LIMIT, LIMIT)
    layers = sum(name.endswith(".weight") for name in weights)
    for layer in range(layers):
        x = x @ weights[f"layer{layer}.weight"] + weights[f"layer{layer}.bias"]
        if layer < layers - 1:
            x = np.maximum(x, 0)
    return np.asarray(x)


@cache
def _weights(path: Path) -> dict[str, Array]:
    """The initializers of an ONNX file by name. ``ValueError`` if it is none, or not this network."""
    try:
        graph = _parts(path.read_bytes(), 7)[0]  # ModelProto.graph
        found = dict(map(_tensor, _parts(graph, 5)))  # GraphProto.initializer
        fits = found["mean"].shape[-1] == found["layer0.weight"].shape[0] == COUNT
    except (KeyError, IndexError, ValueError) as error:
        raise ValueError(f"{path} is no network for unfade") from error
    if not fits:
        raise ValueError(f"{path} is no network for unfade")
    return found


def _tensor(content: bytes) -> tuple[str, Array]:
    """Name and values of a TensorProto of float32 with raw data."""
    kinds, dims = _numbers(content, 2), _numbers(content, 1)
    if kinds != [_FLOAT]:
        raise ValueError("weights must be float32")
    return _parts(content, 8)[0].decode(), np.frombuffer(_parts(content, 9)[0], "<f4").reshape(dims)


def _numbers(content: bytes, wanted: int) -> list[int]:
    return [value for field, value in _fields(content) if field == wanted and isinstance(value, int)]


def _parts(content: bytes, wanted: int) -> list[bytes]:
    return [value for field, value in _fields(content) if field == wanted and isinstance(value, bytes)]


def _fields(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and values of a protocol buffer's fields (developers.google.com/protocol-buffers, "Encoding")."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        if key & 7 == 0:
            value, at = _varint(content, at)
            yield key >> 3, value
            continue
        if key & 7 == 2:
            size, at = _varint(content, at)
        elif key & 7 in (1, 5):
            size = 8 if key & 7 == 1 else 4
        else:
            raise ValueError("no protocol buffer")
        if at + size > len(content):
            raise ValueError("the file ends too early")
        yield key >> 3, content[at : at + size]
        at += size


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
