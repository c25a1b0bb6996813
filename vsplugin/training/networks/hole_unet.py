"""A U-Net of any depth on 2x2 blocks of pixels that answers where it is asked to: inpainting."""

from __future__ import annotations

import copy
import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .convolution import FoldedConv3x3, activate


class HoleUNet(nn.Module):
    """``(N, planes_in, H, W) -> (N, planes_out, H, W)``: a correction, times the last input plane.

    That plane is 0 where nothing is to be changed, and elsewhere says in which unit the answer is; the layers do not
    see it.
    Level 0 works on 2x2 blocks of pixels, each further one on half the size before. ``channels`` and ``layers`` have an
    entry per level: its width, and how many 3x3 layers it has on each side of the U (the last level has one side only).
    What a hole needs from far away comes from the lower levels, which are nearly free: four levels reach a hundred
    pixels. H and W must be multiples of two to the number of levels.
    """

    scale = 1

    def __init__(
        self, *, planes_in: int, planes_out: int, channels: list[int], layers: list[int], slope: float = 0.0
    ) -> None:
        super().__init__()
        if len(channels) != len(layers):
            raise ValueError(f"network.layers must have {len(channels)} numbers, as channels; got {len(layers)}")
        self.slope, self.planes_in, self.planes_out = slope, planes_in, planes_out
        self.channels = list(channels)
        blocks = 4 * (planes_in - 1)
        pairs = list(itertools.pairwise(channels))
        self.head = FoldedConv3x3(blocks, channels[0], expand=0, identity=False)
        self.before = nn.ModuleList(self._layers(c, n) for c, n in zip(channels, layers, strict=True))
        self.down = nn.ModuleList(nn.Conv2d(above, below, 2, stride=2) for above, below in pairs)
        self.up = nn.ModuleList(nn.Conv2d(below, above * 4, 1) for above, below in pairs)
        self.after = nn.ModuleList(self._layers(c, n) for c, n in zip(channels[:-1], layers[:-1], strict=True))
        self.tail = FoldedConv3x3(channels[0] + blocks, planes_out * 4, expand=0, identity=False)
        self.tail.plain.weight.data *= 0.1  # start near "no change"
        nn.init.zeros_(self.tail.plain.bias)

    @staticmethod
    def _layers(channels: int, count: int) -> nn.ModuleList:
        return nn.ModuleList(FoldedConv3x3(channels, channels, expand=0) for _ in range(count))

    def forward(self, x: Tensor) -> Tensor:
        unit, blocks = x[:, -1:], F.pixel_unshuffle(x[:, :-1], 2)
        x = activate(self.head(blocks), self.slope)
        skips = []
        for level, side in enumerate(self.before):
            for layer in side:
                x = activate(layer(x), self.slope)
            if level < len(self.down):
                skips.append(x)
                x = activate(self.down[level](x), self.slope)
        for level in reversed(range(len(self.up))):
            x = skips[level] + F.pixel_shuffle(self.up[level](x), 2)
            for layer in self.after[level]:
                x = activate(layer(x), self.slope)
        return unit * F.pixel_shuffle(self.tail(torch.cat([x, blocks], 1)), 2)

    @property
    def multiple(self) -> int:
        return 2 ** len(self.channels)

    @property
    def receptive_radius(self) -> int:
        """Input pixels on each side that can reach an output pixel, block and stride positions at their worst."""
        reach = 2 * 2 + 1  # head and tail, the place in a block
        for level, side in enumerate(self.before):
            sides = 1 + (level < len(self.after))
            reach += 2 ** (level + 1) * sides * len(side)
        return reach + sum(2 ** (level + 1) for level in range(len(self.down)))

    @property
    def widest(self) -> int:
        return -(-(self.channels[0] + 4 * (self.planes_in - 1)) // 4)

    @property
    def macs_per_pixel(self) -> float:
        top, blocks = self.channels[0], 4 * (self.planes_in - 1)
        total = 9 * (blocks * top + (top + blocks) * 4 * self.planes_out) / 4
        for level, (width, side) in enumerate(zip(self.channels, self.before, strict=True)):
            sides = 1 + (level < len(self.after))
            total += 9 * width**2 * len(side) * sides / 4 ** (level + 1)
        for level, (above, below) in enumerate(itertools.pairwise(self.channels)):
            total += 8 * above * below / 4 ** (level + 2)
        return total

    def folded(self) -> HoleUNet:
        """The same function as plain convolutions only: what is exported."""
        net = copy.deepcopy(self).float().cpu()
        net.head, net.tail = self.head.folded(), self.tail.folded()
        for part in ("before", "after"):
            sides = [nn.ModuleList(layer.folded() for layer in side) for side in getattr(self, part)]
            setattr(net, part, nn.ModuleList(sides))
        return net.eval()
