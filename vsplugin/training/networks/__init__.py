"""Convolution networks, trained with extra branches that fold into the convolution.

No global pooling: the output at a pixel depends on a fixed neighbourhood, so a picture processed in tiles equals the
picture processed whole. Activations are ReLU or, with ``slope`` > 0, leaky ReLU (Maas et al. 2013), because every
runtime fuses these. Prefer the leaky one: trained with Muon, plain ReLU lost nearly all channels of some layers for
good (docs/training.md).
"""

from __future__ import annotations

from .block_unet import BlockUNet
from .hole_unet import HoleUNet
from .plain import PlainNet
from .residual import ResidualNet

__all__ = ["NETWORKS", "BlockUNet", "HoleUNet", "Network", "PlainNet", "ResidualNet", "build"]

Network = PlainNet | BlockUNet | ResidualNet | HoleUNet

NETWORKS = {"plain": PlainNet, "block-unet": BlockUNet, "residual": ResidualNet, "hole-unet": HoleUNet}


def build(network: dict) -> Network:
    """A network from the ``[network]`` table of a recipe: its ``kind`` and that class's arguments."""
    options = dict(network)
    kind = options.pop("kind", "plain")
    if kind not in NETWORKS:
        raise ValueError(f"network.kind must be one of {', '.join(NETWORKS)}; got {kind!r}")
    return NETWORKS[kind](**options)
