"""Losses on ``(N, C, H, W)`` float32 pictures."""

from __future__ import annotations

import torch
from torch import Tensor


def charbonnier(out: Tensor, target: Tensor, epsilon: float = 1e-3) -> Tensor:
    """Smooth L1 (Charbonnier et al. 1994): favours edges over the mean-squared error's blur."""
    return torch.sqrt((out - target) ** 2 + epsilon**2).mean()


def mse(out: Tensor, target: Tensor) -> Tensor:
    return ((out - target) ** 2).mean()


def log_mse(out: Tensor, target: Tensor) -> Tensor:
    """Mean over patches of the logarithm of the squared error: one dB counts the same at every noise level."""
    return torch.log(((out - target) ** 2).mean(dim=(1, 2, 3)) + 1e-6).mean()


LOSSES = {"charbonnier": charbonnier, "mse": mse, "log_mse": log_mse}
