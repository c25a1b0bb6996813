"""A two-level U-Net on 2x2 blocks of pixels: denoising and removal of compression damage."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .convolution import FoldedConv3x3, activate


class BlockUNet(nn.Module):
    """``(N, planes_in, H, W) -> (N, planes_out, H*scale, W*scale)``: a correction by a two-level U-Net on 2x2 blocks.

    Working on blocks as channels (FFDNet, Zhang et al. 2018) and at a quarter of the size below costs a seventh of a
    full-size network with as many weights, and reaches further. The last layer sees the input too: the noise it has to
    take away need not pass through all the others. H and W must be multiples of four.
    """

    multiple = 4

    def __init__(
        self,
        *,
        planes_in: int,
        planes_out: int,
        channels: int,
        deep_channels: int,
        layers: int,
        deep_layers: int,
        scale: int = 1,
        expand: int = 2,
        slope: float = 0.0,
    ) -> None:
        super().__init__()
        self.slope, self.scale = slope, scale
        self.planes_in, self.planes_out, self.channels = planes_in, planes_out, channels
        self.head = FoldedConv3x3(planes_in * 4, channels, expand=0, identity=False)
        self.before = nn.ModuleList(FoldedConv3x3(channels, channels, expand=expand) for _ in range(layers))
        self.down = nn.Conv2d(channels, deep_channels, 2, stride=2)
        self.deep = nn.ModuleList(
            FoldedConv3x3(deep_channels, deep_channels, expand=expand) for _ in range(deep_layers)
        )
        self.up = nn.Conv2d(deep_channels, channels * 4, 1)
        self.after = nn.ModuleList(FoldedConv3x3(channels, channels, expand=expand) for _ in range(layers))
        self.tail = FoldedConv3x3(channels + planes_in * 4, planes_out * 4 * scale**2, expand=0, identity=False)
        self.tail.plain.weight.data *= 0.1  # start near "no change"
        nn.init.zeros_(self.tail.plain.bias)

    def forward(self, x: Tensor) -> Tensor:
        blocks = F.pixel_unshuffle(x, 2)
        x = activate(self.head(blocks), self.slope)
        for layer in self.before:
            x = activate(layer(x), self.slope)
        deep = activate(self.down(x), self.slope)
        for layer in self.deep:
            deep = activate(layer(deep), self.slope)
        x = x + F.pixel_shuffle(self.up(deep), 2)
        for layer in self.after:
            x = activate(layer(x), self.slope)
        return F.pixel_shuffle(self.tail(torch.cat([x, blocks], 1)), 2 * self.scale)

    @property
    def receptive_radius(self) -> int:
        """Input pixels on each side that can reach an output pixel, block and stride positions at their worst."""
        blocks = 2 + len(self.before) + len(self.after)
        return 2 * blocks + 4 * len(self.deep) + 2 + 1

    @property
    def widest(self) -> int:
        return -(-(self.channels + 4 * self.planes_in) // 4)

    @property
    def macs_per_pixel(self) -> float:
        wide, deep = self.channels, self.up.in_channels
        blocks_in, blocks_out = 4 * self.planes_in, 4 * self.planes_out * self.scale**2
        half = 9 * (wide * (blocks_in + (len(self.before) + len(self.after)) * wide) + (wide + blocks_in) * blocks_out)
        return half / 4 + (8 * wide * deep + 9 * len(self.deep) * deep**2) / 16

    def folded(self) -> BlockUNet:
        """The same function as plain convolutions only: what is exported."""
        net = copy.deepcopy(self).float().cpu()
        net.head, net.tail = self.head.folded(), self.tail.folded()
        for part in ("before", "deep", "after"):
            setattr(net, part, nn.ModuleList(layer.folded() for layer in getattr(self, part)))
        return net.eval()
