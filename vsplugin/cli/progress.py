"""How far a job is: a bar on a terminal, a line every few seconds elsewhere; and Ctrl-C."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ..errors import StoppedError
from ..job import Progress
from .output import clock, note

_EVERY = 5.0  # seconds between plain lines


class Reporter:
    """Given to ``job.run`` as ``report``; raises ``StoppedError`` after a first Ctrl-C or SIGTERM."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self.stop = False
        self._bar: Any = None
        self._task: Any = None
        self._last_line = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        if not self.quiet:
            self._show(progress)
        if self.stop:
            raise StoppedError(f"stopped at frame {progress.done}: run the same command to continue")

    def _show(self, progress: Progress) -> None:
        if self._bar is not None:
            self._bar.update(
                self._task, total=progress.total, completed=progress.done,
                text=f"{progress.fps:.2f} fps, {clock(progress.remaining)} to go",
            )  # fmt: skip
            return
        now = time.monotonic()
        if now - self._last_line >= _EVERY:
            self._last_line = now
            note(
                f"frame {progress.done}/{progress.total}, chunk {progress.chunk + 1}/{progress.chunks}, "
                f"{progress.fps:.2f} fps, {clock(progress.remaining)} to go"
            )

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.stop:
            raise KeyboardInterrupt
        self.stop = True
        if not self.quiet:
            note("\nstopping after this frame; once more to stop at once")

    @contextmanager
    def running(self) -> Iterator[Reporter]:
        """Show a bar where there is a terminal, and listen for signals."""
        before = {number: signal.signal(number, self.on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            if self.quiet or not sys.stderr.isatty():
                yield self
            else:
                with _bar() as self._bar:
                    self._task = self._bar.add_task("restoring", total=None, text="")
                    yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    return Bar(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[text]}"),
        TimeElapsedColumn(), console=Console(stderr=True),
    )  # fmt: skip


@contextmanager
def counting(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A function to be told (frames done, frames in all): a bar with time to go on a terminal, else a line at times."""
    if quiet:
        yield lambda done, total: None
    elif sys.stderr.isatty():
        with _bar() as bar:
            task = bar.add_task(what, total=None, text="")
            began = time.monotonic()

            def show(done: int, total: int) -> None:
                bar.update(task, total=total, completed=done, text=_pace(began, done, total))

            yield show
    else:
        began = last = time.monotonic()

        def say(done: int, total: int) -> None:
            nonlocal last
            if time.monotonic() - last >= _EVERY:
                last = time.monotonic()
                note(f"{what}: frame {done}/{total}, {_pace(began, done, total)}")

        yield say


def _pace(began: float, done: int, total: int) -> str:
    fps = done / max(time.monotonic() - began, 1e-9)
    return f"{fps:.2f} fps, {clock((total - done) / fps)} to go"
