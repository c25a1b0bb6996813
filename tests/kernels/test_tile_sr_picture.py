"""TileSR as a picture: enlargement, network, sum, limit and rounding in one pass are what they are one by one."""

from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs
from kernel_planes import (
    FAST,
    SAMPLES,
    assert_padding_untouched,
    assert_same_bits,
    clip_of,
    padded,
    planes_of,
    random_plane,
    sized,
)
from networks import random_layers, to_onnx

from vsplugin import kernels, sample

core = vs.core
MODEL = Path(__file__).parents[2] / "models" / "sr2-fast" / "model.onnx"
SIZES = [(1, 1), (3, 2), sized((70, 41), (70, 9))]
CPUS = ["scalar", *FAST]


def nominal(plane, bits, full):
    """As the kernels compute it: one multiply-add in float32."""
    if plane.dtype.kind == "f":
        return plane.astype(np.float32)
    gain, offset = (2.0**bits - 1, 0.0) if full else (219 * 2.0 ** (bits - 8), 16 * 2.0 ** (bits - 8))
    return plane.astype(np.float32) * np.float32(1 / gain) + np.float32(-offset / gain)


@pytest.fixture(scope="module", params=[1, 2, 3, 4])
def network(request):
    layers = random_layers(np.random.default_rng(3), [6, 17], request.param)
    return to_onnx(layers, request.param)


@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize("sample_type,bits", SAMPLES)
def test_one_pass_is_the_separate_steps_to_the_last_bit(sample_type, bits, cpu, network):
    engine = kernels.TileSR(network, cpu=cpu)
    for (width, height), full, overshoot in zip(SIZES, (True, False, False), (-1, 0, 0.25), strict=True):
        image = padded(random_plane(np.random.default_rng(1), width, height, sample_type, bits))
        floats = nominal(image, bits, full)
        base, residual = engine(floats, strength=0), engine(floats)
        source = {"source": image, "overshoot": overshoot, "source_bits": bits} if overshoot >= 0 else {}
        target = {"dtype": image.dtype, "out_bits": bits, "full_range": full, "cpu": cpu}
        expected = kernels.merge_plane(base, residual, strength=0.7, **source, **target)
        out = padded(np.zeros(expected.shape, image.dtype))
        options = {"strength": 0.7, "overshoot": overshoot, "full_range": full, "bits": bits}
        for threads, tile in [(1, 0), (2, 17), (3, 1)]:
            engine(image, **options, threads=threads, tile=tile, out=out)
            assert_same_bits(out.copy(), expected)
            assert_padding_untouched(out)


@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize("size", [(2, 3), (9, 5), (64, 33), (129, 70)])
def test_strength_zero_is_the_bicubic_of_resize(size, cpu, network):
    plane = np.random.default_rng(2).uniform(-0.2, 1.3, size[::-1]).astype(np.float32)
    engine = kernels.TileSR(network, cpu=cpu)
    width, height = (engine.scale * length for length in size)
    expected = planes_of(core.resize.Bicubic(clip_of([[plane]], vs.GRAYS), width, height))[0]
    np.testing.assert_allclose(engine(plane, strength=0, tile=16), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("range_", [None, 0, 1])
@pytest.mark.parametrize("format_id", [vs.GRAY8, vs.GRAY10, vs.GRAY16, vs.GRAYH, vs.GRAYS])
def test_in_the_graph_it_is_resize_model_and_merge(format_id, range_):
    props = {} if range_ is None else {"_Range": range_}
    width, height = sized((160, 90), (48, 28))
    clip = core.resize.Bicubic(sample.clip("film")[3], width, height, format=format_id).std.SetFrameProps(**props)
    floats = core.resize.Point(clip, format=vs.GRAYS)
    base = core.resize.Bicubic(floats, 2 * width, 2 * height)
    model = kernels.plugin(core).TileSR(floats, str(MODEL))
    expected = kernels.plugin(core).Merge(base, model, strength=0.8, source=clip, overshoot=0.25, format=format_id)
    got = kernels.plugin(core).TileSR(clip, str(MODEL), strength=0.8, overshoot=0.25)
    assert got.format.id == format_id and (got.width, got.height) == (2 * width, 2 * height)
    a, b = (planes_of(c)[0].astype(np.float64) for c in (got, expected))
    if clip.format.sample_type == vs.INTEGER:
        assert np.abs(a - b).max() <= 1 and np.mean(a != b) < 1e-3 * 2 ** max(0, clip.format.bits_per_sample - 10)
    else:
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 if format_id == vs.GRAYS else 1e-3)


@pytest.mark.parametrize(
    "options,text",
    [
        ({"overshoot": 0.5}, "TileSR: overshoot needs strength"),
        ({"strength": float("nan")}, "TileSR: strength must be finite"),
        ({"strength": 1, "overshoot": float("inf")}, "TileSR: overshoot must be finite"),
    ],
)
def test_errors_say_what_is_allowed(options, text):
    clip = core.std.BlankClip(width=20, height=10, format=vs.GRAYS, length=1)
    with pytest.raises(vs.Error, match=f"^{text}"):
        kernels.plugin(core).TileSR(clip, str(MODEL), **options)
