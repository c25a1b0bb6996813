"""What repair puts where dirt was, told where that is: a tenth of every frame hidden, new on every frame.

./run python benchmarks/inpaint.py [--corpus DIR] [--frames N] [--speed]
Holes of the corpus' public overlays as in vsplugin/training/evaluate_inpaint.py, which says how regions are counted.
Clips: with their neighbours, and each frame alone. Kodak: single pictures. Peers: OpenCV's inpainting, told the same.
--speed: what filling costs a frame of 1920x1080, in results/inpaint_speed.json.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import common
import cv2
import numpy as np
import vapoursynth as vs

import vsplugin
from vsplugin.damage import inpainting
from vsplugin.forensic.synthesized import MASK
from vsplugin.training import evaluate_inpaint as protocol

CLIPS = ("walker_768x432", "cars_768x432", "parkjoy_480x270")
STILLS = 24
core = vs.core


def lumas(clip: vs.VideoNode) -> list[np.ndarray]:
    """Luma of every frame, 0..1."""
    floats = core.resize.Point(core.std.ShufflePlanes(clip, 0, vs.GRAY), format=vs.GRAYS)
    return [np.array(frame[0]) for frame in floats.frames(close=True)]


def dirty(clip: vs.VideoNode, holes: list[np.ndarray], rng: np.random.Generator) -> vs.VideoNode:
    """The clip with every hole white or black, in all planes."""
    white = [bool(rng.random() < 0.6) for _ in holes]
    peak = (235, 16)

    def draw(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        for p in range(out.format.num_planes):
            plane = np.asarray(out[p])
            hole = cv2.resize(holes[n].astype(np.uint8), plane.shape[::-1], interpolation=cv2.INTER_NEAREST)
            plane[hole > 0] = 128 if p else peak[not white[n]]
        return out

    return core.std.ModifyFrame(clip, clip, draw)


def masked(holes: list[np.ndarray], path: Path) -> str:
    """The holes as a video."""
    height, width = holes[0].shape
    blank = core.std.BlankClip(format=vs.GRAY8, width=width, height=height, length=len(holes), keep=True)

    def draw(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        np.asarray(out[0])[:] = 255 * holes[n]
        return out

    with path.open("wb") as file:
        core.std.ModifyFrame(blank, blank, draw).output(file, y4m=True)
    return str(path)


def opencv(frames: list[np.ndarray], holes: list[np.ndarray], method: int) -> list[np.ndarray]:
    codes = [np.rint(np.clip(frame, 0, 1) * 255).astype(np.uint8) for frame in frames]
    return [
        cv2.inpaint(code, hole.astype(np.uint8), 3, method).astype(np.float32) / 255
        for code, hole in zip(codes, holes, strict=True)
    ]


def scored(results: dict[str, list[np.ndarray]], truth: list[np.ndarray], holes: list[np.ndarray]) -> dict:
    """By result: PSNR in the holes, mean over the frames, and per cent of the regions restored."""
    out = {}
    for name, frames in results.items():
        triples = list(zip(frames, truth, holes, strict=True))
        good = [one for triple in triples for one in protocol.restored(*triple)]
        psnr = float(np.mean([protocol.decibels(*triple) for triple in triples]))
        out[name] = {
            "psnr_in_holes": round(psnr, 2),
            "regions_restored_percent": round(100 * float(np.mean(good)), 1),
            "regions": len(good),
        }
    return out


def pooled(parts: list[dict]) -> dict:
    """Over several results of :func:`scored`: the mean of the PSNR, and the share of all their regions."""
    out = {}
    for name in parts[0]:
        counts = np.array([part[name]["regions"] for part in parts])
        shares = np.array([part[name]["regions_restored_percent"] for part in parts])
        out[name] = {
            "psnr_in_holes": round(float(np.mean([part[name]["psnr_in_holes"] for part in parts])), 2),
            "regions_restored_percent": round(float((counts * shares).sum() / counts.sum()), 1),
            "regions": int(counts.sum()),
        }
    return out


def judged_clip(clip: vs.VideoNode, masks: list[np.ndarray], rng: np.random.Generator, folder: Path) -> dict:
    holes = [protocol.holes(masks, (clip.height, clip.width), rng) for _ in range(clip.num_frames)]
    source, path = dirty(clip, holes, rng), masked(holes, folder / "mask.y4m")
    out, kept = (lumas(vsplugin.repair(source, mask=path, inpaint=on)) for on in (True, False))
    alone = []
    for n in range(clip.num_frames):
        one = masked(holes[n : n + 1], folder / f"mask{n}.y4m")
        alone += lumas(vsplugin.repair(source[n], mask=one))
    before, truth = lumas(source), lumas(clip)
    results = {
        "repair": out, "neighbours only": kept, "network only, each frame alone": alone,
        "telea": opencv(before, holes, cv2.INPAINT_TELEA), "navier-stokes": opencv(before, holes, cv2.INPAINT_NS),
    }  # fmt: skip
    invented = [
        float((np.asarray(frame.props[MASK][0]) > 0).mean()) if MASK in frame.props else 0.0
        for frame in vsplugin.repair(source, mask=path).frames(close=False)
    ]
    inside = slice(2, -2)  # frames with neighbours on both sides
    middle = {name: frames[inside] for name, frames in results.items()}
    ends = {name: [frames[0], frames[-1]] for name, frames in results.items()}
    return {
        "hidden_percent": round(100 * float(np.mean(holes)), 1),
        "invented_percent_of_pixels": round(100 * float(np.mean(invented)), 2),
        "largest_change_outside": max(
            float(np.abs(a - b)[~hole].max()) for a, b, hole in zip(out, before, holes, strict=True)
        ),
        "frames with neighbours": scored(middle, truth[inside], holes[inside]),
        "first and last frame": scored(ends, [truth[0], truth[-1]], [holes[0], holes[-1]]),
    }


def judged_stills(public: Path, folder: Path) -> dict:
    truths, holes, results = [], [], {"repair": [], "telea": [], "navier-stokes": []}
    rng = np.random.default_rng(3)
    for number, (_, planes, hole) in enumerate(protocol.pictures(public)):
        if number == STILLS:
            break
        height, width = hole.shape
        blank = core.std.BlankClip(format=vs.YUV444P8, width=width, height=height, length=1, keep=True)
        codes = np.rint(np.stack([16 + 219 * planes[0], *(128 + 224 * planes[1:])])).astype(np.uint8)

        def draw(n: int, f: vs.VideoFrame, codes: np.ndarray = codes) -> vs.VideoFrame:
            out = f.copy()
            for p in range(3):
                np.asarray(out[p])[:] = codes[p]
            return out

        clip = core.std.ModifyFrame(blank, blank, draw)
        source = dirty(clip, [hole], rng)
        results["repair"] += lumas(vsplugin.repair(source, mask=masked([hole], folder / f"still{number}.y4m")))
        for name, method in (("telea", cv2.INPAINT_TELEA), ("navier-stokes", cv2.INPAINT_NS)):
            results[name] += opencv(lumas(source), [hole], method)
        truths += lumas(clip)
        holes.append(hole)
    return scored(results, truths, holes)


def speed(public: Path) -> dict:
    """Seconds per frame of 1920x1080 that filling takes, median of seven rounds."""
    clip = core.bs.VideoSource(str(public / "video/cars_768x432.mkv"))[:8].resize.Bicubic(1920, 1080)
    clip = core.std.FreezeFrames(clip, [0], [7], [0])
    none, one, many = (np.zeros((1080, 1920), bool) for _ in range(3))
    one[500:512, 900:915] = True
    many |= protocol.holes(protocol.overlays(public), many.shape, np.random.default_rng(0))
    cases = {"no hole": none, "one speck": one, "a tenth of the frame": many}
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(7):
        for name, hole in cases.items():  # a graph of its own each time: what is kept from the last would cost nothing
            holes = core.std.BlankClip(clip, format=vs.GRAY8, keep=True)

            def draw(n: int, f: vs.VideoFrame, hole: np.ndarray = hole) -> vs.VideoFrame:
                out = f.copy()
                np.asarray(out[0])[:] = 255 * hole
                return out

            graph = inpainting.filled(clip, core.std.ModifyFrame(holes, holes, draw))
            times[name].append(common.seconds_per_frame(graph, 2))
    return {name: {"ms_per_frame": round(1000 * statistics.median(values), 1)} for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path(__file__).parents[2] / "shared/corpus")
    parser.add_argument("--frames", type=int, default=10)
    parser.add_argument("--speed", action="store_true")
    arguments = parser.parse_args()
    public = arguments.corpus / "public"
    if arguments.speed:
        common.write(
            "inpaint_speed", {"what": "filling holes of a 1920x1080 frame, 8-bit 4:2:0", "results": speed(public)}
        )
        return
    masks, clips = protocol.overlays(public), {}
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(CLIPS):
            clip = core.bs.VideoSource(str(public / "video" / f"{name}.mkv"))[: arguments.frames]
            clips[name] = judged_clip(clip, masks, np.random.default_rng(number), Path(folder))
            print(name, clips[name], flush=True)
        stills = judged_stills(public, Path(folder))
    over = {
        part: pooled([clip[part] for clip in clips.values()])
        for part in ("frames with neighbours", "first and last frame")
    }
    common.write("inpaint", {"what": "repair told the mask, a tenth of the area hidden", "all clips": over,
                             "clips": clips, "kodak, single pictures": stills})  # fmt: skip


if __name__ == "__main__":
    main()
