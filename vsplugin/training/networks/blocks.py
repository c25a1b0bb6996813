"""Residual blocks to choose from for the `fidelity` class, each ``(N, channels, H, W)`` to the same shape.

``radius`` is how many pixels on each side one block sees, ``macs`` its multiply-accumulates per pixel.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .convolution import FoldedConv3x3, activate


class TwoConvolutions(nn.Module):
    """x + conv(active(conv(x))): the block of EDSR (Lim et al. 2017, arXiv:1707.02921)."""

    radius = 2

    def __init__(self, channels: int, slope: float) -> None:
        super().__init__()
        self.slope = slope
        self.first = FoldedConv3x3(channels, channels, expand=0, identity=False)
        self.second = FoldedConv3x3(channels, channels, expand=0, identity=False)
        self.second.plain.weight.data *= 0.1  # start near "no change"
        self.macs = 18 * channels**2

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(activate(self.first(x), self.slope))


class Attention(nn.Module):
    """Three convolutions; the last one's output also weights the sum, without parameters of its own.

    SPAN (Wan et al. 2024, arXiv:2311.12770), with leaky ReLU in place of SiLU.
    """

    radius = 3

    def __init__(self, channels: int, slope: float) -> None:
        super().__init__()
        self.slope = slope
        self.first = FoldedConv3x3(channels, channels, expand=0)
        self.second = FoldedConv3x3(channels, channels, expand=0)
        self.third = FoldedConv3x3(channels, channels, expand=0)
        self.macs = 27 * channels**2

    def forward(self, x: Tensor) -> Tensor:
        made = self.third(activate(self.second(activate(self.first(x), self.slope)), self.slope))
        return (x + made) * (torch.sigmoid(made) - 0.5)


class LargeKernel(nn.Module):
    """A 17x17 convolution on 16 of the channels, between a 3x3 convolution and a gate for every pixel and channel.

    After PLKSR (Lee et al. 2024, arXiv:2404.11848), which has a second 3x3 convolution and GELU.
    """

    side, taken = 17, 16
    radius = 1 + side // 2 + 1

    def __init__(self, channels: int, slope: float) -> None:
        super().__init__()
        if channels < self.taken:
            raise ValueError(
                f"network.channels must be at least {self.taken} for blocks 'large-kernel'; got {channels}"
            )
        self.slope = slope
        self.local = FoldedConv3x3(channels, channels, expand=0, identity=False)
        self.large = nn.Conv2d(self.taken, self.taken, self.side, padding=self.side // 2)
        self.gate = FoldedConv3x3(channels, channels, expand=0, identity=False)
        self.mix = nn.Conv2d(channels, channels, 1)
        self.mix.weight.data *= 0.1  # start near "no change"
        self.macs = 19 * channels**2 + self.side**2 * self.taken**2

    def forward(self, x: Tensor) -> Tensor:
        y = activate(self.local(x), self.slope)
        y = torch.cat([self.large(y[:, : self.taken]), y[:, self.taken :]], 1)
        return x + self.mix(y * torch.sigmoid(self.gate(y)))


BLOCKS = {"two-convolutions": TwoConvolutions, "attention": Attention, "large-kernel": LargeKernel}
