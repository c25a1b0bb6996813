"""What TileSR promises as numbers: accuracy of every build against float32 ONNX, the memory of a large frame, and what
happens on a CPU without AVX2.
"""

import os
import subprocess
import sys

import numpy as np
import pytest
import vapoursynth as vs
from kernel_planes import clip_of, planes_of, sized

from vsplugin import infer, kernels, models, sample, tiles
from vsplugin.training import evaluate

core = vs.core
BUILDS = ["scalar", "avx2", "avx512", "amx"]
CODE = 1 / 1023  # of nominal white: one code value of full-range 10 bit
MODELS = [
    m
    for m in models.installed()
    if m.task == "super-resolution" and infer.tile_refusal(m) is None and "quantised_from" not in m.card
]  # INT8 copies: test_tile_sr_int8.py


def here(names):
    levels = kernels.tile_sr_levels()
    return [
        pytest.param(name, marks=pytest.mark.skipif(name not in levels, reason=f"this CPU has no {name}"))
        for name in names
    ]


def of_onnxruntime(model, plane):
    return planes_of(core.ort.Model([clip_of([[plane]], vs.GRAYS)], str(model.path)))[0]


def assert_within_the_bar(got, expected):
    error = np.abs(got.astype(np.float64) - expected)
    assert np.abs(expected).max() > 20 * CODE, "the picture gives the network nothing to do"
    assert np.mean(error <= CODE) >= 0.999 and error.max() <= 4 * CODE, (np.mean(error <= CODE), error.max() / CODE)


@pytest.mark.parametrize("cpu", here(BUILDS))
@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_every_build_is_float32_onnx_within_a_code_value(model, cpu):
    plane = planes_of(core.resize.Point(sample.clip("film"), format=vs.YUV444PS), 7)[0]
    plane = np.ascontiguousarray(sized(plane[80:160, 100:220], plane[80:110, 100:148]))
    assert_within_the_bar(kernels.TileSR(model.path, cpu=cpu)(plane), of_onnxruntime(model, plane))


@pytest.mark.parametrize("cpu", here(BUILDS[1:]))
@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_set5_loses_nothing(model, cpu, corpus):
    """At most 0.02 dB, bf16 included; and every picture stays within the bar."""
    engine = kernels.TileSR(model.path, cpu=cpu)

    def enlarge(low):
        residual = engine(low)
        assert_within_the_bar(residual, of_onnxruntime(model, low))
        return engine(low, strength=0) + residual

    def reference(low):
        return engine(low, strength=0) + of_onnxruntime(model, low)

    got, expected = (
        evaluate.super_resolution(way, corpus / "public/set5", model.scale) for way in (enlarge, reference)
    )
    assert len(got) == 5
    assert max(abs(got[name] - expected[name]) for name in got) <= 0.02


def test_a_4096x2160_frame_stays_below_400_mib():
    """As printed before a job starts: rings of rows for every core, and both planes in float32."""
    plan = tiles.fused(models.find("test", "sr2-fast", "super-resolution"), 4096, 2160)
    print(plan.reason)
    assert 165 <= plan.megabytes <= 400 and f"{plan.megabytes:.0f} MiB" in plan.reason


# VmHWM, not ru_maxrss: that one begins with the parent's.
GROWN = """
import sys
from pathlib import Path
import numpy as np
from vsplugin import kernels

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

engine = kernels.TileSR(sys.argv[1])
engine(np.zeros((8, 8), np.uint8), strength=1)
image = np.random.default_rng(1).integers(0, 256, (2160, 4096), np.uint8)
before = peak()
engine(image, strength=1, threads=2)
print(peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_the_process_grows_by_no_more_than_it_says():
    """In 8 bits: the enlarged plane is 34 MiB, the rest scratch memory of two threads."""
    model = models.find("test", "sr2-fast", "super-resolution")
    done = subprocess.run([sys.executable, "-c", GROWN, str(model.path)], capture_output=True, text=True, check=True)
    said = (kernels.TileSR(model.path).memory(4096, threads=2) + 4 * 2160 * 4096) / 2**20
    print(f"grew by {float(done.stdout):.0f} MiB, said {said:.0f} MiB")
    assert 33 <= float(done.stdout) <= said + 8


def in_a_process_that_may_use(most, code):
    environment = dict(os.environ, VSPLUGIN_CPU=most)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)


WITHOUT_AVX2 = """
from vsplugin import infer, kernels, models
assert kernels.cpu_levels() == kernels.tile_sr_levels() == ["scalar"]
infer.has_cuda_device = lambda: False
print(infer.choose("upscale", model=models.find("test", "sr2-fast", "super-resolution")))
try:
    kernels.TileSR(models.find("test", "sr2-fast", "super-resolution").path, cpu="avx2")
except ValueError as error:
    print(error)
"""


def test_without_avx2_vs_mlrt_is_used_and_says_why():
    done = in_a_process_that_may_use("scalar", WITHOUT_AVX2)
    assert done.returncode == 0, done.stderr
    choice, refusal = done.stdout.splitlines()
    assert (
        "name='ov'" in choice
        and "the fused engine is fast only with AVX2 (INT8: AVX-512 VNNI), which this CPU lacks" in choice
    )
    assert refusal == "cpu must be one of auto, scalar on this machine; got avx2"


@pytest.mark.skipif("avx2" not in kernels.cpu_levels(), reason="this CPU has no avx2")
def test_a_limit_allows_what_lies_below_it():
    code = "from vsplugin import kernels; print(kernels.cpu_levels(), kernels.tile_sr_levels())"
    assert in_a_process_that_may_use("avx2", code).stdout.split("\n")[0] == "['scalar', 'avx2'] ['scalar', 'avx2']"


def test_an_unknown_limit_is_named():
    done = in_a_process_that_may_use("mmx", "from vsplugin import kernels; kernels.cpu_levels()")
    assert done.stderr.splitlines()[-1] == "ValueError: VSPLUGIN_CPU must be auto, scalar, avx2 or avx512; got mmx"
