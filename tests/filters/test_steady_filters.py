"""What deflicker and stabilize both promise, whatever they are given."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

import vsplugin

sys.path.insert(0, str(Path(__file__).parents[1]))
from steady import scenes

FILTERS = {"deflicker": vsplugin.deflicker, "stabilize": vsplugin.stabilize}
both = pytest.mark.parametrize("function", FILTERS.values(), ids=FILTERS)


def unsteady(frames: int = 9, seed: int = 3) -> list[np.ndarray]:
    x, y = scenes.grid()
    rng = np.random.default_rng(seed)
    return [
        scenes.texture(x + rng.uniform(-3, 3), y + rng.uniform(-3, 3)) * rng.uniform(0.92, 1.08) for _ in range(frames)
    ]


@pytest.fixture(scope="module")
def shaking() -> list[np.ndarray]:
    return unsteady()


def same(one: vs.VideoNode, other: vs.VideoNode) -> bool:
    a, b = scenes.planes(one), scenes.planes(other)
    return all(np.array_equal(p, q) for f, g in zip(a, b, strict=True) for p, q in zip(f, g, strict=True))


@both
def test_any_order_and_any_number_of_threads(function, shaking):
    clip = scenes.clip_of(shaking, vs.YUV420P8)
    threads = vs.core.num_threads
    try:
        vs.core.num_threads = 1
        once = scenes.planes(function(clip, radius=4))
        vs.core.num_threads = 4
        out = function(clip, radius=4)
        order = [7, 0, 8, 3, 3, 1, 6, 2, 5, 4]
        futures = [out.get_frame_async(n) for n in order]
        for n, future in zip(order, futures, strict=True):
            with future.result() as frame:
                assert all(np.array_equal(frame[p], once[n][p]) for p in range(3)), n
    finally:
        vs.core.num_threads = threads
    assert not same(out, clip)


@both
def test_strength_zero_is_the_clip_itself(function, shaking):
    clip = scenes.clip_of(shaking)
    assert function(clip, strength=0) is clip


@both
@pytest.mark.parametrize("frames", [1, 2])
def test_one_and_two_frames(function, frames, shaking):
    clip = scenes.clip_of(shaking[:frames], vs.YUV420P10)
    assert same(function(clip), clip)


@both
def test_cuts_on_every_frame(function):
    x, y = scenes.grid()
    clip = scenes.clip_of([scenes.texture(x, y, seed) for seed in range(5)], vs.GRAY8)
    assert same(function(clip), clip)


@both
@pytest.mark.parametrize("what", ["black", "white", "grey", "below black", "noise"])
def test_nothing_to_go_by(function, what):
    shape, rng = (scenes.HEIGHT, scenes.WIDTH), np.random.default_rng(1)
    level = {"black": 0.0, "white": 1.0, "grey": 0.5, "below black": -0.05, "noise": 0.0}[what]
    pictures = [np.full(shape, level) + (what == "noise") * rng.uniform(0, 1, shape) for _ in range(5)]
    clip = scenes.clip_of(pictures, vs.GRAYS)
    np.testing.assert_array_equal(scenes.lumas(function(clip)), scenes.lumas(clip))


KINDS = [vs.GRAY8, vs.GRAYH, vs.YUV410P8, vs.YUV422P12, vs.YUV444P16, vs.YUV420PS, vs.RGB24, vs.RGB48, vs.RGBS]


@both
@pytest.mark.parametrize("kind", KINDS, ids=lambda k: vs.core.get_video_format(k).name)
def test_formats_sizes_and_properties(function, kind, shaking):
    form = vs.core.get_video_format(kind)
    clip = scenes.clip_of(shaking[:5], vs.YUV444PS if form.color_family == vs.RGB else kind, HDR10Plus=b"\xb5")
    clip = clip.resize.Bicubic(format=kind)
    out = function(clip)
    assert (out.format.id, out.width, out.height, out.num_frames, out.fps) == (
        kind, clip.width, clip.height, clip.num_frames, clip.fps,
    )  # fmt: skip
    unit = 1 if form.sample_type == vs.FLOAT else 2**form.bits_per_sample - 1
    for n, (frame, source) in enumerate(zip(out.frames(), clip.frames(), strict=True)):
        assert dict(frame.props) == dict(source.props), n
        for p in range(form.num_planes):
            a, b = (np.asarray(f[p], np.float64) / unit for f in (frame, source))
            assert abs(a.mean() - b.mean()) < 0.06 and np.abs(a - b).mean() < 0.1, (n, p)
    assert not same(out, clip)


@both
@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 7), (17, 9), (40, 24)])
def test_tiny_frames(function, size):
    rng = np.random.default_rng(2)
    pictures = [rng.uniform(0.2, 0.8, size[::-1]) for _ in range(4)]
    out = scenes.lumas(function(scenes.clip_of(pictures)))
    assert out.shape == (4, size[1], size[0]) and np.isfinite(out).all()
    if all(side % 2 == 0 for side in size):
        function(scenes.clip_of(pictures, vs.YUV420P8)).get_frame(1)


@both
def test_broken_pixels_stay_small(function, shaking):
    broken = [picture.copy() for picture in shaking[:5]]
    broken[2][40, 60], broken[2][90, 100] = np.nan, np.inf
    out = scenes.lumas(function(scenes.clip_of(broken)))
    whole = scenes.lumas(function(scenes.clip_of(shaking[:5])))
    bad = ~np.isfinite(out)
    assert bad.sum() <= 800 and not bad[[0, 4]].any()
    assert np.abs(out - whole)[~bad].max() < 0.05


@both
def test_values_beyond_one_survive(function, shaking):
    bright = [picture * 3 - 0.5 for picture in shaking[:5]]
    out = scenes.lumas(function(scenes.clip_of(bright)))
    assert out.max() > 1.5 and out.min() < -0.1


@both
def test_bad_input_is_refused(function, shaking):
    name = function.__name__
    clip = scenes.clip_of(shaking[:4], vs.YUV420P8)
    small = clip.resize.Point(96, 64)
    with pytest.raises(vs.Error, match=f"{name}: clip must have one format and one size"):
        function(vs.core.std.Splice([clip, small], mismatch=True))
    with pytest.raises(vs.Error, match=f"{name}: clip is interlaced .*deinterlace it first"):
        function(clip.std.SetFieldBased(2))
    with pytest.raises(vs.Error, match=f"{name}: radius must be in \\[2, 60\\] frames; got 0"):
        function(clip, radius=0)
    with pytest.raises(vs.Error, match=f"{name}: strength must be in \\[0, 1\\]; got 1.5"):
        function(clip, strength=1.5)
    with pytest.raises(vs.Error, match=f"{name}: no parameter 'radios'; did you mean 'radius'"):
        function(clip, radios=3)


@pytest.mark.parametrize("name,measure", [("deflicker", "flicker.change"), ("stabilize", "weave.movement")])
def test_every_pair_is_measured_once(name, measure, shaking, monkeypatch):
    from vsplugin import steady

    module = getattr(steady, measure.split(".")[0])
    function, calls = getattr(module, measure.split(".")[1]), []

    def counted(*arguments, **options):
        calls.append(1)
        return function(*arguments, **options)

    monkeypatch.setattr(module, measure.split(".")[1], counted)
    out = FILTERS[name](scenes.clip_of(shaking), radius=5)
    for n in (*range(9), 4, 8, 0):
        out.get_frame(n).close()
    assert len(calls) == 8
