"""One chunk: a range of the whole graph, encoded into its own file. Doing it twice is harmless."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from fractions import Fraction

import vapoursynth as vs

from .. import sink
from ..disk import disk_error, outlet, rename
from ..errors import UserError
from ..forensic.evidence import Collector
from .folder import JobFolder, Record, hash_whole
from .plan import Plan


def do_chunk(
    graph: vs.VideoNode,
    source: vs.VideoNode,
    plan: Plan,
    index: int,
    folder: JobFolder,
    rate: Fraction,
    on_frame: Callable[[int], None],
    evidence: Collector | None = None,
) -> Record:
    """Encode chunk ``index`` and write its record.

    ``graph`` is the whole clip after all filters; it is trimmed here, *after* them, so that filters looking at
    neighbouring frames see across the seam. If the source itself cannot be decoded any further, the chunk ends
    there and the record says so. ``evidence`` sees every frame as the encoder does, in forensic mode.
    """
    first, last = plan.chunks[index]
    part = folder.part_path(index)
    broken: str | None = None
    encoding = sink.Encoding(**plan.encoding)
    try:
        with outlet(part) as file:
            try:
                watch = {"on_picture": evidence} if evidence else {}
                done = sink.encode(graph[first:last], file, encoding, rate, on_frame, **watch)
            except sink.BrokenFrameError as error:
                done = error.done
                if not _source_breaks(source, first + done):
                    raise
                broken = f"the source breaks at frame {first + done} ({error})"
                if not done:
                    return _empty(index, first, broken)
            if broken is None and done != last - first:
                raise RuntimeError(f"chunk {index}: {done} frames encoded, {last - first} expected")
        rename(part, folder.chunk_path(index))
        found = evidence.frames[:done] if evidence else None
        record = Record(first, first + done, done, hash_whole(folder.chunk_path(index)), broken, found)
        folder.write_record(index, record)
        return record
    except OSError as error:
        raise disk_error(error, folder.path) or error from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _empty(index: int, first: int, broken: str) -> Record:
    """The source breaks at the first frame of a chunk: an end, not an error, unless nothing came before it."""
    if index == 0:
        raise UserError(f"input: no frame can be restored: {broken}")
    return Record(first, first, 0, "", broken)


def _source_breaks(source: vs.VideoNode, near: int) -> bool:
    """Whether the source, not a filter, is at fault: a frame at or a little after ``near`` does not decode."""
    for number in range(near, min(near + 32, source.num_frames)):
        try:
            source.get_frame(number).close()
        except vs.Error:
            return True
    return False
