"""``vsplugin preview IN -o wipe.png``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import vapoursynth as vs

from .. import chain as chains
from ..errors import UserError, one_line
from ..preview import wipe, write_png
from ..source import open_source
from .options import build_chain, chain_options, json_option
from .output import note, print_json


@click.command()
@click.argument("source", metavar="IN")
@click.option("--frame", type=int, default=0, show_default=True, metavar="N")
@click.option("-o", "--output", default="wipe.png", show_default=True, metavar="PNG")
@chain_options
@json_option
def preview(source: str, frame: int, output: str, as_json: bool, **chain_arguments: Any) -> None:
    """Make a picture of one frame: left half before, right half after."""
    target = Path(output).expanduser()
    if target.suffix.lower() != ".png":
        raise UserError(f"--output must end in .png; got '{output}'")
    chain = build_chain(**chain_arguments)
    opened = open_source(source)
    try:
        resolved = chains.resolve(opened.clip, chain)
        lines = chains.explain(opened.clip, resolved)
        after = chains.apply(opened.clip, resolved)
    except vs.Error as error:
        raise UserError(one_line(error)) from None
    write_png(wipe(opened.clip, after, frame), target)
    if as_json:
        print_json({"output": str(target), "frame": frame, "chain": resolved, "size": [after.width, after.height]})
    else:
        for line in lines:
            note(line)
        print(target)
