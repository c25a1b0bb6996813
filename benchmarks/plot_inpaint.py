"""Draw docs/images/inpaint.png: what no neighbour shows, filled; real film of 1906, and a photograph with its truth.

./run python benchmarks/plot_inpaint.py [--corpus DIR]
The film's frame is given to `repair` alone, with the mask that `repair` itself makes of it among its neighbours.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import cv2
import numpy as np
import vapoursynth as vs
from inpaint import dirty, lumas, masked, opencv
from PIL import Image

import vsplugin
from vsplugin.training import evaluate_inpaint as protocol
from vsplugin.training.pictures import load_rgb

FRAME, FILM = 8, (slice(90, 340), slice(40, 300))  # of the film: number, rows and columns shown
STILL, PHOTOGRAPH = "23.png", (slice(60, 310), slice(60, 320))
OUT = Path(__file__).parents[1] / "docs/images/inpaint.png"
core = vs.core


def filled(source: vs.VideoNode, hole: np.ndarray, folder: Path) -> list[np.ndarray]:
    """Before, by OpenCV's Telea, by `repair`."""
    before = lumas(source)
    out = lumas(vsplugin.repair(source, mask=masked([hole], folder / "mask.y4m")))
    return [before[0], opencv(before, [hole], cv2.INPAINT_TELEA)[0], out[0]]


def film(public: Path, folder: Path) -> list[np.ndarray]:
    clip = core.bs.VideoSource(str(public / "oldfilm_pd/market_street_1906_480x368_24f.mkv"))
    found = lumas(vsplugin.repair(clip, show="mask")[FRAME])[0] > 0.5
    neighbours = lumas(vsplugin.repair(clip)[FRAME])[0]
    return [*filled(clip[FRAME], found, folder), neighbours]


def photograph(public: Path, folder: Path) -> list[np.ndarray]:
    codes = np.asarray(Image.fromarray(load_rgb(public / "stills" / STILL)).convert("L"))
    height, width = codes.shape
    blank = core.std.BlankClip(format=vs.GRAY8, width=width, height=height, length=1, keep=True)

    def draw(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        np.asarray(out[0])[:] = np.rint(16 + codes * (219 / 255))
        return out

    clip = core.std.ModifyFrame(blank, blank, draw)
    rng = np.random.default_rng(5)
    hole = protocol.holes(protocol.overlays(public), codes.shape, rng)
    return [*filled(dirty(clip, [hole], rng), hole, folder), lumas(clip)[0]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path(__file__).parents[2] / "shared/corpus")
    public = parser.parse_args().corpus / "public"
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            np.hstack([np.pad(picture[window], 2, constant_values=1) for picture in pictures])
            for pictures, window in ((film(public, Path(folder)), FILM), (photograph(public, Path(folder)), PHOTOGRAPH))
        ]
    Image.fromarray(np.rint(np.clip(np.vstack(rows), 0, 1) * 255).astype(np.uint8)).save(OUT, optimize=True)


if __name__ == "__main__":
    main()
