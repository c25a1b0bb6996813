"""Denoising against the clean picture under the noise."""

from __future__ import annotations

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip
from flat_colours import LEVELS, side_by_side
from wild_networks import wild_answer

import vsplugin
from vsplugin import models

# Networks as trained; copies in INT8 answer within their calibration only.
NETWORKS = [m.name for m in models.installed() if m.task == "denoise" and "quantised_from" not in m.card]


def mse(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.mean((a.astype(float) - b) ** 2))


def noisy_and_clean(kind: int, picture: np.ndarray, sigma: float) -> tuple[vs.VideoNode, vs.VideoNode]:
    """Noise of ``sigma`` 8-bit steps of full scale in every plane, added at the plane's own size, not clipped."""
    base = to_clip(
        [picture[p].astype(np.float32) - 0.5 * (p > 0) for p in range(3)], vs.core.get_video_format(vs.YUV444PS)
    )
    form = vs.core.get_video_format(kind)
    clean = vs.core.resize.Bicubic(base if form.num_planes > 1 else base.std.ShufflePlanes(0, vs.GRAY), format=kind)
    rng = np.random.default_rng(9)
    planes = [plane + rng.normal(0, sigma / 255, plane.shape).astype(np.float32) for plane in to_arrays(clean)]
    return to_clip(planes, form), clean


@pytest.mark.parametrize("kind", [vs.GRAYS, vs.YUV420PS, vs.YUV422PS, vs.YUV444PS], ids=["gray", "420", "422", "444"])
@pytest.mark.parametrize("sigma", [5.0, 15.0, 30.0])
@pytest.mark.parametrize("model", NETWORKS)
def test_every_plane_comes_closer_to_the_clean_one(kind, sigma, model, picture):
    noisy, clean = noisy_and_clean(kind, picture, sigma)
    out = to_arrays(vsplugin.denoise(noisy, sigma=sigma, model=model))
    for plane, (a, before, truth) in enumerate(zip(out, to_arrays(noisy), to_arrays(clean), strict=True)):
        assert mse(a, truth) < 0.4 * mse(before, truth), plane


def test_measured_noise_does_about_as_well_as_the_true_level(picture):
    big = np.tile(picture, (1, 3, 3))
    noisy, clean = noisy_and_clean(vs.YUV420PS, big, 12.0)
    truth = to_arrays(clean)[0]
    given, measured = (mse(to_arrays(vsplugin.denoise(noisy, **o))[0], truth) for o in ({"sigma": 12.0}, {}))
    assert measured < 1.25 * given


def test_half_strength_is_half_the_change(picture):
    noisy, _ = noisy_and_clean(vs.YUV444PS, picture, 12.0)
    source, half, full = (to_arrays(vsplugin.denoise(noisy, sigma=12.0, strength=s))[0] for s in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(half, (source + full) / 2, atol=1e-5)


def test_a_clean_clip_is_left_alone():
    flat = vs.core.std.BlankClip(format=vs.YUV420P8, width=64, height=64, color=[90, 120, 140], length=1)
    for a, b in zip(to_arrays(vsplugin.denoise(flat)), to_arrays(flat), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("full", [0, 1])
def test_the_range_of_the_samples_is_respected(full, picture):
    """The same picture and noise, stored in limited and in full range: the same restoration (in float32: ort)."""
    inside = np.concatenate([picture[:1] * 0.5 + 0.25, picture[1:]])  # no noise is cut off by the integers' ends
    noisy, _ = noisy_and_clean(vs.YUV444PS, inside, 10.0)
    stored = vs.core.resize.Point(noisy, format=vs.YUV444P16, range=full)
    out = vs.core.resize.Point(vsplugin.denoise(stored, sigma=10.0, backend="ort"), format=vs.YUV444PS)
    for a, b in zip(to_arrays(out), to_arrays(vsplugin.denoise(noisy, sigma=10.0, backend="ort")), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_nothing_is_done_that_taking_noise_off_would_not_do(tmp_path, picture):
    planes = [picture[p].astype(np.float32) - 0.5 * (p > 0) for p in range(3)]
    clip = to_clip(planes, vs.core.get_video_format(vs.YUV444PS))

    def moved(constant: float, gain: float) -> list[np.ndarray]:
        model = wild_answer(tmp_path / f"{constant:g} {gain:g}.onnx", constant, gain, planes=5)
        out = vsplugin.denoise(clip, sigma=4.0, sigma_chroma=2.0, model=model, backend="ort")
        return [a - b for a, b in zip(to_arrays(out), planes, strict=True)]

    for plane in moved(0.9 / 255, 0.0):  # less than half a sigma of all planes
        np.testing.assert_allclose(plane, 0, atol=1e-6, err_msg="large areas stay")
    for plane, most in zip(moved(0.0, 1000.0), (24 / 255, 12 / 255, 12 / 255), strict=True):
        assert np.abs(plane).max() == pytest.approx(most, rel=1e-4)


@pytest.mark.parametrize("sigma", [2.0, 8.0, 25.0])
@pytest.mark.parametrize("model", NETWORKS)
def test_flat_areas_of_any_colour_keep_it(sigma, model):
    planes = side_by_side(112)
    clip = to_clip(planes, vs.core.get_video_format(vs.YUV444PS))
    out = to_arrays(vsplugin.denoise(clip, sigma=sigma, model=model))
    for index in range(len(LEVELS)):
        # 40: beyond the reach of networks (31) and of the means that the filter keeps (8)
        inside = slice(40, -40), slice(112 * index + 40, 112 * index + 72)
        for before, after in zip(planes, out, strict=True):
            assert np.abs(after[inside] - before[inside]).max() < 3 / 255, LEVELS[index]
