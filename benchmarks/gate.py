"""Hairs in the gate and tears over real clips: how much is found, what is taken for them that is none, what is left.

./run python benchmarks/gate.py [--corpus DIR] [--frames N]
Drawn by `vsplugin sample --damage`. Hairs over a part of each clip that moves over the picture by 2 and 1 pixels a
frame: in two of the clips the camera stands, and then hairs are not looked for. Of tears the first and the last two
frames are left out; what a tear displaces counts as it is displaced: the truth is the torn frame without its gap. Peer:
OpenCV's inpainting, which is told where the damage is. What repair changed counts as found; tears are looked for as
repair comes, without hairs in the gate, and once more with them, whose false alarms then count.
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
from vsplugin.damage import lasting, torn
from vsplugin.sample import film

SEED = 31
KINDS = {"gate": ("gate=3,gate.tremble=0.1", 0), "tears": ("tears=0.4", 2)}  # --damage, frames left out at each end
FALSE_FRAMES = 30  # of the clean clip
core = vs.core


def panned(frames: list[np.ndarray]) -> vs.VideoNode:
    """As if the camera moved."""
    height, width = (side - by * len(frames) for side, by in zip(frames[0].shape, (1, 2), strict=True))
    return clip_of([frame[n : n + height, 2 * n : 2 * n + width] for n, frame in enumerate(frames)])


def without_gap(clean: vs.VideoNode, made: film.Damaged, n: int) -> np.ndarray:
    """Luma of a frame whose lower part is displaced by its tear, without what hides it."""
    picture = lumas(clean[n])[0]
    rip = made.film.ripped(n)
    if rip is None:
        return picture
    move = np.array([[1, 0, rip.right], [0, 1, rip.down]])
    size = picture.shape[::-1]
    moved = cv2.warpAffine(picture, move, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.where(rip.below > 0, moved, picture)


def judged(clean: vs.VideoNode, kind: str) -> dict:
    recipe, left_out = KINDS[kind]
    tally, before, both = Tally(), Tally(), Tally()
    made = film.damaged(clean, film.read(recipe), SEED)
    dirty, out = lumas(made.clip), lumas(vsplugin.repair(made.clip, gate_hair=kind == "gate"))
    plain = lumas(vsplugin.repair(made.clip, tears=False)) if kind == "tears" else dirty
    every = lumas(vsplugin.repair(made.clip, gate_hair=True)) if kind == "tears" else out
    covers = lumas(core.std.SetFrameProps(made.masks[kind], _Range=1))
    for n in range(left_out, len(dirty) - left_out):
        truth = without_gap(clean, made, n)
        covered = np.abs(dirty[n] - truth) * (covers[n] > 0)
        there, near = covered > VISIBLE, cv2.dilate((covers[n] > 0).astype(np.uint8), np.ones((5, 5))) > 0
        if not there.any():
            continue
        tally.add(out[n] != dirty[n], there, near)
        before.add(plain[n] != dirty[n], there, near)
        both.add(every[n] != dirty[n], there, near)
        results = {"none": dirty[n], "repair": out[n], "telea": inpainted(dirty[n], there, cv2.INPAINT_TELEA)}
        tally.compare(results, truth, there)
    return {
        "recall": tally.recall,
        "recall_without": before.recall if kind == "tears" else None,
        "precision": tally.precision,
        "precision_with_gate_hair": both.precision if kind == "tears" else None,
        "psnr_of_damaged_places": tally.psnr,
    }


def false_percent(clean: vs.VideoNode) -> float:
    """Of the clean clip, what is taken for hairs in the gate or tears."""
    luma = core.resize.Point(clean, format=vs.GRAYS)
    hairs = lasting.hair_mask(luma, vsplugin.flow(clean, 1), 12 / 255)
    tears = torn.tear_mask(luma, {ahead: vsplugin.flow(clean, ahead) for ahead in (2, 3)})
    marked = core.std.Expr([hairs, tears], "x y max")
    return round(100 * float(np.mean([np.asarray(frame[0]) > 0 for frame in marked.frames(close=True)])), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path(__file__).parents[2] / "shared/corpus")
    parser.add_argument("--frames", type=int, default=10)
    arguments = parser.parse_args()
    results = {}
    for name in CLIPS:
        clip = core.bs.VideoSource(str(arguments.corpus / "public/video" / f"{name}.mkv"))
        frames = lumas(clip[: max(arguments.frames, FALSE_FRAMES)])
        few = frames[: arguments.frames]
        results[name] = {
            "gate": judged(panned(few), "gate"),
            "tears": judged(clip_of(few), "tears"),
            "false_percent_of_clean_clip": false_percent(clip_of(frames)),
            "false_percent_of_panned_clip": false_percent(panned(few)),
        }
        print(name, results[name], flush=True)
    common.write("gate", {"what": "repair on drawn hairs in the gate and tears over real clips", "clips": results})


if __name__ == "__main__":
    main()
