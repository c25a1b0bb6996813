"""On a GPU: the kernels against their CPU twins, every kind of array, streams, frames on the conveyor.

Skipped where there is none; test_cuda_pixels.py and test_cuda_tile_sr.py run the same kernels on the host.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "kernels"))
from kernel_planes import SAMPLES, assert_same_bits, random_plane

from vsplugin import cuda, kernels
from vsplugin.errors import UserError

REASON = cuda.why_not() or ""
needs_gpu = pytest.mark.skipif(bool(REASON), reason=REASON)
MODEL = Path(__file__).parents[2] / "models" / "sr2-fast" / "model.onnx"


@pytest.mark.skipif(not REASON, reason="there is a GPU")
def test_without_a_gpu_every_call_says_what_is_missing_in_one_line():
    plane = np.zeros((4, 4), np.float32)
    calls = [
        lambda: cuda.warp(plane, plane, plane),
        lambda: cuda.merge_plane(plane),
        lambda: cuda.light_histogram(plane, plane, plane),
        lambda: cuda.TileSR(MODEL),
    ]
    for call in calls:
        with pytest.raises(UserError, match=r"^cuda: ") as error:
            call()
        assert str(error.value) == REASON and "\n" not in REASON
        assert "vapoursynth-vsplugin[cuda]" in REASON or "it needs an NVIDIA GPU and its driver" in REASON


def test_the_extra_is_named_where_cupy_is_absent(monkeypatch):
    from vsplugin.cuda import device

    device.cupy.cache_clear()
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(UserError, match=r"^cuda: CuPy does not load .*pip install 'vapoursynth-vsplugin\[cuda\]'$"):
        device.cupy()
    device.cupy.cache_clear()


def kinds(plane):
    """The plane as numpy, CuPy and, where there is one with CUDA, torch."""
    import cupy

    yield plane
    yield cupy.asarray(plane)
    try:
        import torch
    except ImportError:
        return
    if torch.cuda.is_available():
        yield torch.from_numpy(plane).cuda()


def to_numpy(array):
    return array if isinstance(array, np.ndarray) else array.get() if hasattr(array, "get") else array.cpu().numpy()


@needs_gpu
@pytest.mark.parametrize("mode", ["catmullrom", "bilinear"])
@pytest.mark.parametrize("sample,bits", SAMPLES)
def test_warp_equals_the_cpu(sample, bits, mode):
    rng = np.random.default_rng(1)
    for width, height in ((1, 1), (33, 17), (1920, 1080)):
        image = random_plane(rng, width, height, sample, bits)
        dx, dy = (rng.normal(0, 8, (height, width)).astype(np.float32) for _ in range(2))
        dx[rng.random(dx.shape) < 0.01] = np.nan
        confidence = rng.uniform(0, 1, (height, width)).astype(np.float32)
        expected = kernels.warp(image, dx, dy, confidence, mode=mode, bits=bits, cpu="scalar")
        assert_same_bits(cuda.warp(image, dx, dy, confidence, mode=mode, bits=bits), expected)


@needs_gpu
def test_arrays_stay_where_they_are_and_results_are_of_their_kind():
    import cupy

    rng = np.random.default_rng(2)
    image, dx, dy = (rng.random((64, 96), np.float32) for _ in range(3))
    expected = kernels.warp(image, dx, dy)
    for held in kinds(image):
        got = cuda.warp(held, dx, dy)
        assert type(got) is type(held)
        assert_same_bits(to_numpy(got), expected)
    out = cupy.empty_like(cupy.asarray(image))
    stream = cupy.cuda.Stream(non_blocking=True)
    assert cuda.warp(cupy.asarray(image), dx, dy, out=out, stream=stream) is out
    stream.synchronize()
    assert_same_bits(out.get(), expected)


@needs_gpu
@pytest.mark.parametrize("sample,bits", SAMPLES)
def test_merge_and_histogram_equal_the_cpu(sample, bits):
    rng = np.random.default_rng(3)
    base, source = random_plane(rng, 640, 360, sample, bits), random_plane(rng, 320, 180, sample, bits)
    residual = rng.normal(0, 0.1, base.shape).astype(np.float32)
    options = {"source": source, "overshoot": 0.25, "strength": 0.8, "bits": bits}
    assert_same_bits(
        cuda.merge_plane(base, residual, **options), kernels.merge_plane(base, residual, cpu="scalar", **options)
    )
    planes = [random_plane(rng, 640, 360, sample, bits) for _ in range(3)]
    counts, largest = cuda.light_histogram(*planes, bits=bits if sample == "uint16" else 16)
    expected, same = kernels.light_histogram(*planes, bits=bits if sample == "uint16" else 16)
    np.testing.assert_array_equal(counts, expected)
    assert largest == same


@needs_gpu
@pytest.mark.parametrize("passes", [0, 1, 2, 3])
def test_tile_sr_is_within_the_bar_of_float(passes):
    y, x = np.mgrid[0:270, 0:480]
    image = (0.5 + 0.4 * np.sin(x * y / 900) * np.cos(x / 5)).astype(np.float32)
    engine = cuda.TileSR(MODEL, passes=passes)
    try:
        got = engine(image)
    except UserError as error:
        assert passes and "does not fit" in str(error)
        pytest.skip(str(error))
    error = np.abs(got - kernels.TileSR(MODEL, cpu="scalar")(image))
    assert error.max() < 4 / 1023 and np.mean(error > 1 / 1023) <= 1e-3
    assert_same_bits(engine(image), got)


@needs_gpu
def test_frames_on_the_conveyor_are_those_of_single_calls_in_order():
    rng = np.random.default_rng(4)
    images = [rng.integers(0, 256, (90, 160)).astype(np.uint8) for _ in range(7)]
    engine = cuda.TileSR(MODEL)
    options = {"strength": 1.0, "overshoot": 0.25, "bits": 8}
    got = [result.copy() for result in engine.frames(iter(images), **options)]
    assert len(got) == 7
    for result, image in zip(got, images, strict=True):
        np.testing.assert_array_equal(result, engine(image, **options))
        difference = np.abs(result.astype(int) - kernels.TileSR(MODEL)(image, **options).astype(int))
        assert difference.max() <= 1
    assert list(engine.frames([])) == []


@needs_gpu
def test_a_numpy_out_is_written():
    image = np.random.default_rng(5).integers(0, 256, (30, 40)).astype(np.uint8)
    engine, out = cuda.TileSR(MODEL), np.zeros((60, 80), np.uint8)
    assert engine(image, strength=1.0, bits=8, out=out) is out
    np.testing.assert_array_equal(out, engine(image, strength=1.0, bits=8))
