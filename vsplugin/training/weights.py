"""Weights of an ONNX file back into the torch network they came from: the inverse of ``export.py``.

What goes where is not written down a second time: a network of the same shape whose every weight is its own number is
exported, and the numbers found in that file tell which element of which parameter each value belongs to. So any network
that export.py can write can be read back, exactly.
"""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from ..errors import UserError
from .export import as_onnx
from .networks import build

_COUNTABLE = 2**24  # float32 tells whole numbers apart up to here


def _initialisers(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}


def _numbered(net: nn.Module) -> nn.Module:
    """A copy in which the weights count from 0 in the order of ``parameters()``."""
    net, count = copy.deepcopy(net), 0
    for parameter in net.parameters():
        parameter.data = torch.arange(count, count + parameter.numel(), dtype=torch.float32).reshape(parameter.shape)
        count += parameter.numel()
    if count > _COUNTABLE:
        raise UserError(f"--from: networks of more than {_COUNTABLE} weights cannot be read back; this one has {count}")
    return net


def read_onnx(path: Path, network: dict) -> nn.Module:
    """The folded network that ``path`` holds, of the shape a recipe's ``[network]`` table describes."""
    try:
        held = _initialisers(onnx.load(str(path)))
    except Exception as error:
        raise UserError(f"--from: {path} cannot be read as ONNX ({type(error).__name__})") from None
    net = build(network).folded()
    places = _initialisers(as_onnx(_numbered(net)))
    _check_shapes(path, places, held)
    values = np.empty(sum(p.numel() for p in net.parameters()), np.float32)
    for name, place in places.items():
        values[place.astype(np.int64)] = held[name].astype(np.float32)
    with torch.no_grad():
        nn.utils.vector_to_parameters(torch.from_numpy(values), net.parameters())
    return net.eval()


def _check_shapes(path: Path, wanted: dict[str, np.ndarray], held: dict[str, np.ndarray]) -> None:
    for name in [*wanted, *held]:
        shapes = [str(list(one[name].shape)) if name in one else "absent" for one in (held, wanted)]
        if shapes[0] != shapes[1]:
            raise UserError(
                f"--from: {path} is not the recipe's network: weights '{name}' are {shapes[0]} in the file and "
                f"{shapes[1]} in the recipe"
            )


def fill(net: nn.Module, folded: nn.Module) -> None:
    """Give a network in training form the function of its folded form: the plain kernel takes what branches lack."""
    plain = dict(folded.named_modules())
    with torch.no_grad():
        for name, module in net.named_modules():
            source = plain.get(name)
            if not isinstance(source, nn.Conv2d):
                continue
            if isinstance(module, nn.Conv2d):
                module.load_state_dict(source.state_dict())
            else:
                module.plain.weight += source.weight - module.kernel()
                module.plain.bias.copy_(source.bias)
    for ours, theirs in zip(net.folded().parameters(), folded.parameters(), strict=True):
        if not torch.allclose(ours, theirs, rtol=1e-5, atol=1e-6):
            raise AssertionError("a layer's weights were not taken over: fill() does not know its kind")
