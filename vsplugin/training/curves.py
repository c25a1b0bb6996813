"""Loss and validation score over the steps, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def draw(rows: list[dict[str, Any]], path: Path, title: str) -> bool:
    """Write a PNG of ``log.jsonl``'s rows; False where matplotlib is not installed, since training goes on without."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(9, 6), layout="constrained")
    FigureCanvasAgg(figure)  # no window system needed, no global state of pyplot
    loss, score = figure.subplots(2, 1, sharex=True)
    for axis, key, label in ((loss, "loss", "loss"), (score, "psnr", "validation PSNR, dB")):
        points = [(row["step"], row[key]) for row in rows if row.get(key) is not None]
        axis.plot([step for step, _ in points], [value for _, value in points], marker="." if len(points) < 50 else "")
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    if all(row["loss"] > 0 for row in rows if row.get("loss") is not None):
        loss.set_yscale("log")
    top = max(rows, key=lambda row: row["psnr"])
    score.axvline(top["step"], color="tab:green", alpha=0.5)
    score.set_title(f"best {top['psnr']:.3f} dB at step {top['step']}", fontsize="small")
    score.set_xlabel("step")
    figure.suptitle(title)
    part = path.with_suffix(".part")
    try:
        figure.savefig(part, format="png", dpi=100)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return True
