"""A chain of residual blocks at the source's size: the `fidelity` class for super-resolution."""

from __future__ import annotations

import copy

import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import BLOCKS
from .convolution import FoldedConv3x3


class ResidualNet(nn.Module):
    """``(N, planes_in, H, W) -> (N, planes_out, H*scale, W*scale)``: the residual to add to the resized input.

    The blocks' sum is joined with what the first layer made, so that fine detail need not pass through all of them.
    """

    multiple = 1

    def __init__(
        self,
        *,
        planes_in: int,
        planes_out: int,
        channels: int,
        blocks: int,
        block: str,
        scale: int = 1,
        slope: float = 0.1,
    ) -> None:
        super().__init__()
        self.planes_in, self.planes_out, self.channels = planes_in, planes_out, channels
        self.scale, self.slope = scale, slope
        self.head = FoldedConv3x3(planes_in, channels, expand=0, identity=False)
        self.blocks = nn.ModuleList(BLOCKS[block](channels, slope) for _ in range(blocks))
        self.join = FoldedConv3x3(channels, channels, expand=0, identity=False)
        self.tail = FoldedConv3x3(channels, planes_out * scale**2, expand=0, identity=False)
        self.tail.plain.weight.data *= 0.1  # start near "no change"
        nn.init.zeros_(self.tail.plain.bias)

    def forward(self, x: Tensor) -> Tensor:
        first = here = self.head(x)
        for block in self.blocks:
            here = block(here)
        return F.pixel_shuffle(self.tail(first + self.join(here)), self.scale)

    @property
    def receptive_radius(self) -> int:
        """Input pixels on each side that can reach an output pixel."""
        return 3 + sum(block.radius for block in self.blocks)

    @property
    def widest(self) -> int:
        """Numbers kept per input pixel in the widest layer."""
        return 2 * self.channels  # what a block adds to waits beside it

    @property
    def macs_per_pixel(self) -> float:
        """Multiply-accumulates per input pixel of the folded network."""
        ends = 9 * self.channels * (self.planes_in + self.channels + self.planes_out * self.scale**2)
        return ends + sum(block.macs for block in self.blocks)

    def folded(self) -> ResidualNet:
        """The same function as plain convolutions only: what is exported."""
        net = copy.deepcopy(self).float().cpu()
        for module, ours in zip(list(net.modules()), list(self.modules()), strict=True):
            for name, child in ours.named_children():
                if isinstance(child, FoldedConv3x3):
                    setattr(module, name, child.folded())
        return net.eval()
