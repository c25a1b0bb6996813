"""``vsplugin demo``: from nothing to a before/after picture."""

from __future__ import annotations

import time
from pathlib import Path

import click

from ..job.run import check_output, stored_plan
from ..preview import wipe, write_png
from ..source import open_source
from .options import build_chain, json_option
from .output import clock, note, print_json
from .restore import describe, execute, prepare

_FRAMES = 24


@click.command()
@json_option
def demo(as_json: bool) -> None:
    """Restore a second of sample:film to restored.mkv, and make restored.png."""
    began = time.monotonic()
    opened = open_source("sample:film")
    target, png = Path("restored.mkv"), Path("restored.png")
    check_output(target, opened, overwrite=True)
    chain = build_chain(None, 2, "auto", None, None, ())
    plan, graph = prepare(opened, chain, stored_plan(target), codec="libx265", frames=_FRAMES)
    if not as_json:
        for line in describe(opened, plan, graph, []):
            note(line)
    result = execute(opened, plan, target, graph, discard=True, quiet=as_json)
    write_png(wipe(opened.clip, graph, _FRAMES // 2), png)
    took = time.monotonic() - began
    if as_json:
        print_json({"output": str(target.resolve()), "picture": str(png.resolve()), "frames": result.frames, "s": took})
        return
    note(f"{result.frames} frames of a procedural film denoised and enlarged from {opened.clip.width}x"
         f"{opened.clip.height} to {graph.width}x{graph.height} in {clock(took)}")  # fmt: skip
    print(f"video:   {target.resolve()}")
    print(f"picture: {png.resolve()} (left: enlarged with Lanczos, right: restored)")
