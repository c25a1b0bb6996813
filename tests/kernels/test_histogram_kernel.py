"""LightHistogram: against numpy, builds against each other, and the properties it leaves on frames."""

import numpy as np
import pytest
import vapoursynth as vs
from kernel_planes import FAST, SAMPLES, SIZES, assert_padding_untouched, clip_of, padded, random_plane

from vsplugin import kernels

core = vs.core


def codes_of(plane, bits):
    """Integers as they are, floats as multiples of 1 / (2^18 - 1); written down from the README."""
    if plane.dtype.kind == "u":
        return np.minimum(plane, 2**bits - 1).astype(np.int64)
    with np.errstate(invalid="ignore"):
        scaled = np.clip(np.nan_to_num(plane.astype(np.float32)), 0, 1) * np.float32(262143) + np.float32(0.5)
    return np.floor(scaled).astype(np.int64)


def reference(planes, bits):
    codes = np.stack([codes_of(plane, bits) for plane in planes])
    bins = 2**bits if planes[0].dtype.kind == "u" else 2**18
    return np.bincount(codes.max(0).ravel(), minlength=bins), tuple(codes.max((1, 2)))


@pytest.mark.parametrize("sample,bits", [*SAMPLES, ("uint16", 12)])
@pytest.mark.parametrize("size", SIZES)
def test_scalar_is_numpy_s_count(size, sample, bits):
    rng = np.random.default_rng(1)
    planes = [random_plane(rng, *size, sample, bits) for _ in range(3)]
    counts, maxima = kernels.light_histogram(*planes, bits=bits, cpu="scalar")
    expected, largest = reference(planes, bits)
    np.testing.assert_array_equal(counts, expected)
    assert maxima == largest


@pytest.mark.parametrize("cpu", FAST)
@pytest.mark.parametrize("sample,bits", SAMPLES)
@pytest.mark.parametrize("size", SIZES)
def test_fast_equals_scalar_and_reads_no_padding(size, sample, bits, cpu):
    rng = np.random.default_rng(2)
    planes = [padded(random_plane(rng, *size, sample, bits)) for _ in range(3)]
    if sample.startswith("float"):
        planes[1][rng.random(planes[1].shape) < 0.2] = rng.choice([np.nan, np.inf, -np.inf])
    counts, maxima = kernels.light_histogram(*planes, bits=bits, cpu=cpu)
    expected, largest = kernels.light_histogram(*planes, bits=bits, cpu="scalar")
    np.testing.assert_array_equal(counts, expected)
    assert maxima == largest and counts.sum() == size[0] * size[1]
    for plane in planes:
        assert_padding_untouched(plane)


@pytest.mark.parametrize("cpu", kernels.cpu_levels())
def test_what_no_code_stands_for(cpu):
    odd = np.array([[np.nan, -1, np.inf, 1.7, 0.5]], np.float32)
    zero = np.zeros_like(odd)
    counts, maxima = kernels.light_histogram(zero, odd, zero, cpu=cpu)
    assert (counts[0], counts[262143], counts[131072]) == (2, 2, 1) and maxima == (0, 262143, 0)
    beyond = np.full((1, 3), 4000, np.uint16)  # bits that a 10-bit sample does not have
    counts, maxima = kernels.light_histogram(beyond, beyond, beyond, bits=10, cpu=cpu)
    assert counts[1023] == 3 and maxima == (1023, 1023, 1023)


@pytest.mark.parametrize("format_id", [vs.RGB24, vs.RGB30, vs.RGB36, vs.RGB48, vs.RGBH, vs.RGBS])
def test_the_node_counts_the_active_picture_and_passes_the_clip(format_id):
    rng = np.random.default_rng(3)
    fmt = core.get_video_format(format_id)
    sample = f"{'uint' if fmt.sample_type == vs.INTEGER else 'float'}{8 * fmt.bytes_per_sample}"
    planes = [random_plane(rng, 61, 33, sample, fmt.bits_per_sample) for _ in range(3)]
    out = kernels.plugin().LightHistogram(clip_of([planes], format_id, Custom=7), left=3, right=8, top=2, bottom=5)
    expected, largest = reference([plane[2:-5, 3:-8] for plane in planes], fmt.bits_per_sample)
    with out.get_frame(0) as frame:
        np.testing.assert_array_equal(np.frombuffer(frame.props["LightHistogram"], "<u4"), expected)
        assert tuple(frame.props["LightMax"]) == largest and frame.props["Custom"] == 7
        for got, plane in zip(frame, planes, strict=True):
            np.testing.assert_array_equal(np.asarray(got), plane)


ERRORS = [
    (vs.YUV420P10, {}, "LightHistogram: clip must be RGB; got YUV420P10"),
    (vs.RGB24, {"top": -1}, "LightHistogram: top must be 0 or more pixels; got -1"),
    (vs.RGB24, {"left": 2**40}, "LightHistogram: left, right, top and bottom must leave a part of the picture (16x8)"),
    (vs.RGB24, {"left": 8, "right": 8}, "LightHistogram: left, right, top and bottom must leave a part"),
    (vs.RGB24, {"cpu": "mmx"}, "LightHistogram: cpu must be one of auto, scalar"),
]


@pytest.mark.parametrize("format_id,options,text", ERRORS, ids=[text for *_, text in ERRORS])
def test_errors_say_what_is_allowed(format_id, options, text):
    clip = core.std.BlankClip(format=format_id, width=16, height=8, length=1)
    with pytest.raises(vs.Error) as error:
        kernels.plugin().LightHistogram(clip, **options)
    assert str(error.value).startswith(text)


def test_the_python_face_names_what_is_wrong():
    plane = np.zeros((4, 6), np.uint16)
    with pytest.raises(ValueError, match="red, green and blue must have one size and one type of samples"):
        kernels.light_histogram(plane, plane[:2], plane)
    with pytest.raises(ValueError, match="bits must be 1 to 16; got 17"):
        kernels.light_histogram(plane, plane, plane, bits=17)
