"""The layer all networks are made of: a 3x3 convolution trained with extra branches that fold into it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class FoldedConv3x3(nn.Module):
    """A 3x3 convolution whose kernel is the sum of branches, summed before it is applied.

    The branches are an identity, a plain 3x3, and a 1x1 (expand) -> 3x3 -> 1x1 (reduce) product as in Conv3XC of SPAN
    (Wan et al. 2024, arXiv:2311.12770). The sum is taken on the weights (a few thousand numbers), not on pictures, so
    training costs no more than the plain network and :meth:`folded` gives exactly the trained function.
    """

    def __init__(self, channels_in: int, channels_out: int, *, expand: int = 2, identity: bool = True) -> None:
        super().__init__()
        self.plain = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        middle = max(channels_in, channels_out) * expand if expand else 0
        self.identity = identity and channels_in == channels_out
        self.expand = nn.Parameter(torch.empty(middle, channels_in)) if middle else None
        if middle:
            self.spatial = nn.Parameter(torch.empty(middle, middle, 3, 3))
            self.reduce = nn.Parameter(torch.empty(channels_out, middle))
            nn.init.kaiming_uniform_(self.expand, a=1)
            nn.init.normal_(self.spatial, std=0.3 / (9 * middle) ** 0.5)
            nn.init.kaiming_uniform_(self.reduce, a=1)
        if self.identity:  # the identity carries the signal, so the branches start small
            self.plain.weight.data *= 0.3

    def kernel(self) -> Tensor:
        weight = self.plain.weight
        if self.expand is not None:
            weight = weight + torch.einsum("om,mnyx,ni->oiyx", self.reduce, self.spatial, self.expand)
        if self.identity:
            centre = torch.zeros_like(weight)
            index = torch.arange(weight.shape[0])
            centre[index, index, 1, 1] = 1.0
            weight = weight + centre
        return weight

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            weight = self.kernel()
        return F.conv2d(x, weight, self.plain.bias, padding=1)

    def folded(self) -> nn.Conv2d:
        conv = nn.Conv2d(self.plain.in_channels, self.plain.out_channels, 3, padding=1)
        with torch.no_grad():
            conv.weight.copy_(self.kernel())
            conv.bias.copy_(self.plain.bias)
        return conv


def activate(x: Tensor, slope: float) -> Tensor:
    return F.leaky_relu(x, slope) if slope else F.relu(x)
