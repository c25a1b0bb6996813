"""TileSR against the runtimes of vs-mlrt with the very same ONNX, and each of its builds against its own peak.

./run python benchmarks/kernels.py                # all, alone on the machine
./run python benchmarks/kernels.py x2|x4|one-core  # a part of it; what else is in the results stays, if of this machine

Of every competitor two times: "ms", by the wall clock, means something on an idle machine only; "cpu_ms" is the time
that all cores together spent on a frame.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import vapoursynth as vs
from common import earlier, write

from vsplugin import infer, kernels, models

core = vs.core
core.max_cache_size = 1024

WIDTH, HEIGHT = 1280, 720
ROUNDS = 7


def peak_program(folder: str) -> Path:
    program = Path(folder) / "peak"
    source = Path(__file__).with_name("fma_peak.cpp")
    subprocess.run(["c++", "-O2", "-march=native", "-std=c++20", str(source), "-o", str(program)], check=True)
    return program


def peaks(program: Path) -> dict[str, float]:
    """Billions of multiply-adds per second of one core, by instruction set."""
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


def shares_of_peak(model: models.Model, int8: models.Model) -> dict[str, dict[str, float]]:
    """One core on one frame: CPU time, so that other programs on the machine count little."""
    image = np.random.default_rng(1).random((HEIGHT, WIDTH)).astype(np.float32)
    engines = {cpu: kernels.TileSR(model.path, cpu=cpu) for cpu in kernels.tile_sr_levels() if cpu != "scalar"}
    engines |= {cpu: kernels.TileSR(int8.path, cpu=cpu) for cpu in kernels.tile_sr_levels(int8=True)[1:]}
    times: dict[str, list[float]] = {cpu: [] for cpu in engines}
    ceilings: dict[str, list[float]] = {cpu: [] for cpu in engines}
    with tempfile.TemporaryDirectory() as folder:
        program = peak_program(folder)
        for _ in range(ROUNDS):
            found = peaks(program)
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


def competitors(
    clip: vs.VideoNode, path: str, strength: float | None, int8: str | None = None
) -> dict[str, vs.VideoNode]:
    """The runtimes get GRAYS, which they need, and make GRAYS; TileSR takes the clip, and with ``strength`` makes the
    finished picture in its format. ``int8``: the same network as an INT8 file.
    """
    floats = core.resize.Point(clip, format=vs.GRAYS)

    def openvino(precision: str, path: str = path) -> vs.VideoNode:
        return core.ov.Model([floats], path, device="CPU", config=lambda: {"INFERENCE_PRECISION_HINT": precision})

    clips = {"core.ort.Model": core.ort.Model([floats], path), "core.ov.Model f32": openvino("f32")}
    if infer.cpu_precision() == "bf16":
        clips["core.ov.Model bf16"] = openvino("bf16")
    options = {} if strength is None else {"strength": strength}
    for cpu in kernels.tile_sr_levels()[1:]:
        clips[f"TileSR {cpu}"] = kernels.plugin(core).TileSR(clip, path, cpu=cpu, **options)
    if int8:
        clips["core.ov.Model int8"] = openvino(infer.cpu_precision(), int8)
        for cpu in kernels.tile_sr_levels(int8=True)[1:]:
            clips[f"TileSR {cpu}, int8"] = kernels.plugin(core).TileSR(clip, int8, cpu=cpu, **options)
    return clips


def against_runtimes(clips: dict[str, vs.VideoNode], frames: int) -> dict[str, dict[str, float]]:
    """All cores, ``frames`` in a round, in the graph, enough that its ends count little; the rounds alternate."""
    walls: dict[str, list[float]] = {name: [] for name in clips}
    cores: dict[str, list[float]] = {name: [] for name in clips}
    for _ in range(ROUNDS):
        for name, clip in clips.items():
            clip.get_frame(0).close()
            wall, cpu = time.perf_counter(), time.process_time()
            for frame in clip[1 : frames + 1].frames(close=True):
                del frame
            walls[name].append((time.perf_counter() - wall) / frames * 1e3)
            cores[name].append((time.process_time() - cpu) / frames * 1e3)
    ms = {name: statistics.median(values) for name, values in walls.items()}
    cpu_ms = {name: statistics.median(values) for name, values in cores.items()}

    def times_as_fast(name: str, peers: tuple[str, ...], of: dict[str, float]) -> float:
        return round(min(of.get(peer, float("inf")) for peer in peers) / of[name], 2)

    f32, bf16 = ("core.ort.Model", "core.ov.Model f32"), ("core.ov.Model bf16",)
    int8, own = ("core.ov.Model int8",), (f"TileSR {kernels.tile_sr_levels()[-1]}",)
    return {
        name: {
            "ms": round(ms[name], 1),
            "cpu_ms": round(cpu_ms[name], 1),
            "speed_over_best_f32_runtime": times_as_fast(name, f32, ms),
            "speed_over_best_f32_runtime_by_cpu": times_as_fast(name, f32, cpu_ms),
            "speed_over_openvino_bf16": times_as_fast(name, bf16, ms),
            "speed_over_openvino_bf16_by_cpu": times_as_fast(name, bf16, cpu_ms),
        }
        | (
            {
                "speed_over_openvino_int8": times_as_fast(name, int8, ms),
                "speed_over_openvino_int8_by_cpu": times_as_fast(name, int8, cpu_ms),
                "speed_over_float_tile_sr": times_as_fast(name, own, ms),
                "speed_over_float_tile_sr_by_cpu": times_as_fast(name, own, cpu_ms),
            }
            if name.endswith("int8")
            else {}
        )
        for name in clips
    }


def of_x2() -> dict[str, dict]:
    """sr2-fast as float planes."""
    floats = core.std.BlankClip(format=vs.GRAYS, width=WIDTH, height=HEIGHT, length=400)
    clips = competitors(floats, str(found("sr2-fast").path), None, str(found("sr2-fast-int8").path))
    return {"sr2-fast x2, GRAYS to GRAYS": against_runtimes(clips, frames=12)}


def of_x4() -> dict[str, dict]:
    """x4 of 8-bit luma, where writing the picture is a good part of the time."""
    luma = core.std.BlankClip(format=vs.GRAY8, width=WIDTH, height=HEIGHT, length=400, color=100)
    clips = competitors(luma, str(found("sr4-realtime").path), 1.0, str(found("sr4-realtime-int8").path))
    return {"x4 (sr4-realtime), GRAY8 to GRAY8": against_runtimes(clips, frames=48)}


def found(name: str) -> models.Model:
    return models.find("benchmark", name, "super-resolution")


def main() -> None:
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    if part not in ("", "x2", "x4", "one-core"):
        sys.exit(f"kernels: no part '{part}'; there are x2, x4 and one-core")
    results: dict[str, Any] = earlier("kernels") if part else {}
    results["what"] = f"one {WIDTH}x{HEIGHT} plane; medians of {ROUNDS} alternating rounds"
    results.setdefault("all cores", {})
    if part in ("", "x2"):
        results["all cores"] |= of_x2()
    if part in ("", "x4"):
        results["all cores"] |= of_x4()
    if part in ("", "one-core"):
        results["one core, CPU time"] = shares_of_peak(found("sr2-fast"), found("sr2-fast-int8"))
        results["one core copies, GB/s"] = copy_bandwidth()
    results["load average"] = round(os.getloadavg()[0], 1)
    write("kernels", results)


if __name__ == "__main__":
    main()
