"""FlowMatch: the scalar build against numpy written from the formula, the fast builds against the scalar one."""

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

ALL = kernels.cpu_levels()


def smoothed(plane):
    wide = np.pad(plane, 1, mode="edge")
    rows = (wide[:-2] + 2 * wide[1:-1] + wide[2:]) / 4
    return (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 4


def mean9(plane):
    return np.lib.stride_tricks.sliding_window_view(np.pad(plane, 4, mode="edge"), (9, 9)).mean((2, 3))


def matched(frames, neighbours, dx, dy, confidence, sigma, subsampling):
    """The formula in float64; chroma's flow is the mean over the block, over the subsampling."""
    height, width = dx.shape
    fine, smooth, others = (np.zeros(dx.shape) for _ in range(3))
    counting = sum(s > 0 for s in sigma[1:])
    for p, (frame, neighbour, s) in enumerate(zip(frames, neighbours, sigma, strict=True)):
        if s == 0:
            continue
        sw, sh = subsampling if p else (0, 0)
        u, v = (
            d.reshape(height >> sh, 1 << sh, width >> sw, 1 << sw).mean((1, 3)) / (1 << k)
            for d, k in ((dx, sw), (dy, sh))
        )
        difference = warped(neighbour, u, v, None, "catmullrom") - frame.astype(np.float64)
        square = (smoothed(difference) / s) ** 2 / (9 / 64)
        if p == 0:
            fine, smooth = mean9((difference / s) ** 2), mean9(square)
        else:
            others += mean9((square / counting).repeat(1 << sh, 0).repeat(1 << sw, 1))
    weight = 1 / (1 + np.maximum.reduce([np.zeros(dx.shape), 8 * (fine - 2.4), 2 * (smooth - 2.6), 2 * (others - 4)]))
    return weight * (1 if confidence is None else np.nan_to_num(confidence.astype(np.float64)).clip(0, 1))


def near(rng, plane, sigma):
    """The plane with noise, and with an area that is something else."""
    other = plane + rng.normal(0, sigma, plane.shape)
    other[: plane.shape[0] // 2, : plane.shape[1] // 3] += 4 * sigma
    if plane.dtype.kind == "u":
        other = np.rint(other).clip(0, np.iinfo(plane.dtype).max)
    return other.astype(plane.dtype)


@pytest.mark.parametrize("sample,bits", SAMPLES)
@pytest.mark.parametrize("size", SIZES[:-1])
def test_scalar_is_the_formula(size, sample, bits):
    rng = np.random.default_rng(1)
    sigma = 0.05 * (2**bits if sample.startswith("uint") else 1)
    frame = random_plane(rng, *size, sample, bits)
    neighbour = near(rng, frame, sigma)
    dx, dy = (np.rint(random_flow(rng, *size)) * (rng.random(size[::-1]) < 0.1)).astype(np.float32)
    confidence = rng.uniform(-0.3, 1.3, size[::-1]).astype(np.float32)
    confidence.ravel()[::7] = np.nan
    got = kernels.flow_match([frame], [neighbour], dx, dy, confidence, sigma=[sigma], bits=bits, cpu="scalar")
    expected = matched([frame], [neighbour], dx, dy, confidence, [sigma], (0, 0))
    np.testing.assert_allclose(got, expected, rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize("subsampling", [(0, 0), (1, 1), (1, 0), (2, 0)])
@pytest.mark.parametrize("sigma", [[0.05, 0.03, 0.03], [0.05, 0.0, 0.0], [0.0, 0.03, 0.03], [0.0, 0.0, 0.0]])
def test_all_planes_count(subsampling, sigma):
    rng = np.random.default_rng(2)
    shapes = [(24, 40)] + [(24 >> subsampling[1], 40 >> subsampling[0])] * 2
    frames = [rng.random(shape).astype(np.float32) for shape in shapes]
    neighbours = [near(rng, frame, 0.05) for frame in frames]
    dx, dy = random_flow(rng, 40, 24, spread=0.7)
    got = kernels.flow_match(frames, neighbours, dx, dy, sigma=sigma, subsampling=subsampling, cpu="scalar")
    expected = matched(frames, neighbours, dx, dy, None, sigma, subsampling)
    np.testing.assert_allclose(got, expected, rtol=1e-3)
    assert got.min() < 0.9 or not any(sigma)


@pytest.mark.parametrize("cpu", FAST)
@pytest.mark.parametrize("sample,bits", SAMPLES)
@pytest.mark.parametrize("size", SIZES)
def test_fast_equals_scalar_and_keeps_padding(size, sample, bits, cpu):
    rng = np.random.default_rng(3)
    subsampling = (1, 1) if size[0] % 2 == 0 and size[1] % 2 == 0 else (0, 0)
    small = tuple(side >> subsampling[0] for side in size)
    frames = [padded(random_plane(rng, *s, sample, bits)) for s in (size, small, small)]
    neighbours = [padded(random_plane(rng, *s, sample, bits)) for s in (size, small, small)]
    dx, dy = (padded(d) for d in random_flow(rng, *size))
    dx.ravel()[::5] = np.inf
    dy.ravel()[::11] = np.nan
    out = padded(np.zeros_like(dx))
    sigma = [0.3 * (2**bits if sample.startswith("uint") else 1)] * 3
    arguments = {"sigma": sigma, "bits": bits, "subsampling": subsampling}
    kernels.flow_match(frames, neighbours, dx, dy, out=out, cpu=cpu, **arguments)
    assert_same_bits(out.copy(), kernels.flow_match(frames, neighbours, dx, dy, cpu="scalar", **arguments))
    for plane in (out, dx, *frames):
        assert_padding_untouched(plane)


@pytest.mark.parametrize("cpu", ALL)
def test_noise_is_a_match_and_change_is_none(cpu):
    """Two draws of noise on one picture are trusted nearly everywhere, an object that is new is not."""
    rng = np.random.default_rng(4)
    clean = np.cumsum(rng.normal(0, 0.02, (80, 120)), 1)
    first, second = (clean + rng.normal(0, 0.08, clean.shape) for _ in range(2))
    second[20:40, 30:60] += 0.3
    still = np.zeros((80, 120), np.float32)
    planes = [p.astype(np.float32) for p in (first, second)]
    got = kernels.flow_match(planes[:1], planes[1:], still, still, sigma=[0.08], cpu=cpu)
    changed = np.zeros(still.shape, bool)
    changed[14:46, 24:66] = True
    assert got[~changed].mean() > 0.85
    assert got[24:36, 34:56].max() < 0.05


@pytest.mark.parametrize("cpu", ALL)
def test_what_is_no_number_counts_as_no_difference(cpu):
    plane, still = np.full((9, 40), 0.25, np.float32), np.zeros((9, 40), np.float32)
    broken = plane.copy()
    broken[3, 5], broken[4, 20], broken[5, 30] = np.nan, np.inf, -np.inf
    for pair in (([plane], [broken]), ([broken], [plane])):
        np.testing.assert_array_equal(
            kernels.flow_match(*pair, still, still, sigma=[0.01], cpu=cpu), np.ones_like(plane)
        )


@pytest.mark.parametrize("format_id", [vs.YUV420P8, vs.YUV444P16, vs.GRAYS, vs.RGBH, vs.YUV422P10])
def test_the_filter_is_the_function(format_id):
    rng = np.random.default_rng(5)
    fmt = vs.core.get_video_format(format_id)
    width, height = 48, 26
    frames, neighbours = ([random_planes(rng, format_id, width, height) for _ in range(2)] for _ in range(2))
    flow = [[*random_flow(rng, width, height), rng.random((height, width), np.float32)] for _ in range(2)]
    clips = (clip_of(flow, vs.RGBS, Mine=3), clip_of(frames, format_id), clip_of(neighbours, format_id))
    out = kernels.plugin().FlowMatch(*clips, sigma=[40, 30])
    bits = fmt.bits_per_sample
    unit = (2**bits - 1 if fmt.sample_type == vs.INTEGER else 1) / 255
    for n in range(2):
        dx, dy, got = planes_of(out, n)
        assert_same_bits(dx, flow[n][0])
        assert_same_bits(dy, flow[n][1])
        expected = kernels.flow_match(
            frames[n],
            neighbours[n],
            *flow[n],
            sigma=[40 * unit, 30 * unit, 30 * unit][: fmt.num_planes],
            bits=bits,
            subsampling=(fmt.subsampling_w, fmt.subsampling_h),
        )
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-7)
    assert out.get_frame(0).props["Mine"] == 3


@pytest.mark.parametrize(
    "arguments,message",
    [
        ({"sigma": [-1]}, "FlowMatch: sigma must be 0 to 255; got -1"),
        ({"sigma": [1, 2, 3]}, "FlowMatch: sigma must be one number, or two.*got 3"),
        ({"sigma": [1, float("nan")]}, "FlowMatch: sigma must be 0 to 255; got "),
        ({"sigma": [1], "other": vs.GRAY16}, "FlowMatch: neighbour must have the format of clip .*Gray8.*; got Gray16"),
        ({"sigma": [1], "width": 18}, r"FlowMatch: clip must be as large as flow \(16x8\); got 18x8"),
    ],
)
def test_errors_name_the_argument(arguments, message):
    clip = vs.core.std.BlankClip(width=arguments.pop("width", 16), height=8, format=vs.GRAY8, length=3)
    other = clip.std.BlankClip(format=arguments.pop("other", vs.GRAY8))
    flow = vs.core.std.BlankClip(width=16, height=8, format=vs.RGBS, length=3)
    with pytest.raises(vs.Error, match=message):
        kernels.plugin().FlowMatch(flow, clip, other, **arguments)


def test_python_errors_name_the_argument():
    plane = np.zeros((4, 6), np.float32)
    with pytest.raises(ValueError, match="equally many; got 1, 1 and 2"):
        kernels.flow_match([plane], [plane], plane, plane, sigma=[1.0, 1.0])
    with pytest.raises(ValueError, match="the flow's size over their subsampling"):
        kernels.flow_match([plane[:3]], [plane], plane, plane, sigma=[1.0])
