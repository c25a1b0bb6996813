"""Draw docs/images/training_curves.png: how far each model's training got, stage after stage, from their logs.

./run python benchmarks/plot_training.py. Each stage scores its own validation patches (docs/training.md), so curves of
two stages do not join; the titles carry the figures of the cards and the bars they are held against.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

ROOT = Path(__file__).parents[1]
# What a model of its kind is meant to reach, on the card's figure.
BARS = {
    "sr2-fast": (("set5_y_psnr", 37.5), ("set14_y_psnr", 33.1)),
    "sr4-fast": (("set5_y_psnr", 31.3), ("set14_y_psnr", 28.1)),
    "sr4-realtime": (("set5_y_psnr", 30.02),),
    "denoise-fast": (("kodak_luma_psnr_sigma25", 31.2),),
    "deartifact-fast": (("kodak_luma_psnr_x264_q37", 32.31), ("kodak_luma_psnr_mpeg2_q16", 32.24)),
}


def stages(model: Path) -> list[list[dict]]:
    """The rows of each stage's log, the last one's last."""
    folders = [*sorted((model / "stages").glob("*")), model]
    logs = [folder / "log.jsonl" for folder in folders]
    return [[json.loads(line) for line in log.read_text().splitlines()] for log in logs if log.is_file()]


def title(name: str, metrics: dict[str, float]) -> str:
    parts = [f"{key.split('_psnr')[0]} {metrics[key]:.2f} of {bar:g}" for key, bar in BARS[name] if key in metrics]
    return f"{name}: {', '.join(parts)}"


def main() -> None:
    models = [name for name in BARS if (ROOT / "models" / name / "card.toml").is_file()]
    figure = Figure(figsize=(11, 3 * -(-len(models) // 2)), layout="constrained")
    FigureCanvasAgg(figure)
    for axis, name in zip(figure.subplots(-(-len(models) // 2), 2, squeeze=False).flat, models, strict=False):
        folder, before = ROOT / "models" / name, 0
        for number, rows in enumerate(stages(folder), 1):
            axis.plot([before + row["step"] for row in rows], [row["psnr"] for row in rows], label=f"stage {number}")
            before += rows[-1]["step"]
        axis.set_title(title(name, tomllib.loads((folder / "card.toml").read_text())["metrics"]), fontsize="medium")
        axis.set_xlabel("steps of 16 patches")
        axis.set_ylabel("validation PSNR, dB")
        axis.grid(alpha=0.3)
        axis.legend(fontsize="small", loc="lower right")
    figure.savefig(ROOT / "docs" / "images" / "training_curves.png", dpi=80)


if __name__ == "__main__":
    main()
