"""What is taken for dirt where the network says so: only where the frames before and after bear witness."""

import numpy as np
import pytest

from vsplugin.damage.blotches import Neighbour, find

SHAPE = (96, 128)
SEEN = np.ones(SHAPE, np.uint8)
SPOT = np.s_[40:52, 60:74]
THRESHOLD = 12 / 255


@pytest.fixture
def picture():
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return (0.5 + 0.1 * np.sin(x / 9) * np.cos(y / 7)).astype(np.float32)


@pytest.fixture
def likely():
    out = np.zeros(SHAPE, np.float32)
    out[SPOT] = 0.9
    return out


def dark(plane, where=SPOT, level=0.1):
    out = plane.copy()
    out[where] = level
    return out


def around(picture, **changed):
    """Neighbours that show the picture, but for those ``changed`` by their names."""
    names = {"after": 1, "before": -1, "later": 2, "earlier": -2}
    return [Neighbour(away, changed.get(name, picture), SEEN) for name, away in names.items()]


def test_a_spot_that_all_neighbours_lack_is_dirt(picture, likely):
    found = find(dark(picture), likely, around(picture), THRESHOLD)
    assert found[SPOT].all() and found.sum() <= 1.5 * 12 * 14


def test_where_both_sides_differ_from_one_another_it_is_not(picture, likely):
    """A leg that swings: where it is now, the frames before show the ground, and those after something else."""
    faint, moved = picture.copy(), picture.copy()
    faint[SPOT] -= 0.12
    moved[SPOT] += 0.12
    neighbours = around(picture, after=moved, later=moved)
    assert not find(faint, likely, neighbours, THRESHOLD).any()
    assert find(faint, likely, around(picture), THRESHOLD)[SPOT].all()
    assert find(dark(picture, level=0.0), likely, neighbours, THRESHOLD)[SPOT].all()  # opaque: believed all the same


def test_grain_of_the_neighbours_is_no_such_difference(picture, likely):
    rng = np.random.default_rng(2)
    planes = {
        name: (picture + rng.normal(0, 0.06, SHAPE)).astype(np.float32)
        for name in ("after", "before", "later", "earlier")
    }
    assert find(dark(picture, level=0.25), likely, around(picture, **planes), THRESHOLD)[SPOT].mean() > 0.9


def test_what_came_into_the_picture_since_is_not(picture, likely):
    """The frames before do not show the place at all: their flow leads out of the picture there."""
    beyond = np.zeros(SHAPE, np.uint8)
    beyond[:, 50:] = 1
    neighbours = [Neighbour(away, picture, SEEN, beyond if away < 0 else 0 * beyond) for away in (1, -1, 2, -2)]
    assert not find(dark(picture), likely, neighbours, THRESHOLD).any()
    assert find(dark(picture), likely, neighbours, THRESHOLD, sides=1)[SPOT].all()
    hidden = 1 - beyond  # by dirt of the neighbours: that is no reason
    neighbours = [Neighbour(away, picture, hidden if away == -2 else SEEN, 0 * beyond) for away in (1, -1, 2, -2)]
    assert find(dark(picture), likely, neighbours, THRESHOLD)[SPOT].all()


def test_a_spot_goes_on_where_the_frames_before_do_not_show_the_place(picture, likely):
    """At the border that the picture comes in by; what comes in beside it, brighter instead of darker, is picture."""
    beyond = np.zeros(SHAPE, np.uint8)
    beyond[:, 68:] = 1
    neighbours = [Neighbour(away, picture, SEEN, beyond if away < 0 else 0 * beyond) for away in (1, -1, 2, -2)]
    assert find(dark(picture), likely, neighbours, THRESHOLD)[SPOT].all()
    new = np.s_[40:52, 74:80]
    likely[new] = 0.9
    found = find(dark(dark(picture), new, 0.9), likely, neighbours, THRESHOLD)
    assert found[SPOT].all() and not found[40:52, 75:80].any()
