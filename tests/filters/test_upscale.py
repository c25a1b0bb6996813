"""Super-resolution against pictures whose large version is known."""

from __future__ import annotations

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip

import vsplugin
from vsplugin import chain
from vsplugin.training.pictures import crop_to_multiple, imresize, load_rgb, luma_8bit


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((a.astype(float) - b)[6:-6, 6:-6] ** 2)))


def scene(height: int = 192, width: int = 256) -> list[np.ndarray]:
    """Y, Cb, Cr in nominal units: discs, stripes and text-like bars, colours that end where luma ends."""
    y, x = np.mgrid[0:height, 0:width].astype(float) / 2
    luma = 0.4 + 0.2 * np.sin(x / 17) * np.cos(y / 13)
    disc = 1 / (1 + np.exp((np.hypot(x - 45, y - 50) - 22) * 2))
    luma = luma + 0.35 * disc - 0.3 / (1 + np.exp((np.abs(x * 0.8 + y * 0.5 - 95) - 4) * 2))
    luma = luma + 0.1 * np.tanh(3 * np.sin((x + y) / 2.2)) * (x > 80)
    return [np.clip(luma, 0, 1), 0.25 * disc - 0.05, -0.2 * disc + 0.03]


def small_and_large(kind: int) -> tuple[vs.VideoNode, vs.VideoNode]:
    large = to_clip([p.astype(np.float32) for p in scene()], vs.core.get_video_format(vs.YUV444PS), _Matrix=1)
    large = vs.core.resize.Bicubic(large, format=kind)
    return vs.core.resize.Bicubic(large, large.width // 2, large.height // 2), large


def test_luma_gains_over_lanczos():
    small, large = small_and_large(vs.YUV420P16)
    truth = to_arrays(large)[0] / 65535
    ours, lanczos = (
        to_arrays(clip)[0] / 65535
        for clip in (vsplugin.upscale(small), vs.core.resize.Lanczos(small, large.width, large.height))
    )
    assert psnr(ours, truth) > psnr(lanczos, truth) + 1.0


@pytest.mark.parametrize("kind", [vs.YUV420P8, vs.YUV420P16, vs.YUV444P16], ids=["420P8", "420P16", "444P16"])
@pytest.mark.parametrize("location", [0, 1, 2])
def test_chroma_is_sharper_than_bicubic_and_does_not_shift(kind, location):
    small, large = small_and_large(kind)
    if large.format.subsampling_w:
        large = vs.core.resize.Bicubic(large.resize.Bicubic(format=vs.YUV444PS), format=kind, chromaloc=location)
        small = vs.core.resize.Bicubic(large, small.width, small.height)
    top = 2**large.format.bits_per_sample - 1
    truth = to_arrays(large)
    guided, plain = to_arrays(vsplugin.upscale(small)), to_arrays(vsplugin.upscale(small, chroma=0.0))
    for plane in (1, 2):
        assert psnr(guided[plane] / top, truth[plane] / top) > psnr(plain[plane] / top, truth[plane] / top) + 0.2
        assert abs(np.mean(guided[plane].astype(float) - plain[plane])) < 0.002 * top


def test_colour_does_not_bleed_beyond_the_source():
    small, _ = small_and_large(vs.YUV420P16)
    low, high = to_arrays(small), to_arrays(vsplugin.upscale(small))
    for plane in (1, 2):
        assert high[plane].min() >= low[plane].min() - 65 and high[plane].max() <= low[plane].max() + 65


@pytest.mark.parametrize("overshoot", [0.0, 0.25])
def test_luma_stays_within_its_neighbours(overshoot):
    rng = np.random.default_rng(0)
    plane = (rng.random((40, 56)) > 0.5).astype(np.float32)
    out = to_arrays(vsplugin.upscale(to_clip([plane], vs.core.get_video_format(vs.GRAYS)), overshoot=overshoot))[0]
    padded = np.pad(plane, 1, mode="edge")
    windows = np.stack([padded[dy : dy + 40, dx : dx + 56] for dy in range(3) for dx in range(3)])
    low, high = windows.min(0).repeat(2, 0).repeat(2, 1), windows.max(0).repeat(2, 0).repeat(2, 1)
    slack = overshoot * (high - low) + 1e-5
    assert (out >= low - slack).all() and (out <= high + slack).all()
    free = to_arrays(vsplugin.upscale(to_clip([plane], vs.core.get_video_format(vs.GRAYS)), overshoot=None))[0]
    assert (free > high + slack).any() or (free < low - slack).any()


@pytest.mark.parametrize("scale", [3, 4])
def test_larger_scales(scale):
    small, _ = small_and_large(vs.YUV420P8)
    out = vsplugin.upscale(small, scale=scale)
    assert (out.width, out.height) == (small.width * scale, small.height * scale)
    plain = vs.core.resize.Bicubic(small, out.width, out.height)
    difference = to_arrays(out)[0].astype(float) - to_arrays(plain)[0]
    assert 0.5 < np.abs(difference).mean() < 6 and abs(difference.mean()) < 0.5


@pytest.mark.parametrize("model", ["sr4-fast", "sr4-realtime"])
def test_a_x4_model_leaves_no_shift_and_can_be_shrunk(model):
    small, _ = small_and_large(vs.YUV420P16)
    plain = to_arrays(vs.core.resize.Bicubic(small, small.width * 4, small.height * 4))[0] / 65535
    for scale in (2, 3, 4):
        out = to_arrays(vsplugin.upscale(small, scale=scale, model=model))[0] / 65535
        assert out.shape == (small.height * scale, small.width * scale)
    for axis in (0, 1):  # a shift by a quarter of a source pixel would cost more than what the model adds
        moved = [psnr(np.roll(out, step, axis), plain) for step in (-1, 0, 1)]
        assert moved[1] > max(moved[0], moved[2]) + 3


def test_x4_beats_x2_twice_and_lanczos(corpus):
    scores = {"best": [], "x2 twice": [], "lanczos": []}
    for path in sorted((corpus / "public/set5").glob("*.png")):
        rgb = crop_to_multiple(load_rgb(path), 4)
        height, width = rgb.shape[:2]
        low = np.clip(np.rint(imresize(rgb, height // 4, width // 4)), 0, 255).astype(np.uint8)
        small, truth = to_clip([luma_8bit(low)], vs.core.get_video_format(vs.GRAY8)), luma_8bit(rgb)
        for name, out in {
            "best": vsplugin.upscale(small, scale=4),
            "x2 twice": vsplugin.upscale(small, scale=4, model="sr2-fast"),
            "lanczos": vs.core.resize.Lanczos(small, width, height),
        }.items():
            scores[name].append(psnr(to_arrays(out)[0] / 255, truth / 255))
    best, twice, lanczos = (float(np.mean(values)) for values in scores.values())
    assert best > twice + 0.1 and best > lanczos + 1.5, scores


def test_the_model_follows_the_scale():
    clip = vs.core.std.BlankClip(format=vs.GRAY8, width=32, height=32, length=1)
    for scale, name in ((2, "sr2-fast"), (4, "sr4-fast")):
        for arguments in ({}, {"model": None}, {"model": ""}):
            ((_, values),) = chain.resolve(clip, [("upscale", {"scale": scale, **arguments})])
            assert values["model"] == name
        assert list(chain.model_hashes([("upscale", {"scale": scale})])) == [name]


def test_rgb_and_yuv_agree():
    small, _ = small_and_large(vs.YUV444P16)
    rgb = vs.core.resize.Bicubic(small, format=vs.RGBS)
    through_rgb = vs.core.resize.Bicubic(vsplugin.upscale(rgb, overshoot=None), format=vs.YUV444P16, matrix=1)
    direct = vsplugin.upscale(small, overshoot=None, chroma=0.0)
    assert psnr(to_arrays(through_rgb)[0] / 65535, to_arrays(direct)[0] / 65535) > 55


@pytest.mark.parametrize(("file", "gain"), [("walker_768x432.mkv", 1.2), ("parkjoy_480x270.mkv", 0.8)])
def test_gain_over_lanczos_on_real_clips(corpus, file, gain):
    """The clip halved and enlarged again, luma against the clip itself."""
    truth = vs.core.bs.VideoSource(str(corpus / "public/video" / file), cachemode=0)
    width, height = truth.width // 4 * 4, truth.height // 4 * 4
    truth = truth.std.CropAbs(width, height)[:: truth.num_frames // 6]
    half = vs.core.resize.Bicubic(truth, width // 2, height // 2)
    ours, lanczos = vsplugin.upscale(half), vs.core.resize.Lanczos(half, width, height)

    def score(clip: vs.VideoNode) -> float:
        frames = range(min(6, truth.num_frames))
        return float(np.mean([psnr(to_arrays(clip, n)[0] / 255, to_arrays(truth, n)[0] / 255) for n in frames]))

    assert score(ours) > score(lanczos) + gain
