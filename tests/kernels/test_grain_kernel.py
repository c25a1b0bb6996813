"""Grain: against numpy written from the formula, builds against each other, and what makes noise be noise."""

import numpy as np
import pytest
import vapoursynth as vs
from kernel_planes import FAST, SIZES, assert_padding_untouched, assert_same_bits, clip_of, padded, planes_of

from vsplugin import kernels

TONES = [0.1, 0.4, 0.75]


def mixed(h):
    h = np.asarray(h, np.uint32)
    with np.errstate(over="ignore"):
        h = (h ^ (h >> 16)) * np.uint32(0x7FEB352D)
        h = (h ^ (h >> 15)) * np.uint32(0x846CA68B)
    return h ^ (h >> 16)


def u32(value):
    return np.asarray(np.asarray(value, np.int64) & 0xFFFFFFFF, np.uint32)


def white(width, height, margin, seed, frame, stream):
    """Noise of the rows -margin..height + margin and as many columns, float64."""
    key = np.int64(mixed(u32(np.int64(mixed(u32(np.int64(mixed(u32(seed + 0x9E3779B9))) + frame))) + stream)))
    y, x = np.arange(-margin, height + margin), np.arange(-margin, width + margin)
    rows = mixed(u32(key + y)).astype(np.int64)
    bytes_ = mixed(u32(rows[:, None] + x[None, :]))[..., None].view(np.uint8).astype(np.float64).sum(-1)
    return (bytes_ - 510) / np.sqrt(4 * (256**2 - 1) / 12)


def reference(level, taps, mix, seed, frame):
    side, (height, width) = taps.shape[1], level.shape
    noise = sum(part * white(width, height, side // 2, seed, frame, stream) for stream, part in enumerate(mix))
    windows = np.lib.stride_tricks.sliding_window_view(noise, (side, side))
    fields = np.einsum("tji,yxji->tyx", taps.astype(np.float64), windows)
    shares = np.stack([np.interp(level, TONES, np.eye(len(TONES))[tone]) for tone in range(len(TONES))])
    return (shares * fields).sum(0)


def some_taps(side):
    return np.random.default_rng(side).normal(0, 1 / side, (len(TONES), side, side)).astype(np.float32)


@pytest.mark.parametrize("width,height", SIZES[:4])
@pytest.mark.parametrize("side", [1, 7, 13])
def test_scalar_is_the_formula(width, height, side):
    level = np.random.default_rng(1).uniform(-0.2, 1.2, (height, width)).astype(np.float32)
    taps, mix = some_taps(side), (0.8, 0.0, -0.6)
    got = kernels.grain(level, TONES, taps, mix=mix, seed=7, frame=41, cpu="scalar")
    np.testing.assert_allclose(got, reference(level, taps, mix, 7, 41), rtol=0, atol=2e-5)


@pytest.mark.parametrize("cpu", FAST)
@pytest.mark.parametrize("width,height", SIZES)
def test_fast_equals_scalar_and_keeps_padding(width, height, cpu):
    rng = np.random.default_rng(2)
    level = padded(rng.uniform(-0.2, 1.2, (height, width)).astype(np.float32))
    level[rng.random(level.shape) < 0.05] = np.nan
    out = padded(np.zeros_like(level))
    options = {"mix": (0.5, 0.5, 0.7), "seed": 2**32 - 1, "frame": 3}
    kernels.grain(level, TONES, some_taps(9), **options, out=out, cpu=cpu)
    assert_same_bits(out.copy(), kernels.grain(level, TONES, some_taps(9), **options, cpu="scalar"))
    assert (out[np.isnan(level)] == 0).all()
    for plane in (out, level):
        assert_padding_untouched(plane)


def test_the_noise_is_white_and_new_in_every_frame_stream_and_seed():
    level, one = np.full((256, 256), 0.5, np.float32), np.ones((1, 1, 1), np.float32)

    def draw(seed=0, frame=0, mix=(1.0,)):
        return kernels.grain(level, [0.5], one, mix=mix, seed=seed, frame=frame).astype(np.float64)

    first = draw()
    assert abs(first.mean()) < 0.01 and abs(first.std() - 1) < 0.01
    power = np.abs(np.fft.fft2(first)) ** 2 / first.size
    power[0, 0] = 1
    rows, columns = np.mgrid[0:256, 0:256]
    for half in (rows < 128, columns < 128, (rows + columns) % 2 == 0):  # no direction or frequency is preferred
        assert abs(power[half].mean() - 1) < 0.03
    others = [draw(seed=1), draw(frame=1), draw(mix=(0.0, 1.0)), np.roll(first, 1, 0), np.roll(first, 1, 1)]
    for other in others:
        assert abs((first * other).mean()) < 0.02


@pytest.mark.parametrize("n", [0, 5])
def test_the_clip_is_the_plane_at_its_frame_number(n):
    level = np.random.default_rng(4).uniform(0, 1, (37, 70)).astype(np.float32)
    clip = clip_of([[level]] * 6, vs.GRAYS, Custom=b"kept")
    taps = some_taps(5)
    out = kernels.plugin(vs.core).Grain(clip, TONES, taps.ravel().tolist(), side=5, mix=[0.6, 0.8], seed=9)
    assert_same_bits(planes_of(out, n)[0], kernels.grain(level, TONES, taps, mix=(0.6, 0.8), seed=9, frame=n))
    assert out.get_frame(n).props["Custom"] == b"kept"


@pytest.mark.parametrize(
    "arguments,words",
    [
        ({"side": 4}, "side must be odd"),
        ({"tones": [0.5, 0.5, 0.6]}, "tones must ascend"),
        ({"taps": [1.0]}, "taps must be side"),
        ({"taps": [float("nan")] * 27}, "taps must be finite"),
        ({"mix": [1.0] * 4}, "at most 3"),
        ({"level": vs.core.std.BlankClip(format=vs.GRAY8)}, "level must be GrayS"),
    ],
)
def test_wrong_arguments_are_named(arguments, words):
    given = {"level": vs.core.std.BlankClip(format=vs.GRAYS), "tones": TONES, "taps": [0.1] * 27, "side": 3}
    with pytest.raises(vs.Error, match="Grain: .*" + words):
        kernels.plugin(vs.core).Grain(**{**given, **arguments})
