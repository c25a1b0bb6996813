"""How restless per-frame restoration is, and what is left of it after denoise(radius=2) and consistent().

    ./run python benchmarks/consistency.py     # results/consistency.json, docs/images/time_{warping,slices}.png

E_warp is measured along the truth's motion with the metrics' own flow, not the filters'. "gone" is the share of the
excess over the truth's own E_warp that the per-frame result had; above 1 means smoother than the truth. Two kinds of
damage: white noise of sigma 20, and H.264 with every frame coded alone (CRF 36), which is restless itself. Predicted
frames are not: the codec repeats its errors, and per-frame restoration stays below the truth's E_warp.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import av
import matplotlib
import numpy as np
import vapoursynth as vs
from common import write
from denoise_temporal import CLIPS, kept, noisy

import vsplugin
from vsplugin import metrics
from vsplugin.metrics.warping import excess_reduction

matplotlib.use("Agg")
from matplotlib import pyplot

core = vs.core
LENGTH, MARGIN = 19, 3
IMAGES = Path(__file__).parents[1] / "docs/images"
MEASURES = ["psnr_y", "warping_error", "temporal_difference_error"]


def intra(truth: vs.VideoNode, crf: int = 36) -> vs.VideoNode:
    """Through x264 with every frame a key frame."""
    path = Path(tempfile.mkdtemp()) / "intra.mkv"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = truth.width, truth.height, "yuv420p"
        stream.options = {"crf": str(crf), "g": "1"}
        for frame in truth.frames():
            picture = av.VideoFrame(truth.width, truth.height, "yuv420p")
            for p, plane in enumerate(picture.planes):
                rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
                rows[:, : plane.width] = np.asarray(frame[p])
            file.mux(stream.encode(picture))
        file.mux(stream.encode(None))
    return kept(core.bs.VideoSource(str(path)).std.AssumeFPS(truth).std.CopyFrameProps(truth))


def restored(clip: vs.VideoNode, sigma: float) -> dict[str, vs.VideoNode]:
    alone, together = (kept(vsplugin.denoise(clip, sigma=sigma, radius=radius)) for radius in (0, 2))
    return {
        "denoise": alone,
        "denoise, consistent": kept(vsplugin.consistent(alone, source=clip)),
        "denoise(radius=2)": together,
        "denoise(radius=2), consistent": kept(vsplugin.consistent(together, source=clip)),
    }


def measured(truth: vs.VideoNode, clips: dict[str, vs.VideoNode]) -> dict:
    inner, found = slice(MARGIN, LENGTH - MARGIN), {}
    for name, clip in clips.items():
        result = metrics.measure(truth[inner], clip[inner], MEASURES)
        each = {m: float(np.nanmean(result[m])) for m in MEASURES}
        own = result.reference["warping_error"]
        found[name] = each | {
            "warping_error_truth": float(np.nanmean(own)),
            "per frame": [round(float(v), 7) for v in result["warping_error"][1:]],
            "truth per frame": [round(float(v), 7) for v in own[1:]],
        }
    alone = found["denoise"]
    for each in found.values():
        each["gone"] = round(
            excess_reduction(alone["warping_error"], each["warping_error"], each["warping_error_truth"]), 3
        )
        each["dB"] = round(each["psnr_y"] - alone["psnr_y"], 2)
    return found


def plot(found: dict) -> None:
    figure, axes = pyplot.subplots(len(found), 1, figsize=(8, 2.6 * len(found)), sharex=True, layout="constrained")
    for axis, (name, each) in zip(axes, found.items(), strict=True):
        for label, values in each.items():
            axis.plot(np.array(values["per frame"]) * 1e4, label=label)
        axis.plot(np.array(each["denoise"]["truth per frame"]) * 1e4, "k:", label="the truth's own")
        axis.set(title=name, ylabel="E_warp, 1e-4", yscale="log")
    axes[0].legend(fontsize=8)
    axes[-1].set_xlabel("frame")
    figure.savefig(IMAGES / "time_warping.png", dpi=90)


def slices(truth: vs.VideoNode, clip: vs.VideoNode, clips: dict[str, vs.VideoNode], row: int, left: int) -> None:
    """One row of luma over time: steady detail draws lines downwards, what flickers breaks them up."""
    shown = {"truth": truth, "noisy": clip, **{k: v for k, v in clips.items() if k in SHOWN}}
    figure, axes = pyplot.subplots(len(shown), 1, figsize=(8, 1.25 * len(shown)), layout="constrained")
    for axis, (name, each) in zip(axes, shown.items(), strict=True):
        rows = []
        for frame in each.frames(close=True):
            rows.append(np.array(frame[0])[row, left : left + 240])
        axis.imshow(np.repeat(np.stack(rows), 2, 0), cmap="gray", vmin=16, vmax=235, aspect="auto")
        axis.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
        axis.set(xticks=[], yticks=[])
    figure.savefig(IMAGES / "time_slices.png", dpi=110)


SHOWN = ("denoise", "denoise(radius=2)", "denoise, consistent")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", default="../../shared/corpus")
    corpus, found = parser.parse_args().corpus, {}
    for name, file in CLIPS.items():
        truth = kept(core.bs.VideoSource(f"{corpus}/public/video/{file}")[:LENGTH])
        for kind, clip, sigma in (("noise", noisy(truth, 20), 20.0), ("H.264 intra", intra(truth), 10.0)):
            clips = restored(clip, sigma)
            found[f"{name}, {kind}"] = measured(truth, clips)
            if (name, kind) == ("cars", "noise"):
                slices(truth, clip, clips, 300, 420)
            print(name, kind, {k: (v["gone"], v["dB"]) for k, v in found[f"{name}, {kind}"].items()}, flush=True)
    plot({name: each for name, each in found.items() if "noise" in name})
    write("consistency", {"what": "sigma 20; H.264 intra CRF 36 restored with sigma 10", "found": found})


if __name__ == "__main__":
    main()
