"""Samples that are no numbers: what stands for them, and that it stays near."""

from __future__ import annotations

import numpy as np
import pytest
import vapoursynth as vs

import vsplugin
from vsplugin.steady import missing

from . import scenes


def broken(pictures: list[np.ndarray]) -> list[np.ndarray]:
    out = [picture.copy() for picture in pictures]
    out[3][60, 80], out[3][20:22, 100:103], out[3][0, 0] = np.nan, np.inf, -np.inf
    return out


@pytest.mark.parametrize("kind", [vs.GRAYS, vs.GRAYH, vs.YUV444PS])
def test_the_mean_of_what_is_near_stands_for_them(kind):
    picture = scenes.texture(*scenes.grid())
    clip = scenes.clip_of([broken([picture] * 4)[3]], kind)
    (source,), (out,) = scenes.planes(clip), scenes.planes(missing.filled(clip))
    for before, after in zip(source, out, strict=True):
        lost = ~np.isfinite(before)
        assert lost.sum() == 8 and np.isfinite(after).all()
        np.testing.assert_array_equal(after[~lost], before[~lost])
        around = before[58:63, 78:83].astype(np.float64)
        assert after[60, 80] == pytest.approx(np.nanmean(around), abs=2e-3)


def test_where_nothing_is_known_near_it_is_black():
    picture = np.full((40, 40), 0.5)
    picture[10:30, 10:30] = np.nan
    out = scenes.planes(missing.filled(scenes.clip_of([picture])))[0][0]
    assert (out[13:27, 13:27] == 0).all() and np.allclose(out[[11, 28]], 0.5)


def test_integers_have_none():
    clip = vs.core.std.BlankClip(format=vs.GRAY16)
    assert missing.filled(clip) is clip


@pytest.mark.parametrize("border", ["mirror", "fill", "crop"])
def test_stabilize_does_not_spread_them(border):
    rng, (x, y) = np.random.default_rng(1), scenes.grid()
    whole = [scenes.texture(x + dx, y + dy, 3) for dx, dy in rng.uniform(-3, 3, (8, 2))]
    clips = scenes.clip_of(whole), scenes.clip_of(broken(whole))
    good, bad = (scenes.lumas(vsplugin.stabilize(clip, border=border)) for clip in clips)
    assert np.abs(good[3] - whole[3]).max() > 0.02  # moved, so every sample is made of many
    apart = np.abs(bad - good)
    assert np.isfinite(bad).all() and apart[3].max() < 0.15
    spoilt = apart[3] > 1e-3
    assert 0 < spoilt.sum() < 3 * 200  # three places, each as far as the kernels reach
    assert (apart[[0, 1, 5, 6, 7]] < 1e-3).all()  # those beside it take their borders from it
