"""A chain of damage as a recipe describes it: what happened to the footage, in order.

    [[degradation.chain]]
    step = "blur"
    chance = 0.7
    sigma = [0.2, 2.0]

Steps may come again: blur, resize, noise and codec twice is the second-order model of Real-ESRGAN (Wang et al. 2021,
arXiv:2107.10833).
"""

from __future__ import annotations

import numpy as np

from .options import RecipeError, did_you_mean, read
from .resize import resize
from .steps import STEPS, Resize, Shrink, Step


def read_chain(tables: list[dict], where: str = "degradation.chain") -> list[Step]:
    """The steps of a recipe, every value checked; :class:`RecipeError` names the first that is wrong."""
    steps = []
    for index, table in enumerate(tables):
        place = f"{where}[{index}]"
        name = table.get("step")
        if not isinstance(name, str) or name not in STEPS:
            raise RecipeError(f"{place}.step: no step {name!r}{did_you_mean(str(name), list(STEPS))}")
        options = {key: value for key, value in table.items() if key != "step"}
        try:
            steps.append(read(STEPS[name], options, place))
        except RecipeError as error:
            text = str(error)
            raise RecipeError(text if text.startswith(place) else f"{place}.{text}") from None
    return steps


def run_chain(steps: list[Step], patches: np.ndarray, sides: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """``(N, 3, H, W)`` float32 Y, Cb, Cr through the chain, to ``sides`` (height, width).

    Whether a step happens is drawn for each patch, for resizing once for all, since the patches stay one array.
    Wherever the chain ends at another size the last thing that happens is an antialiased bicubic resize, as in
    Real-ESRGAN.
    """
    out = patches.astype(np.float32, copy=True)
    for step in steps:
        if isinstance(step, Resize):
            if rng.random() < step.chance:
                out = step.to(out, list(sides), rng) if isinstance(step, Shrink) else step.apply(out, rng)
            continue
        chosen = rng.random(len(out)) < step.chance
        if chosen.any():
            out[chosen] = step.apply(out[chosen], rng)
    return out if out.shape[-2:] == tuple(sides) else resize(out, *sides, "bicubic")
