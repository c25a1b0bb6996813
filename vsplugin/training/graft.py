"""``python -m vsplugin.training.graft MODEL RECIPE OUT.onnx``: a network of another shape begun with a model's weights.

What a training with ``--from OUT.onnx`` begins with where no finished model has its recipe's shape. Differences of
shape that are known:

- the recipe's network does not take the last planes that the model takes: these are held at ``--level`` and go into
  the biases, so that inside the picture the new network does what the model does with constant planes;
- it takes more planes: what it does with those is nothing, at first;
- the recipe's network enlarges more: each output pixel begins with what the model has for the one it lies in;
- it enlarges less: each begins with the mean of what the model has for those that lie in it;
- the recipe's network has more channels or layers (widen.py).
"""

from __future__ import annotations

import argparse
import copy
import math
from pathlib import Path

import torch
from torch import Tensor, nn

from .. import models
from ..errors import UserError
from . import recipe as recipes
from .export import write_onnx
from .networks import build
from .weights import read_onnx
from .widen import GROWS, widen

_DIFFER = ("planes_in", "scale")  # keys of [network] in which the two may differ


def graft(old: nn.Module, had: dict, wanted: dict, level: float = 0.0) -> nn.Module:
    """The folded network of ``wanted``, a recipe's ``[network]``, with the weights of ``old``, which is ``had``."""
    _check(had, wanted)
    other = {key: value for key, value in had.items() if key not in _DIFFER}
    other |= {key: wanted[key] for key in _DIFFER if key in wanted}
    return widen(_refitted(old, had, other, level), other, wanted)


def _check(had: dict, wanted: dict) -> None:
    for key in sorted({*had, *wanted}):
        there, here = had.get(key), wanted.get(key)
        grows = key in GROWS and there is not None and here is not None and there < here
        if there == here or key in _DIFFER or grows:
            continue
        raise UserError(f"graft: network.{key} is {there} there and {here} here; only {' and '.join(_DIFFER)} may "
                        f"differ, and {', '.join(GROWS)} may grow")  # fmt: skip


def _refitted(old: nn.Module, had: dict, wanted: dict, level: float) -> nn.Module:
    """Other planes and another enlargement, layers as they are."""
    before, after = had.get("scale", 1), wanted.get("scale", 1)
    if max(before, after) % min(before, after):
        raise UserError(f"graft: network.scale is {before} there and {after} here; one must be a multiple of the other")
    new = build(wanted).folded()
    with torch.no_grad():
        given = dict(new.named_modules())
        for name, layer in copy.deepcopy(old).named_modules():
            if isinstance(layer, nn.Conv2d):
                weight, bias = layer.weight, layer.bias
                weight, bias = _fewer_inputs(weight, bias, given[name].in_channels, level)
                weight = _more_inputs(weight, given[name].in_channels)
                if name == "tail":
                    weight, bias = (_rescaled(one, wanted["planes_out"], before, after) for one in (weight, bias))
                given[name].weight.copy_(weight)
                given[name].bias.copy_(bias)
    return new


def _fewer_inputs(weight: Tensor, bias: Tensor, channels: int, level: float) -> tuple[Tensor, Tensor]:
    """The last inputs held at ``level``."""
    return weight[:, :channels], bias + level * weight[:, channels:].sum((1, 2, 3))


def _more_inputs(weight: Tensor, channels: int) -> Tensor:
    """Deaf to those that are added: every network here has the planes it takes last among a layer's inputs."""
    return torch.cat([weight, weight.new_zeros(len(weight), channels - weight.shape[1], *weight.shape[2:])], 1)


def _rescaled(rows: Tensor, planes: int, before: int, after: int) -> Tensor:
    """The rows of a layer before pixel shuffling, for a picture ``after / before`` times as large."""
    side = math.isqrt(len(rows) // planes)
    each = rows.unflatten(0, (planes, side, side))
    if after >= before:
        each = each.repeat_interleave(after // before, 1).repeat_interleave(after // before, 2)
    else:
        less = before // after
        each = each.unflatten(2, (-1, less)).unflatten(1, (-1, less)).mean((2, 4))
    return each.flatten(0, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description="Begin a network of another shape with a model's weights.")
    parser.add_argument("model", help="name of an installed model, or its .onnx file with card and recipe beside it")
    parser.add_argument("recipe", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--level", type=float, default=0.0, help="of the planes that are left out (1 = full scale)")
    parser.add_argument("--seed", type=int, default=0, help="of the weights that nothing is known about")
    arguments = parser.parse_args()
    path = models.named("MODEL", arguments.model).path
    had, wanted = (recipes.load(place)["network"] for place in (path.parent, arguments.recipe))
    torch.manual_seed(arguments.seed)
    write_onnx(graft(read_onnx(path, had), had, wanted, arguments.level), arguments.out)


if __name__ == "__main__":
    main()
