"""Training with the rounding of INT8 in the network, so that its weights come to allow for it.

Quantisation-aware training (Jacob et al. 2018, arXiv:1712.05877): weights and what convolutions read are rounded on the
way forward as ``quantise.py`` will round them, and gradients pass as if nothing had happened (straight-through
estimator, Bengio et al. 2013, arXiv:1308.3432). The first and the last convolution stay in float, as there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from .networks.convolution import FoldedConv3x3

Reach = dict[str, tuple[float, float]]  # of each layer, the least and the greatest value that it reads


def convolutions(net: nn.Module) -> dict[str, nn.Module]:
    """All layers that multiply, in their order, those in :class:`FoldedConv3x3` counted once."""
    found: dict[str, nn.Module] = {}
    for name, layer in net.named_modules():
        inside = name.rpartition(".")[0] in found
        if isinstance(layer, (FoldedConv3x3, nn.Conv2d)) and not inside:
            found[name] = layer
    return found


def round_input(x: Tensor, low: float, high: float) -> Tensor:
    """``x`` on 256 steps from ``low`` to ``high``, which reach over 0, as QUInt8 with one scale; beyond is cut off."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = max((high - low) / 255, 1e-12)
    zero = round(-low / scale)
    return torch.fake_quantize_per_tensor_affine(x.float(), scale, zero, 0, 255)


def round_kernel(weight: Tensor) -> Tensor:
    """``weight`` (out, in, y, x) on 255 steps about 0, as QInt8 with a scale for each output."""
    scale = (weight.detach().abs().amax((1, 2, 3), keepdim=True) / 127).clamp_min(1e-12)
    return (weight / scale).round() * scale


class Rounding:
    """``rounding(net, x)`` is ``net(x)`` as an INT8 copy would compute it, with gradients.

    ``reach`` is what the layers were found to read; :meth:`measure` finds it once, so that it stays what a training
    began with.
    """

    def __init__(self, reach: Reach | None = None) -> None:
        self.reach = dict(reach or {})

    @torch.no_grad()
    def measure(self, net: nn.Module, inputs: Iterator[Tensor]) -> None:
        """``inputs``: batches such as ``quantise.calibration`` draws."""

        def widen(name: str, x: Tensor) -> Tensor:
            low, high = self.reach.get(name, (0.0, 0.0))
            self.reach[name] = min(low, x.min().item()), max(high, x.max().item())
            return x

        inner = list(convolutions(net))[1:-1]
        with _reading(net, inner, widen):
            for x in inputs:
                net(x)

    def __call__(self, net: nn.Module, x: Tensor) -> Tensor:
        with _reading(net, list(self.reach), lambda name, read: round_input(read, *self.reach[name])):
            return functional_call(net, self._weights(net), (x,))

    def _weights(self, net: nn.Module) -> dict[str, Tensor]:
        """The parameters that differ: each kernel moved to its rounded value without a gradient of its own."""
        moved = {}
        layers = convolutions(net)
        for name in self.reach:
            layer: Any = layers[name]
            folded = isinstance(layer, FoldedConv3x3)
            kernel = layer.kernel() if folded else layer.weight
            plain = layer.plain.weight if folded else layer.weight
            moved[f"{name}.plain.weight" if folded else f"{name}.weight"] = (
                plain + (round_kernel(kernel) - kernel).detach()
            )
        return moved


@contextmanager
def _reading(net: nn.Module, names: list[str], change: Any) -> Iterator[None]:
    """While it lasts, the layers named read ``change(name, x)`` in place of ``x``."""
    layers = convolutions(net)
    handles = [
        layers[name].register_forward_pre_hook(lambda _, given, name=name: (change(name, given[0]),)) for name in names
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
