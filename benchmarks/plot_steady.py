"""Draw docs/images/steady_*.png: the curves of results/steady.json, and slices through time rendered anew.

./run python benchmarks/plot_steady.py
"""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib as mpl
import numpy as np
from common import RESULTS
from PIL import Image, ImageDraw
from steady_material import Pictures, clip_of, flicker, lit, lumas, source, weave, woven

import vsplugin

mpl.use("Agg")
from matplotlib import pyplot

IMAGES = Path(__file__).parents[1] / "docs" / "images"
WALKER, MARKET = "video/walker_768x432.mkv", "oldfilm_pd/market_street_1906_480x368_24f.mkv"
TALL = 4  # rows of a slice for each frame


def curves(results: dict) -> None:
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 3.4))
    found = results["flicker"]["walker"]
    for when, colour in (("before", "0.7"), ("after", "tab:blue")):
        left.plot(100 * np.expm1(found[when]["mean"]), color=colour, label=when)
    left.set(title="deflicker: brightness against the truth", xlabel="frame", ylabel="per cent", ylim=(-10, 10))
    left.legend()
    found = results["weave"]["walker_mixed"]
    for when, light, dark in (("before", "0.8", "0.6"), ("after", "tab:blue", "tab:cyan")):
        path = np.array(found[when]["path"])
        right.plot(path[:, 0], color=light, label=f"x {when}")
        right.plot(path[:, 1], color=dark, label=f"y {when}")
    right.set(title="stabilize: position against the truth", xlabel="frame", ylabel="pixels")
    right.legend(ncols=2, loc="upper right")
    figure.tight_layout()
    figure.savefig(IMAGES / "steady_curves.png", dpi=80)


def along_x(pictures: Pictures, row: int, tall: int = TALL) -> np.ndarray:
    """One row of every frame, time downwards."""
    return np.repeat(np.array([picture[row] for picture in pictures]), tall, axis=0)


def along_y(pictures: Pictures, column: int, tall: int = TALL) -> np.ndarray:
    """One column of every frame, time to the right."""
    return np.repeat(np.array([picture[:, column] for picture in pictures]), tall, axis=0).T


def sheet(name: str, rows: list[list[tuple[str, np.ndarray]]]) -> None:
    lines = []
    for row in rows:
        height = max(picture.shape[0] for _, picture in row) + 18
        line = Image.new("L", (sum(picture.shape[1] for _, picture in row) + 8 * (len(row) - 1), height), 255)
        at = 0
        for words, picture in row:
            ImageDraw.Draw(line).text((at, 3), words, fill=0)
            line.paste(Image.fromarray(np.clip(np.rint(picture), 0, 255).astype(np.uint8)), (at, 18))
            at += picture.shape[1] + 8
        lines.append(line)
    out = Image.new("L", (max(line.width for line in lines), sum(line.height + 6 for line in lines)), 255)
    at = 0
    for line in lines:
        out.paste(line, (0, at))
        at += line.height + 6
    out.save(IMAGES / name, optimize=True)


def slices() -> None:
    clip = source(WALKER)
    bad = lit(clip, flicker(clip.num_frames, clip.height, clip.width))
    shown = lumas(bad), lumas(vsplugin.deflicker(bad))
    pumping = [(f"row 300, 60 frames, {when}", along_x(p, 300)[:, :560]) for when, p in zip(WHEN, shown, strict=True)]
    pictures = lumas(clip)
    woven_clip = clip_of(woven(pictures, (560, 320), weave(len(pictures), "mixed")))
    shown = lumas(woven_clip), lumas(vsplugin.stabilize(woven_clip))
    weaving = [(f"the same with weave, {when}", along_x(p, 250)) for when, p in zip(WHEN, shown, strict=True)]
    sheet("steady_slices.png", [[part] for part in (*pumping, *weaving)])
    film = source(MARKET)
    shown = lumas(film), lumas(vsplugin.deflicker(vsplugin.stabilize(film)))
    sheet(
        "steady_film.png",
        [
            [(f"row 90 over 24 frames, {when}", along_x(p, 90, 8)) for when, p in zip(WHEN, shown, strict=True)],
            [(f"column 130, {when}", along_y(p, 130, 20)) for when, p in zip(WHEN, shown, strict=True)],
        ],
    )


WHEN = ("before", "after")


def main() -> None:
    slices()
    curves(json.loads((RESULTS / "steady.json").read_text()))


if __name__ == "__main__":
    main()
