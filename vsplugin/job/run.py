"""Run a job, or go on with one: plan, the chunks still missing, join."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import vapoursynth as vs

from ..disk import disk_error, rename, write_whole
from ..errors import UserError
from ..forensic import audit
from ..forensic.evidence import Collector
from ..source import Source
from . import join
from .chunk import do_chunk
from .folder import JobFolder, Record
from .plan import Plan, build, differences


@dataclass
class Progress:
    """Where a job is; given to the caller after every frame."""

    total: int
    chunks: int
    done: int = 0  # frames, those of earlier runs included
    reused: int = 0  # frames of earlier runs
    chunk: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def fps(self) -> float:
        return (self.done - self.reused) / max(1e-6, time.monotonic() - self.started)

    @property
    def remaining(self) -> float:
        """Seconds still to go, at the pace of this run."""
        return (self.total - self.done) / self.fps if self.fps > 0 else float("inf")


@dataclass(frozen=True)
class Result:
    """What became of a job. ``broken`` names the frame at which the source ended before its time."""

    output: str
    frames: int
    reused_frames: int
    broken: str | None
    dropped: tuple[str, ...]  # streams the output container cannot hold
    audit: tuple[str, str] | None = None  # forensic mode: the audit's path, and its hash


def check_output(output: Path, source: Source, overwrite: bool) -> None:
    """Refuse what cannot end well before any work is done. ``UserError`` says why."""
    if output.suffix.lower() not in join.FORMATS:
        raise UserError(f"output: the name must end in {', '.join(join.FORMATS)}; got '{output.name}'")
    if output.is_dir():
        raise UserError(f"output: {output} is a folder")
    if not output.parent.is_dir():
        raise UserError(f"output: no such folder: {output.parent}")
    try:
        tempfile.TemporaryFile(dir=output.parent).close()
    except OSError as error:
        raise UserError(f"output: cannot write in {output.parent}: {error.strerror}") from None
    if source.path and output.exists() and output.samefile(source.path):
        raise UserError(f"output: {output} is the input itself")
    if output.exists() and not overwrite and JobFolder(output).joined() is None:
        raise UserError(f"output: {output} exists; --overwrite replaces it when the new one is complete")


def stored_plan(output: Path) -> Plan | None:
    """The plan of an unfinished job for this output."""
    folder = JobFolder(output)
    return folder.read_plan() if folder.path.is_dir() else None


def run(
    source: Source,
    plan: Plan,
    output: Path,
    *,
    discard: bool = False,
    graph: vs.VideoNode | None = None,
    report: Callable[[Progress], None] = lambda _: None,
) -> Result:
    """Do what is not done yet. Raises ``UserError`` if an unfinished job for this output had another plan.

    ``graph`` is the plan's chain applied to the source, where the caller has built it already. ``report`` is called
    after every frame; raising ``StoppedError`` there ends the run and keeps what is done.
    """
    folder = JobFolder(output)
    folder.open()
    try:
        finished = folder.joined()
        if finished is not None and not discard:
            folder.remove()
            proof = tuple(finished["audit"]) if finished.get("audit") else None
            return Result(**{**finished, "dropped": tuple(finished["dropped"]), "audit": proof})
        plan = _agree(folder, plan, discard)
        records, reused = _do_chunks(source, plan, folder, graph, report)
        return _finish(source, plan, folder, records, reused)
    except OSError as error:
        raise disk_error(error, output.parent) or error from None
    finally:
        folder.close()


def _agree(folder: JobFolder, plan: Plan, discard: bool) -> Plan:
    """The plan to work by: the stored one if it is the same, else the new one for a new job."""
    if discard:
        folder.remove()
        folder.open()
    stored = folder.read_plan()
    if stored is None:
        folder.write_plan(plan)
        return plan
    changed = differences(stored, plan)
    if changed:
        raise UserError(
            f"resume: {folder.path} was begun with something else: {'; '.join(changed)}. "
            "Give the first command again to go on, or add --discard to start over"
        )
    return stored


def _do_chunks(
    source: Source, plan: Plan, folder: JobFolder, graph: vs.VideoNode | None, report: Callable[[Progress], None]
) -> tuple[list[Record], int]:
    """The records of all chunks in order, up to one that breaks off, and how many frames earlier runs had done."""
    found = [folder.finished(index) for index in range(len(plan.chunks))]
    progress = Progress(total=plan.frames[1] - plan.frames[0], chunks=len(plan.chunks))
    progress.done = progress.reused = sum(record.frames for record in found if record)
    records: list[Record] = []
    chain = [(name, values) for name, values in plan.resolved]
    bounds = audit.bounds_of(source.clip, chain) if plan.forensic else []
    for index, record in enumerate(found):
        if record is None:
            if graph is None:
                graph = build(source, plan)
            progress.chunk = index
            before = progress.done

            def on_frame(done: int, before: int = before) -> None:
                progress.done = before + done
                report(progress)

            evidence = Collector(source.clip, chain, bounds, plan.chunks[index][0]) if plan.forensic else None
            record = do_chunk(graph, source.clip, plan, index, folder, source.rate, on_frame, evidence)
        records.append(record)
        if record.broken:
            break
    return records, progress.reused


def _finish(source: Source, plan: Plan, folder: JobFolder, records: list[Record], reused: int) -> Result:
    broken = records[-1].broken or plan.broken
    used = [record for record in records if record.frames]
    join.check(plan, used, complete=records[-1].broken is None)
    part = folder.output.with_name(f".{folder.output.name}.{os.getpid()}.part")
    frames = sum(record.frames for record in used)
    try:
        dropped = join.join(source, plan, [folder.chunk_path(i) for i in range(len(used))], part, folder.output)
        proof = _prove(source, plan, folder.output, part, used) if plan.forensic else None
        result = Result(str(folder.output), frames, reused, broken, tuple(dropped), proof)
        folder.note_joined(part, {**vars(result), "dropped": dropped})
        rename(part, folder.output)
    finally:
        part.unlink(missing_ok=True)
    folder.remove()
    return result


def _prove(source: Source, plan: Plan, output: Path, part: Path, records: list[Record]) -> tuple[str, str]:
    """Write the audit beside the output before that gets its name: no proven file without its proof."""
    made = audit.make(
        source=plan.source,
        clip=source.clip,
        chain=[(name, values) for name, values in plan.resolved],
        encoding=plan.encoding,
        frames=[frame for record in records for frame in record.evidence or []],
        output=output,
        part=part,
        versions=plan.versions,
    )
    path = audit.path_for(output)
    write_whole(path, made.text())
    return str(path), made.sha256
