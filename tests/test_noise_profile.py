"""Noise that depends on brightness: measured against noise of a known law, and what `denoise` makes of it."""

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_clip

import vsplugin
from vsplugin import noise
from vsplugin.noise import blocks, profile


def shot(luma: np.ndarray) -> np.ndarray:
    """Standard deviation in 8-bit steps."""
    return np.sqrt(2.0**2 + 14.0**2 * luma)


TONES = np.linspace(0, 1, 9)


def drawn(height: int = 288, width: int = 480) -> np.ndarray:
    """Smooth areas of every brightness, and a third of the picture in textures."""
    y, x = np.mgrid[:height, :width]
    picture = 0.04 + 0.92 * np.clip((x / width + 0.15 * np.sin(y / 40) * np.sin(x / 23)), 0, 1)
    texture = 0.12 * np.sin(x * 1.9) * np.sin(y * 1.3) + 0.05 * np.sin(x * 0.7 + y * 0.4)
    return np.clip(picture + np.where(y % 96 < 32, texture, 0), 0, 1)


def noisy(luma: np.ndarray, law, seed: int = 0) -> np.ndarray:
    return (luma + np.random.default_rng(seed).normal(0, 1, luma.shape) * law(luma) / 255).astype(np.float32)


def grey(luma: np.ndarray) -> vs.VideoNode:
    return to_clip([luma], vs.core.get_video_format(vs.GRAYS))


def test_what_the_lower_third_of_white_noise_is():
    found = blocks.measured(np.random.default_rng(1).normal(0.5, 0.02, (1536, 1536)))
    assert np.quantile(found.sigma, profile._LOWER) / 0.02 == pytest.approx(profile._LOWER_IS, abs=0.005)
    assert (found.spread < profile._WHITE * found.sigma).mean() > 0.98
    assert found.spread.mean() == pytest.approx(0.02, rel=0.01)


def test_the_law_of_shot_noise_is_found():
    found = noise.measure(grey(noisy(drawn(), shot)))
    levels = found.sigma * np.array(found.profile)
    assert len(found.profile) == 9
    np.testing.assert_allclose(levels[1:-1], shot(TONES[1:-1]), rtol=0.12)
    assert found.sigma == pytest.approx(np.sqrt((shot(drawn()) ** 2).mean()), rel=0.06)


def test_chroma_has_a_law_of_its_own():
    kind, luma = vs.core.get_video_format(vs.YUV420PS), drawn()
    rng, small = np.random.default_rng(3), luma.reshape(144, 2, 240, 2).mean((1, 3))
    chroma = [(rng.normal(0, 1, small.shape) * (9 - 7 * small) / 255).astype(np.float32) for _ in range(2)]
    found = noise.measure(to_clip([noisy(luma, lambda x: np.full_like(x, 4.0)), *chroma], kind))
    assert found.profile == (1.0,) and found.sigma == pytest.approx(4, rel=0.05)
    np.testing.assert_allclose(
        found.sigma_chroma * np.array(found.profile_chroma)[1:-1], 9 - 7 * TONES[1:-1], rtol=0.15
    )


@pytest.mark.parametrize("side", ["white", "black"])
def test_clipping_hides_no_noise(side: str):
    luma = np.clip(drawn() * 2 - (side == "black"), 0, 1)  # half of the picture beyond the end
    seen = np.clip(noisy(luma, lambda x: np.full_like(x, 8.0)), 0, 1)
    coded = np.rint(16 + 219 * seen)
    found = noise.measure(to_clip([coded], vs.core.get_video_format(vs.GRAY8)))
    assert (coded == (235 if side == "white" else 16)).mean() > 0.2
    assert found.sigma == pytest.approx(8, rel=0.06)
    assert 255 / 219 * noise.plane_sigma(219 * seen) == pytest.approx(8, rel=0.1)


def test_a_clean_picture_has_no_profile():
    assert noise.measure(grey(drawn().astype(np.float32))).profile == (1.0,)


def test_denoise_is_nearer_where_it_knows_the_law():
    luma = drawn()
    clip = grey(noisy(luma, shot))

    def error(**options) -> float:
        with vsplugin.denoise(clip, **options).get_frame(0) as frame:
            return float(((np.asarray(frame[0]) - luma) ** 2).mean())

    level = float(np.sqrt((shot(luma) ** 2).mean()))
    law = ",".join(f"{factor:.4f}" for factor in shot(TONES) / level)
    told, one = error(sigma=level, profile=law), error(sigma=level)
    assert told < 0.85 * one
    assert error() < 1.1 * told
    assert error(sigma=level, profile="1,1,1") == pytest.approx(one, rel=1e-4)
    assert error(sigma=level / 2, profile="2") == pytest.approx(one, rel=1e-4)


def test_no_sample_changes_by_more_than_six_sigma_of_its_brightness():
    luma = np.full((64, 64), 0.5)
    luma[20:40, 20:40] = 0.7
    clip = grey(noisy(luma, lambda x: np.full_like(x, 30.0)))
    with vsplugin.denoise(clip, sigma=2.0, profile="0.5,1,2").get_frame(0) as out, clip.get_frame(0) as old:
        changed = np.abs(np.asarray(out[0]) - np.asarray(old[0])).max() * 255
    assert 6 < changed <= 6 * 2.0 * 2.0 + 1e-3


def test_evened_noise_is_the_same_everywhere():
    luma = np.repeat(np.array([[0.1, 0.3, 0.5, 0.7, 0.9]]), 64, axis=1).repeat(64, axis=0)
    level = 8.0
    factors = tuple(shot(TONES) / level)
    with noise.evened(grey(noisy(luma, shot)), factors).get_frame(0) as frame:
        plane = np.asarray(frame[0])
    for tone in range(5):
        assert plane[:, 64 * tone : 64 * tone + 64].std() * 255 == pytest.approx(level, rel=0.06)


def test_the_mean_over_time_takes_more_where_it_knows_the_law():
    luma = drawn(96, 160)
    clip = vs.core.std.Splice([grey(noisy(luma, shot, seed)) for seed in range(5)])
    level = float(np.sqrt((shot(luma) ** 2).mean()))
    law = ",".join(f"{factor:.4f}" for factor in shot(TONES) / level)

    def error(**options) -> float:
        with vsplugin.denoise(clip, sigma=level, radius=2, **options).get_frame(2) as frame:
            return float(((np.asarray(frame[0]) - luma) ** 2).mean())

    assert error(profile=law) < 0.85 * error()


@pytest.mark.parametrize("text", ["", "a", "1,,2", "-1,1", "nan", "1,99"])
def test_refused(text: str):
    with pytest.raises(vs.Error, match=r"^denoise: profile must be factors of sigma in \[0, 20\] from black to white"):
        vsplugin.denoise(grey(np.zeros((16, 16), np.float32)), sigma=3.0, profile=text)


def test_noise_in_a_part_of_a_clean_picture_is_picture():
    luma = np.repeat(np.linspace(0.1, 0.9, 12), 40)[None].repeat(288, axis=0)  # bars
    rng = np.random.default_rng(4)
    luma += rng.normal(0, 0.02 / 255, luma.shape)  # as decoders leave it
    luma[96:192, 200:400] += rng.normal(0, 20 / 255, (96, 200))
    assert noise.measure(grey(luma.astype(np.float32))).sigma < 0.5


def test_a_texture_like_noise_leaps_out_of_no_profile():
    luma = drawn()
    made = noisy(luma, lambda x: np.full_like(x, 3.0))
    pavement = (luma > 0.2) & (luma < 0.3)
    made[pavement] += np.random.default_rng(6).normal(0, 25 / 255, pavement.sum()).astype(np.float32)
    found = noise.measure(grey(made))
    assert (found.sigma * np.array(found.profile)).max() < 3 * 2.4
