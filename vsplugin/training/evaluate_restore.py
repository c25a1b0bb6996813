"""Score ``restore`` (noise, codec, blur and enlargement in one network) against one model for each, in any order.

Kodak, 8-bit 4:2:0 of BT.601 limited range, goes through the chain below; PSNR of luma against 255, output rounded to 8
bit, a border of ``scale`` pixels cut, as for super-resolution.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations
from pathlib import Path

import numpy as np

from .evaluate import psnr
from .evaluate_damage import Planes, Restoring, as_floats, code_values
from .pictures import crop_to_multiple, load_rgb, ycbcr

SCALE = 2
NOISE = 0.02  # of full scale: 4.4 steps of limited-range luma
CHAIN = [
    {"step": "blur", "sigma": [1.2, 1.2]},
    {"step": "shrink", "kernels": ["bicubic"]},
    {"step": "noise", "sigma": [NOISE, NOISE], "chroma": [1, 1]},
    {"step": "codec", "x264": [28, 28], "frames": 1, "deblock": 1},
]
SMALL = ("denoise", "deartifact")  # of the single models, those that may also be left out


def pictures(folder: Path, scale: int = SCALE, seed: int = 0) -> Iterator[tuple[str, Planes, np.ndarray]]:
    """Name, damaged planes and the 8-bit clean luma, ``scale`` times larger."""
    from .degrade.chain import read_chain, run_chain
    from .degrade.codecs import to_8bit

    rng = np.random.default_rng(seed)
    steps = read_chain(CHAIN)
    for path in sorted(folder.glob("*.png"), key=lambda p: (len(p.stem), p.stem)):
        clean = ycbcr(crop_to_multiple(load_rgb(path), 8 * scale))
        height, width = (side // scale for side in clean.shape[1:])
        damaged = run_chain(steps, clean[None], (height, width), rng)[0]
        yield path.stem, as_floats(to_8bit(damaged)), code_values(clean[0])


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
