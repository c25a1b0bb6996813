"""Two pictures that meet at a seam."""

import numpy as np
import pytest
import vapoursynth as vs

from vsplugin.steady import levels

from . import scenes


def ramp(start: int, end: int) -> np.ndarray:
    """1 in the first rows, 0 from ``end`` on."""
    rows = np.clip((end - np.arange(scenes.HEIGHT)) / (end - start), 0, 1)
    return np.repeat(rows[:, None], scenes.WIDTH, 1)


@pytest.mark.parametrize("kind", [vs.GRAYS, vs.YUV420P8, vs.YUV444P16])
def test_the_level_is_met_and_what_is_fine_stays(kind):
    x, y = scenes.grid()
    own = scenes.texture(x, y)
    other = own + 0.06 + 0.02 * np.sin(x / 20)
    stripes = 0.05 * (x.astype(int) % 2 - 0.5)
    clips = [scenes.clip_of([picture], kind) for picture in (own + stripes, other)]
    known, margin = (scenes.clip_of([mask]) for mask in (np.ones_like(own), ramp(40, 60)))
    met = scenes.planes(levels.met(*clips, known, margin))[0]
    before = scenes.planes(clips[0])[0]
    for new, old in zip(met, before, strict=True):
        np.testing.assert_array_equal(new[-60 * len(new) // scenes.HEIGHT :], old[-60 * len(old) // scenes.HEIGHT :])
    got = scenes.lumas(levels.met(*clips, known, margin))[0]
    want = scenes.lumas(scenes.clip_of([other + stripes], kind))[0]
    assert np.abs(got - want)[4:36, 4:-4].max() < 0.012
    assert np.abs(scenes.lumas(clips[0])[0] - want)[4:36, 4:-4].max() > 0.03


def test_what_is_not_known_says_nothing():
    flat = np.full((scenes.HEIGHT, scenes.WIDTH), 0.4)
    there = 1 - ramp(20, 21)
    other = np.where(there > 0, 0.5, 0.0)
    clips = [scenes.clip_of([picture]) for picture in (flat, other, there, np.ones_like(flat))]
    got = scenes.lumas(levels.met(*clips))[0]
    np.testing.assert_allclose(got[20:], 0.5, atol=1e-4)
    np.testing.assert_array_equal(got[:14], scenes.lumas(clips[0])[0][:14])
