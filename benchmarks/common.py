"""What every benchmark writes beside its numbers, and how it times a clip."""

from __future__ import annotations

import json
import platform
import statistics
import time
from importlib.metadata import version
from pathlib import Path

import vapoursynth as vs

from vsplugin import infer

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("vapoursynth", "vapoursynth-mlrt-ov", "vapoursynth-mlrt-ort", "numpy", "av")


def machine() -> dict:
    lines = Path("/proc/cpuinfo").read_text().splitlines()

    def of_cpu(key: str) -> str:
        return next((line.split(":")[1].strip() for line in lines if line.split("\t")[0] == key), "")

    wanted = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
    return {
        # A name such as "AMD EPYC" hides generations whose vectors differ by a factor of two; the family does not.
        "cpu": f"{of_cpu('model name')} (family {of_cpu('cpu family')}, model {of_cpu('model')})",
        "cores": vs.core.num_threads,
        "instructions": [flag for flag in wanted if flag in infer.cpu_flags()],
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "date": time.strftime("%Y-%m-%d"),
    }


def seconds_per_frame(clip: vs.VideoNode, frames: int) -> float:
    """Wall time of ``frames`` frames after a warm-up frame, fetched as vspipe does."""
    clip.get_frame(0).close()
    start = time.perf_counter()
    for frame in clip[1 : frames + 1].frames(close=True):
        del frame
    return (time.perf_counter() - start) / frames


def interleaved(clips: dict[str, vs.VideoNode], frames: int, rounds: int) -> dict[str, float]:
    """Median seconds per frame of each; the rounds alternate between the clips so that drift hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in clips}
    for _ in range(rounds):
        for name, clip in clips.items():
            times[name].append(seconds_per_frame(clip, frames))
    return {name: statistics.median(values) for name, values in times.items()}


def earlier(name: str) -> dict:
    """What earlier runs on this kind of CPU wrote: for scripts that measure a part and leave the rest."""
    path = RESULTS / f"{name}.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    same = results.pop("machine", {}).get("cpu") == machine()["cpu"]
    return results if same else {}


def write(name: str, results: dict) -> None:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"machine": machine(), **results}, indent=2) + "\n")
    print(path.read_text())
