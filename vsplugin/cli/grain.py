"""``vsplugin grain CLIP``: how strong, how coarse and of which kind its grain is; as a model, and for AV1 encoders."""

from __future__ import annotations

from pathlib import Path

import click
import vapoursynth as vs

from ..disk import check_target, write_target
from ..errors import UserError, one_line
from ..grain import analyse, av1
from ..grain.model import GrainModel
from ..source import open_source
from .output import json_option, note, print_json

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("source", metavar="CLIP")
@click.option("-o", "--output", type=_FILE, help="Write the model (JSON) for regrain.")
@click.option("--av1", "table", type=_FILE, help="Write a grain table for AV1 encoders.")
@click.option("--width", type=click.IntRange(16, 16384), help="Width to give the grain for, if the picture is scaled.")
@json_option
def grain(source: str, output: Path | None, table: Path | None, width: int | None, as_json: bool) -> None:
    """Measure the grain of a clip on a few of its frames.

    The model draws the same grain again: regrain(grain="FILE.json"). The table does so in the decoder: take the grain
    off, then give the table to aomenc --film-grain-table or SVT-AV1 --fgs-table.
    """
    for path, option in ((output, "-o"), (table, "--av1")):
        if path:
            check_target(path, option)
    try:
        model = analyse.measure(open_source(source).clip)
    except vs.Error as error:
        raise UserError(one_line(error)) from None
    model = model.for_width(width) if width else model
    if output:
        write_target(output, model.to_json(), "-o")
    if table:
        write_target(table, av1.table(model), "--av1")
    if as_json:
        print_json({"clip": source, "width": model.width, **model.about, "model": output, "table": table})
        return
    _print(model)
    for path in filter(None, (output, table)):
        note(f"wrote {path}")


def _print(model: GrainModel) -> None:
    from rich.console import Console
    from rich.table import Table

    about, shown = model.about, Table(expand=False)
    for column in ("tone", "deviation (8-bit steps)", "grain size (pixels)"):
        shown.add_column(column, justify="right")
    plane = model.planes[0]
    for tone, sigma, size in zip(plane.tones, plane.sigma, plane.size, strict=True):
        shown.add_row(f"{tone:.2f}", f"{sigma * 255:.2f}", f"{size:.2f}")
    likeness = about["correlation_over_time"]
    print(f"{about['kind']}; {about['blocks']} flat places; likeness to the frame before {likeness:g}")
    Console().print(shown)
