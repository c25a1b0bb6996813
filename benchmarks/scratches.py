"""Scratches over real clips: how much of them is found, what is taken for one that is none, and what is left.

./run python benchmarks/scratches.py [--corpus DIR] [--frames N]
Three a clip: one to three pixels wide, dark or bright, a quarter to nearly opaque, leaning up to a degree, half of them
over a part of the height; they wander 0.4 pixels a frame as film does in its gate. Peer: OpenCV's inpainting, which is
told where they are.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import common
import cv2
import numpy as np
import vapoursynth as vs
from repair import CLIPS, VISIBLE, clip_of, inpainted, lumas
from tally import Tally

import vsplugin

SEEDS = (21, 22)  # two sets of scratches for each clip
core = vs.core


def scratched(frames: np.ndarray, rng: np.random.Generator, count: int = 3) -> np.ndarray:
    """``(T, H, W)`` 0..1 with ``count`` scratches that stay through all frames."""
    length, height, width = frames.shape
    out, rows = frames.copy(), np.arange(height)
    for _ in range(count):
        middle, lean = rng.uniform(0.05, 0.95) * width, rng.uniform(-0.02, 0.02)
        spread, opaque, colour = rng.uniform(0.5, 1.6), rng.uniform(0.25, 0.95), rng.choice([0.02, 0.98])
        top, bottom = (0, height) if rng.random() < 0.5 else sorted(rng.uniform(0, height, 2))
        if bottom - top < 0.3 * height:
            top, bottom = 0, height
        wander = np.cumsum(rng.normal(0, 0.4, length))
        there = (rows >= top) & (rows < bottom)
        for n in range(length):
            place = middle + wander[n] + lean * (rows - height / 2) + 0.5 * np.sin(rows / 60 + n)
            profile = np.exp(-0.5 * ((np.arange(width) - place[:, None]) / spread) ** 2)
            strength = opaque * (1 + 0.15 * np.sin(rows / 25 + 2 * n)) * there
            cover = np.clip(profile * strength[:, None], 0, 1)
            out[n] += cover * (colour - out[n])
    return out


def judged(clean: np.ndarray) -> dict:
    """Recall, precision and PSNR over all sets of scratches; the first and last two frames left out."""
    tally = Tally()
    for seed in SEEDS:
        dirty = scratched(clean, np.random.default_rng(seed))
        source = clip_of(list(dirty))
        found, out = lumas(vsplugin.repair(source, show="mask")), lumas(vsplugin.repair(source))
        for n in range(2, len(clean) - 2):
            covered, mask = np.abs(dirty[n] - clean[n]), found[n] > 0.5
            there, near = covered > VISIBLE, cv2.dilate((covered > 0.008).astype(np.uint8), np.ones((5, 5))) > 0
            tally.add(mask, there, near)
            results = {"none": dirty[n], "repair": out[n], "telea": inpainted(dirty[n], there, cv2.INPAINT_TELEA)}
            tally.compare(results, clean[n], there)
    return {
        "recall": tally.recall,
        "precision": tally.precision,
        "psnr_of_scratched_places": tally.psnr,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path(__file__).parents[2] / "shared/corpus")
    parser.add_argument("--frames", type=int, default=10)
    arguments = parser.parse_args()
    results = {}
    for name in CLIPS:
        clip = core.bs.VideoSource(str(arguments.corpus / "public/video" / f"{name}.mkv"))
        clean = np.stack(lumas(clip[: arguments.frames]))
        false = [plane > 0.5 for plane in lumas(vsplugin.repair(clip_of(list(clean)), show="mask"))]
        without = vsplugin.repair(clip_of(list(clean)), scratches=False, show="mask")
        false_dirt = [plane > 0.5 for plane in lumas(without)]
        results[name] = judged(clean) | {
            "false_percent_of_clean_clip": round(100 * float(np.mean(false) - np.mean(false_dirt)), 4)
        }
        print(name, results[name], flush=True)
    common.write("scratches", {"what": "repair on simulated scratches over real clips; first and last two frames left "
                               "out", "clips": results})  # fmt: skip


if __name__ == "__main__":
    main()
