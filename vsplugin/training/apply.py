"""Networks as functions on numpy planes, applied as the filters apply them: what ``evaluate.py`` and others score."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from ..damage.smooth import closed, shown
from . import evaluate
from .degrade.enlarge import bicubic_up
from .evaluate_damage import Planes, Restoring
from .evaluate_inpaint import Inpainting
from .networks import Network
from .pictures import imresize

# (planes in, H, W) float32 -> (planes out, H * scale, W * scale): what the networks compute
Correcting = Callable[[np.ndarray], np.ndarray]


def enlarging(net: Network) -> evaluate.Enlarge:
    """The network's residual on bicubic enlargement, as the filter applies it."""
    correct = corrections(net)

    def enlarge(low: np.ndarray) -> np.ndarray:
        height, width = low.shape
        seen = np.pad(low, [(0, -height % net.multiple), (0, -width % net.multiple)], mode="symmetric")
        residual = correct(seen[None])[0, : height * net.scale, : width * net.scale]
        return bicubic_up(torch.from_numpy(low)[None, None], net.scale)[0, 0].numpy() + residual

    return enlarge


def denoising(net: Network) -> evaluate.Denoise:
    """The network's correction of luma."""

    def clean(noisy: list[np.ndarray], sigma: float) -> np.ndarray:
        with torch.no_grad():
            return noisy[0] + net(torch.from_numpy(evaluate.planes(noisy, sigma))[None])[0, 0].numpy()

    return clean


def _repeated(planes: Planes) -> np.ndarray:
    """``(3, H, W)``: chroma repeated over 2x2 pixels."""
    return np.stack([planes[0], *(plane.repeat(2, 0).repeat(2, 1) for plane in planes[1:])]).astype(np.float32)


def _halved(full: np.ndarray) -> Planes:
    """The inverse of :func:`_repeated`: the mean over 2x2 pixels."""
    _, height, width = full.shape
    chroma = full[1:].reshape(2, height // 2, 2, width // 2, 2).mean((2, 4))
    return full[0], chroma[0], chroma[1]


def corrections(net: Network) -> Correcting:
    """A network as a function on arrays."""

    def run(x: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return net(torch.from_numpy(x)[None]).float()[0].numpy()

    return run


def restoring(correct: Correcting, scale: int = 1) -> Restoring:
    """What takes Y, Cb, Cr and returns their corrections, ``scale`` times larger: added to the bicubic enlargement."""

    def restore(planes: Planes) -> Planes:
        x = _repeated(planes)
        base = x if scale == 1 else np.stack([imresize(p, p.shape[0] * scale, p.shape[1] * scale) for p in x])
        return _halved(base.astype(np.float32) + correct(x))

    return restore


def denoising_all(net: Network, sigma: float) -> Restoring:
    """A denoiser of all planes, told one noise level (1 = full scale)."""
    correct = corrections(net)

    def restore(planes: Planes) -> Planes:
        x = evaluate.planes(list(planes), sigma).astype(np.float32)
        return _halved(x[:3] + correct(x))

    return restore


def enlarging_all(net: Network) -> Restoring:
    """Luma by the network, chroma by bicubic."""
    enlarge = enlarging(net)

    def restore(planes: Planes) -> Planes:
        larger = [imresize(p, p.shape[0] * net.scale, p.shape[1] * net.scale).astype(np.float32) for p in planes[1:]]
        return enlarge(planes[0]), larger[0], larger[1]

    return restore


def inpainting(net: Network) -> Inpainting:
    """What closes the holes of Y, Cb, Cr: the smooth filling and the network's correction of it."""
    correct = corrections(net)

    def fill(planes: np.ndarray, hole: np.ndarray) -> np.ndarray:
        mask = hole[None].astype(np.float32)
        base = closed(planes, mask)
        height, width = hole.shape
        sides = [(0, 0), (0, -height % net.multiple), (0, -width % net.multiple)]
        seen = np.pad(shown(base, mask), sides, mode="edge")
        return base + correct(seen)[:, :height, :width]

    return fill
