"""Measure clips frame by frame: one pass, in order, a few frames in memory.

Everything the metrics look at becomes one node, so that a source or a slow filter is asked for each frame once; native
metrics run inside it, numpy ones on a few threads while the next frames are made.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import vapoursynth as vs

from .. import memory
from ..errors import UserError, one_line
from . import views
from .jitter import displacement
from .motion import Motion, estimate, estimator
from .pairing import check, hdr, pair
from .registry import METRICS, Metric, NotSuitableError, Stream, find

REFERENCE, DISTORTED = "reference", "distorted"
_CACHE = 256  # MiB
_RELEASE = 2  # frames
Progress = Callable[[int, int], None]  # frames done, frames in all; may raise to stop
KnownMotion = Callable[[int], Motion]  # frame number -> motion from the frame before it to it


class Measurement(dict[str, list[float]]):
    """Metric -> one value per frame of the distorted clip; NaN where a frame has none.

    ``pooled``: metric -> one value for the clip. ``reference``, ``reference_pooled``: the same of the reference, for
    metrics that need none, because most of them mean something only beside it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pooled: dict[str, float] = {}
        self.reference: dict[str, list[float]] = {}
        self.reference_pooled: dict[str, float] = {}


def measure(
    reference: vs.VideoNode | None,
    distorted: vs.VideoNode,
    names: Iterable[str] | None = None,
    *,
    offset: int | None = None,
    files: Mapping[str, Path] | None = None,
    motion: KnownMotion | None = None,
    progress: Progress | None = None,
) -> Measurement:
    """Measure ``distorted`` against ``reference``, or alone where that is None.

    ``names``: of :data:`METRICS`; those that are the default and :func:`suitable` if not given. ``offset``: frame n of
    ``distorted`` belongs to frame n + offset of ``reference``, over what both have; if None, they must be equally long.
    ``files``: what a metric needs of the user, by its name (``{"lpips": path}``). ``motion`` gives the true motion to a
    frame from the one before it; if None it is estimated where a metric needs it. Raises ``UserError`` where clips do
    not fit each other (the mismatch named) or a metric (why).
    """
    names = list(names) if names is not None else None
    enlarged = bool(names) and all(find(name).of_enlargements for name in names or ())
    check("distorted", distorted)
    if reference is None:
        distorted = views.tagged(distorted)
    else:
        reference, distorted = pair(reference, distorted, offset, enlarged=enlarged)
    clips = {DISTORTED: distorted} | ({REFERENCE: reference} if reference is not None else {})
    wanted = [find(name) for name in dict.fromkeys(names)] if names is not None else suitable(reference, distorted)
    if not wanted:
        raise UserError("measure: no metric is asked for")
    tasks = [task for metric in wanted for task in _tasks(metric, clips, files)]
    raw: list[list[Any]] = [[] for _ in tasks]
    try:
        with _small_caches():
            for frame, values in enumerate(_values(tasks, clips, motion)):
                for column, value in zip(raw, values, strict=True):
                    column.append(value)
                if frame % _RELEASE == _RELEASE - 1:
                    memory.release()
                if progress is not None:
                    progress(frame + 1, distorted.num_frames)
        return _collected(
            tasks, [task.stream.finish() if task.stream else column for task, column in zip(tasks, raw, strict=True)]
        )
    finally:
        for task in tasks:
            if task.stream:
                task.stream.close()


@contextmanager
def _small_caches() -> Iterator[None]:
    """Metrics look at each frame once: caches of what they make on the way would only fill the memory."""
    before = vs.core.max_cache_size
    vs.core.max_cache_size = min(before, _CACHE)
    try:
        yield
    finally:
        vs.core.max_cache_size = before


def suitable(
    reference: vs.VideoNode | None,
    distorted: vs.VideoNode,
    *,
    every: bool = False,
    files: Mapping[str, Path] | None = None,
) -> list[Metric]:
    """The default metrics, or all, that are defined for these clips and have here what they need."""
    clips = {DISTORTED: distorted} | ({REFERENCE: reference} if reference is not None else {})
    return [metric for metric in METRICS.values() if (metric.default or every) and not _obstacle(metric, clips, files)]


def _obstacle(metric: Metric, clips: dict[str, vs.VideoNode], files: Mapping[str, Path] | None) -> str:
    try:
        _tasks(metric, clips, files)
        if "motion" in metric.views.values():
            estimator(clips[DISTORTED].width, clips[DISTORTED].height)
    except NotSuitableError as error:
        return str(error)
    return ""


class _Task:
    """One metric on one clip (or on the pair)."""

    def __init__(self, metric: Metric, role: str, clips: dict[str, vs.VideoNode], file: Path | None) -> None:
        self.metric, self.role, self.file = metric, role, file
        self.sources = {name: _role(name, role) for name in metric.views}
        self.graph: tuple[vs.VideoNode, str] | None = None
        self.stream: Stream | None = None
        if metric.whole_clips:
            try:
                made = metric.function(**{name: clips[source] for name, source in self.sources.items()})
            except vs.Error as error:
                raise NotSuitableError(f"measure: {metric.name}: {one_line(error)}") from None
            if isinstance(made, tuple):
                self.graph = made
            else:
                self.stream = made

    def value(self, now: _Frames, before: _Frames | None) -> Any:
        """What the metric says of a frame; NaN where it needs a frame before and there is none."""
        if self.metric.temporal and before is None:
            return (float("nan"),) * 2 if "displacement" in self.metric.views.values() else float("nan")
        arguments: dict[str, Any] = {}
        for name, view in self.metric.views.items():
            if view == "file":
                arguments[name] = self.file
                continue
            frames = before if name.endswith("_before") else now
            assert frames is not None
            arguments[name] = frames.view(self.sources[name], view)
        return self.metric.function(**arguments)


def _role(parameter: str, role: str) -> str:
    """Which clip a parameter means; a `picture` is that of the clip the metric is asked about."""
    name = parameter.removesuffix("_before")
    return {"low": REFERENCE, "enlarged": DISTORTED}.get(name, name if name in (REFERENCE, DISTORTED) else role)


def _tasks(metric: Metric, clips: dict[str, vs.VideoNode], files: Mapping[str, Path] | None = None) -> list[_Task]:
    file = (files or {}).get(metric.name)
    if "file" in metric.views.values() and file is None:
        raise NotSuitableError(
            f"measure: {metric.name} needs a network file that you have, by --{metric.name} FILE; nothing is fetched. "
            "docs/metrics.md says how to make one"
        )
    if metric.needs_reference and REFERENCE not in clips:
        raise NotSuitableError(f"measure: {metric.name} compares two clips and needs a reference")
    if metric.sdr_only and hdr(clips[DISTORTED]):
        raise NotSuitableError(f"measure: {metric.name} is defined for SDR; this is HDR")
    if metric.of_enlargements and _size(clips[REFERENCE]) == _size(clips[DISTORTED]):
        raise NotSuitableError(
            f"measure: {metric.name} compares an enlargement with its smaller source; these are equal"
        )
    roles = [DISTORTED] if metric.needs_reference else list(clips)
    return [_Task(metric, role, clips, file) for role in roles]


def _size(clip: vs.VideoNode) -> tuple[int, int]:
    return clip.width, clip.height


class _Frames:
    """What the numpy metrics see of one frame number, each view made once however many metrics look at it."""

    def __init__(self, number: int, made: dict[tuple[str, str], np.ndarray], context: _Context) -> None:
        self._number, self._made, self._context = number, made, context
        self._derived: dict[tuple[str, str], Any] = {}
        self._lock = threading.RLock()
        self.before: _Frames | None = None

    def view(self, role: str, view: str) -> Any:
        if (role, view) in self._made:
            return self._made[role, view]
        with self._lock:
            if view == "motion":
                role = self._context.moving
            if (role, view) not in self._derived:
                self._derived[role, view] = self._derive(role, view)
            return self._derived[role, view]

    def finish(self) -> None:
        """Let go of what no later frame looks at."""
        self.before = None
        self._derived.clear()

    def _derive(self, role: str, view: str) -> Any:
        if view == "light":
            return views.light(self._made[role, "rgb"], *self._context.colours[role])
        assert self.before is not None
        if view == "motion" and self._context.known is not None:
            return self._context.known(self._number)
        pair = self.before.view(role, "luma"), self.view(role, "luma")
        return estimate(*pair) if view == "motion" else displacement(*pair)


_MADE_OF = {"light": "rgb", "motion": "luma", "displacement": "luma"}


class _Context:
    """What is the same for all frames."""

    def __init__(self, clips: dict[str, vs.VideoNode], known: KnownMotion | None) -> None:
        self.known = known
        self.moving = REFERENCE if REFERENCE in clips else DISTORTED
        self.colours = {}
        for role, clip in clips.items():
            with clip.get_frame(0) as frame:
                self.colours[role] = tuple(int(frame.props.get(name, 2)) for name in ("_Transfer", "_Primaries"))


def _needed(tasks: Sequence[_Task], context: _Context) -> set[tuple[str, str]]:
    """(clip, view) that must be made as graphs."""
    needed = set()
    for task in tasks:
        for name, view in task.metric.views.items():
            if view not in ("clip", "file"):
                role = context.moving if view == "motion" else task.sources[name]
                needed.add((role, _MADE_OF.get(view, view)))
    return needed


def _values(tasks: Sequence[_Task], clips: dict[str, vs.VideoNode], known: KnownMotion | None) -> Iterator[list[Any]]:
    """The tasks' values, frame by frame in order."""
    context = _Context(clips, known)
    needed = sorted(_needed(tasks, context))
    parts = {f"view_{role}_{view}": views.GRAPHS[view](clips[role]) for role, view in needed}
    parts |= {f"task_{index}": views.number(*task.graph) for index, task in enumerate(tasks) if task.graph}
    streams = [(index, task.stream) for index, task in enumerate(tasks) if task.stream]
    for index, stream in streams:
        for role, clip in clips.items():
            parts[f"stream_{index}_{role}"] = clip.resize.Point(format=stream.format.id)
    bundle = vs.core.std.BlankClip(format=vs.GRAY8, width=1, height=1, length=clips[DISTORTED].num_frames, keep=True)
    for prop, clip in parts.items():
        bundle = vs.core.std.ClipToProp(bundle, clip, prop=prop)
    workers = max(1, vs.core.num_threads)
    waiting: deque[tuple[list[float | None], Future[list[Any]]]] = deque()
    before: _Frames | None = None
    with ThreadPoolExecutor(workers) as pool:
        try:
            for number, frame in enumerate(_frames(bundle, workers)):
                native: list[float | None] = [
                    float(frame.props[f"task_{index}"].props[task.graph[1]]) if task.graph else None
                    for index, task in enumerate(tasks)
                ]
                made = {key: views.as_array(frame.props["view_{}_{}".format(*key)]) for key in needed}
                for index, stream in streams:
                    stream.push(*(frame.props[f"stream_{index}_{role}"] for role in (REFERENCE, DISTORTED)))
                frame.close()
                now = _Frames(number, made, context)
                now.before = before
                waiting.append((native, pool.submit(_numpy_values, tasks, now, before)))
                before = now
                if len(waiting) > workers:
                    yield _merged(*waiting.popleft())
            while waiting:
                yield _merged(*waiting.popleft())
        finally:
            for _, future in waiting:
                future.cancel()


def _frames(bundle: vs.VideoNode, workers: int) -> Iterator[vs.VideoFrame]:
    try:
        yield from bundle.frames(prefetch=workers, backlog=workers)
    except vs.Error as error:
        raise UserError(f"measure: a frame cannot be made: {one_line(error)}") from None


def _numpy_values(tasks: Sequence[_Task], now: _Frames, before: _Frames | None) -> list[Any]:
    with np.errstate(all="ignore"):  # broken samples make broken numbers, and those are the answer
        values = [None if task.metric.whole_clips else task.value(now, before) for task in tasks]
    now.finish()
    return values


def _merged(native: list[float | None], future: Future[list[Any]]) -> list[Any]:
    return [own if own is not None else value for own, value in zip(native, future.result(), strict=True)]


def _collected(tasks: Sequence[_Task], raw: list[list[Any]]) -> Measurement:
    out = Measurement()
    for task, column in zip(tasks, raw, strict=True):
        with np.errstate(all="ignore"):
            values = task.metric.series(column)
        own = task.role == DISTORTED
        (out if own else out.reference)[task.metric.name] = values
        (out.pooled if own else out.reference_pooled)[task.metric.name] = task.metric.pool(values)
    return out
