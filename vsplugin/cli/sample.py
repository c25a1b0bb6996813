"""``vsplugin sample NAME OUT``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from .. import job
from .. import sample as samples
from ..errors import UserError
from ..job.run import check_output
from ..source import Source, open_source
from .options import json_option
from .output import print_json
from .restore import execute


@click.command()
@click.argument("name")
@click.argument("output", metavar="OUT")
@click.option("--truth", "truth_folder", metavar="DIR", help="Also write what it shows, undamaged and twice as large.")
@click.option("--codec", default="ffv1", show_default=True)
@click.option("--overwrite", is_flag=True)
@json_option
def sample(name: str, output: str, truth_folder: str | None, codec: str, overwrite: bool, as_json: bool) -> None:
    """Write a procedural damaged clip: film, video or hdr."""
    opened = open_source(f"sample:{name}")
    written = [_write(opened, Path(output).expanduser(), codec, overwrite)]
    if truth_folder is not None:
        folder = Path(truth_folder).expanduser()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"--truth: cannot make {folder}: {error.strerror}") from None
        mark = f"truth {opened.fingerprint}"
        truth = replace(opened, spec=f"truth:{name}", clip=samples.truth(name), fingerprint=mark)
        written.append(_write(truth, folder / f"{name}.mkv", codec, overwrite))
    if as_json:
        print_json({"written": written})
    else:
        print("\n".join(written))


def _write(opened: Source, target: Path, codec: str, overwrite: bool) -> str:
    check_output(target, opened, overwrite)
    plan = job.make_plan(opened, [], codec=codec)
    return execute(opened, plan, target, opened.clip, discard=False, quiet=True).output
