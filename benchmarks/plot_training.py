"""Draw docs/images/training_curves.png: how far each training got, from the logs of the models and of their stages.

./run python benchmarks/plot_training.py. Each scores its own validation patches (docs/training.md), so two panels do
not compare; the titles carry the figures of the cards and the bars they are held against.
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
    "sr2-fidelity": (),
    "sr4-fast": (("set5_y_psnr", 31.3), ("set14_y_psnr", 28.1)),
    "sr4-realtime": (("set5_y_psnr", 30.03),),
    "sr4-perceptual": (),
    "denoise-fast": (("kodak_luma_psnr_sigma25", 31.2),),
    "denoise": (("kodak_luma_psnr_sigma25", 31.2),),
    "denoise-t": (),
    "restore2": (("kodak_luma_psnr", 28.62),),
    "deartifact": (("kodak_luma_psnr_x264_q37", 32.31), ("kodak_luma_psnr_mpeg2_q16", 32.24)),
    "deartifact-fast": (("kodak_luma_psnr_x264_q37", 32.31), ("kodak_luma_psnr_mpeg2_q16", 32.24)),
    "inpaint": (),
}


def logs() -> list[Path]:
    """Folders with a log: a model's stages, then itself."""
    models = ROOT / "models"
    return [
        folder for name in BARS for folder in (*sorted((models / name / "stages").glob("*")), models / name)
        if (folder / "log.jsonl").is_file()
    ]  # fmt: skip


def title(folder: Path) -> str:
    place, card = folder.relative_to(ROOT / "models"), folder / "card.toml"
    if not card.is_file():
        return str(place)
    metrics = tomllib.loads(card.read_text())["metrics"]
    parts = [
        f"{key.split('_')[0].capitalize()} {metrics[key]:.2f} of {bar:g}"
        for key, bar in BARS[place.parts[0]] if key in metrics
    ]  # fmt: skip
    return f"{place}\n{', '.join(parts)}"


def main() -> None:
    folders, columns = logs(), 3
    rows = -(-len(folders) // columns)
    figure = Figure(figsize=(11, 2.6 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis, folder in zip(axes, folders, strict=False):
        points = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
        axis.plot(
            [row["step"] for row in points], [row["psnr"] for row in points], marker="." if len(points) < 9 else ""
        )
        if "detail" in points[-1]:  # trained against a critic: PSNR falls on purpose
            twin = axis.twinx()
            twin.plot([row["step"] for row in points], [row["detail"] for row in points], color="C1", linestyle=":")
            twin.set_ylabel("share of the truth's detail (dotted)", fontsize="x-small")
            twin.tick_params(labelsize="small")
        axis.set_title(title(folder), fontsize="small")
        axis.tick_params(labelsize="small")
        axis.grid(alpha=0.3)
    for axis in axes[len(folders) :]:
        axis.remove()
    figure.supxlabel("steps", fontsize="small")
    figure.supylabel("validation PSNR, dB", fontsize="small")
    figure.savefig(ROOT / "docs" / "images" / "training_curves.png", dpi=80)


if __name__ == "__main__":
    main()
