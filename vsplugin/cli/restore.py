"""``vsplugin restore IN OUT``."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import vapoursynth as vs

from .. import chain as chains
from .. import job, sink
from ..errors import UserError, one_line
from ..forensic import admit, promise_of
from ..hdr.restore import Mode, remakes, with_metadata
from ..job import join
from ..job.plan import CHUNK, build, false_metadata
from ..job.run import check_output, stored_plan
from ..job.times import most_that_grow
from ..source import Source, open_source
from .options import build_chain, chain_options, json_option
from .output import clock, count, note, print_json
from .progress import Reporter

_MEASURED = 4  # frames timed before a long run


@click.command()
@click.argument("source", metavar="IN")
@click.argument("output", metavar="OUT")
@chain_options
@click.option("--start", type=int, default=0, metavar="FRAME", help="First frame.")
@click.option("--frames", type=int, metavar="N", help="How many frames; all if not given.")
@click.option("--codec", default="libx265", show_default=True, help=f"{', '.join(sink.CODECS)}.")
@click.option("--crf", type=float, help="Quality; smaller is better and larger. libx265: 16, libx264: 14.")
@click.option("--chunk", type=int, default=CHUNK, show_default=True, metavar="FRAMES", help="Saved at a time.")
@click.option(
    "--hdr",
    "hdr_mode",
    type=click.Choice(["carry", "recompute", "strip"]),
    default="carry",
    show_default=True,
    help="HDR metadata: keep it on every frame, measure HDR10+ anew, or leave it all out.",
)
@click.option("--forensic", is_flag=True, help="Only what can be proven; writes OUT.audit.json (docs/forensic.md).")
@click.option("--overwrite", is_flag=True, help="Replace OUT once the new one is complete.")
@click.option("--discard", is_flag=True, help="Forget an unfinished job for OUT and start over.")
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def restore(
    source: str,
    output: str,
    start: int,
    frames: int | None,
    codec: str,
    crf: float | None,
    chunk: int,
    hdr_mode: Mode,
    forensic: bool,
    overwrite: bool,
    discard: bool,
    quiet: bool,
    as_json: bool,
    **chain_arguments: Any,
) -> int:
    """Restore a video file.

    Audio, subtitles, chapters, timestamps, colour tags and HDR metadata are kept. Stop it any way you like: the same
    command goes on.
    """
    say = (lambda _: None) if as_json or quiet else note
    chain = build_chain(**chain_arguments)
    for line in chains.left_out(chain_arguments["preset"]) if chain_arguments["preset"] else []:
        say(line)
    if forensic:
        chain = admit(chain)
    opened, lost = with_metadata(open_source(source), hdr_mode)
    target = Path(output).expanduser()
    check_output(target, opened, overwrite)
    dropped = lost + (join.not_kept(opened, codec, target) if codec in sink.CODECS else [])
    before = None if discard else stored_plan(target)
    plan, graph = prepare(
        opened,
        chain,
        before,
        codec=codec,
        crf=crf,
        first=start,
        frames=frames,
        chunk=chunk,
        hdr=hdr_mode,
        prove=forensic,
    )
    for line in describe(opened, plan, graph, dropped):
        say(line)
    if before is not None:
        say(f"going on with {target.name}.vsplugin")
    elif plan.frames[1] - plan.frames[0] > 12 * _MEASURED and not (as_json or quiet):
        say(estimate(graph, plan))
    result = execute(opened, plan, target, graph, discard=discard, quiet=quiet or as_json)
    return finish(opened, plan, result, as_json, say)


def execute(
    opened: Source, plan: job.Plan, target: Path, graph: vs.VideoNode, *, discard: bool, quiet: bool
) -> job.Result:
    """Run the job with progress and Ctrl-C."""
    with Reporter(quiet=quiet).running() as reporter:
        return job.run(opened, plan, target, discard=discard, graph=graph, report=reporter)


def prepare(
    opened: Source, chain: chains.Chain, before: job.Plan | None, **arguments: Any
) -> tuple[job.Plan, vs.VideoNode]:
    """Plan and graph. What was measured for an unfinished job of the same chain is taken over."""
    resolved = None
    if before is not None and before.source["sha256"] == opened.fingerprint:
        asked = [[name, values] for name, values in chain]
        resolved = [(name, values) for name, values in before.resolved] if before.chain == asked else None
    try:
        plan = job.make_plan(opened, chain, resolved=resolved, **arguments)
        return plan, build(opened, plan)
    except vs.Error as error:
        raise UserError(one_line(error)) from None


def describe(opened: Source, plan: job.Plan, graph: vs.VideoNode, dropped: list[str]) -> list[str]:
    """What goes in, what is done and why, what comes out, what is lost."""
    facts = opened.facts
    rate = "variable" if facts.vfr else f"{float(opened.rate):.3f}".rstrip("0").rstrip(".")
    colour = f"{facts.hdr}, colour {facts.matrix}/{facts.transfer}/{facts.primaries}"
    colour += " full range" if facts.full_range else " limited range"
    if facts.assumed:
        colour += f" ({', '.join(facts.assumed)} not tagged, assumed)"
    streams = [*facts.audio, *facts.subtitles]
    lines = [
        f"in:  {opened.spec}: {facts.width}x{facts.height} {facts.format}, {rate} fps, {facts.frames} frames, "
        f"{facts.field_order}, {colour}" + (f", turned {facts.rotation}°" if facts.rotation else ""),
        *([f"     with {', '.join(streams)}"] if streams else []),
        *chains.explain(opened.clip, [(name, values) for name, values in plan.resolved]),
        f"out: {graph.width}x{graph.height} {plan.encoding['pixel_format']} by {plan.encoding['codec']}, frames "
        f"{plan.frames[0]} to {plan.frames[1] - 1} in {count(len(plan.chunks), 'chunk')}",
    ]
    if plan.forensic:
        lines += [f"forensic: {name}: {promise_of(name).text}" for name, _ in plan.resolved]
    if remakes(opened, false_metadata(plan.resolved), plan.encoding["hdr"]):
        lines.append("HDR10+: measured anew on the result, scene by scene (profile A)")
    lines += [f"not kept: {text}" for text in sink.lost_metadata(plan.encoding["codec"], opened.first_props) + dropped]
    if facts.field_order != "progressive" and "deinterlace" not in dict(plan.resolved):
        lines.append(f"warning: the source is interlaced ({facts.field_order}); deinterlace it first")
    if damaged := len(opened.timestamps) - len(most_that_grow(opened.timestamps)):
        lines.append(f"warning: the times of {count(damaged, 'frame')} are damaged; they get some between the others'")
    if plan.broken:
        lines.append(f"warning: {plan.broken}")
    return lines


def estimate(graph: vs.VideoNode, plan: job.Plan) -> str:
    """A forecast from a few frames, without the encoder."""
    first, last = plan.frames
    graph.get_frame(first).close()  # loading models is not part of the pace
    began = time.monotonic()
    for frame in graph[first + 1 : first + 1 + _MEASURED].frames(close=True):
        frame.close()
    pace = _MEASURED / (time.monotonic() - began)
    return f"about {pace:.2f} fps before encoding: {clock((last - first) / pace)} for {last - first} frames"


def finish(opened: Source, plan: job.Plan, result: job.Result, as_json: bool, say: Any) -> int:
    """Report; 2 if the source was incomplete, although all that could be was restored."""
    if as_json:
        print_json({"source": opened.facts.as_dict(), "plan": asdict(plan), "result": asdict(result)})
    else:
        reused = f" ({result.reused_frames} from before)" if result.reused_frames else ""
        say(f"{result.output}: {result.frames} frames{reused}")
        if result.audit:
            say(f"{result.audit[0]}: its hash, to be kept elsewhere: {result.audit[1]}")
    if result.broken:
        if not as_json:
            note(f"vsplugin: input: {opened.spec}: {result.broken}; {result.frames} frames restored")
        return 2
    return 0
