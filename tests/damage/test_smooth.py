"""Smooth filling, against what harmonic surfaces are by definition."""

import numpy as np
import pytest

from vsplugin.damage import smooth


def harmonic(plane, hole):
    """Laplace's equation in the hole, solved as one system of linear equations."""
    places = np.argwhere(hole)
    number = {tuple(place): index for index, place in enumerate(places)}
    left, right = np.zeros((len(places), len(places))), np.zeros(len(places))
    for (y, x), row in number.items():
        for at in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            left[row, row] += 1
            if at in number:
                left[row, number[at]] -= 1
            else:
                right[row] += plane[at]
    out = plane.copy()
    out[hole] = np.linalg.solve(left, right)
    return out


@pytest.fixture
def picture():
    y, x = np.mgrid[0:61, 0:74]
    return (0.5 + 0.3 * np.sin(x / 11) * np.cos(y / 9)).astype(np.float32)


def test_a_hole_becomes_the_harmonic_surface(picture):
    hole = np.zeros(picture.shape, bool)
    hole[20:34, 30:41] = hole[5:50, 60] = True
    hole |= np.hypot(*(np.indices(picture.shape) - [[[45]], [[15]]])) < 6
    out = smooth.closed(np.where(hole, 1e6, picture).astype(np.float32), hole.astype(np.float32))
    np.testing.assert_array_equal(out[~hole], picture[~hole])
    want = harmonic(picture.astype(np.float64), hole)
    assert np.abs(out - want)[hole].max() < 0.03 and np.abs(out - want)[hole].mean() < 0.008


def test_planes_and_odd_sizes_share_one_hole(picture):
    hole = np.zeros((1, *picture.shape), np.float32)
    hole[0, -9:, -7:] = 1
    planes = np.stack([picture, picture * 2 - 3])
    both = smooth.closed(planes, hole)
    np.testing.assert_allclose(both[1], both[0] * 2 - 3, atol=2e-5)
    assert np.abs(both[0] - picture).max() < 0.25


def test_nothing_known_is_zero_and_no_number_spreads(picture):
    everything = np.ones(picture.shape, np.float32)
    assert not smooth.closed(picture, everything).any()
    hole = np.zeros(picture.shape, np.float32)
    hole[10:14, 10:14] = 1
    assert np.isfinite(smooth.closed(np.where(hole > 0, np.nan, picture).astype(np.float32), hole)).all()


def test_the_network_is_shown_the_same_of_dark_and_bright_pictures(picture):
    hole = np.zeros((1, *picture.shape), np.float32)
    hole[0, 20:30, 20:30] = 1
    planes = smooth.closed(np.stack([picture, 0 * picture, picture / 3]), hole)
    one, other = smooth.shown(planes, hole), smooth.shown(planes * 3 + 2, hole)
    np.testing.assert_allclose(one[:3], other[:3], atol=0.02)
    np.testing.assert_allclose(other[4], 3 * one[4], rtol=0.02)
    assert (one[4][hole[0] == 0] == 0).all() and one[:3].max() <= 1.5
