"""Peaks and averages over a stream's frames, as a picture."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError
from . import report
from .metadata import Metadata


def draw(frames: Sequence[Metadata], path: Path, title: str) -> None:
    """Write a PNG: largest MaxSCL, 99.98 % and average of every frame in cd/m², on a logarithmic scale.

    ``UserError`` without matplotlib, without HDR10+ to draw, or if the file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise UserError("--plot needs matplotlib, which comes with the extra 'report'") from None
    found = [(n, report.light(frame.hdr10plus)) for n, frame in enumerate(frames) if frame.hdr10plus is not None]
    if not found:
        raise UserError("--plot: the file has no HDR10+ metadata to draw")
    figure = Figure(figsize=(12, 5), layout="constrained")
    FigureCanvasAgg(figure)  # no window system needed, no global state of pyplot
    axis = figure.subplots()
    series = {
        "largest MaxSCL": [max(values["maxscl"]) for _, values in found],
        "99.98 %": [values["highest"] for _, values in found],
        "average": [values["average"] for _, values in found],
    }
    numbers = [number for number, _ in found]
    for label, values in series.items():
        drawn = [float("nan") if value is None else max(value, 0.1) for value in values]
        axis.plot(numbers, drawn, label=label, linewidth=1, marker="." if len(found) < 50 else "")
    axis.set_yscale("log")
    axis.set_ylim(0.1, 10_000)
    axis.set_xlabel("frame")
    axis.set_ylabel("cd/m²")
    axis.grid(alpha=0.3)
    figure.legend(loc="outside upper right", ncols=len(series))
    figure.suptitle(title)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        figure.savefig(part, format="png", dpi=100)
        part.replace(path)
    except OSError as error:
        raise UserError(f"--plot: cannot write {path}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
