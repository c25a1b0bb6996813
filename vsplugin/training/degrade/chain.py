"""A chain of damage as a recipe describes it: what happened to the footage, in order.

    [[degradation.chain]]
    step = "blur"
    chance = 0.7
    sigma = [0.2, 2.0]

Steps may come again: blur, resize, noise and codec twice is the second-order model of Real-ESRGAN (Wang et al. 2021,
arXiv:2107.10833).
"""

from __future__ import annotations

from dataclasses import MISSING, fields, replace
from typing import Any, get_type_hints

import numpy as np

from ...errors import UserError
from ..keys import Key, check_table
from .resize import resize
from .steps import STEPS, Resize, Shrink, Step


def keys(kind: type[Step]) -> dict[str, Key]:
    """What the table of a step may hold: its fields, and which one it is."""
    hints = get_type_hints(kind, include_extras=True)
    options = {
        one.name: replace(hints[one.name].__metadata__[0], optional=one.default is not MISSING) for one in fields(kind)
    }
    return {"step": Key(str, choices=tuple(STEPS)), **options}


def read_chain(tables: list[dict[str, Any]], where: str = "recipe") -> list[Step]:
    """The steps of ``[[degradation.chain]]``; ``UserError`` names the first value that is wrong."""
    steps = []
    for index, table in enumerate(tables):
        place = f"degradation.chain[{index}]"
        if "step" not in table:
            raise UserError(f"{where}: {place}.step is missing; it must be {keys(Step)['step'].allowed}")
        keys(Step)["step"].check(where, f"{place}.step", table["step"])
        kind = STEPS[table["step"]]
        check_table(where, place, table, keys(kind))
        options = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
        del options["step"]
        try:
            steps.append(kind(**options))
        except UserError as error:
            raise UserError(f"{where}: {place}: {error}") from None
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
