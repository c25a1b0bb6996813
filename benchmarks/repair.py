"""Dirt over real clips: how much is found, what is taken for dirt that is none, and what is below it afterwards.

./run python benchmarks/repair.py [--corpus DIR] [--frames N]
Dirt of the corpus' public overlays, new on every frame. Peers: OpenCV's inpainting, which is told where the dirt is,
and a SpotLess-type script (median of the frame and its two neighbours compensated by MVTools), which is not.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import common
import cv2
import numpy as np
import vapoursynth as vs
from PIL import Image
from tally import Tally

import vsplugin

CLIPS = ("walker_768x432", "cars_768x432", "parkjoy_480x270")
KINDS = ("dirt", "dots", "hair", "hair-short", "lint", "spots", "sprinkles")
VISIBLE = 0.05  # of full scale: dirt that counts as there
REPAIRED = 12 / 255  # mean error of a blob that counts as repaired
core = vs.core


def lumas(clip: vs.VideoNode) -> list[np.ndarray]:
    floats = core.resize.Point(core.std.ShufflePlanes(clip, 0, vs.GRAY), format=vs.GRAYS)
    # Within black and white: what lies beyond in a clip would count as dirt where dirt is clipped.
    return [np.clip(np.asarray(frame[0]), 0, 1).astype(np.float64) for frame in floats.frames(close=True)]


def dirtied(picture: np.ndarray, overlays: list[Path], rng: np.random.Generator) -> np.ndarray:
    """About eight overlays at random places, sizes and turns, white or black; ``(H, W)`` 0..1."""
    out = picture.copy()
    height, width = out.shape
    for _ in range(rng.poisson(8)):
        side = int(400 * rng.uniform(0.3, 1.0))
        overlay = Image.open(overlays[rng.integers(len(overlays))]).resize((side, side), Image.Resampling.BICUBIC)
        cover = np.rot90(np.asarray(overlay)[..., 3] / 255, rng.integers(4)) * rng.uniform(0.8, 1.0)
        colour = rng.uniform(0.9, 1.0) if rng.random() < 0.6 else rng.uniform(0.0, 0.08)
        y, x = int(rng.integers(-side // 4, height - side // 4)), int(rng.integers(-side // 4, width - side // 4))
        rows, columns = slice(max(y, 0), min(y + side, height)), slice(max(x, 0), min(x + side, width))
        part = cover[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
        out[rows, columns] = out[rows, columns] * (1 - part) + colour * part
    return np.clip(out, 0, 1)


def clip_of(frames: list[np.ndarray]) -> vs.VideoNode:
    height, width = frames[0].shape
    blank = core.std.BlankClip(format=vs.GRAY8, width=width, height=height, length=len(frames), keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        np.copyto(np.asarray(out[0]), np.rint(16 + 219 * frames[n]).astype(np.uint8))
        return out

    return core.std.ModifyFrame(blank, blank, fill)


def spotless(clip: vs.VideoNode) -> vs.VideoNode:
    above = core.mv.Super(clip, pel=2)
    laid = [
        core.mv.Compensate(clip, above, core.mv.Analyse(above, isb=back, blksize=8, overlap=4, delta=1), thsad=10000)
        for back in (True, False)
    ]
    return core.std.Expr([clip, *laid], "x y min x y max z min max")


def inpainted(dirty: np.ndarray, where: np.ndarray, method: int) -> np.ndarray:
    mask = cv2.dilate(where.astype(np.uint8), np.ones((5, 5), np.uint8))
    return cv2.inpaint(np.rint(dirty * 255).astype(np.uint8), mask, 3, method) / 255


def judged(clean: list[np.ndarray], dirty: list[np.ndarray]) -> dict:
    source = clip_of(dirty)
    start = time.perf_counter()
    out = lumas(vsplugin.repair(source))
    seconds = (time.perf_counter() - start) / len(dirty)
    found = [plane > 0.5 for plane in lumas(vsplugin.repair(source, show="mask"))]
    peers = {"none": dirty, "SpotLess-type": lumas(spotless(source))}
    tally = Tally()
    blobs, touched = [], 0.0
    for n in range(2, len(dirty) - 2):
        covered = np.abs(dirty[n] - clean[n])
        there, near = covered > VISIBLE, cv2.dilate((covered > 0.008).astype(np.uint8), np.ones((5, 5))) > 0
        tally.add(found[n], there, near)
        touched += np.abs(out[n] - lumas_of(source, n))[~found[n]].max()
        results = {"repair": out[n], "telea": inpainted(dirty[n], there, cv2.INPAINT_TELEA),
                   "navier-stokes": inpainted(dirty[n], there, cv2.INPAINT_NS)}  # fmt: skip
        tally.compare(results | {name: frames[n] for name, frames in peers.items()}, clean[n], there)
        count, labels, boxes, _ = cv2.connectedComponentsWithStats((covered > 0.03).astype(np.uint8), connectivity=8)
        each = np.bincount(labels.ravel(), np.abs(out[n] - clean[n]).ravel(), count) / boxes[:, 4]
        blobs += list(each[1:][boxes[1:, 4] >= 6] < REPAIRED)
    untouched = [lumas_of(clip_of(clean), n) for n in range(len(clean))]
    false = [plane > 0.5 for plane in lumas(vsplugin.repair(clip_of(clean), show="mask"))]
    peer = lumas(spotless(clip_of(clean)))
    return {
        "covered_percent": [
            round(100 * float((np.abs(d - c) > VISIBLE).mean()), 1) for d, c in zip(dirty, clean, strict=True)
        ],
        "recall": tally.recall,
        "precision": tally.precision,
        "false_percent_of_clean_clip": round(100 * float(np.mean(false)), 4),
        "spotless_changes_percent_of_clean_clip": round(
            100 * float(np.mean([np.abs(p - u) > VISIBLE for p, u in zip(peer, untouched, strict=True)])), 4
        ),
        "blobs": len(blobs),
        "blobs_repaired": round(float(np.mean(blobs)), 3),
        "psnr_of_covered_places": tally.psnr,
        "largest_change_outside_mask": touched,
        "seconds_per_frame": round(seconds, 3),
    }


def lumas_of(clip: vs.VideoNode, n: int) -> np.ndarray:
    return lumas(clip[n])[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path(__file__).parents[2] / "shared/corpus")
    parser.add_argument("--frames", type=int, default=12)
    arguments = parser.parse_args()
    public = arguments.corpus / "public"
    overlays = [path for kind in KINDS for path in sorted((public / "dirt" / kind).glob("*.png"))]
    results = {}
    for number, name in enumerate(CLIPS):
        clip = core.bs.VideoSource(str(public / "video" / f"{name}.mkv"))
        clean = lumas(clip[: arguments.frames])
        rng = np.random.default_rng(number)
        results[name] = judged(clean, [dirtied(picture, overlays, rng) for picture in clean])
        print(name, results[name], flush=True)
    common.write("repair", {"what": "repair on dirt of the corpus over real clips; first and last two frames left out",
                            "clips": results})  # fmt: skip


if __name__ == "__main__":
    main()
