"""Random places in clean stills, and where their detail is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..pictures import crop_to_multiple, imresize, load_rgb


def pyramid(paths: list[Path], scales: list[float], multiple: int) -> list[np.ndarray]:
    """RGB stills at several sizes: small ones hold sharper detail per pixel, as video and film scans do."""
    stills = []
    for path in paths:
        rgb = load_rgb(path)
        for scale in scales:
            height, width = (round(size * scale) for size in rgb.shape[:2])
            small = rgb if scale == 1.0 else np.clip(np.rint(imresize(rgb, height, width)), 0, 255).astype(np.uint8)
            stills.append(crop_to_multiple(small, multiple))
    return stills


def some(paths: list[Path], scales: list[float], rng: np.random.Generator, most: int = 6) -> list[np.ndarray]:
    """:func:`pyramid` of a few of many stills: all would not fit into memory."""
    picked = [paths[index] for index in rng.choice(len(paths), min(most, len(paths)), replace=False)]
    return pyramid(picked, scales, 2)


def _detail_sums(luma: np.ndarray) -> np.ndarray:
    """Summed-area table of the absolute Laplacian: the detail of any rectangle from its four corners."""
    y = luma.astype(np.float32)
    laplacian = np.zeros_like(y)
    laplacian[1:-1, 1:-1] = np.abs(4 * y[1:-1, 1:-1] - y[:-2, 1:-1] - y[2:, 1:-1] - y[1:-1, :-2] - y[1:-1, 2:])
    return np.pad(laplacian.cumsum(0, dtype=np.float64).cumsum(1), ((1, 0), (1, 0)))


def turn(rng: np.random.Generator, *patches: np.ndarray) -> list[np.ndarray]:
    """One of the eight flips and quarter turns, the same for all."""
    turns, flip = int(rng.integers(4)), bool(rng.integers(2))
    out = [np.rot90(patch, turns, axes=(-2, -1)) for patch in patches]
    return [patch[..., ::-1] if flip else patch for patch in out]


class Patches:
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
        return turn(self.rng, *patches)

    def resume(self, patches: int) -> None:
        """Go on after so many patches: here a batch depends on nothing but the generator."""
