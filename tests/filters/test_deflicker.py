"""deflicker against flicker that is known, and against changes that are none."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

import vsplugin

sys.path.insert(0, str(Path(__file__).parents[1]))
from steady import scenes

FRAMES = 36


def scene(frames: int = FRAMES, seed: int = 0) -> list[np.ndarray]:
    """A slow pan, and a bright disc that crosses the picture."""
    x, y = scenes.grid()
    out = []
    for n in range(frames):
        picture = scenes.texture(x + 0.4 * n, y, seed)
        picture[np.hypot(x - 10 - 4.5 * n, y - 60) < 18] = 0.85
        out.append(picture)
    return out


def gains(frames: int = FRAMES, seed: int = 7) -> list[np.ndarray]:
    """±8 % over all, ±5 % from top to bottom, ±6 % in a corner, each frame by itself."""
    x, y = scenes.grid()
    x, y = x / scenes.WIDTH * 2 - 1, y / scenes.HEIGHT * 2 - 1
    levels = np.random.default_rng(seed).uniform(-1, 1, (frames, 3))
    return [(1 + 0.08 * a) * (1 + 0.05 * b * y) * (1 + 0.03 * c * (1 + x) * (1 + y)) for a, b, c in levels]


def means(pictures) -> np.ndarray:
    """``(frames, 24)``: of 6x4 parts of the picture."""
    pictures = np.asarray(pictures)
    return pictures.reshape(len(pictures), 4, scenes.HEIGHT // 4, 6, scenes.WIDTH // 6).mean((2, 4)).reshape(-1, 24)


def left(result, truth, flickering) -> float:
    """The part of the frame-to-frame variation of local means that is left."""
    change = [np.diff(np.log(means(pictures) / means(truth)), axis=0).std() for pictures in (result, flickering)]
    return change[0] / change[1]


@pytest.fixture(scope="module")
def truth() -> list[np.ndarray]:
    return scene()


@pytest.fixture(scope="module")
def flickering(truth) -> list[np.ndarray]:
    return [picture * gain for picture, gain in zip(truth, gains(), strict=True)]


def test_flicker_goes_where_things_move(truth, flickering):
    result = scenes.lumas(vsplugin.deflicker(scenes.clip_of(flickering, vs.YUV420P8)))
    assert left(result, truth, flickering) < 0.05


def test_half_strength_leaves_half(truth, flickering):
    result = scenes.lumas(vsplugin.deflicker(scenes.clip_of(flickering), strength=0.5))
    assert left(result, truth, flickering) == pytest.approx(0.5, abs=0.04)


def test_an_offset_that_flickers_goes(truth):
    levels = np.random.default_rng(3).uniform(-0.02, 0.02, FRAMES)
    fogged = [picture + level for picture, level in zip(truth, levels, strict=True)]
    result = scenes.lumas(vsplugin.deflicker(scenes.clip_of(fogged)))
    assert left(result, truth, fogged) < 0.1

    # In shadows and highlights alike: a gain alone would leave the difference between them.
    def spread(pictures) -> list[float]:
        logs = np.log(np.asarray(pictures) / truth)
        parts = zip(logs, np.asarray(truth) < 0.3, np.asarray(truth) > 0.7, strict=True)
        return [float(log[dark].mean() - log[bright].mean()) for log, dark, bright in parts]

    assert np.diff(spread(result)).std() < 0.25 * np.diff(spread(fogged)).std()


@pytest.mark.parametrize(
    "exposure",
    [
        np.interp(np.arange(FRAMES), [0, 12, 28, FRAMES], [1, 1, 0.1, 0.1]),
        np.interp(np.arange(FRAMES), [0, 10, 14, FRAMES], [0.5, 0.5, 0.9, 0.9]),
        0.7 + 0.25 * np.sin(np.arange(FRAMES) / 6),
        1.03 ** -np.arange(FRAMES),
    ],
    ids=["fade", "ramp", "dimmer", "iris"],
)
def test_fades_and_ramps_stay(truth, exposure):
    pictures = [picture * level for picture, level in zip(truth, exposure, strict=True)]
    result = scenes.lumas(vsplugin.deflicker(scenes.clip_of(pictures)))
    np.testing.assert_allclose(means(result), means(pictures), atol=0.002, rtol=0.01)


def test_flashes_and_lights_stay(truth):
    exposure = np.ones(FRAMES)
    exposure[12] = 1.6  # a flash
    exposure[24:] = 0.6  # a lamp goes out
    pictures = [np.minimum(picture * level, 0.97) for picture, level in zip(truth, exposure, strict=True)]
    result = scenes.lumas(vsplugin.deflicker(scenes.clip_of(pictures)))
    np.testing.assert_allclose(result, pictures, atol=1e-3)


@pytest.mark.parametrize("share", [0.2, 0.3])
def test_another_picture_laid_over_a_frame_is_no_flicker(truth, flickering, share):
    """A double exposure, the other picture twice as bright on the left as on the right: that frame stays as it is.

    And the flicker of the others goes as far as it does without.
    """
    other = scenes.texture(*scenes.grid(), seed=11) * np.interp(scenes.grid()[0], [0, scenes.WIDTH], [1.2, 0.6])
    laid = list(flickering)
    laid[20] = (1 - share) * laid[20] + share * other
    result = scenes.lumas(vsplugin.deflicker(scenes.clip_of(laid)))
    np.testing.assert_allclose(result[20], laid[20], atol=1e-3)
    for part in (slice(0, 20), slice(21, None)):
        assert left(result[part], truth[part], laid[part]) < 0.04


def test_scenes_do_not_know_each_other(flickering):
    other = [picture * gain for picture, gain in zip(scene(20, 5), gains(20, 8), strict=True)]
    first, second = scenes.clip_of(flickering[:20]), scenes.clip_of(other)
    together = scenes.lumas(vsplugin.deflicker(first + second))
    apart = scenes.lumas(vsplugin.deflicker(first) + vsplugin.deflicker(second))
    np.testing.assert_array_equal(together, apart)
    assert not np.array_equal(together, scenes.lumas(first + second))


def test_only_the_window_counts(flickering):
    clip = scenes.clip_of(flickering)
    whole = scenes.lumas(vsplugin.deflicker(clip, radius=5))[15]
    alone = scenes.lumas(vsplugin.deflicker(clip[10:21], radius=5))[5]
    np.testing.assert_array_equal(whole, alone)


def test_colours_keep_their_saturation(flickering):
    result = vsplugin.deflicker(scenes.clip_of(flickering, vs.YUV444PS))
    for y, u, v in scenes.planes(result):
        np.testing.assert_allclose(u / y, 0.2, rtol=2e-4)
        np.testing.assert_allclose(v / y, -0.15, rtol=2e-4)


@pytest.mark.parametrize("transfer", [16, 18], ids=["PQ", "HLG"])
def test_hdr_codes_beyond_sdr_white_are_evened_out_too(truth, flickering, transfer):
    """Flicker of light in PQ and HLG, where it is no gain of the signal."""
    from vsplugin.hdr import transfer as curves

    def code(pictures):
        linear = np.asarray(pictures) ** 2.4
        signal = curves.pq_inverse_eotf(linear * 2000) if transfer == 16 else curves.hlg_oetf(linear)
        return list(signal)

    good, bad = code(truth), code(flickering)
    result = scenes.lumas(vsplugin.deflicker(scenes.clip_of(bad, vs.YUV420P10, _Transfer=transfer)))
    assert left(result, good, bad) < 0.07
