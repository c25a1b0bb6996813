"""Whether every layer still takes part: ReLU can fall silent for good, and the loss curve does not show it.

Where a ReLU lets nothing through for any pixel, no gradient reaches the biases before it. That happened to the lower
level of the first `denoise-fast` U-Net: it trained on, a little worse, as a network of half its reach.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

SILENT = 0.1  # a layer with a smaller share of channels at work is worth a warning


def least(net: nn.Module, pictures: Tensor) -> tuple[str, float]:
    """The layer with the smallest share of channels (0..1) that ``pictures`` ``(N, planes, H, W)`` get through."""
    biases = {name: weight for name, weight in net.named_parameters() if weight.ndim == 1}
    with torch.enable_grad():
        made = net(pictures).float()
        gradients = torch.autograd.grad(made.square().sum(), list(biases.values()), allow_unused=True)
    shares = {
        name.removesuffix(".bias").removesuffix(".plain"): 0.0 if gradient is None else _share(gradient)
        for name, gradient in zip(biases, gradients, strict=True)
    }
    layer = min(reversed(shares), key=lambda name: shares[name])  # the last: those before it get no gradient either
    return layer, shares[layer]


def _share(gradient: Tensor) -> float:
    return float((gradient != 0).float().mean())
