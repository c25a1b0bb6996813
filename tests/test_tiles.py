"""The tile plan: its arithmetic, and that it keeps its word about memory. Seams are measured in tests/filters."""

import subprocess
import sys
from pathlib import Path

import pytest

from vsplugin import tiles
from vsplugin.models import Model

MODEL = Model("m", Path("m.onnx"), "denoise", scale=2, radius=10, multiple=1, channels=32)


def test_a_frame_that_fits_stays_whole():
    assert tiles.plan(MODEL, 640, 360, free=8 << 30).tile is None


def test_little_memory_means_tiles_within_the_budget():
    for free in (64 << 20, 256 << 20, 1 << 30):
        plan = tiles.plan(MODEL, 4096, 2160, free=free)
        assert plan.tile is not None
        assert plan.overlap >= MODEL.radius
        assert plan.megabytes * 2**20 <= 0.4 * free
        assert min(plan.tile) > 2 * plan.overlap * MODEL.scale


def test_a_forced_tile_is_rounded_to_what_the_model_needs_and_never_too_small():
    plan = tiles.plan(MODEL, 1920, 1080, tile=1, free=8 << 30)
    assert plan.tile is not None and plan.tile[0] >= 4 * MODEL.radius


def test_a_tile_larger_than_the_frame_is_the_frame():
    assert tiles.plan(MODEL, 64, 64, tile=512, free=8 << 30).tile is None


def test_however_much_is_free_a_4k_frame_stays_below_3_gib():
    plan = tiles.plan(MODEL, 4096, 2160, free=1 << 40)
    assert plan.tile is not None and plan.megabytes <= 3072


def test_halving_ends_at_the_smallest_tile_that_has_an_inside():
    plan, sides = tiles.plan(MODEL, 4096, 2160, free=1 << 40), []
    while plan is not None:
        assert plan.tile is not None
        sides.append(max(plan.tile))
        assert min(plan.tile) > 2 * plan.overlap * MODEL.scale
        plan = tiles.halved(MODEL, plan, 4096, 2160)
    assert sides == sorted(sides, reverse=True) and len(sides) > 3 and sides[-1] < 256


HALVING = """
import logging, resource, sys
from pathlib import Path
import numpy as np, vapoursynth as vs
from vsplugin import infer, models, tiles

core, backend = vs.core, sys.argv[1]
core.num_threads = 1
model = models.find("test", "sr2-fast", "super-resolution")
tiles.free_memory = lambda: 64 << 30  # what the plan believes
infer._TRIED_FROM = 100
blank = core.std.BlankClip(format=vs.GRAYS, width=1280, height=720, length=1, keep=True)
picture = np.random.default_rng(1).random((720, 1280), np.float32)

def fill(n, f):
    frame = f.copy()
    np.asarray(frame[0])[...] = picture
    return frame

clip = blank.std.ModifyFrame(blank, fill)
def made(source, by):
    return np.asarray(infer.run("upscale", [source], model, backend=by).get_frame(0)[0]).copy()

whole, part = made(clip, "tile"), clip.std.CropAbs(160, 120)
own = np.abs(made(part, backend) - made(part, "tile")).max()  # how else this runtime calculates: ov in bf16
taken = int(Path("/proc/self/statm").read_text().split()[0]) * 4096
resource.setrlimit(resource.RLIMIT_AS, (taken + (int(sys.argv[2]) << 20),) * 2)  # what there is
logging.basicConfig(level=logging.INFO)
got = np.asarray(infer.run("upscale", [clip], model, backend=backend).get_frame(0)[0])
print("differences", own, np.abs(got - whole).max())
"""


@pytest.mark.parametrize("backend", ["ort", "ov"])
def test_running_out_of_memory_means_smaller_tiles_and_the_same_picture(backend):
    """The memory really runs out: the process may take less than a whole frame needs."""
    done = subprocess.run([sys.executable, "-c", HALVING, backend, "130"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "memory ran out with larger ones" in done.stderr
    own, difference = map(float, done.stdout.split("differences")[1].split())
    assert own < (0.05 if backend == "ov" else 1e-4)
    assert difference < max(4 * own, 1e-4)  # a frame has fifty times the pixels of the part, and the worst of them


BOUND = """
import resource, sys
import vapoursynth as vs
from vsplugin import infer, models, tiles

model = models.find("test", "sr2-fast", "super-resolution")
clip = vs.core.std.BlankClip(format=vs.GRAYS, width=4096, height=2160, length=1, color=0.5)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
infer.run("upscale", [clip], model, backend=sys.argv[1]).get_frame(0).close()
plan = tiles.fused(model, 4096, 2160) if sys.argv[1] == "tile" else tiles.plan(model, 4096, 2160)
print(plan.megabytes, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tile", "ov"])
def test_a_4k_frame_takes_no_more_than_the_plan_says(backend):
    done = subprocess.run([sys.executable, "-c", BOUND, backend], check=True, capture_output=True, text=True)
    planned, taken = map(float, done.stdout.split())
    assert taken < planned * 1.2 + 200, f"planned {planned:.0f} MiB, took {taken:.0f} MiB"
    assert planned < (400 if backend == "tile" else 3073)
