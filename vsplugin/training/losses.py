"""Losses on ``(N, C, H, W)`` float32 pictures."""

from __future__ import annotations

import torch
from torch import Tensor


def charbonnier(out: Tensor, target: Tensor, epsilon: float = 1e-3) -> Tensor:
    """Smooth L1 (Charbonnier et al. 1994): favours edges over the mean-squared error's blur."""
    return torch.sqrt((out - target) ** 2 + epsilon**2).mean()


def squared(out: Tensor, target: Tensor) -> Tensor:
    """Mean squared error: what PSNR measures, and half a dB better than Charbonnier for short denoising runs."""
    return ((out - target) ** 2).mean()


def psnr(out: Tensor, target: Tensor, epsilon: float = 1e-4) -> Tensor:
    """Mean over the pictures of log(squared error): in ``squared`` noisy and detailed pictures outweigh all others.

    What the mean PSNR of a set of pictures measures; NAFNet (Chen et al. 2022, arXiv:2204.04676) is trained so.
    ``epsilon`` (40 dB) keeps pictures that are nearly right from taking over.
    """
    return torch.log(((out - target) ** 2).mean(dim=(1, 2, 3)) + epsilon).mean()


def plane_psnr(out: Tensor, target: Tensor, shares: Tensor | None = None, epsilon: float = 1e-5) -> Tensor:
    """``psnr`` of every plane by itself: chroma's errors are a tenth of luma's, and in ``psnr`` they hardly count.

    ``shares`` (planes), 1 on average: how much each plane counts. ``epsilon`` is 50 dB.
    """
    each = torch.log(((out - target) ** 2).mean(dim=(2, 3)) + epsilon)
    return (each if shares is None else each * shares).mean()


def log_charbonnier(out: Tensor, target: Tensor, epsilon: float = 1e-3, floor: float = 4e-3) -> Tensor:
    """Mean over the pictures of log(Charbonnier): each counts by the share of its error that is undone.

    In ``charbonnier`` one chessboard of single pixels outweighs thirty photographs: with 4 % of patterns the network
    learns little else. ``floor`` (one step of 8 bits) keeps flat pictures from taking over.
    """
    return torch.log(torch.sqrt((out - target) ** 2 + epsilon**2).mean(dim=(1, 2, 3)) + floor).mean()


def weighted(name: str, out: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """The loss of that name, the squared error of each plane counted ``weights`` (planes) times; 1 on average.

    In ``plane-psnr`` it is the logarithms that are: of a logarithm, factors would only move the zero.
    """
    if name == "plane-psnr":
        return plane_psnr(out, target, weights)
    factors = weights.sqrt()[:, None, None]
    return LOSSES[name](factors * out, factors * target)


LOSSES = {
    "charbonnier": charbonnier,
    "log-charbonnier": log_charbonnier,
    "squared": squared,
    "psnr": psnr,
    "plane-psnr": plane_psnr,
}
