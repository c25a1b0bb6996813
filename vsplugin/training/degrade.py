"""Patches of clean stills with a degradation applied on the fly: the pairs a network learns from.

Each task is a class with ``__init__(paths, rng, **options)`` and ``batch(size) -> (input, base, target)`` float32
tensors: the network's output is added to ``base`` and compared with ``target``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .pictures import crop_to_multiple, imresize, load_rgb, luma_8bit, ycbcr


def bicubic_up(x: Tensor, scale: int) -> Tensor:
    """Catmull-Rom (a = -0.5) enlargement of ``(N, C, H, W)``: what ``resize.Bicubic`` of VapourSynth does by default.

    VapourSynth's default is b = 0, c = 0.5, the same kernel; torch's own "bicubic" has a = -0.75.
    """
    from .pictures import _weights

    for axis in (2, 3):
        size = x.shape[axis]
        taps, weights = _weights(size, size * scale)
        matrix = torch.zeros(size * scale, size)
        rows = torch.arange(size * scale)[:, None].expand(*taps.shape)
        matrix.index_put_(
            (rows.flatten(), torch.from_numpy(taps).flatten()),
            torch.from_numpy(weights).float().flatten(),
            accumulate=True,
        )
        matrix = matrix.to(x.device)
        x = torch.einsum("os,ncsw->ncow", matrix, x) if axis == 2 else torch.einsum("os,nchs->ncho", matrix, x)
    return x


def _pyramid(paths: list[Path], scales: list[float], multiple: int) -> list[np.ndarray]:
    """RGB stills at several sizes: small ones hold sharper detail per pixel, as video and film scans do."""
    stills = []
    for path in paths:
        rgb = load_rgb(path)
        for scale in scales:
            height, width = (round(size * scale) for size in rgb.shape[:2])
            small = rgb if scale == 1.0 else np.clip(np.rint(imresize(rgb, height, width)), 0, 255).astype(np.uint8)
            stills.append(crop_to_multiple(small, multiple))
    return stills


def _repeat(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="nearest")


def _detail_sums(luma: np.ndarray) -> np.ndarray:
    """Summed-area table of the absolute Laplacian: the detail of any rectangle from its four corners."""
    y = luma.astype(np.float32)
    laplacian = np.zeros_like(y)
    laplacian[1:-1, 1:-1] = np.abs(4 * y[1:-1, 1:-1] - y[:-2, 1:-1] - y[2:, 1:-1] - y[1:-1, :-2] - y[1:-1, 2:])
    return np.pad(laplacian.cumsum(0, dtype=np.float64).cumsum(1), ((1, 0), (1, 0)))


class _Patches:
    """Random places in ``planes``; of ``candidates`` the one with most detail, since photographs are mostly smooth."""

    def __init__(self, rng: np.random.Generator, planes: list[np.ndarray], candidates: int) -> None:
        self.rng, self.candidates = rng, candidates
        self.sizes = [plane.shape for plane in planes]
        areas = np.array([plane.size for plane in planes], dtype=np.float64)
        self.chance = np.cumsum(areas / areas.sum())
        self.sums = [_detail_sums(plane) for plane in planes] if candidates > 1 else []

    def _anywhere(self, size: int) -> tuple[int, int, int]:
        """Still, y and x of a patch; every pixel of the set is equally likely."""
        still = min(int(np.searchsorted(self.chance, self.rng.random())), len(self.sizes) - 1)
        height, width = self.sizes[still]
        return still, int(self.rng.integers(height - size + 1)), int(self.rng.integers(width - size + 1))

    def _detail(self, place: tuple[int, int, int], size: int) -> float:
        still, y, x = place
        sums = self.sums[still]
        return float(sums[y + size, x + size] - sums[y, x + size] - sums[y + size, x] + sums[y, x])

    def pick(self, size: int) -> tuple[int, int, int]:
        """Still, y and x of a patch."""
        places = [self._anywhere(size) for _ in range(self.candidates)]
        return places[0] if len(places) == 1 else max(places, key=lambda place: self._detail(place, size))

    def turn(self, *patches: np.ndarray) -> list[np.ndarray]:
        """One of the eight flips and quarter turns, the same for all."""
        turns, flip = int(self.rng.integers(4)), bool(self.rng.integers(2))
        out = [np.rot90(patch, turns, axes=(-2, -1)) for patch in patches]
        return [patch[..., ::-1] if flip else patch for patch in out]


class SuperResolution(_Patches):
    """Luma pairs: antialiased bicubic shrinking of 8-bit RGB, rounded to 8 bit, Y of BT.601 limited range."""

    def __init__(
        self,
        paths: list[Path],
        rng: np.random.Generator,
        *,
        scale: int,
        patch: int,
        scales: list[float],
        candidates: int = 1,
    ) -> None:
        self.scale, self.patch = scale, patch
        self.pairs = []
        for rgb in _pyramid(paths, scales, scale):
            height, width = rgb.shape[0] // scale, rgb.shape[1] // scale
            small = np.clip(np.rint(imresize(rgb, height, width)), 0, 255).astype(np.uint8)
            self.pairs.append((luma_8bit(small).astype(np.uint8), ycbcr(rgb)[0].astype(np.float16)))
        super().__init__(rng, [low for low, _ in self.pairs], candidates)

    def batch(self, size: int) -> tuple[Tensor, Tensor, Tensor]:
        lows, highs = [], []
        for _ in range(size):
            still, y, x = self.pick(self.patch)
            low, high = self.pairs[still]
            s, p = self.scale, self.patch
            low, high = self.turn(low[y : y + p, x : x + p], high[y * s : (y + p) * s, x * s : (x + p) * s])
            lows.append((low.astype(np.float32) - 16.0) / 219.0)
            highs.append(high.astype(np.float32))
        low, high = (torch.from_numpy(np.stack(planes)[:, None]) for planes in (lows, highs))
        return low, bicubic_up(low, self.scale), high


class Denoise(_Patches):
    """Y, Cb, Cr and two maps with the standard deviations of luma and chroma noise (one unit = full scale).

    White Gaussian noise, not clipped. A part of the patches is 4:2:0: chroma has half size, noise is added there, and
    each sample is repeated over its 2x2 pixels. Some are grey: the filter feeds zero chroma and a zero chroma map for
    GRAY clips.
    """

    def __init__(
        self,
        paths: list[Path],
        rng: np.random.Generator,
        *,
        patch: int,
        scales: list[float],
        sigma: tuple[float, float],
        chroma_sigma: tuple[float, float],
        grey: float,
        subsampled: float,
        candidates: int = 1,
    ) -> None:
        self.patch, self.sigma, self.chroma_sigma = patch, sigma, chroma_sigma
        self.grey, self.subsampled = grey, subsampled
        self.stills = [ycbcr(rgb).astype(np.float16) for rgb in _pyramid(paths, scales, 2)]
        super().__init__(rng, [still[0] for still in self.stills], candidates)

    def _noise(self, shape: tuple[int, ...]) -> Tensor:
        return torch.from_numpy(self.rng.standard_normal(shape, dtype=np.float32))

    def batch(self, size: int) -> tuple[Tensor, Tensor, Tensor]:
        clean = []
        for _ in range(size):
            still, y, x = self.pick(self.patch)
            clean += self.turn(self.stills[still][:, y : y + self.patch, x : x + self.patch].astype(np.float32))
        target = torch.from_numpy(np.stack(clean))
        sigma = torch.from_numpy(self.rng.uniform(*self.sigma, (size, 1, 1, 1)).astype(np.float32))
        ratio = torch.from_numpy(self.rng.uniform(*self.chroma_sigma, (size, 1, 1, 1)).astype(np.float32))
        luma, chroma, chroma_sigma = target[:, :1], target[:, 1:], sigma * ratio
        halved = round(size * self.subsampled)  # the first of the batch: its patches are drawn at random anyway
        small = F.avg_pool2d(chroma[:halved], 2)
        noisy_small = small + chroma_sigma[:halved] * self._noise(small.shape)
        noisy_full = chroma[halved:] + chroma_sigma[halved:] * self._noise(chroma[halved:].shape)
        colour = torch.from_numpy(self.rng.random((size, 1, 1, 1)) >= self.grey).float()
        noisy_chroma = colour * torch.cat([_repeat(noisy_small), noisy_full])
        clean_chroma = colour * torch.cat([_repeat(small), chroma[halved:]])
        noisy = torch.cat([luma + sigma * self._noise(luma.shape), noisy_chroma], 1)
        maps = torch.cat([sigma, colour * chroma_sigma], 1).expand(-1, -1, self.patch, self.patch)
        return torch.cat([noisy, maps], 1), noisy, torch.cat([luma, clean_chroma], 1)


TASKS = {"super-resolution": SuperResolution, "denoise": Denoise}
