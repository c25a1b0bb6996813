"""What every filter promises whatever it does: format, size, length, props, order of requests, threads, bad pixels."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip

import vsplugin
from vsplugin import models

FORMATS = [
    vs.GRAY8, vs.GRAY10, vs.GRAY16, vs.GRAYH, vs.GRAYS, vs.YUV420P8, vs.YUV420P10, vs.YUV422P8, vs.YUV422P12,
    vs.YUV444P8, vs.YUV444P16, vs.YUV410P8, vs.YUV420PH, vs.YUV420PS, vs.YUV444PS, vs.RGB24, vs.RGB30, vs.RGB48,
    vs.RGBS,
]  # fmt: skip
FILTERS = {
    "upscale": (lambda clip, **options: vsplugin.upscale(clip, **options), 2),
    "upscale x4": (lambda clip, **options: vsplugin.upscale(clip, scale=4, model="sr4-realtime", **options), 4),
    "denoise": (lambda clip, **options: vsplugin.denoise(clip, sigma=8.0, **options), 1),
}
if any(model.task == "deartifact" for model in models.installed()):  # waits for its model
    FILTERS["deartifact"] = (vsplugin.deartifact, 1)


def noisy(kind: int, picture: np.ndarray, width: int = 64, height: int = 48, **props) -> vs.VideoNode:
    form = vs.core.get_video_format(kind)
    rng = np.random.default_rng(5)
    planes = [picture[p][:height, :width].astype(np.float32) - 0.5 * (p > 0) for p in range(3)]
    base = to_clip(planes, vs.core.get_video_format(vs.YUV444PS), _Matrix=1)
    if form.color_family == vs.GRAY:
        base = base.std.ShufflePlanes(0, vs.GRAY)
    out = vs.core.resize.Bicubic(base, format=kind)
    planes = to_arrays(out)
    step = 2 ** (form.bits_per_sample - 8) if form.sample_type == vs.INTEGER else 1 / 255
    top = 2**form.bits_per_sample - 1 if form.sample_type == vs.INTEGER else None
    planes = [np.clip(p + rng.normal(0, 6 * step, p.shape), 0 if top else None, top) for p in planes]
    return to_clip(planes, form, **props)


@pytest.mark.parametrize("kind", FORMATS, ids=lambda k: vs.core.get_video_format(k).name)
@pytest.mark.parametrize("name", FILTERS)
def test_same_format_out_props_kept_pixels_sane(name, kind, picture):
    function, scale = FILTERS[name]
    clip = noisy(kind, picture, HDR10Plus=b"\xb5\x00", MasteringDisplayMaxLuminance=1000.0)
    out = function(clip)
    assert (out.format.id, out.width, out.height) == (kind, clip.width * scale, clip.height * scale)
    assert (out.num_frames, out.fps) == (clip.num_frames, clip.fps)
    with out.get_frame(0) as frame, clip.get_frame(0) as source:
        for key, value in source.props.items():
            assert frame.props[key] == value, key
    # Close to the plain resize of the same clip: no plane swapped, shifted or scaled.
    plain = vs.core.resize.Bicubic(clip, out.width, out.height)
    unit = 2 ** (clip.format.bits_per_sample - 8) if clip.format.sample_type == vs.INTEGER else 1 / 255
    for plane, (a, b) in enumerate(zip(to_arrays(out), to_arrays(plain), strict=True)):
        assert abs(np.mean(a.astype(float) - b)) < 1.0 * unit, plane
        assert np.sqrt(np.mean((a.astype(float) - b) ** 2)) < 20 * unit, plane


@pytest.mark.parametrize("kind", FORMATS, ids=lambda k: vs.core.get_video_format(k).name)
def test_strength_zero_is_exact(kind, picture):
    clip = noisy(kind, picture)
    for got, want in (
        (vsplugin.denoise(clip, strength=0), clip),
        (vsplugin.upscale(clip, strength=0), vs.core.resize.Bicubic(clip, clip.width * 2, clip.height * 2)),
    ):
        for a, b in zip(to_arrays(got), to_arrays(want), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "kind", [vs.GRAY8, vs.YUV444P8, vs.RGBS, vs.GRAYS], ids=lambda k: vs.core.get_video_format(k).name
)
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (33, 17)])
@pytest.mark.parametrize("name", FILTERS)
def test_odd_and_tiny_frames(name, size, kind, picture):
    function, scale = FILTERS[name]
    out = function(noisy(kind, picture, *size))
    assert (out.width, out.height) == (size[0] * scale, size[1] * scale)
    assert all(np.isfinite(plane.astype(float)).all() for plane in to_arrays(out))


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_broken_pixels_stay_where_they_are(name, bad, picture):
    function, scale = FILTERS[name]
    plane = picture[0].astype(np.float32)
    whole = to_arrays(function(to_clip([plane], vs.core.get_video_format(vs.GRAYS))))[0]
    broken = plane.copy()
    broken[40, 30] = bad
    out = to_arrays(function(to_clip([broken], vs.core.get_video_format(vs.GRAYS))))[0]
    far = np.ones_like(out, bool)
    reach = 24
    far[max(0, 40 - reach) * scale : (40 + reach) * scale, max(0, 30 - reach) * scale : (30 + reach) * scale] = False
    np.testing.assert_allclose(out[far], whole[far], atol=2e-3)
    near = out[(40 - 8) * scale : (40 - 4) * scale, (30 - 8) * scale : (30 - 4) * scale]
    assert np.isfinite(near).all(), "one broken pixel must not spoil its surroundings"


@pytest.mark.parametrize("name", FILTERS)
def test_values_beyond_one_survive(name):
    function, scale = FILTERS[name]
    plane = np.full((32, 32), 1.7, np.float32)
    plane[:, 16:] = -0.2
    out = to_arrays(function(to_clip([plane], vs.core.get_video_format(vs.GRAYS))))[0]
    assert out[:, : 8 * scale].mean() == pytest.approx(1.7, abs=0.05)
    assert out[:, -8 * scale :].mean() == pytest.approx(-0.2, abs=0.05)


_ORDER = """
import sys, hashlib, random
import vapoursynth as vs
import vsplugin
core = vs.core
core.num_threads = int(sys.argv[2])
base = core.std.BlankClip(format=vs.YUV420P8, width=160, height=96, length=6)
def fill(n, f):
    import numpy as np
    out, rng = f.copy(), np.random.default_rng(n)
    for p in range(3):
        a = np.asarray(out[p]); a[:] = rng.integers(60, 190, a.shape)
    return out
clip = core.std.ModifyFrame(base, base, fill)
name, _, scale = sys.argv[1].partition(" x")
options = {"sigma": 10.0} if name == "denoise" else {}
if scale:
    options = {"scale": int(scale), "model": f"sr{scale}-realtime"}
out = getattr(vsplugin, name)(clip, **options)
order = list(range(6))
if sys.argv[3] == "random":
    random.Random(1).shuffle(order)
hashes = {}
for n in order:
    with out.get_frame(n) as f:
        hashes[n] = hashlib.sha256(b"".join(bytes(f[p]) for p in range(3))).hexdigest()[:16]
print(*(hashes[n] for n in range(6)))
"""


@pytest.mark.parametrize("name", FILTERS)
def test_any_order_and_any_number_of_threads_give_the_same_pixels(name):
    def run(threads: int, order: str) -> str:
        command = [sys.executable, "-c", _ORDER, name, str(threads), order]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    first = run(1, "forward")
    assert len(set(first.split())) == 6
    assert run(2, "forward") == first
    assert run(2, "random") == first
