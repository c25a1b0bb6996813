"""A frame that as a whole is another picture is told from one that is full of dirt."""

import numpy as np
import pytest

from vsplugin.damage.blotches import Neighbour
from vsplugin.damage.unlike import unlike

SHAPE = (192, 256)
SEEN = np.ones(SHAPE, np.uint8)


@pytest.fixture(scope="module")
def picture():
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1] + 40]
    wave = np.sin(x / 6 + np.sin(y / 11)) * np.cos(y / 8) + np.sin(x / 23) * np.sin(y / 31)
    return (0.5 + 0.2 * wave).astype(np.float32)


def noisy(plane, seed, sigma=0.01):
    return (plane + np.random.default_rng(seed).normal(0, sigma, plane.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def neighbours(picture):
    cut = picture[:, : SHAPE[1]]
    return [Neighbour(away, noisy(cut, away + 9), SEEN) for away in (1, -1, 2, -2)]


@pytest.fixture(scope="module")
def blotches():
    """A third of the frame."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[20:90, 30:150] = mask[110:180, 90:210] = 1
    return mask


def test_a_frame_full_of_dirt_is_not(picture, neighbours, blotches):
    dirty = np.where(blotches > 0, np.float32(0.95), noisy(picture[:, : SHAPE[1]], 3))
    assert not unlike(dirty, neighbours, blotches)


def test_a_brighter_frame_of_more_contrast_is_not(picture, neighbours, blotches):
    flickering = np.where(blotches > 0, np.float32(0.05), 1.15 * noisy(picture[:, : SHAPE[1]], 3) + np.float32(0.03))
    assert not unlike(flickering.astype(np.float32), neighbours, blotches)


def test_two_exposures_on_one_frame_are(picture, neighbours, blotches):
    double = 0.5 * picture[:, : SHAPE[1]] + 0.5 * picture[:, 17 : SHAPE[1] + 17]
    assert unlike(noisy(double, 3), neighbours, blotches)


def test_where_little_was_found_or_one_side_is_missing_only_suspects_are_asked(picture, neighbours, blotches):
    double = noisy(0.5 * picture[:, : SHAPE[1]] + 0.5 * picture[:, 17 : SHAPE[1] + 17], 3)
    few = np.zeros_like(blotches)
    few[10:40, 10:60] = 1
    assert not unlike(double, neighbours, few)
    assert unlike(double, neighbours, few, suspect=True)
    assert not unlike(noisy(picture[:, : SHAPE[1]], 3), neighbours, few, suspect=True)
    assert not unlike(double, neighbours[::2], blotches)


def test_a_frame_that_is_marked_all_over_is(picture, neighbours):
    assert unlike(noisy(picture[:, : SHAPE[1]], 3), neighbours, SEEN)
