"""The motion beside a line, against textures that were moved by known amounts."""

import numpy as np
import pytest

from vsplugin.damage.flanks import Strips, smoothed

HEIGHT, WIDTH, MIDDLE = 120, 160, 80


def picture(right=0.0, down=0.0, line=None, contrast=0.15):
    """Waves moved by that much, and a bright line three pixels wide that is where it is."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    rng = np.random.default_rng(4)
    waves = [(*rng.uniform(-0.5, 0.5, 2), rng.uniform(0, 6)) for _ in range(40)]
    texture = sum(np.sin(a * (x - right) + b * (y - down) + phase) for a, b, phase in waves) / len(waves)
    out = 0.4 + contrast * texture + rng.normal(0, 0.002, x.shape)
    if line is not None:
        out[:, MIDDLE + line - 1 : MIDDLE + line + 2] = 1.0
    return smoothed(out.astype(np.float32))


def moved(own, other, guess=(0.0, 0.0), shift=0.0, middle=MIDDLE):
    rows = np.arange(HEIGHT)
    strips = Strips(own, rows, np.full(HEIGHT, float(middle)))
    count = len(strips.blocks.starts)
    guesses = [(np.full(count, right), np.full(count, down)) for right, down in ((0.0, 0.0), guess)]
    return strips.moved(other, np.full(HEIGHT, shift), guesses)


@pytest.mark.parametrize(("right", "down", "guess"), [(0.4, 0.0, (0, 0)), (-0.6, 0.3, (0, 0)), (9.3, -4.2, (8.5, -4))])
def test_it_is_the_motion_of_the_picture_not_of_the_line(right, down, guess):
    """The line stays, where dense flow would be held."""
    found = moved(picture(line=0), picture(right, down, line=0), guess)
    assert len(found.dx) == HEIGHT // 24
    # Blocks that went above or below the picture are not known.
    known = found.error < 0.1
    assert known.mean() >= 0.6
    np.testing.assert_allclose(found.dx[known], right, atol=0.06)
    np.testing.assert_allclose(found.dy[known], down, atol=0.06)


def test_on_a_flat_wall_nothing_is_known():
    found = moved(picture(contrast=0), picture(0.5, contrast=0))
    assert (found.error > 0.3).all()


def test_another_picture_is_no_motion():
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    other = smoothed((0.4 + 0.15 * np.sin(x * y / 300)).astype(np.float32))
    assert np.isinf(moved(picture(), other).error).all()


def test_at_the_border_one_side_is_not_enough():
    assert np.isinf(moved(picture(), picture(0.4), middle=WIDTH - 8).error).all()
