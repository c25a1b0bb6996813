"""``vsplugin models check-domain CLIP --model M``: is this clip like what the model was trained on?"""

from __future__ import annotations

from typing import Any

import click
import numpy as np
import vapoursynth as vs

from .. import color, spread
from ..errors import UserError
from ..models import named
from ..source import open_source
from .output import json_option, note, print_json

_FRAMES = 12
_PATCHES = 1200  # of all frames together


@click.command("check-domain")
@click.argument("source", metavar="CLIP")
@click.option("--model", "name", required=True, metavar="NAME|PATH", help="The model to compare with.")
@json_option
def check_domain(source: str, name: str, as_json: bool) -> None:
    """Warn when a clip is far from what a model was trained on.

    Luma patches of twelve frames are compared with the training's: contrast, sharpness, noise, blockiness and so on. A
    warning is no error: the model runs, but its measured figures say little about this clip.
    """
    from ..training import domain

    model = named("--model", name)
    table = model.card.get("domain")
    if not table:
        why = f"the card of {model.name} has no domain table: what it was trained on is not known here"
        if as_json:
            print_json({"model": model.name, "far": None, "reason": why})
        else:
            print(why)
        return
    comparison = domain.compare(_patches(open_source(source).clip, int(table["patch"])), table)
    if comparison is None:
        raise UserError(f"check-domain: {source} shows too little: no {table['patch']}-pixel patches with any contrast")
    if as_json:
        print_json({"model": model.name, "clip": source, **comparison.as_dict()})
        return
    _print_table(comparison)
    if comparison.far:
        note(f"warning: {source} is far from what {model.name} was trained on: {comparison.words}")
    else:
        print(f"{source} is like what {model.name} was trained on: {comparison.words}")


def _patches(clip: vs.VideoNode, size: int) -> np.ndarray:
    from ..training import domain

    working = color.to_yuv(clip)
    wanted = spread.evenly(_FRAMES, clip.num_frames)
    cut = []
    for number in wanted:
        with working.get_frame(number) as frame:
            cut.append(domain.cut(np.asarray(frame[0]), size, _PATCHES // len(wanted)).copy())
    return np.concatenate(cut)


def _print_table(comparison: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(expand=False)
    for column in ("statistic", "this clip", "trained (90 %)", "", "meaning"):
        table.add_column(column)
    for one in comparison.findings:
        limits = f"{one.low:.{one.digits}f} to {one.high:.{one.digits}f}"
        table.add_row(one.name, f"{one.clip:.{one.digits}f}", limits, "off" if one.off else "", one.meaning)
    Console().print(table)
