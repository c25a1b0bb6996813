"""Score a network on the public sets, by the protocols of the literature.

Super-resolution: antialiased bicubic shrinking to 8-bit RGB (MATLAB's imresize), Y of BT.601 limited range, output
rounded to 8 bit, a border of ``scale`` pixels cut, PSNR against 255. Denoising: Y of BT.601 limited range and 4:2:0
chroma, white Gaussian noise of the same sigma (in 8-bit steps) in all planes and not clipped, PSNR of luma against 255.
Full-range luma has 255/219 of the contrast at the same noise and scores about 0.7 dB lower; ``full_range`` tells.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from .degrade import bicubic_up
from .pictures import crop_to_multiple, imresize, load_rgb, luma_8bit, ycbcr


def psnr(out: np.ndarray, reference: np.ndarray, border: int = 0) -> float:
    """dB for 8-bit samples; both ``(H, W)``."""
    cut = slice(border, -border or None)
    return float(10 * np.log10(255.0**2 / np.mean((out[cut, cut] - reference[cut, cut]) ** 2)))


def super_resolution(net: Callable | None, folder: Path, scale: int) -> dict[str, float]:
    """Y-PSNR per picture; ``net=None`` scores bicubic."""
    scores = {}
    for path in sorted(folder.glob("*.png")):
        rgb = crop_to_multiple(load_rgb(path), scale)
        height, width = rgb.shape[0] // scale, rgb.shape[1] // scale
        small = np.clip(np.rint(imresize(rgb, height, width)), 0, 255).astype(np.uint8)
        low = torch.from_numpy((luma_8bit(small) - 16) / 219).float()[None, None]
        out = bicubic_up(low, scale)
        if net is not None:
            out = out + net(low).float()
        luma = np.rint(np.clip(out[0, 0].double().numpy() * 219 + 16, 0, 255))
        scores[path.stem] = psnr(luma, luma_8bit(rgb), border=scale)
    return scores


def denoising(
    net: Callable | None, folder: Path, sigma: float, *, full_range: bool = False, seed: int = 0
) -> dict[str, float]:
    """Luma PSNR per picture; ``net=None`` scores the noisy picture. ``sigma`` in 8-bit steps."""
    scores = {}
    rng = np.random.default_rng(seed)
    span = 255 if full_range else 219
    for path in sorted(folder.glob("*.png"), key=lambda p: (len(p.stem), p.stem)):
        clean = torch.from_numpy(ycbcr(crop_to_multiple(load_rgb(path), 2)))[None]
        luma = torch.round(clean[:, :1] * span) / span
        chroma = F.avg_pool2d(clean[:, 1:], 2)
        noise = [torch.from_numpy(rng.normal(0, sigma / span, x.shape)).float() for x in (luma, chroma)]
        noisy = torch.cat([luma + noise[0], F.interpolate(chroma + noise[1], scale_factor=2)], 1)
        out = noisy
        if net is not None:
            out = noisy + net(torch.cat([noisy, torch.full((1, 2, *luma.shape[2:]), sigma / span)], 1))
        scores[path.stem] = psnr(out[0, 0].numpy() * span, luma[0, 0].numpy() * span)
    return scores
