"""How far a training is: a bar on a terminal, a line after each evaluation elsewhere. Writes to standard error."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_AFTER = 1.0  # seconds of work before the bar's forecast is believed


def clock(seconds: float) -> str:
    """1:02:03 or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class Progress:
    """Receives what ``Trainer.run`` reports."""

    def __init__(self, *, steps: int, batch: int, quiet: bool) -> None:
        self.steps, self.batch, self.quiet = steps, batch, quiet
        self.bar: Any = None
        self.task: Any = None
        self.score = ""
        self.began, self.first = time.monotonic(), -1

    def say(self, text: str) -> None:
        if self.quiet:
            return
        if self.bar is not None:
            self.bar.console.print(text, highlight=False, markup=False)
        else:
            print(text, file=sys.stderr, flush=True)

    def step(self, step: int, loss: float) -> None:
        if self.bar is None:
            return
        if self.first < 0:
            self.began, self.first = time.monotonic(), step
        spent, done = time.monotonic() - self.began, step - self.first
        left = f"{clock(spent / done * (self.steps - step))} to go" if done and spent > _AFTER else ""
        self.bar.update(self.task, completed=step, text=f"loss {loss:.5f}{self.score}  {left}")

    def evaluated(
        self,
        *,
        step: int,
        psnr: float,
        patches_per_second: float,
        loss: float | None = None,
        alive: float | None = None,
        silent: str | None = None,
        detail: float | None = None,
        told_apart: float | None = None,
    ) -> None:
        self.score = f"  validation {psnr:.3f} dB"
        if detail is not None:
            self.score += f", {detail:.0%} of the detail, told apart {told_apart:.0%}"
        left = clock((self.steps - step) * self.batch / patches_per_second) if patches_per_second else "unknown"
        shown = "" if loss is None else f"  loss {loss:.5f}"
        self.say(f"step {step}{shown}{self.score}  {patches_per_second:.0f} patches/s  {left} to go")
        if silent is not None:
            self.say(
                f"warning: layer {silent} has fallen silent: {alive:.0%} of its channels let anything through; "
                "a smaller training.learning_rate may help"
            )

    @contextmanager
    def showing(self, name: str, step: int) -> Iterator[Progress]:
        """A bar while the training runs, where there is a terminal and rich to draw one."""
        if self.quiet or not sys.stderr.isatty() or importlib.util.find_spec("rich") is None:
            yield self
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[text]}"),
            TimeElapsedColumn(),
        )  # fmt: skip
        with Bar(*columns, console=Console(stderr=True)) as self.bar:
            self.task = self.bar.add_task(name, total=self.steps, completed=step, text="")
            try:
                yield self
            finally:
                self.bar = None
