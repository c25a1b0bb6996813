"""A straight chain of 3x3 convolutions: the `fast` class for super-resolution."""

from __future__ import annotations

import copy
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from .convolution import FoldedConv3x3, activate


class PlainNet(nn.Module):
    """``(N, planes_in, H, W) -> (N, planes_out, H*scale, W*scale)``: the residual to add to the resized input.

    Samples are nominally 0..1 and are not clamped.
    """

    multiple = 1

    def __init__(
        self,
        *,
        planes_in: int,
        planes_out: int,
        channels: int,
        layers: int,
        scale: int = 1,
        expand: int = 2,
        slope: float = 0.0,
    ) -> None:
        super().__init__()
        self.slope = slope
        self.scale, self.planes_in, self.planes_out = scale, planes_in, planes_out
        self.channels, self.layers = channels, layers
        self.head = FoldedConv3x3(planes_in, channels, expand=0, identity=False)
        self.body = nn.ModuleList(FoldedConv3x3(channels, channels, expand=expand) for _ in range(layers))
        self.tail = FoldedConv3x3(channels, planes_out * scale**2, expand=0, identity=False)
        self.tail.plain.weight.data *= 0.1  # start near "no change"
        nn.init.zeros_(self.tail.plain.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = activate(self.head(x), self.slope)
        for layer in self.body:
            x = activate(layer(x), self.slope)
        return F.pixel_shuffle(self.tail(x), self.scale)

    @property
    def receptive_radius(self) -> int:
        """Input pixels on each side that can reach an output pixel."""
        return self.layers + 2

    @property
    def widest(self) -> int:
        """Numbers kept per input pixel in the widest layer."""
        return self.channels

    @property
    def macs_per_pixel(self) -> float:
        """Multiply-accumulates per input pixel of the folded network."""
        widths = [self.planes_in, *[self.channels] * (self.layers + 1), self.planes_out * self.scale**2]
        return sum(9 * a * b for a, b in pairwise(widths))

    def folded(self) -> PlainNet:
        """The same function as plain convolutions only: what is exported."""
        net = copy.deepcopy(self).float().cpu()
        net.head, net.tail = self.head.folded(), self.tail.folded()
        net.body = nn.ModuleList(layer.folded() for layer in self.body)
        return net.eval()
