"""End-point error of flow() per provider and setting, against known motion.

    ./run python benchmarks/flow.py     # results/flow.json

RubberWhale (Middlebury) has measured motion; the other scenes are drawn from stills of the training set with the
motion of vsplugin/training/degrade/motion.py, so that the truth is exact. Pixels whose point cannot be read off the
other frame do not count. Noise is white, on both frames.
"""

from __future__ import annotations

import argparse
import lzma
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import vapoursynth as vs
from common import write
from PIL import Image

import vsplugin
from vsplugin.training.degrade import motion

SETTINGS = {
    "dis": {},
    "dis, half": {"half": True},
    "mvtools": {"method": "mvtools"},
    "mvtools, half": {"method": "mvtools", "half": True},
}
SIGMAS = (0, 5, 20)


@dataclass(frozen=True)
class Case:
    frames: np.ndarray  # (2, H, W), 0..1
    flow: np.ndarray  # (2, H, W)
    seen: np.ndarray  # (H, W): where the truth is known and visible


def rubber_whale(corpus: Path) -> Case:
    folder = corpus / "public/flow/RubberWhale"
    content = lzma.decompress((folder / "flow10.flo.xz").read_bytes())
    width, height = np.frombuffer(content, "<i4", 2, 4)
    flow = np.frombuffer(content, "<f4", width * height * 2, 12).reshape(height, width, 2).transpose(2, 0, 1)
    frames = [np.asarray(Image.open(folder / f"frame{n}.png").convert("L"), np.float32) / 255 for n in (10, 11)]
    return Case(np.stack(frames), flow, (np.abs(flow) < 1e8).all(0))


def drawn(corpus: Path, speed: float, seed: int) -> Case:
    names = sorted((corpus / "train/stills").iterdir())
    stills = [
        np.asarray(Image.open(names[(7 * seed + k) % len(names)]).convert("RGB"), np.float32).transpose(2, 0, 1) / 255
        for k in range(3)
    ]
    scene = motion.random_scene(
        stills, 432, 768, np.random.default_rng(seed), leaves=8, motion=speed, sizes=(12.0, 120.0)
    )
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32)
    flow, hidden = scene.flow(3, 4)
    return Case(np.stack([np.tensordot(weights, scene.frame(t), 1) for t in (3, 4)]), flow, hidden == 0)


def clip_of(case: Case, sigma: float) -> vs.VideoNode:
    height, width = case.frames.shape[1:]
    blank = vs.core.std.BlankClip(format=vs.GRAY8, width=width, height=height, length=2, keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        noise = np.random.default_rng([3, n]).normal(0, sigma, (height, width))
        np.asarray(out[0])[...] = np.rint(case.frames[n] * 255 + noise).clip(0, 255)
        return out

    return vs.core.std.ModifyFrame(blank, blank, fill)


def score(case: Case, sigma: float, settings: dict) -> dict:
    with vsplugin.flow(clip_of(case, sigma), 1, **settings).get_frame(0) as frame:
        dx, dy, confidence = (np.array(frame[p]) for p in range(3))
    error = np.hypot(dx - case.flow[0], dy - case.flow[1])
    sure = case.seen & (confidence > 0.5)
    return {
        "mean": round(float(error[case.seen].mean()), 3),
        "median": round(float(np.median(error[case.seen])), 3),
        "mean where sure": round(float(error[sure].mean()), 3),
        "sure of the visible": round(float(sure.sum() / case.seen.sum()), 3),
        "sure of the hidden": round(float((confidence[~case.seen] > 0.5).mean()), 3) if not case.seen.all() else None,
    }


def cost(case: Case, settings: dict) -> float:
    """Processor milliseconds for flow and confidence, one direction of one pair, of all threads."""
    times = []
    for _ in range(5):
        clip = clip_of(case, 5)
        start = time.process_time()
        vsplugin.flow(clip, 1, **settings).get_frame(0).close()
        times.append((time.process_time() - start) * 1e3 / 2)  # the flow back is searched, too
    return round(statistics.median(times), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", default="../../shared/corpus")
    corpus = Path(parser.parse_args().corpus)
    cases = {"RubberWhale": rubber_whale(corpus)}
    cases |= {f"drawn, {speed} px a frame": drawn(corpus, speed, seed) for seed, speed in enumerate((1, 3, 8), 1)}
    found = {
        name: {f"sigma {s}": {case: score(each, s, settings) for case, each in cases.items()} for s in SIGMAS}
        for name, settings in SETTINGS.items()
    }
    milliseconds = {name: cost(cases["drawn, 3 px a frame"], settings) for name, settings in SETTINGS.items()}
    write("flow", {"what": "end-point error in pixels", "cpu ms per search at 768x432": milliseconds, "error": found})


if __name__ == "__main__":
    main()
