"""Which neighbour a place is taken from, and where none will do."""

import numpy as np
import pytest

from vsplugin.damage.blotches import Neighbour
from vsplugin.damage.fill import HOLE, choose

SEEN = np.ones((120, 160), np.uint8)


@pytest.fixture
def picture():
    y, x = np.mgrid[0:120, 0:160]
    return (0.5 + 0.2 * np.sin(x / 5) * np.cos(y / 7)).astype(np.float32)


@pytest.fixture
def mask():
    out = np.zeros((120, 160), np.uint8)
    out[40:52, 30:44] = out[80:84, 100:110] = 1
    return out


def near(picture, sigma=0.002, seed=0):
    return (picture + np.random.default_rng(seed).normal(0, sigma, picture.shape)).astype(np.float32)


def test_neighbours_that_agree_are_taken(picture, mask):
    dirty = np.where(mask > 0, 1, picture).astype(np.float32)
    chosen = choose(mask, dirty, [Neighbour(1, near(picture), SEEN), Neighbour(-1, near(picture, seed=1), SEEN)])
    assert set(np.unique(chosen[mask > 0])) <= {1, 2} and not chosen[mask == 0].any()


def test_without_neighbours_everything_is_a_hole(picture, mask):
    chosen = choose(mask, picture, [])
    assert (chosen[mask > 0] == HOLE).all() and not chosen[mask == 0].any()


def test_a_neighbour_that_lies_wrong_is_worse_than_a_guess(picture, mask):
    other = np.roll(picture, 9, 1)  # by more than half a wave: dark where it should be bright
    assert (choose(mask, picture, [Neighbour(1, other, SEEN)])[mask > 0] == HOLE).all()
    both = choose(mask, picture, [Neighbour(1, other, SEEN), Neighbour(-1, near(picture), SEEN)])
    assert (both[mask > 0] == 2).all()


def test_what_one_does_not_see_is_taken_from_the_next(picture, mask):
    blind = SEEN.copy()
    blind[40:46] = 0
    chosen = choose(mask, picture, [Neighbour(1, picture, blind), Neighbour(-1, near(picture), SEEN)])
    assert (chosen[40:46, 30:44] == 2).all()
    alone = choose(mask, picture, [Neighbour(1, picture, blind)])
    assert (alone[40:46, 30:44] == HOLE).all() and (alone[46:52, 30:44] == 1).all()


def test_neighbours_that_show_different_things_are_not_believed(picture, mask):
    one, other = near(picture), near(picture, seed=1)
    one[40:52, 30:44], other[40:52, 30:44] = 0.1, 0.9
    chosen = choose(mask, picture, [Neighbour(1, one, SEEN), Neighbour(-1, other, SEEN)])
    assert (chosen[40:52, 30:44] == HOLE).all() and (chosen[80:84, 100:110] != HOLE).all()


def test_a_long_scratch_is_judged_piece_by_piece(picture):
    mask = np.zeros(picture.shape, np.uint8)
    mask[:, 70:73] = 1
    half = picture.copy()
    half[:64] = np.roll(picture, 9, 1)[:64]
    chosen = choose(mask, picture, [Neighbour(1, half, SEEN)])
    assert (chosen[:60, 71] == HOLE).all() and (chosen[68:, 71] == 1).all()


def test_who_sees_nothing_of_a_part_has_no_say(picture, mask):
    """At the border of a pan only the frames of one side show the place; what the others repeat there is nothing."""
    blind = SEEN.copy()
    blind[:60, :60] = 0
    neighbours = [Neighbour(away, np.full_like(picture, level), blind) for away, level in ((-1, 0.9), (-2, 0.1))]
    chosen = choose(mask, picture, [*neighbours, Neighbour(1, near(picture), SEEN)])
    assert (chosen[40:52, 30:44] == 3).all()


def test_a_neighbour_that_shows_a_part_but_nothing_around_it_may_lie_anywhere(picture, mask):
    inside = SEEN.copy()
    inside[:60, :60] = mask[:60, :60]
    assert (choose(mask, picture, [Neighbour(1, picture, inside)])[40:52, 30:44] == HOLE).all()


def test_where_nothing_is_guessed_a_neighbour_that_lies_a_little_wrong_is_better_than_damage(picture):
    rough = near(picture, 0.05)  # a guess across the line is wrong by about 0.045 on average
    mask = np.zeros(picture.shape, np.uint8)
    mask[:, 70:73] = 1
    for offset, with_a_guess, without in ((0.01, 1, 1), (0.045, HOLE, 1), (0.2, HOLE, HOLE)):
        neighbour = [Neighbour(1, rough + np.float32(offset), SEEN)]
        assert np.median(choose(mask, rough, neighbour)[:, 71]) == with_a_guess
        assert np.median(choose(mask, rough, neighbour, guessed=False)[:, 71]) == without
