"""Plain 3x3 convolution networks, trained with extra branches that fold into the convolution.

No global pooling and no attention: the output at a pixel depends on a fixed neighbourhood, so a picture processed in
tiles equals the picture processed whole. Activations are ReLU or, with ``slope`` > 0, leaky ReLU (Maas et al. 2013),
because every runtime fuses these. Prefer the leaky one: trained with Muon, plain ReLU lost nearly all channels of some
layers for good (docs/training.md).
"""

from __future__ import annotations

import copy
from itertools import pairwise

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


def _active(x: Tensor, slope: float) -> Tensor:
    return F.leaky_relu(x, slope) if slope else F.relu(x)


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
        x = _active(self.head(x), self.slope)
        for layer in self.body:
            x = _active(layer(x), self.slope)
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
        x = _active(self.head(blocks), self.slope)
        for layer in self.before:
            x = _active(layer(x), self.slope)
        deep = _active(self.down(x), self.slope)
        for layer in self.deep:
            deep = _active(layer(deep), self.slope)
        x = x + F.pixel_shuffle(self.up(deep), 2)
        for layer in self.after:
            x = _active(layer(x), self.slope)
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


NETWORKS = {"plain": PlainNet, "block-unet": BlockUNet}


def build(network: dict) -> PlainNet | BlockUNet:
    """A network from the ``[network]`` table of a recipe: its ``kind`` and that class's arguments."""
    options = dict(network)
    kind = options.pop("kind", "plain")
    if kind not in NETWORKS:
        raise ValueError(f"network.kind must be one of {', '.join(NETWORKS)}; got {kind!r}")
    return NETWORKS[kind](**options)
