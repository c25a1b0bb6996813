"""A larger network that begins where a smaller one ended: more channels, more layers, the same answers.

Function-preserving growth as in Net2Net (Chen, Goodfellow & Shlens, ICLR 2016), with one difference: there, new channels
are copies of old ones; here they see the picture with weights of their own (random, as any training begins) and are
heard by nobody at first, so that nothing has to tell copies apart. What was trained into the small network is not
trained again.
"""

from __future__ import annotations

import torch
from torch import nn

from .networks import build

GROWS = ("channels", "deep_channels", "layers", "deep_layers")  # keys of [network]


def widen(old: nn.Module, had: dict, wanted: dict) -> nn.Module:
    """The folded network of ``wanted``, a recipe's ``[network]``, that answers as ``old`` does, which is ``had``.

    Exactly, where only channels are added. An added layer passes on what it gets, but bends what is negative a second
    time (``slope``): a small change, that training takes back. None of ``GROWS`` may be smaller than it was.
    """
    new = build(wanted).folded()
    known = {name: layer for name, layer in old.named_modules() if isinstance(layer, nn.Conv2d)}
    with torch.no_grad():
        for name, layer in new.named_modules():
            if not isinstance(layer, nn.Conv2d):
                continue
            if name in known:
                _keep(layer, known[name], _places(name, had, wanted, known[name].in_channels))
            else:
                _pass_on(layer, had["deep_channels" if name.startswith("deep") else "channels"])
    return new


def _places(name: str, had: dict, wanted: dict, count: int) -> list[int]:
    """Where the old inputs of a layer are among the new ones: first, but for the picture that a U-Net's tail sees too."""
    if name != "tail":
        return list(range(count))
    return [
        place if place < had["channels"] else place + wanted["channels"] - had["channels"] for place in range(count)
    ]


def _keep(layer: nn.Conv2d, old: nn.Conv2d, places: list[int]) -> None:
    """The first outputs as they were, deaf to new inputs; further outputs hear everything."""
    layer.weight[: old.out_channels] = 0
    layer.weight[: old.out_channels, places] = old.weight
    layer.bias[: old.out_channels] = old.bias  # type: ignore[index]


def _pass_on(layer: nn.Conv2d, channels: int) -> None:
    layer.weight[:channels] = 0
    for channel in range(channels):
        layer.weight[channel, channel, 1, 1] = 1
    layer.bias[:channels] = 0  # type: ignore[index]
