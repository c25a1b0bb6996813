"""What the OpenFX bridge costs: a frame through the bundle and a worker with a graph that does nothing.

The overhead is the render action's time without what the worker counts as its own (unpacking, graph, packing) and
without the test host's own copies: copying in and out, messages, waiting. ``./run python benchmarks/ofx.py``.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
import tempfile
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
    node.set(preset=3, script=str(SCRIPT))
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


def main() -> None:
    os.environ["VSPLUGIN_DEBUG"] = "1"
    module = host_module()
    results = {}
    for name, size in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            results[name] = measure(module, size, Path(folder))
            print(name, json.dumps(results[name]))
    write("ofx", {"frames": FRAMES, "load": round(os.getloadavg()[0], 1), "null graph, float": results})


if __name__ == "__main__":
    main()
