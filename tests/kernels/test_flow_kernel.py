"""FlowConfidence and FlowResize: the scalar build against numpy, the fast builds against the scalar one."""

import numpy as np
import pytest
import vapoursynth as vs
from kernel_planes import (
    FAST,
    SIZES,
    assert_padding_untouched,
    assert_same_bits,
    clip_of,
    padded,
    planes_of,
    random_flow,
    warped,
)

from vsplugin import kernels

ALL = kernels.cpu_levels()


def flows(rng, size):
    """There and back again: nearly inverse in most places, unrelated in some, unknown in a few."""
    forward, back = random_flow(rng, *size, spread=2.0), random_flow(rng, *size, spread=0.4)
    forward[:, ::2] = rng.normal(0, 0.4, forward[:, ::2].shape)
    forward[:, 1::5, ::4] = np.nan
    back[0, ::6, 1::5] = np.inf
    return forward, back


def consistent(forward, back, alpha, beta):
    """Squared miss and bound of equation 5 in float64, and where a target lies on the picture."""
    dx, dy = forward.astype(np.float64)
    height, width = dx.shape
    y, x = np.mgrid[:height, :width]
    left, top = (np.floor(p + np.nan_to_num(d)).astype(int) for p, d in ((x, dx), (y, dy)))
    unknown = np.zeros(dx.shape, bool)
    for j, i in np.ndindex(2, 2):
        tap = back[:, (top + j).clip(0, height - 1), (left + i).clip(0, width - 1)]
        unknown |= ~np.isfinite(tap).all(0)
    with np.errstate(invalid="ignore"):
        there = np.stack([warped(np.where(np.isfinite(plane), plane, 0), dx, dy, None, "bilinear") for plane in back])
        miss = (dx + there[0]) ** 2 + (dy + there[1]) ** 2
        bound = alpha * (dx**2 + dy**2 + there[0] ** 2 + there[1] ** 2) + beta
        px, py = x + dx, y + dy
        inside = (px >= -0.5) & (px < width - 0.5) & (py >= -0.5) & (py < height - 0.5)
    return miss, bound, inside & ~unknown


@pytest.mark.parametrize("alpha,beta", [(0.01, 0.5), (0.05, 2.0), (0.0, 0.1)])
@pytest.mark.parametrize("size", SIZES)
def test_scalar_confidence_is_the_formula(size, alpha, beta):
    forward, back = flows(np.random.default_rng(1), size)
    got = kernels.flow_confidence(*forward, *back, alpha=alpha, beta=beta, cpu="scalar")
    miss, bound, inside = consistent(forward, back, alpha, beta)
    with np.errstate(invalid="ignore"):
        expected = inside & (miss < bound)
        clear = ~inside | (np.abs(miss - bound) > 1e-4 * (miss + bound))
    np.testing.assert_array_equal(got[clear], expected[clear].astype(np.float32))
    assert clear.mean() > 0.99


@pytest.mark.parametrize("softness", [0.25, 1.0])
def test_softness_is_a_slope_around_the_bound(softness):
    forward, back = flows(np.random.default_rng(2), (129, 67))
    prior = np.random.default_rng(3).random((67, 129), np.float32)
    got = kernels.flow_confidence(*forward, *back, prior, softness=softness, cpu="scalar")
    miss, bound, inside = consistent(forward, back, 0.01, 0.5)
    with np.errstate(invalid="ignore"):
        slope = np.clip(((1 + softness) * bound - miss) / (2 * softness * bound), 0, 1)
    np.testing.assert_allclose(got, np.where(inside, slope, 0) * prior, rtol=0, atol=2e-5)


def test_an_object_in_front_is_seen_as_occlusion():
    """A square moves right by 6 over a still ground: exactly what it is about to cover has no counterpart."""
    forward, back = np.zeros((2, 40, 60), np.float32), np.zeros((2, 40, 60), np.float32)
    forward[0, 10:30, 20:40] = 6  # now at 20..39
    back[0, 10:30, 26:46] = -6  # in the next frame at 26..45
    got = kernels.flow_confidence(*forward, *back)
    covered = np.zeros((40, 60), bool)
    covered[10:30, 40:46] = True
    np.testing.assert_array_equal(got == 0, covered)


@pytest.mark.parametrize("cpu", FAST)
@pytest.mark.parametrize("softness", [0.0, 0.5])
@pytest.mark.parametrize("size", SIZES)
def test_fast_confidence_equals_scalar_and_keeps_padding(size, softness, cpu):
    rng = np.random.default_rng(4)
    forward, back = (np.stack(pair) for pair in flows(rng, size))
    forward[0].ravel()[::11] = 3e38
    planes = [padded(plane) for plane in (*forward, *back, rng.uniform(-1, 2, forward[0].shape).astype(np.float32))]
    out = padded(np.zeros_like(planes[0]))
    kernels.flow_confidence(*planes, softness=softness, out=out, cpu=cpu)
    assert_same_bits(out.copy(), kernels.flow_confidence(*planes, softness=softness, cpu="scalar"))
    assert np.isfinite(out).all()
    for plane in (out, *planes):
        assert_padding_untouched(plane)


def resized(dx, dy, confidence, width, height):
    """Means of the known vectors around each centre, in float64."""

    def weights(to, size):
        position = (np.arange(to) + 0.5) * size / to - 0.5
        table = np.zeros((to, size))
        for i, p in enumerate(position):
            for j in (np.floor(p), np.floor(p) + 1):
                table[i, int(np.clip(j, 0, size - 1))] += 1 - abs(p - j)
        return table

    rows, columns = weights(height, dx.shape[0]), weights(width, dx.shape[1])
    known = np.isfinite(dx) & np.isfinite(dy)

    def enlarge(plane):
        return rows @ np.where(known, plane, 0).astype(np.float64) @ columns.T

    share = enlarge(np.ones_like(dx))
    with np.errstate(invalid="ignore", divide="ignore"):
        vectors = [
            np.where(share > 0, enlarge(plane) / share * ratio, 0)
            for plane, ratio in ((dx, width / dx.shape[1]), (dy, height / dx.shape[0]))
        ]
    return *vectors, enlarge(np.nan_to_num(confidence).clip(0, 1))


SCALES = [((1, 1), (7, 3)), ((5, 3), (5, 3)), ((9, 7), (18, 28)), ((33, 17), (129, 67)), ((160, 90), (640, 361))]


@pytest.mark.parametrize("size,to", SCALES)
def test_scalar_resize_is_the_formula(size, to):
    rng = np.random.default_rng(5)
    dx, dy = random_flow(rng, *size)
    confidence = rng.uniform(-0.2, 1.2, dx.shape).astype(np.float32)
    dx[1::4, ::3] = np.nan
    dy[:, 4::7] = np.inf
    dx[-3:, -3:] = np.nan if size[0] > 3 else dx[-3:, -3:]
    got = kernels.resize_flow(dx, dy, confidence, width=to[0], height=to[1], cpu="scalar")
    for plane, expected in zip(got, resized(dx, dy, confidence, *to), strict=True):
        np.testing.assert_allclose(plane, expected, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("cpu", ALL)
def test_resize_to_the_same_size_changes_no_known_vector(cpu):
    dx, dy = random_flow(np.random.default_rng(6), 37, 21)
    dx[3, 4] = np.nan
    got = kernels.resize_flow(dx, dy, width=37, height=21, cpu=cpu)
    known = np.isfinite(dx)
    np.testing.assert_array_equal(got[0], np.where(known, dx, 0))
    np.testing.assert_array_equal(got[1], np.where(known, dy, 0))
    np.testing.assert_array_equal(got[2], known)


@pytest.mark.parametrize("cpu", FAST)
@pytest.mark.parametrize("size,to", SCALES)
def test_fast_resize_equals_scalar_and_keeps_padding(size, to, cpu):
    rng = np.random.default_rng(7)
    planes = [padded(p) for p in (*random_flow(rng, *size), rng.uniform(-1, 2, size[::-1]).astype(np.float32))]
    planes[0].ravel()[::5] = np.nan
    got = kernels.resize_flow(*planes, width=to[0], height=to[1], cpu=cpu)
    for fast, slow in zip(got, kernels.resize_flow(*planes, width=to[0], height=to[1], cpu="scalar"), strict=True):
        assert_same_bits(fast, slow)
    for plane in planes[1:]:
        assert_padding_untouched(plane)


def test_filters_are_the_functions():
    rng = np.random.default_rng(8)
    forward, back = (np.stack([*pair, rng.random((22, 30), np.float32)]) for pair in flows(rng, (30, 22)))
    plugin = kernels.plugin()
    there, here = clip_of([list(forward)], vs.RGBS), clip_of([list(back)], vs.RGBS)
    got = planes_of(plugin.FlowConfidence(there, here, alpha=0.02, beta=0.4, softness=0.3))
    assert_same_bits(got[0], forward[0])
    assert_same_bits(got[1], forward[1])
    expected = kernels.flow_confidence(*forward[:2], *back[:2], forward[2], alpha=0.02, beta=0.4, softness=0.3)
    assert_same_bits(got[2], expected)
    large = planes_of(plugin.FlowResize(there, 60, 45))
    for plane, wanted in zip(large, kernels.resize_flow(*forward, width=60, height=45), strict=True):
        assert_same_bits(plane, wanted)


@pytest.mark.parametrize(
    "call,message",
    [
        (lambda p, c: p.FlowConfidence(c, c, alpha=-1), "FlowConfidence: alpha must be 0 to 1000000; got -1"),
        (lambda p, c: p.FlowConfidence(c, c, softness=2), "FlowConfidence: softness must be 0 to 1; got 2"),
        (lambda p, c: p.FlowConfidence(c, c[:2]), "FlowConfidence: backward must have as many frames as forward"),
        (lambda p, c: p.FlowResize(c, 8, 20), r"FlowResize: width must be 16 \(the flow's\) to 65536; got 8"),
        (lambda p, c: p.FlowResize(vs.core.std.BlankClip(c, format=vs.GRAYS), 32, 20), "FlowResize: flow must be RGBS"),
    ],
)
def test_errors_name_the_argument(call, message):
    clip = vs.core.std.BlankClip(width=16, height=10, format=vs.RGBS, length=3)
    with pytest.raises(vs.Error, match=message):
        call(kernels.plugin(), clip)
