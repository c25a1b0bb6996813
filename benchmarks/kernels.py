"""TileSR against the runtimes of vs-mlrt with the very same ONNX, and each of its builds against its own peak.

./run python benchmarks/kernels.py            # all, alone on the machine
./run python benchmarks/kernels.py one-core   # only the peaks, by CPU time; what else is in the results stays
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import vapoursynth as vs
from common import RESULTS, interleaved, write

from vsplugin import infer, kernels, models

core = vs.core
core.max_cache_size = 1024

WIDTH, HEIGHT = 1280, 720
FRAMES, ROUNDS = 8, 7


def peaks() -> dict[str, float]:
    """Billions of multiply-adds per second of one core, by instruction set; compiled here."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "peak"
        source = Path(__file__).with_name("fma_peak.cpp")
        subprocess.run(["c++", "-O2", "-march=native", "-std=c++20", str(source), "-o", str(program)], check=True)
        lines = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout.split("\n")
    return {name: float(value) for name, value in (line.split() for line in lines if line)}


def copy_bandwidth() -> float:
    """Bytes read and written by one core in a copy too large for its caches, in GB/s."""
    source = np.ones(1 << 25, np.float32)
    target, times = np.empty_like(source), []
    for _ in range(ROUNDS):
        start = time.thread_time()
        np.copyto(target, source)
        times.append(time.thread_time() - start)
    return round(2 * source.nbytes / statistics.median(times) / 1e9, 1)


def shares_of_peak(model: models.Model) -> dict[str, dict[str, float]]:
    """One core on one frame: CPU time, so that other programs on the machine count little."""
    image = np.random.default_rng(1).random((HEIGHT, WIDTH)).astype(np.float32)
    engines = {cpu: kernels.TileSR(model.path, cpu=cpu) for cpu in kernels.tile_sr_levels() if cpu != "scalar"}
    times: dict[str, list[float]] = {cpu: [] for cpu in engines}
    ceilings: dict[str, list[float]] = {cpu: [] for cpu in engines}
    for _ in range(ROUNDS):
        found = peaks()
        for cpu, engine in engines.items():
            start = time.thread_time()
            engine(image, threads=1)
            times[cpu].append(time.thread_time() - start)
            ceilings[cpu].append(found.get(cpu, float("nan")))
    work = model.macs_per_pixel * WIDTH * HEIGHT / 1e9
    return {
        cpu: {
            "ms": round(statistics.median(times[cpu]) * 1e3, 1),
            "gmac_per_s": round(work / statistics.median(times[cpu]), 1),
            "peak_gmac_per_s": max(ceilings[cpu]),
            "share_of_peak": round(work / statistics.median(times[cpu]) / max(ceilings[cpu]), 3),
        }
        for cpu in engines
    }


def against_runtimes(model: models.Model) -> dict[str, dict[str, float]]:
    """All cores, many frames, in the graph."""
    path = str(model.path)
    clip = core.std.BlankClip(format=vs.GRAYS, width=WIDTH, height=HEIGHT, length=400)

    def openvino(precision: str) -> vs.VideoNode:
        return core.ov.Model([clip], path, device="CPU", config=lambda: {"INFERENCE_PRECISION_HINT": precision})

    clips = {"core.ort.Model": core.ort.Model([clip], path), "core.ov.Model f32": openvino("f32")}
    if infer.cpu_precision() == "bf16":
        clips["core.ov.Model bf16"] = openvino("bf16")
    tile_sr = kernels.plugin(core).TileSR
    clips |= {f"TileSR {cpu}": tile_sr(clip, path, cpu=cpu) for cpu in kernels.tile_sr_levels() if cpu != "scalar"}
    times = interleaved(clips, FRAMES, ROUNDS)
    float_peer = min(times["core.ort.Model"], times["core.ov.Model f32"])
    return {
        name: {
            "ms": round(seconds * 1e3, 1),
            "speed_over_best_f32_runtime": round(float_peer / seconds, 2),
            "speed_over_openvino_bf16": round(times.get("core.ov.Model bf16", float("nan")) / seconds, 2),
        }
        for name, seconds in times.items()
    }


def main() -> None:
    model = models.find("benchmark", "sr2-fast", "super-resolution")
    what = f"sr2-fast, one {WIDTH}x{HEIGHT} GRAYS plane x2; medians of {ROUNDS} alternating rounds of {FRAMES} frames"
    results = {"what": what}
    stored = RESULTS / "kernels.json"
    if sys.argv[1:] == ["one-core"]:
        results |= (
            {k: v for k, v in json.loads(stored.read_text()).items() if k == "all cores"} if stored.exists() else {}
        )
    else:
        results["all cores"] = against_runtimes(model)
    results["one core, CPU time"] = shares_of_peak(model)
    results["one core copies, GB/s"] = copy_bandwidth()
    write("kernels", results)


if __name__ == "__main__":
    main()
