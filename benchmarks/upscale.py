"""Frames per second of whole ``upscale`` of 1280x720, 4:2:0, beside what a .vpy author writes with vs-mlrt and the same
ONNX, and what TileSR takes for luma alone.

    ./run python benchmarks/upscale.py [--format YUV420P10] [--models NAME ...] [--before CHECKOUT]

``--before``: the root of a checkout of an earlier commit, built by its own ``./run``; measured in the same rounds.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

import vapoursynth as vs
from common import earlier, write

import vsplugin
from vsplugin import infer, kernels, models

core = vs.core
core.max_cache_size = 1024
WIDTH, HEIGHT, ROUNDS, WARM = 1280, 720, 7, 3
# Scale and frames.
CASES = {"sr2-fast": (2, 6), "sr2-fast-int8": (2, 10), "sr4-fast": (4, 6), "sr4-realtime-int8": (4, 24)}
FORMATS = ("YUV420P8", "YUV420P10")


def source(kind: str) -> vs.VideoNode:
    """One frame, again and again: networks and resizers cost the same whatever the picture."""
    grey = core.std.BlankClip(format=vs.YUV444PS, width=WIDTH, height=HEIGHT, length=1, color=[0.4, 0.1, -0.1])
    frame = core.resize.Point(grey, format=getattr(vs, kind)).std.SetFrameProps(_Matrix=1)
    return core.std.BlankClip(frame, length=1000, keep=True)


def chain(clip: vs.VideoNode, path: str, scale: int) -> vs.VideoNode:
    """The network by vs-mlrt on OpenVINO at the CPU's fastest precision, what it adds put on bicubic; bicubic chroma.

    It does less than ``upscale``: nothing limits overshoot, and chroma does not follow luma.
    """
    width, height = clip.width * scale, clip.height * scale
    luma = core.resize.Point(core.std.ShufflePlanes(clip, 0, vs.GRAY), format=vs.GRAYS)
    precision = infer.cpu_precision()
    added = core.ov.Model([luma], path, device="CPU", config=lambda: {"INFERENCE_PRECISION_HINT": precision})
    sharp = core.std.Expr([core.resize.Bicubic(luma, width, height), added], "x y +")
    gray = core.query_video_format(vs.GRAY, vs.INTEGER, clip.format.bits_per_sample).id
    large = core.resize.Bicubic(clip, width, height)
    return core.std.ShufflePlanes([core.resize.Point(sharp, format=gray), large, large], [0, 1, 2], vs.YUV)


def luma_alone(clip: vs.VideoNode, path: str) -> vs.VideoNode:
    return kernels.plugin().TileSR(core.std.ShufflePlanes(clip, 0, vs.GRAY), path, strength=1.0, overshoot=0.25)


Times = tuple[float, float]  # seconds per frame, by the clock and of processors


def seconds(clip: vs.VideoNode, frames: int, turn: int) -> Times:
    """Fetched as vspipe does, once frames in flight have their memory; others every turn, so that none is cached."""
    first = turn * (WARM + frames)
    for frame in clip[first : first + WARM].frames(close=True):
        del frame
    clock, processors = time.perf_counter(), time.process_time()
    for frame in clip[first + WARM : first + WARM + frames].frames(close=True):
        del frame
    return (time.perf_counter() - clock) / frames, (time.process_time() - processors) / frames


class Before:
    """This script's ``--serve`` with the Python, and so the vsplugin, of another checkout."""

    def __init__(self, root: Path, kind: str) -> None:
        command = [root / ".venv/bin/python", __file__, "--serve", "--format", kind]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.commit = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=root, text=True).strip()

    def seconds(self, name: str, turn: int) -> Times:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{name} {turn}\n")
        self._process.stdin.flush()
        clock, processors = self._process.stdout.readline().split()
        return float(clock), float(processors)

    def close(self) -> None:
        self._process.communicate()


def serve(kind: str) -> None:
    """For every name of a model and turn on a line: what ``seconds`` gives of ``upscale`` with it."""
    clips: dict[str, vs.VideoNode] = {}
    for line in sys.stdin:
        name, turn = line.split()
        scale, frames = CASES[name]
        if name not in clips:
            clips[name] = vsplugin.upscale(source(kind), scale=scale, model=name)
        print(*seconds(clips[name], frames, int(turn)), flush=True)


def measure(kind: str, names: list[str], before: Before | None) -> dict[str, dict]:
    clip = source(kind)
    times: dict[str, dict[str, list[Times]]] = {}
    clips: dict[str, dict[str, vs.VideoNode]] = {}
    for name in names:
        scale = CASES[name][0]
        path = str(models.find("benchmark", name, "super-resolution").path)
        clips[name] = {
            "upscale": vsplugin.upscale(clip, scale=scale, model=name),
            "vs-mlrt (OpenVINO), bicubic chroma": chain(clip, path, scale),
            "TileSR, luma alone": luma_alone(clip, path),
        }
    for turn in range(ROUNDS):
        for name in names:
            frames = CASES[name][1]
            rows = times.setdefault(name, {})
            for row, node in clips[name].items():
                rows.setdefault(row, []).append(seconds(node, frames, turn))
                if row == "upscale" and before:
                    rows.setdefault(f"upscale before ({before.commit})", []).append(before.seconds(name, turn))
    return {f"{kind} to x{CASES[name][0]}, {name}": table(times[name]) for name in names}


def table(times: dict[str, list[Times]]) -> dict[str, dict]:
    medians = {row: [statistics.median(kind) for kind in zip(*values, strict=True)] for row, values in times.items()}
    peer = medians["vs-mlrt (OpenVINO), bicubic chroma"]
    return {
        row: {
            "fps": round(1 / clock, 1),
            "ms": round(clock * 1e3, 1),
            "spread_ms": [round(extreme(times[row])[0] * 1e3, 1) for extreme in (min, max)],
            "cpu_ms": round(processors * 1e3, 1),
            "times vs-mlrt": round(peer[0] / clock, 2),
            "times vs-mlrt by cpu": round(peer[1] / processors, 2),
        }
        for row, (clock, processors) in medians.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", choices=FORMATS, default=FORMATS[0])
    parser.add_argument("--models", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--before", type=Path)
    parser.add_argument("--serve", action="store_true")
    given = parser.parse_args()
    if given.serve:
        return serve(given.format)
    before = Before(given.before, given.format) if given.before else None
    found = measure(given.format, given.models, before)
    if before:
        before.close()
    results = earlier("upscale").get("results", {})
    what = f"median of {ROUNDS} alternating rounds, whole frames of {WIDTH}x{HEIGHT}"
    write("upscale", {"what": what, "results": results | found})


if __name__ == "__main__":
    main()
