"""A line is judged over all the frames that it may be seen in."""

import numpy as np
import pytest

from vsplugin.damage import lines
from vsplugin.damage.scratches import Found, Moment, find, joined


def line(column=60, sure=False, picture=False):
    numbers = np.zeros((80, 120), np.uint8)
    numbers[:, column : column + 2] = 1
    return Found(numbers, [1] * sure, [1] * picture)


@pytest.mark.parametrize("sure", [False, True])
def test_one_frame_that_is_sure_vouches_for_the_others(sure):
    assert joined(line(sure=sure), [(1, line(61, sure=True)), (-1, line())])[:, 60:62].all()


def test_nobody_is_sure():
    assert not joined(line(), [(1, line(61)), (-1, line())]).any()


def test_a_line_that_went_along_with_the_picture_in_more_frames_is_picture():
    """A house: in one frame its motion was not found, and only there it seemed to stay."""
    gone = [(-1, line(60, picture=True)), (2, line(61, picture=True))]
    assert not joined(line(sure=True), gone).any()
    assert not joined(line(), [(1, line(61, sure=True)), *gone]).any()
    assert joined(line(sure=True), [(1, line(61, sure=True)), gone[0]])[:, 60:62].all()


def test_a_line_elsewhere_says_nothing():
    assert joined(line(sure=True), [(1, line(30, picture=True)), (-1, line(90, picture=True))]).any()


def test_a_leaning_line_of_a_picture_that_moves_down_is_picture():
    """The edge of a car that drives down the screen: at each row the line stands beside its place of before."""
    height, width, step, lean = 240, 160, 25, 0.036
    rng = np.random.default_rng(1)
    y, x = np.mgrid[: height + 4 * step, :width]
    tall = 0.4 + 0.04 * np.sin(x / 11 + rng.uniform(0, 6)) * np.sin(y / 17) + rng.normal(0, 0.003, y.shape)
    tall += 0.3 * np.exp(-0.5 * ((x - 70 - lean * y) / 0.9) ** 2)
    window = {away: tall[(2 - away) * step :][:height].astype(np.float32) for away in (0, 1, -1, 2, -2)}
    still, sure = np.zeros((height, width), np.float32), np.ones((height, width), np.float32)
    moments = [Moment(away, *lines.response(window[away]), still, still + away * step, sure) for away in (1, -1, 2, -2)]
    found = find(window[0], lines.response(window[0]), moments, 0.02)
    assert found.numbers.any() and not found.sure
