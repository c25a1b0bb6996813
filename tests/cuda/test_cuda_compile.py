"""Every .cu file compiles for every kind of GPU we name, with no GPU present: a broken one never lands."""

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "kernels"))
from networks import random_layers, to_onnx

from vsplugin.cuda import network, plan, source
from vsplugin.errors import UserError

try:
    ARCHITECTURES = source.architectures()
    REASON = ""
except UserError as error:
    ARCHITECTURES, REASON = (), str(error)

OURS = (75, 80, 86, 89, 90, 100, 120)  # Turing to Blackwell
TYPES = ("Byte", "Word", "HalfBits", "float")
WARPS = [("warp/warp.cu", {"VSP_SAMPLE": t, "VSP_BILINEAR": b}) for t, b in itertools.product(TYPES, (0, 1))]
MERGES = [("merge/merge.cu", {"VSP_BASE": t, "VSP_SOURCE": TYPES[i - 1], "VSP_OUT": t}) for i, t in enumerate(TYPES)]
COUNTS = [
    ("histogram/histogram.cu", {"VSP_SAMPLE": t, "VSP_TABLE": b}) for t, b in zip(TYPES, (256, 4096, 0, 0), strict=True)
]

# KiB of shared memory of a block (CUDA C++ Programming Guide, "Technical Specifications per Compute Capability").
SHARED = {75: 64, 80: 163, 86: 99, 89: 99, 90: 227, 100: 227, 120: 99}
MODEL = Path(__file__).parents[2] / "models" / "sr2-fast" / "model.onnx"


@pytest.fixture(params=OURS)
def arch(request):
    if REASON:
        pytest.skip(REASON)
    if request.param not in ARCHITECTURES:
        pytest.skip(f"the installed NVRTC makes no machine code for sm_{request.param}")
    return request.param


def test_every_pixel_kernel_compiles(arch):
    for name, macros in WARPS + MERGES + COUNTS:
        code = source.compiled(name, arch, macros)
        assert code[:4] == b"\x7fELF" and len(code) > 4000, name


def fused_kernels(arch):
    """Every pass of our model (as a picture) and of a small x4 one (as what it makes), for frames of 1920x1080."""
    small = to_onnx(
        random_layers(np.random.default_rng(1), [16, 16, 16], 4, activation="PRelu", skips={2: (0, True)}), 4
    )
    limits = plan.Limits(SHARED[arch] * 1024, 80)
    for content, picture in ((MODEL.read_bytes(), True), (small, False)):
        for each in plan.plan(network.read(content), 1920, 1080, limits):
            yield each.macros("Word", picture)


def test_every_pass_of_tile_sr_compiles_and_keeps_its_weights_in_registers(arch):
    for macros in fused_kernels(arch):
        log = []
        code = source.compiled("tile_sr/tile_sr.cu", arch, macros, exact=False, log=log)
        assert code[:4] == b"\x7fELF" and macros["VSP_SHARED"] <= SHARED[arch] * 1024
        assert " 0 bytes spill stores, 0 bytes spill loads" in log[0], log[0]


def test_no_cu_file_is_forgotten():
    tested = {name for name, _ in WARPS + MERGES + COUNTS} | {"tile_sr/tile_sr.cu"}
    assert tested == {str(path.relative_to(source.folder())) for path in source.folder().rglob("*.cu")}


@pytest.mark.skipif(bool(REASON), reason=REASON)
def test_a_broken_file_is_named_with_the_compiler_s_words(monkeypatch):
    files = dict(source.closure("warp/warp.cu"))
    files["warp/warp.hpp"] += "\nint broken = ;"
    monkeypatch.setattr(source, "closure", lambda name: files)
    with pytest.raises(
        RuntimeError, match=r"warp/warp.cu does not compile for sm_75 (?s:.*)warp/warp.hpp\(\d+\): error"
    ):
        source.compiled("warp/warp.cu", 75, WARPS[0][1])


@pytest.mark.skipif(bool(REASON), reason=REASON)
def test_machine_code_is_kept_and_made_anew_when_anything_changes(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = source.cubin("warp/warp.cu", 80, WARPS[0][1])
    assert first.parent == tmp_path / "vsplugin" / "cuda" and first.read_bytes()[:4] == b"\x7fELF"
    written = first.stat().st_mtime_ns
    assert source.cubin("warp/warp.cu", 80, WARPS[0][1]) == first and first.stat().st_mtime_ns == written
    files = dict(source.closure("warp/warp.cu"))
    files["warp/warp.hpp"] += "\n// another text\n"
    monkeypatch.setattr(source, "closure", lambda name: files)
    others = [
        source.cubin("warp/warp.cu", 80, WARPS[0][1]),
        source.cubin("warp/warp.cu", 90, WARPS[0][1]),
        source.cubin("warp/warp.cu", 80, WARPS[1][1]),
        source.cubin("warp/warp.cu", 80, WARPS[0][1], exact=False),
    ]
    assert len({first, *others}) == 5 and len(list(first.parent.iterdir())) == 5


def test_the_extra_is_named_where_nvrtc_is_absent(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.setitem(sys.modules, "cupy.cuda", None)
    with pytest.raises(UserError, match=r"NVRTC does not load .* pip install 'vapoursynth-vsplugin\[cuda\]'") as error:
        source.nvrtc()
    assert "\n" not in str(error.value)
