"""The models at hand as a table: what each is for, what it costs, what was measured."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..models import Model

COLUMNS = ("model", "task", "scale", "parameters", "MAC per pixel", "measured")
# Endings of a card's figures for the input as it is, or for the usual plain method; and of further rivals.
_NOTHING_DONE = ("_bicubic", "_noisy", "_decoded", "_telea", "_best_order")
_RIVALS = ("_smooth", "_ns")
_BEFORE = {"held_back_faded": "held_back_before"}  # the same, under another name
_NAMES = {
    "kodak_luma_psnr": "Kodak blurred, halved, noisy and compressed",
    "samples_luma_psnr": "held-back scenes",
    "samples_mean_luma_psnr": "their means along the motion",
    "samples_recall": "dirt found",
    "samples_precision": "marked and truly dirt",
    "samples_false_percent_of_clean": "clean pictures taken for dirt",
    "held_back_faded": "faded stills at sure=0, ΔE94 from the truth",
    "held_back_unfaded": "unfaded stills at sure=0, ΔE94 moved",
    "held_back_told_apart": "faded and unfaded told apart",
}
_SHARES = ("samples_recall", "samples_precision", "held_back_told_apart")  # 0..1
_WORDS = (
    (r"^(set5|set14|kodak)_", lambda m: f"{m[1].capitalize()} "),
    (r"(y|luma)_psnr", lambda m: ""),
    (r" ?blockiness_cut_percent(.*)", lambda m: f"{m[1]}, blocks cut by"),
    (r"percent_of_", lambda m: ""),
    (r"halo_over_lanczos", lambda m: "ringing / Lanczos'"),
    (r"_q(\d+)\b", lambda m: f" QP {m[1]}" if "x264" in m.string else f" scale {m[1]}"),
    (r"mpeg2", lambda m: "MPEG-2"),
    (r"sigma(\d+)", lambda m: f"sigma {m[1]}"),
    (r"_+", lambda m: " "),
    (r" +", lambda m: " "),
)  # fmt: skip


def words(key: str) -> str:
    """``kodak_luma_psnr_sigma25`` -> ``Kodak sigma 25``."""
    if key in _NAMES:
        return _NAMES[key]
    for pattern, replacement in _WORDS:
        key = re.sub(pattern, replacement, key)
    return key.strip()


def measured(metrics: dict[str, float | str]) -> list[str]:
    """``Set5: 37.32 dB (+3.68)``: the gain is that over doing nothing, where the card says what that gives."""
    lines = []
    for key, value in metrics.items():
        if isinstance(value, str) or key.endswith(_NOTHING_DONE + _RIVALS) or key in _BEFORE.values():
            continue
        names = [_BEFORE.get(key, ""), *(key + ending for ending in _NOTHING_DONE)]
        before = next((float(metrics[name]) for name in names if name in metrics), None)
        lines.append(f"{words(key)}: {_value(key, value)}" + ("" if before is None else f" ({value - before:+.2f})"))
    return lines


def _value(key: str, value: float) -> str:
    if key in _SHARES:
        return f"{100 * value:.3g} %"
    if "percent" in key:
        return f"{value:.3g} %"
    return f"{value:.2f}" + (" dB" if "psnr" in key else "")


def row(model: Model) -> tuple[str, ...]:
    card = model.card
    return (
        model.name,
        model.task,
        f"x{model.scale}",
        f"{card['parameters'] / 1000:.0f} k" if "parameters" in card else "unknown",
        _cost(model),
        "; ".join(measured(card.get("metrics", {}))),
    )


def _cost(model: Model) -> str:
    if model.macs_per_pixel:
        return f"{model.macs_per_pixel / 1000:.0f} k"
    return "none" if "macs_per_pixel" in model.card else "unknown"  # none: it sees numbers, not pictures


def markdown(models: Sequence[Model]) -> str:
    lines = [COLUMNS, ("---",) * len(COLUMNS), *(row(model) for model in models)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def show(models: Sequence[Model]) -> None:
    """The table without figures, which have no room in 80 columns: they follow, with where each model lies."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table

    table = Table(expand=False)
    for column in COLUMNS[:-1]:
        table.add_column(column)
    rows = [row(model) for model in models]
    for one in rows:
        table.add_row(*one[:-1])
    console = Console(highlight=False)
    console.print(table)
    for model, one in zip(models, rows, strict=True):
        console.print(f"{model.name}: {model.path}", soft_wrap=True)
        if one[-1]:
            console.print(Padding(one[-1], (0, 0, 0, 2), expand=False))
