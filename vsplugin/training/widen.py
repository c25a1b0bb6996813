"""A larger network that begins where a smaller one ended: more channels, more layers, the same answers.

Function-preserving growth as in Net2Net (Chen, Goodfellow & Shlens, ICLR 2016), with one difference: there, new
channels are copies of old ones; here they see the picture with weights of their own (random, as any training begins)
and are heard by nobody at first, so that nothing has to tell copies apart. What was trained into the small network is
not trained again.
"""

from __future__ import annotations

import torch
from torch import nn

from .networks import build

GROWS = ("channels", "deep_channels", "layers", "deep_layers")  # keys of [network]


def widen(old: nn.Module, had: dict, wanted: dict) -> nn.Module:
    """The folded network of ``wanted``, a recipe's ``[network]``, that answers as ``old`` does, which is ``had``.

    None of ``GROWS`` may be smaller than it was. An added layer passes on what it gets. Its leaky ReLU f (``slope``)
    would bend what is negative once more, so new channels carry the same negated, and the next layer hears
    x = (f(x) - f(-x)) / (1 + slope), exactly what it heard before, where the width doubles at least. Channels without
    a partner are bent, and so are all of an added layer of ``before``, whose outputs others are added to.
    """
    new = build(wanted).folded()
    known = {name: layer for name, layer in old.named_modules() if isinstance(layer, nn.Conv2d)}
    hears = _heard_with_partners(had, wanted)
    with torch.no_grad():
        for name, layer in new.named_modules():
            if not isinstance(layer, nn.Conv2d):
                continue
            width = had[_width(name)]
            if name in known:
                _keep(layer, known[name], _places(name, had, wanted, known[name].in_channels))
            else:
                _pass_on(layer, width)
                if not name.startswith("before"):
                    _negate(layer, width)
            if name in hears:
                _hear_partners(layer, *hears[name], wanted["slope"])
    return new


def _width(name: str) -> str:
    return "deep_channels" if name.startswith("deep") else "channels"


def _heard_with_partners(had: dict, wanted: dict) -> dict[str, tuple[int, int]]:
    """Of each layer after an added one: how many channels it heard before, and the first outputs that go by them."""
    hears = {}
    chain = "body" if had["kind"] == "plain" else "after"
    for group, after, count in (("deep", "up", "deep_layers"), (chain, "tail", "layers")):
        width = had.get(_width(group), 0)
        for place in range(had.get(count, 0), wanted.get(count, 0)):
            last = place + 1 == wanted[count]
            hears[after if last else f"{group}.{place + 1}"] = width, wanted[_width(group)]
    return hears


def _hear_partners(layer: nn.Conv2d, width: int, wider: int, slope: float) -> None:
    """Hear the first ``width`` inputs as half of a pair, of which the other one follows, as far as there is room."""
    paired = min(width, wider - width)
    layer.weight[:, :paired] /= 1 + slope
    layer.weight[:, width : width + paired] = -layer.weight[:, :paired]


def _negate(layer: nn.Conv2d, width: int) -> None:
    paired = min(width, layer.out_channels - width)
    layer.weight[width : width + paired] = -layer.weight[:paired]
    layer.bias[width : width + paired] = 0  # type: ignore[index]


def _places(name: str, had: dict, wanted: dict, count: int) -> list[int]:
    """Where the old inputs of a layer are among the new ones: first, but for the picture, which a U-Net's tail sees."""
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
