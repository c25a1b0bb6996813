"""TileSR: every build against float64 numpy and ONNX Runtime; seams, edges, broken samples, formats and ranges."""

from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs
from kernel_planes import assert_padding_untouched, clip_of, padded, planes_of, random_plane, sized
from networks import evaluate, random_layers, to_onnx

from vsplugin import kernels, sample

core = vs.core
MODEL = Path(__file__).parents[2] / "models" / "sr2-fast" / "model.onnx"
FLOAT = ["scalar", "avx2", "avx512"]
BF16 = ["amx"]
# width, height; all but the last below the receptive field
SIZES = [(1, 1), (3, 2), (2, 33), (33, 17), sized((70, 41), (70, 13))]


def builds(names, slow=()):
    here = kernels.tile_sr_levels()
    skip = {name: pytest.mark.skipif(name not in here, reason=f"this CPU has no {name}") for name in names}
    return [pytest.param(name, marks=(skip[name], pytest.mark.slow) if name in slow else skip[name]) for name in names]


def small_if_scalar(cpu, full, small):
    """The scalar build takes a millisecond a pixel in the sanitizers' run."""
    return sized(full, small) if cpu == "scalar" else full


# channels of the hidden layers, scale, activation, skips
NETWORKS = {
    "sr2-fast's shape": ([32] * 4, 2, "Relu", {}),
    "16 channels x4": ([16, 16], 4, "PRelu", {}),
    "odd channels x3": ([7, 19, 33, 5], 3, "PRelu", {}),
    "leaky": ([32, 16, 32], 2, "LeakyRelu", {}),
    "wide": ([48, 64], 2, "Relu", {}),
    "skips": ([32, 32, 32, 32, 32], 2, "Relu", {2: (0, True), 4: (0, False)}),
    "skips, 24 channels": ([24, 24, 24, 24], 1, "PRelu", {3: (0, True), 1: (0, False)}),
    "one layer": ([], 2, "Relu", {}),
}


def network(name):
    channels, scale, activation, skips = NETWORKS[name]
    layers = random_layers(np.random.default_rng(5), channels, scale, activation=activation, skips=skips)
    return layers, scale


@pytest.fixture(scope="module")
def picture():
    """One plane of the procedural clip: edges, texture, lettering and grain."""
    plane = planes_of(core.resize.Point(sample.clip("film"), format=vs.YUV444PS), 7)[0]
    return sized(plane, np.ascontiguousarray(plane[80:110, 100:148]))


@pytest.fixture(scope="module")
def of_onnxruntime(picture):
    return planes_of(core.ort.Model([clip_of([[picture]], vs.GRAYS)], str(MODEL)))[0]


@pytest.mark.parametrize("cpu", builds(FLOAT))
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NETWORKS)
def test_float_builds_are_the_definition(name, size, cpu):
    layers, scale = network(name)
    plane = np.random.default_rng(1).uniform(-0.3, 1.3, size[::-1]).astype(np.float32)
    got = kernels.TileSR(to_onnx(layers, scale), cpu=cpu)(plane)
    expected = evaluate(layers, scale, plane)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5 * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("cpu", builds(BF16))
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NETWORKS)
def test_bf16_builds_are_near_the_definition(name, size, cpu):
    """bf16 keeps 8 bits: what a layer hands on may be off by 1/512 of itself, and layers add up."""
    layers, scale = network(name)
    plane = np.random.default_rng(1).uniform(-0.3, 1.3, size[::-1]).astype(np.float32)
    expected = evaluate(layers, scale, plane)
    error = kernels.TileSR(to_onnx(layers, scale), cpu=cpu)(plane) - expected
    assert np.abs(error).max() <= 0.03 * np.abs(expected).max()
    assert np.sqrt(np.mean(error**2)) <= 0.006 * max(np.abs(expected).max(), 1e-3)


@pytest.mark.parametrize("cpu", builds(FLOAT, slow=("scalar",)))
def test_float_builds_equal_onnxruntime_on_a_picture(cpu, picture, of_onnxruntime):
    got = kernels.TileSR(MODEL, cpu=cpu)(picture)
    assert np.abs(of_onnxruntime).max() > 0.05, "the picture gives the network nothing to do"
    assert np.abs(got - of_onnxruntime).max() <= 1e-5


@pytest.mark.parametrize("cpu", builds(BF16))
def test_bf16_builds_are_near_onnxruntime_on_a_picture(cpu, picture, of_onnxruntime):
    error = np.abs(kernels.TileSR(MODEL, cpu=cpu)(picture) - of_onnxruntime) * 1023
    assert np.mean(error <= 1) >= 0.95 and error.max() <= 8


@pytest.mark.parametrize("cpu", builds(FLOAT + BF16))
@pytest.mark.parametrize("name", ["sr2-fast's shape", "odd channels x3", "skips"])
def test_no_thread_count_or_tile_changes_a_pixel(name, cpu):
    engine = kernels.TileSR(to_onnx(*network(name)), cpu=cpu)
    plane = np.random.default_rng(2).uniform(0, 1, small_if_scalar(cpu, (83, 131), (9, 34))).astype(np.float32)
    whole = engine(plane, threads=1, tile=131)
    for threads, tile in [(1, 0), (1, 1), (1, 17), (2, 64), (3, 130), (7, 40), (83, 131), (200, 50), (0, 0)]:
        np.testing.assert_array_equal(engine(plane, threads=threads, tile=tile), whole)


@pytest.mark.parametrize("cpu", builds(FLOAT + BF16))
def test_nothing_is_written_beside_the_plane(cpu):
    engine = kernels.TileSR(to_onnx(*network("odd channels x3")), cpu=cpu)
    for width, height in SIZES:
        plane = padded(np.random.default_rng(2).uniform(0, 1, (height, width)).astype(np.float32))
        out = padded(np.zeros((height * 3, width * 3), np.float32))
        engine(plane, out=out)
        assert_padding_untouched(out)
        assert_padding_untouched(plane)
        np.testing.assert_array_equal(out, engine(plane.copy()))


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("cpu", builds(FLOAT + BF16))
def test_a_broken_sample_stays_near_the_receptive_field(cpu, broken):
    """One pixel per layer around it; where products are shared within 4x4 pixels, up to four."""
    layers, scale = network("sr2-fast's shape")
    engine = kernels.TileSR(to_onnx(layers, scale), cpu=cpu)
    plane = np.random.default_rng(3).uniform(0, 1, small_if_scalar(cpu, (64, 90), (26, 24))).astype(np.float32)
    whole = engine(plane)
    row, column = plane.shape[0] // 3, plane.shape[1] * 7 // 9
    plane[row, column] = broken
    got = engine(plane, threads=2, tile=30)
    y, x = np.mgrid[: got.shape[0], : got.shape[1]] // scale
    reach = len(layers) * (4 if cpu.startswith("avx") else 1)
    near = (np.abs(y - row) <= reach) & (np.abs(x - column) <= reach)
    np.testing.assert_array_equal(got[~near], whole[~near])
    assert not np.array_equal(got[near], whole[near])


@pytest.mark.parametrize("cpu", builds(FLOAT + BF16))
@pytest.mark.parametrize("range_", [None, 0, 1])
@pytest.mark.parametrize("format_id", [vs.GRAY8, vs.GRAY10, vs.GRAY16, vs.GRAYH, vs.GRAYS])
def test_formats_and_ranges_as_resize_reads_them(format_id, range_, cpu):
    fmt = core.get_video_format(format_id)
    kind = {vs.INTEGER: "uint", vs.FLOAT: "float"}[fmt.sample_type] + str(8 * fmt.bytes_per_sample)
    width, height = small_if_scalar(cpu, (44, 26), (14, 10))
    plane = random_plane(np.random.default_rng(4), width, height, kind, fmt.bits_per_sample)
    props = {} if range_ is None else {"_Range": range_}
    clip = clip_of([[plane]], format_id, Custom=b"kept", **props)
    out = kernels.plugin(core).TileSR(clip, str(MODEL), cpu=cpu)
    floats = np.array(planes_of(core.resize.Point(clip, format=vs.GRAYS))[0])
    engine = kernels.TileSR(MODEL, cpu=cpu)
    expected = engine(floats)
    assert (out.width, out.height, out.format.id, out.num_frames) == (2 * width, 2 * height, vs.GRAYS, 1)
    assert out.get_frame(0).props["Custom"] == b"kept"
    # resize and TileSR may round the nominal value of codes differently: the network makes of that what it makes of any
    # change by a unit in the last place, and bf16 turns it into one of its own steps
    bound = 5e-6 if cpu in FLOAT else 4e-3
    if cpu in FLOAT and fmt.sample_type == vs.INTEGER:
        up = np.random.default_rng(5).random(floats.shape) < 0.5
        other = engine(np.nextafter(floats, np.where(up, np.inf, -np.inf).astype(np.float32)))
        bound = 3 * np.abs(other - expected).max()
        assert bound < 4e-5
    np.testing.assert_allclose(planes_of(out)[0], expected, rtol=0, atol=bound)


def test_frames_in_any_order_and_at_once_are_the_same():
    rng = np.random.default_rng(6)
    frames = [[rng.uniform(0, 1, (40, 60)).astype(np.float32)] for _ in range(12)]
    clip = kernels.plugin(core).TileSR(clip_of(frames, vs.GRAYS), str(MODEL))
    engine = kernels.TileSR(MODEL)
    at_once = [np.array(frame[0]) for frame in clip.frames(prefetch=8)]
    for n in (7, 0, 11, 3):
        expected = engine(frames[n][0], threads=1)
        np.testing.assert_array_equal(planes_of(clip, n)[0], expected)
        np.testing.assert_array_equal(at_once[n], expected)
