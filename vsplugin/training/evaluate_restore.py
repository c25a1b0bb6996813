"""Score ``restore`` (noise, codec, blur and enlargement in one network) against one model for each, in any order.

Kodak is blurred (Gaussian of ``BLUR`` pixels), shrunk by two (antialiased bicubic), gets white noise in all planes and
goes as 8-bit 4:2:0 of BT.601 limited range through x264 at ``QP``; PSNR of luma against 255, output rounded to 8 bit, a
border of ``scale`` pixels cut. Made with numpy and PyAV alone, so that torch is not needed to judge what ships.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations
from pathlib import Path

import numpy as np

from .evaluate import psnr
from .evaluate_damage import Planes, Restoring, as_floats, code_values
from .pictures import crop_to_multiple, imresize, load_rgb, ycbcr

SCALE = 2
NOISE = 0.02  # of full scale: 4.4 steps of limited-range luma
BLUR = 1.2  # pixels of the large picture
QP = 28
SMALL = ("denoise", "deartifact")  # of the single models, those that may also be left out


def pictures(folder: Path, scale: int = SCALE, seed: int = 0) -> Iterator[tuple[str, Planes, np.ndarray]]:
    """Name, damaged planes and the 8-bit clean luma, ``scale`` times larger."""
    rng = np.random.default_rng(seed)
    for path in sorted(folder.glob("*.png"), key=lambda p: (len(p.stem), p.stem)):
        clean = ycbcr(crop_to_multiple(load_rgb(path), 8 * scale))
        yield path.stem, as_floats(_damaged(clean, scale, rng)), code_values(clean[0])


def _damaged(clean: np.ndarray, scale: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """uint8 4:2:0 planes of ``(3, H, W)``."""
    from .degrade.codecs import round_trip, to_8bit

    height, width = (side // scale for side in clean.shape[1:])
    small = np.stack([imresize(_blurred(plane), height, width) for plane in clean])
    noisy = small + rng.normal(0, NOISE, small.shape)
    return round_trip([to_8bit(noisy)], "x264", QP)[0]


def _blurred(plane: np.ndarray) -> np.ndarray:
    from .degrade.blur import gaussian

    kernel = gaussian(BLUR).sum(0)  # along one axis: a round Gaussian is the product of two
    reach = len(kernel) // 2
    for axis in (0, 1):
        padded = np.pad(plane, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        plane = np.apply_along_axis(np.convolve, axis, padded, kernel, "valid")
    return plane


def orders(steps: dict[str, Restoring]) -> dict[str, Restoring]:
    """Every order of the single models, those of :data:`SMALL` left out or not, by a name like "denoise, enlarge"."""
    must = [name for name in steps if name not in SMALL]
    may = [name for name in steps if name in SMALL]
    chosen = [[*must, *some] for count in range(len(may) + 1) for some in combinations(may, count)]
    return {
        ", ".join(order): _one_after_another([steps[name] for name in order])
        for names in chosen
        for order in permutations(names)
    }


def _one_after_another(steps: list[Restoring]) -> Restoring:
    def restore(planes: Planes) -> Planes:
        for step in steps:
            planes = step(planes)
        return planes

    return restore


def scores(candidates: dict[str, Restoring], folder: Path) -> dict[str, float]:
    """Mean luma PSNR (dB) of each candidate over the folder's pictures, all damaged the same."""
    found: dict[str, list[float]] = {name: [] for name in candidates}
    for _, damaged, clean in pictures(folder):
        for name, restore in candidates.items():
            found[name].append(psnr(code_values(restore(damaged)[0]), clean, border=SCALE))
    return {name: round(float(np.mean(values)), 3) for name, values in found.items()}


def all_restoring(restore: Restoring, rivals: dict[str, Restoring], public: Path) -> dict[str, float | str]:
    """The ``[metrics]`` of a card: the network, and of its rivals (:func:`orders`) the best."""
    found = scores({"": restore, **rivals}, public / "stills")
    own = found.pop("")
    if not found:
        return {"kodak_luma_psnr": own}
    best = max(found, key=lambda name: found[name])
    return {"kodak_luma_psnr": own, "kodak_luma_psnr_best_order": found[best], "best_order": best}
