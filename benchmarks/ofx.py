"""What the OpenFX bridge costs: a frame through the bundle and a worker with a graph that does nothing.

The overhead is the render action's time without what the worker counts as its own (unpacking, graph, packing) and
without the test host's own copies: copying in and out, messages, waiting. Also how soon the first frame is there after
the bundle was loaded, and how soon a cancelled render returns. ``./run python benchmarks/ofx.py``.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from common import write

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.ofx import conftest  # noqa: E402
from vsplugin.ofx import bundle as bundles  # noqa: E402

FRAMES = 30
SIZES = {"1080p": (1920, 1080), "UHD": (3840, 2160)}
SCRIPT = conftest.SCRIPTS / "null.vpy"


def host_module():
    import importlib.util

    path = conftest.build_host(ROOT / "build" / "ofx_host")
    spec = importlib.util.spec_from_file_location("ofxhost", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def worker_milliseconds(log: Path) -> dict[int, float]:
    """Frame -> unpacking plus rendering, as the worker says."""
    found: dict[int, float] = {}
    for frame, value in re.findall(r"(?:picture|frame) (\d+): \w+ in ([\d.]+) ms", log.read_text()):
        found[int(frame)] = found.get(int(frame), 0.0) + float(value)
    return found


def measure(module, size: tuple[int, int], folder: Path) -> dict[str, float]:
    path = conftest.install(folder)
    node = conftest.Node(module, bundles.binary(path), "restoration", "strict")
    node.set(preset="Own script", script=str(SCRIPT))
    picture = np.random.default_rng(0).random((size[1], size[0], 4), np.float32)
    whole: dict[int, float] = {}
    began = time.perf_counter()
    for frame in range(FRAMES):
        node.instance.no_frames()
        node.feed(frame, picture)
        node.render(frame, size)
        if frame == 0:
            first = time.perf_counter() - began
        whole[frame] = node.instance.render_seconds * 1e3
    node.close()
    own = worker_milliseconds(folder / "worker.log")
    overhead = [whole[frame] - own[frame] for frame in range(2, FRAMES)]
    return {
        "overhead_ms": round(statistics.median(overhead), 2),
        "overhead_ms_best": round(min(overhead), 2),
        "worker_ms": round(statistics.median(own[frame] for frame in range(2, FRAMES)), 2),
        "render_action_ms": round(statistics.median(whole[frame] for frame in range(2, FRAMES)), 2),
        "first_frame_s": round(first, 2),
    }


def first_denoised(module, folder: Path) -> float:
    """Seconds from loading the bundle to the first denoised frame: interpreter, VapourSynth, model and network."""
    path = conftest.install(folder)
    picture = np.random.default_rng(0).random((1080, 1920, 4), np.float32)
    began = time.perf_counter()
    node = conftest.Node(module, bundles.binary(path), "denoise", "strict")
    node.set(sigma_unset=0, sigma=9.0, sigma_chroma_unset=0, sigma_chroma=9.0)
    node.feed(0, picture)
    node.render(0, (1920, 1080))
    taken = time.perf_counter() - began
    node.close()
    return taken


def cancelled(module, folder: Path) -> list[float]:
    """Milliseconds from the host's abort to the return of the render action, in the middle of frames of two seconds."""
    path = conftest.install(folder)
    node = conftest.Node(module, bundles.binary(path), "restoration", "strict")
    node.set(preset="Own script", script=str(conftest.SCRIPTS / "slow.vpy"))
    waits = []
    for frame in range(9):
        node.instance.no_frames()
        node.feed(frame, np.zeros((1080, 1920, 4), np.float32))
        moment = []

        def stop(moment=moment) -> None:
            moment.append(time.perf_counter())
            node.instance.abort = True

        node.instance.abort = False
        threading.Timer(1.0, stop).start()
        node.try_render(frame, (1920, 1080))
        waits.append((time.perf_counter() - moment[0]) * 1e3)
    node.instance.abort = False
    node.close()
    return waits[1:]  # in the first, the worker was still starting


def main() -> None:
    os.environ["VSPLUGIN_DEBUG"] = "1"
    module = host_module()
    results = {}
    for name, size in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            results[name] = measure(module, size, Path(folder))
            print(name, json.dumps(results[name]))
    with tempfile.TemporaryDirectory() as folder:
        first = round(first_denoised(module, Path(folder)), 2)
        print("first frame of Denoise, 1080p", first, "s")
    with tempfile.TemporaryDirectory() as folder:
        waits = cancelled(module, Path(folder))
    abort = {"median_ms": round(statistics.median(waits), 1), "longest_ms": round(max(waits), 1)}
    print("abort", json.dumps(abort))
    load = round(os.getloadavg()[0], 1)
    found = {"null graph, float": results, "Denoise, 1080p": {"first_frame_s": first}, "abort, 1080p": abort}
    write("ofx", {"frames": FRAMES, "load": load, **found})


if __name__ == "__main__":
    main()
