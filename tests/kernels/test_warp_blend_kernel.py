"""WarpBlend: the scalar build against numpy written from the formula, the fast builds against the scalar one."""

import numpy as np
import pytest
import vapoursynth as vs
from kernel_planes import (
    FAST,
    SAMPLES,
    SIZES,
    assert_padding_untouched,
    assert_same_bits,
    clip_of,
    padded,
    planes_of,
    random_flow,
    random_plane,
    random_planes,
    warped,
)

from vsplugin import kernels

MODES = ["catmullrom", "bilinear"]
ALL = kernels.cpu_levels()


def blended(center, neighbours, weights, mode):
    """The weighted mean in float64; `neighbours` hold dx, dy, confidence of the plane's own size."""
    total = np.full(center.shape, float(weights[0]))
    out = weights[0] * center.astype(np.float64)
    for (image, dx, dy, confidence), weight in zip(neighbours, weights[1:], strict=True):
        trust = weight * np.nan_to_num(confidence.astype(np.float64)).clip(0, 1)
        out += trust * warped(image, dx, dy, None, mode)
        total += trust
    return out / total


def neighbours_of(rng, size, sample, bits, count):
    def one():
        confidence = rng.uniform(-0.3, 1.3, size[::-1]).astype(np.float32)
        confidence.ravel()[::7] = np.nan
        return random_plane(rng, *size, sample, bits), *random_flow(rng, *size), confidence

    return [one() for _ in range(count)]


@pytest.mark.parametrize("count", [0, 2, 4, 6])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sample,bits", SAMPLES)
@pytest.mark.parametrize("size", SIZES[:-1])
def test_scalar_is_the_formula(size, sample, bits, mode, count):
    rng = np.random.default_rng(1)
    center = random_plane(rng, *size, sample, bits)
    neighbours = neighbours_of(rng, size, sample, bits, count)
    weights = [1.0, 0.5, 2.0, 0.25, 1.5, 0.0, 1.0][: count + 1]
    got = kernels.warp_blend(center, neighbours, weights=weights, mode=mode, bits=bits, cpu="scalar")
    expected = blended(center, neighbours, weights, mode)
    if center.dtype.kind == "u":
        assert np.abs(got - expected.clip(0, 2**bits - 1)).max() <= 0.5 + 0.03 * 2.0 ** (bits - 16)
    else:
        np.testing.assert_allclose(got, expected, rtol=0, atol=4e-6 if sample == "float32" else 4e-3)


@pytest.mark.parametrize("cpu", FAST)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sample,bits", SAMPLES)
@pytest.mark.parametrize("size", SIZES)
def test_fast_equals_scalar_and_keeps_padding(size, sample, bits, mode, cpu):
    rng = np.random.default_rng(2)
    center = padded(random_plane(rng, *size, sample, bits))
    neighbours = [tuple(padded(plane) for plane in one) for one in neighbours_of(rng, size, sample, bits, 4)]
    neighbours[0][1][...] = 1.3  # all move together
    neighbours[0][2][...] = -2.6
    neighbours[1][1].ravel()[::5] = np.inf
    neighbours[1][2].ravel()[::5] = np.nan
    neighbours[2][1].ravel()[::3] = 3e38
    out = padded(np.zeros_like(center))
    kernels.warp_blend(center, neighbours, mode=mode, bits=bits, out=out, cpu=cpu)
    assert_same_bits(out.copy(), kernels.warp_blend(center, neighbours, mode=mode, bits=bits, cpu="scalar"))
    for plane in (out, center, *neighbours[0]):
        assert_padding_untouched(plane)


@pytest.mark.parametrize("cpu", ALL)
@pytest.mark.parametrize("sample,bits", SAMPLES)
def test_what_is_not_trusted_changes_nothing(sample, bits, cpu):
    rng = np.random.default_rng(3)
    center = random_plane(rng, 90, 20, sample, bits)
    other, dx, dy, _ = neighbours_of(rng, (90, 20), sample, bits, 1)[0]
    for nothing in (0.0, -1.0, np.nan):
        distrust = np.full(center.shape, nothing, np.float32)
        got = kernels.warp_blend(center, [(other, dx, dy, distrust)] * 2, bits=bits, cpu=cpu)
        assert_same_bits(got, center)


@pytest.mark.parametrize("cpu", ALL)
def test_a_neighbours_nan_is_left_out(cpu):
    center, ones = np.full((9, 40), 0.25, np.float32), np.ones((9, 40), np.float32)
    good, bad = np.full_like(center, 0.75), np.full_like(center, np.nan)
    bad[:, 20:] = np.inf
    still = 0 * ones
    got = kernels.warp_blend(center, [(good, still, still, ones), (bad, still, still, ones)], cpu=cpu)
    np.testing.assert_array_equal(got, np.full_like(center, 0.5))


@pytest.mark.parametrize("cpu", ALL)
def test_motion_is_undone_and_noise_averaged(cpu):
    """A texture that moves by known fractions: five warped frames agree with the clean middle one, and noise falls."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:80, :120].astype(np.float64)

    def frame(k):  # moves by (1.4, -0.7) pixels a frame
        u, v = x - 1.4 * k, y + 0.7 * k
        return (0.5 + 0.2 * np.sin(u / 5) + 0.2 * np.cos(v / 6 + u / 9)).astype(np.float32)

    ones = np.ones((80, 120), np.float32)
    noisy = {k: frame(k) + rng.normal(0, 0.05, ones.shape).astype(np.float32) for k in (-2, -1, 0, 1, 2)}
    neighbours = [(noisy[k], 1.4 * k * ones, -0.7 * k * ones, ones) for k in (-2, -1, 1, 2)]
    got = kernels.warp_blend(noisy[0], neighbours, cpu=cpu)
    inner = (slice(6, -6), slice(6, -6))
    error = np.sqrt(np.mean((got - frame(0))[inner] ** 2))
    assert error < 0.05 / np.sqrt(5) * 1.05


@pytest.mark.parametrize("format_id", [vs.YUV420P8, vs.YUV444P16, vs.GRAYS, vs.RGBH, vs.YUV422P10])
def test_the_filter_takes_the_neighbours_of_each_frame(format_id):
    rng = np.random.default_rng(5)
    fmt = vs.core.get_video_format(format_id)
    width, height, length = 48, 26, 5
    frames = [random_planes(rng, format_id, width, height) for _ in range(length)]
    clip = clip_of(frames, format_id)
    flows, flow_planes = [], []
    for _ in range(4):
        planes = [[*random_flow(rng, width, height), rng.random((height, width), np.float32)] for _ in range(length)]
        flow_planes.append(planes)
        flows.append(clip_of(planes, vs.RGBS))
    out = kernels.plugin().WarpBlend(clip, flows, weights=[1, 0.8, 0.4])
    bits = fmt.bits_per_sample
    for n in (0, 1, 2, 4):
        there = [(k, d) for k, d in enumerate((-2, -1, 1, 2)) if 0 <= n + d < length]
        weights = [1.0] + [{1: 0.8, 2: 0.4}[abs(d)] for _, d in there]
        for p, got in enumerate(planes_of(out, n)):
            subsampling = (fmt.subsampling_w, fmt.subsampling_h) if p else (0, 0)
            neighbours = [(frames[n + d][p], *flow_planes[k][n]) for k, d in there]
            expected = kernels.warp_blend(frames[n][p], neighbours, weights=weights, bits=bits, subsampling=subsampling)
            assert_same_bits(got, expected)


def test_the_filter_does_not_read_frames_that_do_not_exist_nor_fails_on_a_single_frame():
    clip = vs.core.std.BlankClip(width=16, height=8, format=vs.GRAY8, length=1, color=77)
    flow = vs.core.std.BlankClip(width=16, height=8, format=vs.RGBS, length=1, color=[1.0, 0.0, 1.0])
    (got,) = planes_of(kernels.plugin().WarpBlend(clip, [flow] * 6))
    assert (got == 77).all()


@pytest.mark.parametrize(
    "arguments,message",
    [
        ({"flows": 1}, "WarpBlend: flows must be 2, 4 or 6 clips, to the frames at -radius .. -1, 1 .. radius; got 1"),
        ({"flows": 8}, "WarpBlend: flows must be 2, 4 or 6 clips.*got 8"),
        ({"weights": [1.0]}, r"WarpBlend: weights must be radius \+ 1 numbers \(2\).*got 1"),
        ({"weights": [0.0, 1.0]}, "WarpBlend: weights must start with one above 0"),
        ({"weights": [1.0, float("nan")]}, "WarpBlend: weights must be 0 to 1000000; got "),
        ({"mode": "cubic"}, "WarpBlend: mode must be catmullrom or bilinear; got cubic"),
        ({"width": 14}, r"WarpBlend: flows must be as large as clip \(14x8\); got 16x8"),
    ],
)
def test_errors_name_the_argument(arguments, message):
    clip = vs.core.std.BlankClip(width=arguments.pop("width", 16), height=8, format=vs.GRAY8, length=3)
    flow = vs.core.std.BlankClip(width=16, height=8, format=vs.RGBS, length=3)
    flows = [flow] * arguments.pop("flows", 2)
    with pytest.raises(vs.Error, match=message):
        kernels.plugin().WarpBlend(clip, flows, **arguments)


def test_python_errors_name_the_argument():
    plane = np.zeros((4, 6), np.float32)
    with pytest.raises(ValueError, match="neighbours must be 0 to 6; got 7"):
        kernels.warp_blend(plane, [(plane,) * 4] * 7)
    with pytest.raises(ValueError, match="every neighbour must have the size and samples of center"):
        kernels.warp_blend(plane, [(plane.astype(np.uint8), plane, plane, plane)])
    with pytest.raises(ValueError, match="weights must be 2 numbers, the centre's first; got 1"):
        kernels.warp_blend(plane, [(plane,) * 4], weights=[1.0])
