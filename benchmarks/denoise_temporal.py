"""denoise(radius=0..3) against temporal denoisers each at its best strength, by PSNR, SSIMULACRA 2 and E_warp.

    ./run uv pip install vapoursynth-zsmooth vapoursynth-nlm-ispc
    ./run python benchmarks/denoise_temporal.py            # results/denoise_temporal.json
    ./run python benchmarks/denoise_temporal.py --speed    # results/denoise_temporal_speed.json
    ./run python benchmarks/denoise_temporal.py --models denoise-fast models/denoise-t/stages/1/model.onnx
                                                           # results/denoise_temporal_models.json

White noise of sigma 20 (255 = full scale) is added to luma and chroma of real clips and rounded to 8 bit. Peers get the
strength, of those tried, with the best luma PSNR on the very frames they are scored on; ours is told sigma alone.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import vapoursynth as vs
from common import write

import vsplugin
from vsplugin import metrics
from vsplugin.metrics.warping import excess_reduction

core = vs.core
SIGMA = 20
CLIPS = {"walker": "walker_768x432.mkv", "parkjoy": "parkjoy_480x270.mkv", "cars": "cars_768x432.mkv"}
LENGTH, MARGIN = 11, 3  # frames, and those at each end that are not scored
ROUNDS, SPAN = 5, 10  # of timing, and frames in each
MEASURES = ["psnr_y", "ssimulacra2", "warping_error"]


def kept(clip: vs.VideoNode) -> vs.VideoNode:
    """Made once, held in memory."""
    core.std.SetVideoCache(clip, mode=1, fixedsize=1, maxsize=clip.num_frames, maxhistory=0)
    return clip


def noisy(clip: vs.VideoNode, sigma: float) -> vs.VideoNode:
    """With noise of its own in every frame and plane; 8 bit limited range."""

    def add(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out, rng = f.copy(), np.random.default_rng([7, n])
        for p, scale in enumerate((219 / 255, 224 / 255, 224 / 255)):
            plane = np.asarray(out[p])
            plane[...] = np.rint(plane + rng.normal(0, sigma * scale, plane.shape)).clip(0, 255)
        return out

    return kept(core.std.ModifyFrame(clip, clip, add))


def degrain(clip: vs.VideoNode, radius: int, thsad: int) -> vs.VideoNode:
    """As MVTools' documentation has it, with half-pixel search and blocks of 8 every 4."""
    analysed = clip.mv.Super(pel=2)
    vectors = [
        analysed.mv.Analyse(isb=isb, delta=delta, blksize=8, overlap=4)
        for delta in range(1, radius + 1)
        for isb in (True, False)
    ]
    # Strong noise would count as a scene change in every frame.
    return getattr(clip.mv, f"Degrain{radius}")(analysed, *vectors, thsad=thsad, thscd1=16000, thscd2=255)


def peers(clip: vs.VideoNode) -> Iterator[tuple[str, float, Callable[[], vs.VideoNode]]]:
    """Name, strength, and how to make it."""
    for thsad in (800, 1600, 2400, 3200, 4800, 8000, 16000):
        yield "mv.Degrain2", thsad, lambda t=thsad: degrain(clip, 2, t)
        yield "mv.Degrain3", thsad, lambda t=thsad: degrain(clip, 3, t)
    for threshold in (20, 40, 60, 90, 130):
        yield "zsmooth.TemporalSoften", threshold, lambda t=threshold: clip.zsmooth.TemporalSoften(2, [t] * 3)
        yield "zsmooth.FluxSmoothST", threshold, lambda t=threshold: clip.zsmooth.FluxSmoothST([t] * 3, [t] * 3)
        yield (
            "zsmooth.TTempSmooth",
            threshold,
            lambda t=threshold: clip.zsmooth.TTempSmooth(
                maxr=3, thresh=[t] * 3, mdiff=[t // 2] * 3, strength=3, scthresh=0
            ),
        )
    yield "zsmooth.TemporalMedian", 1, lambda: clip.zsmooth.TemporalMedian(1)
    for h in (6, 9, 12, 15, 18, 22):

        def nlm(h: float = h) -> vs.VideoNode:
            out = clip.nlm_ispc.NLMeans(d=2, a=3, s=3, h=h, channels="Y")
            return out.nlm_ispc.NLMeans(d=2, a=3, s=3, h=h, channels="UV")

        yield "nlm_ispc.NLMeans d=2", h, nlm


def score(truth: vs.VideoNode, out: vs.VideoNode, names: list[str]) -> dict[str, float]:
    inner = slice(MARGIN, LENGTH - MARGIN)
    found = metrics.measure(truth[inner], out[inner], names)
    values = {name: float(np.nanmean(found[name])) for name in names}
    if "warping_error" in names:
        values["warping_error_truth"] = float(np.nanmean(found.reference["warping_error"]))
    return values


def one_clip(corpus: str, name: str) -> dict:
    truth = kept(core.bs.VideoSource(f"{corpus}/public/video/{CLIPS[name]}")[:LENGTH])
    clip = noisy(truth, SIGMA)
    best: dict[str, tuple[float, float, vs.VideoNode]] = {}
    for peer, strength, make in peers(clip):
        out = kept(make())
        psnr = score(truth, out, ["psnr_y"])["psnr_y"]
        if peer not in best or psnr > best[peer][0]:
            best[peer] = (psnr, strength, out)
    found = {peer: {"strength": strength, **score(truth, out, MEASURES)} for peer, (_, strength, out) in best.items()}
    for radius in range(4):
        out = kept(vsplugin.denoise(clip, sigma=SIGMA, radius=radius))
        found[f"denoise(radius={radius})"] = score(truth, out, MEASURES)
    alone = found["denoise(radius=0)"]["warping_error"]
    for each in found.values():
        each["excess_warping_error_gone"] = excess_reduction(alone, each["warping_error"], each["warping_error_truth"])
    print(name, *(f"\n  {k}: {v}" for k, v in found.items()), flush=True)
    return {
        key: {k: round(v, 7 if "warping_error" in k else 3) for k, v in each.items()} for key, each in found.items()
    }


def compared(corpus: str, name: str, models: list[str]) -> dict:
    """``denoise(radius=2)`` of one clip by several models."""
    truth = kept(core.bs.VideoSource(f"{corpus}/public/video/{CLIPS[name]}")[:LENGTH])
    clip = noisy(truth, SIGMA)
    outs = {model: kept(vsplugin.denoise(clip, sigma=SIGMA, radius=2, model=model)) for model in models}
    names = ["psnr_cb", "psnr_cr", *MEASURES]
    return {
        (Path(model).parent.as_posix().lstrip("./") if model.endswith(".onnx") else model): {
            key: round(value, 7 if "warping" in key else 3) for key, value in score(truth, out, names).items()
        }
        for model, out in outs.items()
    }


def verdict(found: dict) -> dict:
    ours, alone = found["denoise(radius=2)"], found["denoise(radius=0)"]
    rivals = {k: v for k, v in found.items() if not k.startswith("denoise")}
    best = max(rivals, key=lambda k: rivals[k]["psnr_y"])
    return {
        "radius 2 over radius 0, dB": round(ours["psnr_y"] - alone["psnr_y"], 2),
        "best peer by PSNR": best,
        "radius 2 over the best peer, dB": round(ours["psnr_y"] - rivals[best]["psnr_y"], 2),
        "SSIMULACRA 2 over the best peer's": round(
            ours["ssimulacra2"] - max(v["ssimulacra2"] for v in rivals.values()), 2
        ),
    }


def speed(corpus: str) -> dict:
    """Milliseconds per frame at 768x432, wall and processor, the radii in turns; flows are found anew for each."""
    truth = kept(core.bs.VideoSource(f"{corpus}/public/video/{CLIPS['walker']}")[: ROUNDS * SPAN + 8])
    for frame in truth.frames(close=True):
        del frame
    # A clip of its own for each radius, so that none profits from another's flow.
    clips = {
        str(radius): vsplugin.denoise(truth.std.SetFrameProps(Radius=radius), sigma=SIGMA, radius=radius)
        for radius in range(4)
    }
    for clip in clips.values():
        core.std.SetVideoCache(clip, mode=0)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in clips}
    for first in range(4, 4 + ROUNDS * SPAN, SPAN):  # other frames in every round: nodes inside keep what they made
        for name, clip in clips.items():
            clip.get_frame(first - 1).close()
            processor, wall = time.process_time(), time.perf_counter()
            for frame in clip[first : first + SPAN].frames(close=True):
                del frame
            spent = (time.perf_counter() - wall, time.process_time() - processor)
            times[name].append((spent[0] * 1e3 / SPAN, spent[1] * 1e3 / SPAN))
    found = {}
    for index, kind in enumerate(("wall", "processor")):
        found[f"{kind} ms per frame"] = {
            name: round(statistics.median(each[index] for each in values), 1) for name, values in times.items()
        }
        found[f"{kind}, times radius 0"] = {
            name: round(statistics.median(a[index] / b[index] for a, b in zip(values, times["0"], strict=True)), 2)
            for name, values in times.items()
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", default="../../shared/corpus")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--models", nargs="+", help="compare these at radius 2: names, or paths of .onnx files")
    arguments = parser.parse_args()
    if arguments.speed:
        write("denoise_temporal_speed", {"what": "denoise, YUV420P8 768x432", **speed(arguments.corpus)})
        return
    if arguments.models:
        what = f"denoise(radius=2), sigma {SIGMA}, frames {MARGIN} to {LENGTH - MARGIN - 1}"
        found = {name: compared(arguments.corpus, name, arguments.models) for name in CLIPS}
        write("denoise_temporal_models", {"what": what, "clips": found})
        return
    clips = {name: one_clip(arguments.corpus, name) for name in CLIPS}
    what = f"sigma {SIGMA}, frames {MARGIN} to {LENGTH - MARGIN - 1}; each peer at the best of the strengths tried"
    write("denoise_temporal", {"what": what, "bars": {k: verdict(v) for k, v in clips.items()}, "clips": clips})


if __name__ == "__main__":
    main()
