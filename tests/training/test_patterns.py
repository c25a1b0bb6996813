"""What the enlarging task draws when asked for patterns and for levels that photographs lack."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
Image = pytest.importorskip("PIL.Image")


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    from vsplugin.training.degrade import TASKS

    path: Path = tmp_path_factory.mktemp("stills") / "grey.png"
    Image.fromarray(np.random.default_rng(0).integers(90, 160, (96, 96, 3), np.uint8)).save(path)

    def made(scale: int, **options):
        return TASKS["super-resolution"](
            [path], np.random.default_rng(1), scale=scale, patch=24, scales=[1.0], **options
        )

    return made


@pytest.mark.parametrize("scale", [2, 4])
def test_a_pattern_is_the_larger_one_shrunk(scale, task) -> None:
    """Pillow's bicubic has the same kernel and widens it the same way."""
    low, _, high = (planes[:, 0].numpy() for planes in task(scale, patterns=1.0).batch(48))
    for small, large in zip(low, high, strict=True):
        shrunk = np.asarray(Image.fromarray(large).resize((24, 24), Image.Resampling.BICUBIC))
        np.testing.assert_allclose(small[3:-3, 3:-3], shrunk[3:-3, 3:-3], atol=1e-5)


def test_patterns_go_from_black_to_white_and_are_finer_than_photographs(task) -> None:
    _, _, high = task(2, patterns=1.0).batch(96)
    assert high.min() == 0 and high.max() == 1
    alternating = (high[..., 1:] - high[..., :-1]).abs().mean((1, 2, 3)) > 0.95
    assert alternating.any(), "a chessboard of single pixels is among them"
    _, _, mixed = task(2, patterns=0.25).batch(400)
    grey = (mixed.amin((1, 2, 3)) > 0.3) & (mixed.amax((1, 2, 3)) < 0.7)  # what the still holds
    assert float(grey.float().mean()) == pytest.approx(0.75, abs=0.07)


def test_other_levels_move_both_of_a_pair_along_one_line(task) -> None:
    plain, vivid = (task(2, **options).batch(64) for options in ({}, {"vivid": 1.0, "bright": 0.5}))
    for before, after, low, high in zip(plain[0], vivid[0], plain[2], vivid[2], strict=True):
        slope, offset = np.polyfit(before.numpy().ravel(), after.numpy().ravel(), 1)
        np.testing.assert_allclose(after, slope * before + offset, atol=1e-4)
        np.testing.assert_allclose(high, slope * low + offset, atol=2e-3)  # the still is held in half precision
    levels = vivid[0].mean((1, 2, 3))
    assert levels.min() < 0.05 and 1.5 < levels.max() < 1.1 * 2.6 + 0.01
