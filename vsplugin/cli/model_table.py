"""The models at hand as a table: what each is for, what it costs, what was measured."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..models import Model

COLUMNS = ("model", "task", "scale", "parameters", "MAC per pixel", "measured")
# Endings of a card's figures for the input as it is, or for the usual plain method; and of further rivals.
_NOTHING_DONE = ("_bicubic", "_noisy", "_decoded", "_telea")
_RIVALS = ("_smooth", "_ns")
_WORDS = (
    (r"^(set5|set14|kodak)_", lambda m: f"{m[1].capitalize()} "),
    (r"(y|luma)_psnr", lambda m: ""),
    (r"blockiness_cut_percent", lambda m: "blocks cut %"),
    (r"halo_over_lanczos", lambda m: "ringing / Lanczos'"),
    (r"_q(\d+)$", lambda m: f" QP {m[1]}" if "x264" in m.string else f" scale {m[1]}"),
    (r"sigma(\d+)", lambda m: f"sigma {m[1]}"),
    (r"_+", lambda m: " "),
    (r" +", lambda m: " "),
)


def words(key: str) -> str:
    """``kodak_luma_psnr_sigma25`` -> ``Kodak sigma 25``."""
    for pattern, replacement in _WORDS:
        key = re.sub(pattern, replacement, key)
    return key.strip()


def measured(metrics: dict[str, float]) -> list[str]:
    """``Set5 37.32 dB (+3.68)``: the gain is that over doing nothing, where the card says what that gives."""
    lines = []
    for key, value in metrics.items():
        if key.endswith(_NOTHING_DONE + _RIVALS):
            continue
        before = next((metrics[key + ending] for ending in _NOTHING_DONE if key + ending in metrics), None)
        unit = " dB" if "psnr" in key else ""
        lines.append(f"{words(key)} {value:.2f}{unit}" + ("" if before is None else f" ({value - before:+.2f})"))
    return lines


def row(model: Model) -> tuple[str, ...]:
    card = model.card
    return (
        model.name,
        model.task,
        f"x{model.scale}",
        f"{card['parameters'] / 1000:.0f} k" if "parameters" in card else "unknown",
        f"{model.macs_per_pixel / 1000:.0f} k" if model.macs_per_pixel else "unknown",
        ", ".join(measured(card.get("metrics", {}))),
    )


def markdown(models: Sequence[Model]) -> str:
    lines = [COLUMNS, ("---",) * len(COLUMNS), *(row(model) for model in models)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def show(models: Sequence[Model]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(expand=False, show_lines=True)
    for column in COLUMNS:
        table.add_column(column, no_wrap=column == "model")
    for model in models:
        table.add_row(*row(model))
    console = Console()
    console.print(table)
    for model in models:
        console.print(f"{model.name}: {model.path}", highlight=False, soft_wrap=True)
