"""Noise, compression and blur undone with enlargement, against the picture before all of it."""

from __future__ import annotations

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip
from flat_colours import LEVELS, side_by_side
from wild_networks import wild_answer

import vsplugin
from vsplugin import models
from vsplugin.training import evaluate_restore
from vsplugin.training.evaluate_damage import code_values

installed = any(model.task == "restore" for model in models.installed())
needs_model = pytest.mark.skipif(not installed, reason="no model for restore is installed")
YUV420PS = vs.core.get_video_format(vs.YUV420PS)
YUV444PS = vs.core.get_video_format(vs.YUV444PS)


def floats(picture: np.ndarray) -> list[np.ndarray]:
    return [picture[p].astype(np.float32) - 0.5 * (p > 0) for p in range(3)]


def psnr(luma: np.ndarray, clean: np.ndarray) -> float:
    return 10 * np.log10(255**2 / np.mean((code_values(luma) - clean)[2:-2, 2:-2] ** 2))


@needs_model
def test_damaged_pictures_come_closer_than_through_separate_filters(corpus):
    """Blur, noise and x264 on four pictures of Kodak; the card has all of them and every order of the filters."""
    gains = []
    for number, (_, damaged, clean) in enumerate(evaluate_restore.pictures(corpus / "public/stills")):
        if number % 6:
            continue
        clip = to_clip(list(damaged), YUV420PS, _Matrix=6)
        separate = vsplugin.upscale(vsplugin.deartifact(vsplugin.denoise(clip, sigma=evaluate_restore.NOISE * 255)))
        one, other = (psnr(to_arrays(out)[0], clean) for out in (vsplugin.restore(clip), separate))
        gains.append(one - other)
    assert np.mean(gains) > 0.5 and min(gains) > 0, gains


@needs_model
def test_half_strength_is_half_the_change(picture):
    clip = to_clip(floats(picture), YUV444PS)
    for scale in (1, 2):
        none, half, full = (
            to_arrays(vsplugin.restore(clip, scale=scale, strength=s, overshoot=None)) for s in (0.0, 0.5, 1.0)
        )
        for a, b, c in zip(none, half, full, strict=True):
            np.testing.assert_allclose(b, (a + c) / 2, atol=1e-5)
        assert np.abs(full[0] - none[0]).max() > 0.01


@needs_model
def test_flat_areas_of_any_colour_keep_it():
    planes = side_by_side(96)
    out = to_arrays(vsplugin.restore(to_clip(planes, YUV444PS), scale=1))
    for index in range(len(LEVELS)):
        inside = slice(40, -40), slice(96 * index + 40, 96 * index + 56)
        for before, after in zip(planes, out, strict=True):
            assert np.abs(after[inside] - before[inside]).max() < 2 / 255, LEVELS[index]


def test_strength_zero_is_bicubic_or_the_clip_itself(tmp_path, picture):
    clip = to_clip(floats(picture), YUV444PS)
    model = wild_answer(tmp_path / "wild.onnx", 0.1, 1.0, planes=3, scale=2)
    plain = vs.core.resize.Bicubic(clip, clip.width * 2, clip.height * 2)
    for scale, want in ((1, clip), (2, plain)):
        got = vsplugin.restore(clip, scale=scale, strength=0, model=model)
        for a, b in zip(to_arrays(got), to_arrays(want), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("scale", [1, 2])
def test_whatever_a_network_answers_no_sample_moves_far_and_no_area_shifts(scale, tmp_path, picture):
    clip = to_clip(floats(picture), YUV444PS)
    plain = to_arrays(vsplugin.restore(clip, scale=scale, strength=0, model=wild_answer(tmp_path / "a.onnx", 0, 0, 3)))

    def moved(constant: float, gain: float, limit: float) -> list[np.ndarray]:
        model = wild_answer(tmp_path / f"{constant:g} {gain:g}.onnx", constant, gain, planes=3, scale=2)
        out = vsplugin.restore(clip, scale=scale, model=model, limit=limit, overshoot=None, backend="ort")
        return [a - b for a, b in zip(to_arrays(out), plain, strict=True)]

    for plane in moved(3 / 255, 0.0, 64):
        np.testing.assert_allclose(plane, 0, atol=1e-6)
    for plane in moved(0.0, 1000.0, 6.0):
        assert np.abs(plane).max() == pytest.approx(
            6 / 255, rel=0.2 if scale == 1 else 1e-4
        )  # 1: shrunk, may overshoot


@pytest.mark.parametrize("scale", [1, 2])
def test_samples_leave_the_range_around_them_no_further_than_allowed(scale, tmp_path, picture):
    clip = to_clip(floats(picture), YUV444PS)
    model = wild_answer(tmp_path / "wild.onnx", 0.0, 1000.0, planes=3, scale=2)
    luma = to_arrays(clip)[0]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(luma, 1, mode="edge"), (3, 3))
    low, high = (pick(windows, axis=(2, 3)).repeat(scale, 0).repeat(scale, 1) for pick in (np.min, np.max))
    for overshoot in (0.0, 0.25):
        out = to_arrays(
            vsplugin.restore(clip, scale=scale, model=model, overshoot=overshoot, limit=255, backend="ort")
        )[0]
        room = overshoot * (high - low) + 1e-6
        assert (out <= high + room).all() and (out >= low - room).all()
        assert np.mean((out >= high + room - 1e-4) | (out <= low - room + 1e-4)) > 0.2  # it wants further everywhere


@pytest.mark.parametrize(("location", "place"), [(0, (0.0, 0.5)), (1, (0.5, 0.5)), (2, (0.0, 0.0)), (4, (0.0, 1.0))])
def test_corrections_of_chroma_lie_where_its_samples_lie(location, place, tmp_path):
    """A network that doubles what it sees must double a spot at its own place (H.273, figure 1)."""

    def positions(scale: int) -> list[np.ndarray]:
        """Of the chroma samples, in source pixels from the left and upper edge."""
        return [(np.arange(size * scale) * 2 + at + 0.5) / scale for size, at in zip((48, 32), place, strict=True)]

    def spot(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        distance = (x[None, :] - 47.3) ** 2 + (y[:, None] - 31.6) ** 2
        return (0.3 * np.exp(-distance / 2 / 5.0**2)).astype(np.float32)

    planes = [np.full((64, 96), 0.5, np.float32), spot(*positions(1)), -spot(*positions(1))]
    clip = to_clip(planes, YUV420PS, _ChromaLocation=location)
    model = wild_answer(tmp_path / "doubles.onnx", 0.0, 1.0, planes=3, scale=2)
    full, none = (
        to_arrays(vsplugin.restore(clip, model=model, overshoot=None, backend="ort", strength=s)) for s in (1.0, 0.0)
    )
    x, y = positions(2)
    for before, after in zip(none[1:], full[1:], strict=True):
        for picture in (before, after - before):
            weight = np.maximum(np.abs(picture) - 0.05, 0)
            centre = (weight * x).sum() / weight.sum(), (weight * y[:, None]).sum() / weight.sum()
            np.testing.assert_allclose(centre, (47.3, 31.6), atol=0.02)


def test_wrong_arguments_are_named(tmp_path):
    clip = vs.core.std.BlankClip(format=vs.YUV420P8, width=32, height=32, length=1)
    with pytest.raises(vs.Error, match=r"^restore: limit must be in \[0, 255\] 8-bit steps; got 300$"):
        vsplugin.restore(clip, limit=300)
    with pytest.raises(vs.Error, match=r"^restore: scale must be one of 1, 2; got 3$"):
        vsplugin.restore(clip, scale=3)
    there = r"model must be one of .*restore2.*; got 'denoise-fast'"
    with pytest.raises(vs.Error, match=there if installed else "restore: model: none for restore is installed"):
        vsplugin.restore(clip, model="denoise-fast")
    same = wild_answer(tmp_path / "same.onnx", 0, 1, 3)
    with pytest.raises(vs.Error, match=r"restore: model same\.onnx must return three planes of 2 times the size"):
        vsplugin.restore(clip, model=same)
