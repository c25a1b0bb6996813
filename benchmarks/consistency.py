"""How restless per-frame restoration is, and what is left of it after denoise(radius=2) and consistent().

    ./run python benchmarks/consistency.py             # results/consistency.json, docs/images/time_{warping,slices}.png
    ./run python benchmarks/consistency.py --limit     # results/consistency_limit.json

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
WIDTH = 120  # of the strip that is shown
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


def enlarged(small: vs.VideoNode) -> dict[str, vs.VideoNode]:
    """upscale, and both ways to steady it."""
    alone = kept(vsplugin.upscale(small, scale=2))
    return {
        "upscale": alone,
        "upscale, consistent": kept(vsplugin.consistent(alone, source=small)),
        "upscale, consistent(added)": kept(vsplugin.consistent(alone, source=small, added=True)),
    }


def measured(truth: vs.VideoNode, clips: dict[str, vs.VideoNode]) -> dict:
    """Of each clip; the first is that of every frame alone."""
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
    alone = next(iter(found.values()))
    for each in found.values():
        gone = excess_reduction(alone["warping_error"], each["warping_error"], each["warping_error_truth"])
        each["gone"] = None if np.isnan(gone) else round(gone, 3)  # None: frames alone have no excess
        each["dB"] = round(each["psnr_y"] - alone["psnr_y"], 2)
    return found


def limit(corpus: str) -> dict:
    """Luma PSNR gained on parkjoy, H.264 intra, over denoise of each frame alone: also along the truth's own motion."""
    truth = kept(core.bs.VideoSource(f"{corpus}/public/video/{CLIPS['parkjoy']}")[:LENGTH])
    clip = intra(truth)
    alone, together = (kept(vsplugin.denoise(clip, sigma=10, radius=radius)) for radius in (0, 2))
    clips = {
        "source": clip,
        "denoise": alone,
        "denoise(radius=2)": together,
        "denoise(radius=2), consistent": vsplugin.consistent(together, source=clip),
        "denoise(radius=2), consistent along the truth's motion": vsplugin.consistent(together, source=truth),
    }
    inner = slice(MARGIN, -MARGIN)
    psnr = {
        k: float(np.nanmean(metrics.measure(truth[inner], v[inner], ["psnr_y"])["psnr_y"])) for k, v in clips.items()
    }
    return {name: {"psnr_y": round(value, 2), "dB": round(value - psnr["denoise"], 2)} for name, value in psnr.items()}


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


def slices(truth: vs.VideoNode, clip: vs.VideoNode, clips: dict[str, vs.VideoNode]) -> None:
    """One row of luma over time: steady detail draws lines downwards, what flickers breaks them up."""
    film = luma(truth)
    row, left = steadiest(film)
    cut = (slice(None), row, slice(left, left + WIDTH))
    shown = {"truth": film[cut], "noisy": luma(clip)[cut]} | {name: luma(clips[name])[cut] for name in SHOWN}
    low, high = np.percentile(shown["truth"], (1, 99))
    figure, axes = pyplot.subplots(len(shown), 1, figsize=(8, 1.3 * len(shown)), layout="constrained")
    for axis, (name, rows) in zip(axes, shown.items(), strict=True):
        axis.imshow(rows, cmap="gray", vmin=low - 10, vmax=high + 10, aspect="auto", interpolation="nearest")
        axis.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
        axis.set(xticks=[], yticks=[])
    figure.savefig(IMAGES / "time_slices.png", dpi=110)


def luma(clip: vs.VideoNode) -> np.ndarray:
    """``(T, H, W)``."""
    return np.stack([np.array(frame[0]) for frame in clip.frames(close=True)]).astype(np.float32)


def steadiest(film: np.ndarray) -> tuple[int, int]:
    """Row and first column of the strip with the most fine detail for what changes in it over time."""
    detail = np.abs(np.diff(film.mean(0), axis=1)).clip(0, 8)  # much of it, not one strong edge
    change = film.std(0)[:, 1:]
    total = np.cumsum(np.pad(detail - 2 * change, ((0, 0), (1, 0))), 1)
    worth = total[:, WIDTH:] - total[:, :-WIDTH]
    row, left = np.unravel_index(worth.argmax(), worth.shape)
    return int(row), int(left)


SHOWN = ("denoise", "denoise(radius=2)", "denoise, consistent")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", default="../../shared/corpus")
    parser.add_argument("--limit", action="store_true")
    arguments = parser.parse_args()
    corpus, found = arguments.corpus, {}
    if arguments.limit:
        write("consistency_limit", {"what": "parkjoy, H.264 intra CRF 36, sigma 10", "found": limit(corpus)})
        return
    for name, file in CLIPS.items():
        truth = kept(core.bs.VideoSource(f"{corpus}/public/video/{file}")[:LENGTH])
        for kind, clip, sigma in (("noise", noisy(truth, 20), 20.0), ("H.264 intra", intra(truth), 10.0)):
            clips = restored(clip, sigma)
            found[f"{name}, {kind}"] = measured(truth, clips)
            if (name, kind) == ("walker", "noise"):
                slices(truth, clip, clips)
            print(name, kind, {k: (v["gone"], v["dB"]) for k, v in found[f"{name}, {kind}"].items()}, flush=True)
        small = kept(truth.resize.Bicubic(truth.width // 2, truth.height // 4 * 2))
        if name != "parkjoy":  # whose height halves to an odd number
            for kind, clip in (("clean", small), ("H.264 intra", intra(small, 30))):
                found[f"{name}, half size, {kind}"] = measured(truth, enlarged(clip))
    plot({name: each for name, each in found.items() if "noise" in name})
    write(
        "consistency",
        {"what": "sigma 20; H.264 intra CRF 36 restored with sigma 10; half size: CRF 30", "found": found},
    )


if __name__ == "__main__":
    main()
