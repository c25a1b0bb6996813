"""Warp against cv2.remap, WarpBlend against four mv.Compensate and std.AverageFrames: ratios within one run.

    .tools/bin/uv pip install --python .venv/bin/python opencv-python-headless vapoursynth-mvtools
    ./run python benchmarks/warp.py
    ./run python benchmarks/warp.py warp|GRAY8|YUV420P8|YUV420P16   # a part; the rest of this machine's results stays

Processor time, so that other programs on the machine count little: of the one thread for Warp, of all threads for a
frame of WarpBlend.

Flows: `pan`, the same everywhere; `zoom`, a zoom, a turn, and an object that moves apart; `motion`, the same with the
slow wobble that estimated flow has; `noise`, in which no two neighbours move alike: the worst there can be.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import cv2
import numpy as np
import vapoursynth as vs
from common import earlier, write

from vsplugin import kernels

core = vs.core
core.max_cache_size = 4096

WIDTH, HEIGHT = 1920, 1080
ROUNDS, LENGTH = 9, 12
KINDS = ("pan", "zoom", "motion", "noise")
STEP = (1.4, -0.7)  # pixels that the clip moves by from frame to frame


def flow(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """dx, dy in pixels, of about three pixels."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    if kind == "noise":
        dx, dy = rng.normal(0, 3, (2, HEIGHT, WIDTH)).astype(np.float32)
        return dx, dy
    if kind == "pan":
        return np.full_like(x, STEP[0]), np.full_like(x, STEP[1])
    u, v = x / WIDTH - 0.5, y / HEIGHT - 0.5
    dx, dy = 1.4 + 6 * u - 2 * v, -0.7 + 6 * v + 2 * u
    dx[300:700, 500:900] += 7.3
    if kind == "zoom":
        return dx, dy
    coarse = rng.normal(0, 0.25, (HEIGHT // 8, WIDTH // 8, 2)).astype(np.float32)
    wobble = cv2.resize(coarse, (WIDTH, HEIGHT))
    return dx + wobble[..., 0], dy + wobble[..., 1]


def medians(calls: dict[str, Callable[[], object]], clock: Callable[[], float]) -> dict[str, float]:
    """Milliseconds of each; the rounds alternate so that drift hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = clock()
            call()
            times[name].append((clock() - start) * 1e3)
    return {name: round(statistics.median(values), 2) for name, values in times.items()}


def against_remap(kind: str) -> dict:
    """One thread each. "remap" is given absolute positions as floats, made outside the clock, and turns them into its
    own steps inside; "flow + remap" adds the pixels' places to the flow first, which is what Warp is given.
    "copy" copies memory: as many bytes read and written as a warp reads (flow, picture) and writes.
    """
    cv2.setNumThreads(1)
    dx, dy = (np.ascontiguousarray(plane) for plane in flow(kind))
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    map_x, map_y, sum_x, sum_y = x + dx, y + dy, np.empty_like(x), np.empty_like(y)
    found = {}
    for dtype, bits in (("float32", 32), ("uint8", 8), ("uint16", 16)):
        image = (np.random.default_rng(2).random((HEIGHT, WIDTH)) * (1 if bits == 32 else 2**bits - 1)).astype(dtype)
        out = np.empty_like(image)
        memory = np.ones((2, dx.nbytes + image.nbytes), np.uint8)
        calls: dict[str, Callable[[], object]] = {"copy": lambda m=memory: np.copyto(m[0], m[1])}
        for mode, flag in (("bilinear", cv2.INTER_LINEAR), ("catmullrom", cv2.INTER_CUBIC)):

            def remap(
                mx: np.ndarray, my: np.ndarray, i: np.ndarray = image, o: np.ndarray = out, f: int = flag
            ) -> None:
                cv2.remap(i, mx, my, f, dst=o, borderMode=cv2.BORDER_REPLICATE)

            calls[f"remap {mode}"] = lambda r=remap: r(map_x, map_y)
            calls[f"flow + remap {mode}"] = lambda r=remap: r(cv2.add(x, dx, dst=sum_x), cv2.add(y, dy, dst=sum_y))
            for cpu in kernels.cpu_levels()[1:]:
                calls[f"Warp {mode} {cpu}"] = lambda i=image, o=out, m=mode, c=cpu: kernels.warp(
                    i, dx, dy, mode=m, out=o, cpu=c
                )
        times = medians(calls, time.thread_time)
        copy = times.pop("copy")
        found[dtype] = {"copy": {"ms": copy, "gb_per_s": round(memory.nbytes / copy / 1e6, 1)}}
        for name, ms in times.items():
            ratio = times["remap " + name.replace("flow + ", "").split()[1]] / ms
            found[dtype][name] = {
                "ms": ms,
                "speed_over_remap": round(ratio, 2),
                "share_of_copy": round(copy / ms, 2),
            }
    return found


def moving(format_id: int) -> vs.VideoNode:
    """A texture that moves by STEP from frame to frame."""
    rng = np.random.default_rng(3)
    texture = cv2.GaussianBlur(rng.random((HEIGHT + 64, WIDTH + 64)).astype(np.float32), (0, 0), 2) * 4 - 1.5
    blank = core.std.BlankClip(width=WIDTH, height=HEIGHT, format=vs.GRAYS, length=LENGTH, keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        frame = f.copy()
        matrix = np.float32([[1, 0, STEP[0] * n - 32], [0, 1, STEP[1] * n - 32]])
        np.asarray(frame[0])[...] = cv2.warpAffine(texture, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
        return frame

    return kept(blank.std.ModifyFrame(blank, fill).resize.Bicubic(format=format_id, matrix=1))


def kept(clip: vs.VideoNode) -> vs.VideoNode:
    """All its frames stay in memory, so that making them is not measured."""
    core.std.SetVideoCache(clip, mode=1, fixedsize=1, maxsize=LENGTH, maxhistory=0)
    for frame in clip.frames(close=True):
        del frame
    return clip


def flow_clip(dx: np.ndarray, dy: np.ndarray) -> vs.VideoNode:
    planes = [dx, dy, np.full((HEIGHT, WIDTH), 1, np.float32)]
    blank = core.std.BlankClip(width=WIDTH, height=HEIGHT, format=vs.RGBS, length=1, keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        frame = f.copy()
        for p, plane in enumerate(planes):
            np.asarray(frame[p])[...] = plane
        return frame

    return kept(blank.std.ModifyFrame(blank, fill)).std.Loop(LENGTH)


def compensated(clip: vs.VideoNode, pel: int, overlap: int) -> vs.VideoNode:
    """Four mv.Compensate and std.AverageFrames. Vectors and super clips are made beforehand: motion search is not what
    is compared. Blocks of 8x8; sharp=2 (Wiener), mvtools' own choice, is in the super clip, outside the clock too.
    """
    analysed = kept(clip.mv.Super(pel=pel))
    neighbours = []
    for isb in (1, 0):
        for delta in (2, 1):
            vectors = kept(analysed.mv.Analyse(blksize=8, overlap=overlap, isb=isb, delta=delta))
            neighbours.append(clip.mv.Compensate(analysed, vectors))
    return core.std.AverageFrames([clip, *neighbours], weights=[1] * 5)


def decibels_from(out: vs.VideoNode, clip: vs.VideoNode) -> float:
    """PSNR of the luma of one frame, borders left out, against the frame that neighbours were moved onto."""
    n, inner = LENGTH // 2, (slice(32, -32), slice(32, -32))
    planes = [np.array(c.get_frame(n)[0])[inner].astype(np.float64) for c in (out, clip)]
    peak = 2**clip.format.bits_per_sample - 1
    return round(float(10 * np.log10(peak**2 / max(np.mean((planes[0] - planes[1]) ** 2), 1e-9))), 1)


def against_mvtools(format_id: int) -> dict:
    clip = moving(format_id)
    clips = {}
    for pel, overlap in ((1, 0), (1, 4), (2, 0), (2, 4), (4, 0), (4, 4)):
        clips[f"4 mv.Compensate (8x8, overlap {overlap}, pel {pel}) + AverageFrames"] = compensated(clip, pel, overlap)
    # The true motion, for the quality; and flow as estimation gives it.
    true = [flow_clip(*(np.full((HEIGHT, WIDTH), k * s, np.float32) for s in STEP)) for k in (-2, -1, 1, 2)]
    flows = {"true motion": true, "motion": [flow_clip(*flow("motion"))] * 4}
    for kind, four in flows.items():
        for mode in ("bilinear", "catmullrom"):
            clips[f"WarpBlend {mode}, {kind}"] = kernels.plugin().WarpBlend(clip, four, mode=mode)

    def rendered(out: vs.VideoNode) -> Callable[[], object]:
        core.std.SetVideoCache(out, mode=0)

        def all_frames() -> None:
            for frame in out[2:-2].frames(close=True):
                del frame

        return all_frames

    times = medians({name: rendered(out) for name, out in clips.items()}, time.process_time)
    found = {}
    for name, ms in times.items():
        found[name] = {"ms": round(ms / (LENGTH - 4), 2)}
        if not name.endswith(" motion") or "true" in name:
            found[name]["psnr"] = decibels_from(clips[name], clip)
        if name.startswith("WarpBlend"):
            peers = {n.split("(")[1].split(")")[0]: n for n in times if "Compensate" in n}
            found[name]["speed_over"] = {short: round(times[peer] / ms, 2) for short, peer in peers.items()}
    return found


FORMATS = {"GRAY8": vs.GRAY8, "YUV420P8": vs.YUV420P8, "YUV420P16": vs.YUV420P16}


def main() -> None:
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    if part not in ("", "warp", *FORMATS):
        sys.exit(f"warp: no part '{part}'; there are warp, {', '.join(FORMATS)}")
    results = earlier("warp") if part else {}
    results["what"] = f"one {WIDTH}x{HEIGHT} plane or frame; processor time, medians of {ROUNDS} alternating rounds"
    results |= {"opencv": cv2.__version__, "mvtools": "vapoursynth-mvtools 29"}
    if part in ("", "warp"):
        results["Warp, one thread"] = {kind: against_remap(kind) for kind in KINDS}
    blends = results.setdefault("WarpBlend of 5 frames", {})
    for name, format_id in FORMATS.items():
        if part in ("", name):
            blends[name] = against_mvtools(format_id)
    write("warp", results)


if __name__ == "__main__":
    main()
