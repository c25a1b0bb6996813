"""Warp against cv2.remap, WarpBlend against four mv.Compensate and std.AverageFrames: ratios within one run.

    ./run uv pip install opencv-python-headless vapoursynth-mvtools
    ./run python benchmarks/warp.py

Two flows: `motion`, smooth as real motion is (a zoom, a turn, and an object that moves apart), and `noise`, in which no
two neighbours move alike: the worst there can be.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
import vapoursynth as vs
from common import write

from vsplugin import kernels

core = vs.core
core.max_cache_size = 4096

WIDTH, HEIGHT = 1920, 1080
ROUNDS, LENGTH = 9, 12


def flow(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """dx, dy in pixels, of about three pixels."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    if kind == "noise":
        dx, dy = rng.normal(0, 3, (2, HEIGHT, WIDTH)).astype(np.float32)
        return dx, dy
    u, v = x / WIDTH - 0.5, y / HEIGHT - 0.5
    dx, dy = 1.4 + 6 * u - 2 * v, -0.7 + 6 * v + 2 * u
    dx[300:700, 500:900] += 7.3
    # Estimated flow is not clean: a quarter of a pixel of slow wobble.
    coarse = rng.normal(0, 0.25, (HEIGHT // 8, WIDTH // 8, 2)).astype(np.float32)
    wobble = cv2.resize(coarse, (WIDTH, HEIGHT))
    return dx + wobble[..., 0], dy + wobble[..., 1]


def medians(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Milliseconds of each; the rounds alternate so that drift hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - start) * 1e3)
    return {name: round(statistics.median(values), 2) for name, values in times.items()}


def against_remap(kind: str) -> dict:
    """One thread each. remap is given absolute positions, made outside the clock."""
    cv2.setNumThreads(1)
    dx, dy = flow(kind)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    map_x, map_y = x + dx, y + dy
    found = {}
    for dtype, bits in (("float32", 32), ("uint8", 8), ("uint16", 16)):
        image = (np.random.default_rng(2).random((HEIGHT, WIDTH)) * (1 if bits == 32 else 2**bits - 1)).astype(dtype)
        out = np.empty_like(image)
        calls: dict[str, Callable[[], object]] = {}
        for mode, flag in (("bilinear", cv2.INTER_LINEAR), ("catmullrom", cv2.INTER_CUBIC)):
            calls[f"remap {mode}"] = lambda i=image, o=out, f=flag: cv2.remap(
                i, map_x, map_y, f, dst=o, borderMode=cv2.BORDER_REPLICATE
            )
            for cpu in kernels.cpu_levels()[1:]:
                calls[f"Warp {mode} {cpu}"] = lambda i=image, o=out, m=mode, c=cpu: kernels.warp(
                    i, dx, dy, mode=m, out=o, cpu=c
                )
        times = medians(calls)
        found[dtype] = {
            name: {"ms": ms, "speed_over_remap": round(times[f"remap {name.split()[1]}"] / ms, 2)}
            for name, ms in times.items()
        }
    return found


def moving(format_id: int) -> vs.VideoNode:
    """A noisy texture that moves by (1.4, -0.7) pixels a frame."""
    rng = np.random.default_rng(3)
    texture = cv2.GaussianBlur(rng.random((HEIGHT + 64, WIDTH + 64)).astype(np.float32), (0, 0), 2) * 4 - 1.5
    blank = core.std.BlankClip(width=WIDTH, height=HEIGHT, format=vs.GRAYS, length=LENGTH, keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        frame = f.copy()
        matrix = np.float32([[1, 0, 1.4 * n - 32], [0, 1, -0.7 * n - 32]])
        np.asarray(frame[0])[...] = cv2.warpAffine(texture, matrix, (WIDTH, HEIGHT)) + rng.normal(0, 0.02)
        return frame

    return kept(blank.std.ModifyFrame(blank, fill).resize.Bicubic(format=format_id, matrix=1))


def kept(clip: vs.VideoNode) -> vs.VideoNode:
    """All its frames stay in memory, so that making them is not measured."""
    core.std.SetVideoCache(clip, mode=1, fixedsize=1, maxsize=LENGTH, maxhistory=0)
    for frame in clip.frames(close=True):
        del frame
    return clip


def flow_clip(kind: str) -> vs.VideoNode:
    planes = [*flow(kind), np.full((HEIGHT, WIDTH), 0.9, np.float32)]
    blank = core.std.BlankClip(width=WIDTH, height=HEIGHT, format=vs.RGBS, length=1, keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        frame = f.copy()
        for p, plane in enumerate(planes):
            np.asarray(frame[p])[...] = plane
        return frame

    return kept(blank.std.ModifyFrame(blank, fill)).std.Loop(LENGTH)


def against_mvtools(format_id: int) -> dict:
    """Vectors, super clips and flows are made beforehand: motion search is not what is compared."""
    clip = moving(format_id)
    found = {}
    analysed = kept(clip.mv.Super(pel=2))
    clips = {}
    for pel in (1, 2):
        analysed = kept(clip.mv.Super(pel=pel))
        compensated = [clip]
        for isb in (1, 0):
            for delta in (2, 1):
                vectors = kept(analysed.mv.Analyse(blksize=8, overlap=4, isb=isb, delta=delta))
                compensated.append(clip.mv.Compensate(analysed, vectors))
        clips[f"4 mv.Compensate (8x8, overlap 4, pel {pel}) + AverageFrames"] = core.std.AverageFrames(
            compensated, weights=[1] * 5
        )
    for kind in ("motion", "noise"):
        flows = [flow_clip(kind)] * 4
        for mode in ("bilinear", "catmullrom"):
            clips[f"WarpBlend {mode}, {kind}"] = kernels.plugin().WarpBlend(clip, flows, mode=mode)

    def rendered(out: vs.VideoNode) -> Callable[[], object]:
        core.std.SetVideoCache(out, mode=0)

        def all_frames() -> None:
            for frame in out[2:-2].frames(close=True):
                del frame

        return all_frames

    times = medians({name: rendered(out) for name, out in clips.items()})
    for name, ms in times.items():
        found[name] = {"ms": round(ms / (LENGTH - 4), 2)} | {
            f"speed_over_pel_{pel}": round(times[peer] / ms, 2)
            for pel, peer in zip((1, 2), [n for n in times if "Compensate" in n], strict=True)
        }
    return found


def main() -> None:
    what = f"one {WIDTH}x{HEIGHT} plane (GRAY) or frame (YUV 4:2:0); medians of {ROUNDS} alternating rounds"
    remap = {kind: against_remap(kind) for kind in ("motion", "noise")}
    formats = {"GRAY8": vs.GRAY8, "YUV420P8": vs.YUV420P8, "YUV420P16": vs.YUV420P16}
    blend = {name: against_mvtools(fmt) for name, fmt in formats.items()}
    write("warp", {"what": what, "Warp, one thread": remap, "WarpBlend of 5 frames, all cores": blend})


if __name__ == "__main__":
    main()
