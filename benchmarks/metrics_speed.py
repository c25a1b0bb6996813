"""What each metric costs on 1080p, and against peers: frames through `metrics.measure`, decoding not counted.

./run python benchmarks/metrics_speed.py --corpus DIR
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import vapoursynth as vs
from common import write

from vsplugin import metrics
from vsplugin.source import open_source

FRAMES, ROUNDS = 6, 3
WHOLE = ["psnr", "psnr_y", "ssim", "ssimulacra2", "xpsnr_y"]  # what `vsplugin measure` takes if nothing is named


def material(corpus: Path) -> tuple[vs.VideoNode, vs.VideoNode]:
    """1920x1080, 8-bit 4:2:0, in memory: a clip enlarged, and the same blurred."""
    clip = open_source(str(corpus / "public/video/walker_768x432.mkv")).clip[:FRAMES].resize.Lanczos(1920, 1080)
    return in_memory(clip), in_memory(clip.std.Convolution([1, 2, 1, 2, 4, 2, 1, 2, 1]))


def in_memory(clip: vs.VideoNode) -> vs.VideoNode:
    frames = list(clip.frames())
    return clip.std.ModifyFrame(clip.std.BlankClip(keep=True), lambda n, f: frames[n])


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) / FRAMES


def drain(clip: vs.VideoNode) -> None:
    for frame in clip.frames(close=True):
        del frame


def peers(one: vs.VideoNode, other: vs.VideoNode) -> dict[str, Callable[[], object]]:
    from skimage.metrics import structural_similarity

    planes = [[np.array(frame[0]) for frame in clip.frames(close=True)] for clip in (one, other)]
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    return {
        "core.vszip.SSIMULACRA2": lambda: drain(vs.core.vszip.SSIMULACRA2(one, other)),
        "core.vszip.XPSNR": lambda: drain(vs.core.vszip.XPSNR(one, other, verbose=False)),
        "scikit-image SSIM, one thread": lambda: [
            structural_similarity(*pair, **options) for pair in zip(*planes, strict=True)
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    corpus = parser.parse_args().corpus
    one, other = material(corpus)
    files = {"lpips": corpus / "metrics/lpips_squeeze.onnx"}

    def measured(names: list[str]) -> Callable[[], object]:
        return lambda: metrics.measure(one, other, names, files=files)

    work = {"all defaults in one pass": measured(WHOLE)}
    skipped = ("vmaf", "vmaf_neg", "invented", "unseen_detail")  # another program's; of enlargements
    work |= {name: measured([name]) for name in metrics.METRICS if name not in skipped}
    work |= peers(one, other)
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, run in work.items():
            times[name].append(seconds(run))
    pixels = one.width * one.height
    rows = {}
    for name, found in times.items():
        each = statistics.median(found)
        rows[name] = {"ms": round(each * 1e3, 1), "ns_per_pixel": round(each * 1e9 / pixels, 1)}
    what = f"1920x1080 8-bit 4:2:0; medians of {ROUNDS} rounds of {FRAMES} frames"
    write("metrics_speed", {"what": what, "load": round(os.getloadavg()[0], 1), "results": rows})


if __name__ == "__main__":
    main()
