"""``vsplugin preview IN`` in the browser, or ``-o wipe.png``."""

from __future__ import annotations

import contextlib
import webbrowser
from typing import Any

import click
import vapoursynth as vs

from .. import chain as chains
from ..disk import check_target
from ..errors import UserError, one_line
from ..preview import wipe, write_png
from ..source import open_source
from .options import build_chain, chain_options, json_option
from .output import note, print_json


@click.command()
@click.argument("source", metavar="IN")
@click.option("--frame", type=int, metavar="N", help="Of the picture that -o makes; the first if not given.")
@click.option("-o", "--output", metavar="PNG", help="Make a picture of one frame: left half before, right half after.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Serve here; any free port if not given.")
@click.option("--open/--no-open", "opens", default=True, help="Start the browser.")
@chain_options
@json_option
def preview(
    source: str, frame: int | None, output: str | None, port: int, opens: bool, as_json: bool, **chain_arguments: Any
) -> None:
    """Look at IN before and after the chain, at any frame, in the browser; frames are rendered when looked at.

    A script (.vpy) is shown as it is. Served to this machine only, until Ctrl-C. With -o a picture is made instead.
    """
    if output is None:
        if frame is not None:
            raise UserError("--frame is for the picture that -o makes; the browser shows any frame")
        _serve(source, port, opens, as_json, chain_arguments)
        return
    if not output.lower().endswith(".png"):
        raise UserError(f"--output must end in .png; got '{output}'")
    target = check_target(output, "--output")
    opened = open_source(source)
    after, resolved, lines = _restored(opened.clip, chain_arguments)
    frame = frame or 0
    write_png(wipe(opened.clip, after, frame), target)
    if as_json:
        print_json({"output": str(target), "frame": frame, "chain": resolved, "size": [after.width, after.height]})
    else:
        for line in lines:
            note(line)
        print(target)


def _restored(clip: vs.VideoNode, chain_arguments: dict[str, Any]) -> tuple[vs.VideoNode, chains.Chain, list[str]]:
    """The chain's result, the chain with nothing left open, and what it does in words."""
    chain = build_chain(**chain_arguments)
    try:
        resolved = chains.resolve(clip, chain)
        return chains.apply(clip, resolved), resolved, chains.explain(clip, resolved)
    except vs.Error as error:
        raise UserError(one_line(error)) from None


def _serve(source: str, port: int, opens: bool, as_json: bool, chain_arguments: dict[str, Any]) -> None:
    from ..report.entry import Entry, facts, open_entry
    from ..report.server import Server

    before = open_entry(source)
    entries = [before]
    if before.name.lower().endswith(".vpy"):
        if any(chain_arguments.values()):
            raise UserError("preview: a script holds its own filters; options of a chain are for video files")
    else:
        after, _, lines = _restored(before.clip, chain_arguments)
        for line in lines if not as_json else []:
            note(line)
        entries.append(Entry("restored", "; ".join(lines), after, facts(after)))
    with Server(entries, before.name, port) as server:
        if as_json:
            print_json({"address": server.address, "frames": min(entry.clip.num_frames for entry in entries)})
        else:
            print(server.address, flush=True)
            note("Ctrl-C ends it")
        if opens:
            webbrowser.open(server.address)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
