"""``vsplugin compare A B [C ...] -o report.html``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from ..disk import check_target
from ..errors import UserError
from ..preview import write_png
from ..report import data, page, sheet
from ..report.entry import Entry, open_entry
from .options import json_option
from .output import print_json
from .progress import counting


@click.command()
@click.argument("specs", metavar="A B [C ...]", nargs=-1, required=True)
@click.option("-o", "--output", metavar="HTML", help="The page; report.html if neither -o nor --png is given.")
@click.option("--png", metavar="PNG", help="A contact sheet.")
@click.option("--metrics", "names", metavar="NAMES", help="Separated by commas; `vsplugin measure --list` shows them.")
@click.option("--start", type=click.IntRange(0), default=0, metavar="FRAME", help="First frame of every clip.")
@click.option("--frames", type=click.IntRange(1), metavar="N", help="How many frames; all if not given.")
@click.option("--size", "megabytes", type=click.FloatRange(1, 2000), default=40.0, show_default=True, metavar="MB",
              help="What the page may weigh; decides how well pictures are kept.")  # fmt: skip
@click.option("--title", help="What the page is called.")
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def compare(
    specs: tuple[str, ...],
    output: str | None,
    png: str | None,
    names: str | None,
    start: int,
    frames: int | None,
    megabytes: float,
    title: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Compare clips in one page that works without a network: wipe, zoom, metrics, worst frames, slices over time.

    A is the reference, the others are measured against it. Each is a video file, a script (.vpy) or a sample.
    """
    targets = _targets(output, png)
    entries = [_cut(open_entry(spec), start, frames) for spec in specs]
    wanted = [name.strip() for name in names.split(",") if name.strip()] if names else None
    settings = {
        "first frame": start,
        "metrics": names or "those that suit the clips",
        "page at most": f"{megabytes:g} MB",
    }
    with counting("building the report", quiet=quiet or as_json) as progress:
        report = data.gather(entries, wanted, megabytes=megabytes, settings=settings, progress=progress)
    made = {}
    if "html" in targets:
        named = title or " · ".join(clip["name"] for clip in report.data["clips"])
        made[str(targets["html"])] = page.write(report, named, targets["html"])
    if "png" in targets:
        write_png(sheet.sheet(entries, report), targets["png"])
        made[str(targets["png"])] = targets["png"].stat().st_size
    if as_json:
        pooled = {plot["name"]: plot["pooled"] for plot in report.data["plots"]}
        print_json({"made": made, "clips": list(specs), "pooled": pooled, "stored": report.data["stored"]})
        return
    for path, size in made.items():
        print(f"{path} ({size / 1e6:.1f} MB{'; ' + report.data['stored'] if path.endswith('.html') else ''})")


def _targets(output: str | None, png: str | None) -> dict[str, Path]:
    """What is to be written, checked before any work is done."""
    asked = {"html": output or (None if png else "report.html"), "png": png}
    out = {}
    for kind, text in asked.items():
        if text is None:
            continue
        option = "-o" if kind == "html" else "--png"
        if Path(text).suffix.lower() != f".{kind}":
            raise UserError(f"{option} must end in .{kind}; got '{text}'")
        out[kind] = check_target(text, option)
    return out


def _cut(entry: Entry, start: int, frames: int | None) -> Entry:
    if start >= entry.clip.num_frames:
        raise UserError(f"--start must be in [0, {entry.clip.num_frames - 1}] for {entry.name}; got {start}")
    if start or frames:
        return replace(entry, clip=entry.clip[start : None if frames is None else start + frames])
    return entry
