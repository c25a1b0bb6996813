"""A line is judged over all the frames that it may be seen in."""

import numpy as np
import pytest

from vsplugin.damage import flanks, lines
from vsplugin.damage.scratches import Found, Moment, find, joined


def line(column=60, sure=False, picture=False):
    numbers = np.zeros((80, 120), np.uint8)
    numbers[:, column : column + 2] = 1
    return Found(numbers, [1] * sure, [1] * picture)


@pytest.mark.parametrize("sure", [False, True])
def test_two_frames_that_are_sure_vouch_for_the_others(sure):
    others = [(1, line(61, sure=True)), (-1, line()), (2, line(sure=not sure))]
    assert joined(line(sure=sure), others)[:, 60:62].all()


def test_one_frame_that_is_sure_is_not_enough():
    """A pole beside which the motion was found wrong, once in nine frames."""
    assert not joined(line(), [(1, line(61, sure=True)), (-1, line())]).any()
    assert not joined(line(sure=True), [(1, line(61)), (-1, line())]).any()


def test_nobody_is_sure():
    assert not joined(line(), [(1, line(61)), (-1, line())]).any()


def test_a_line_that_went_along_with_the_picture_in_more_frames_is_picture():
    """A house: in one frame its motion was not found, and only there it seemed to stay."""
    gone = [(-1, line(60, picture=True)), (2, line(61, picture=True))]
    assert not joined(line(sure=True), gone).any()
    assert not joined(line(), [(1, line(61, sure=True)), *gone]).any()
    assert joined(line(sure=True), [(1, line(61, sure=True)), gone[0]])[:, 60:62].all()


def test_a_line_elsewhere_says_nothing():
    elsewhere = [(1, line(30, picture=True)), (-1, line(90, picture=True)), (2, line(30, picture=True))]
    assert joined(line(sure=True), [(-2, line(sure=True)), *elsewhere]).any()
    assert not joined(line(sure=True), [(1, line(30, sure=True)), (-1, line(90, sure=True))]).any()


def test_a_leaning_line_of_a_picture_that_moves_down_is_picture():
    """The edge of a car that drives down the screen: at each row the line stands beside its place of before."""
    height, width, step, lean = 240, 160, 25, 0.036
    rng = np.random.default_rng(1)
    y, x = np.mgrid[: height + 4 * step, :width]
    tall = 0.4 + 0.04 * np.sin(x / 11 + rng.uniform(0, 6)) * np.sin(y / 17) + rng.normal(0, 0.003, y.shape)
    tall += 0.3 * np.exp(-0.5 * ((x - 70 - lean * y) / 0.9) ** 2)
    window = {away: tall[(2 - away) * step :][:height].astype(np.float32) for away in (0, 1, -1, 2, -2)}
    found = judged(window, down=step)
    assert found.numbers.any() and not found.sure


def judged(window, down=0, right=0):
    """What ``find`` says of frame 0 of a window, told by the flow that all of it moves by so much a frame."""
    none = np.zeros(window[0].shape, np.float32)
    moments = [
        Moment(away, *lines.response(frame), flanks.smoothed(frame), none + away * right, none + away * down)
        for away, frame in window.items()
        if away
    ]
    return find(window[0], flanks.smoothed(window[0]), lines.response(window[0]), moments, 0.02)


def film(places, picture=lambda n: 0.0, noise=0.004, more=lambda n: [], contrast=lambda n: 0.2):
    """Five frames of a textured picture (moved to the right by ``picture``) with a line at ``places``.

    ``more``: further lines, column and contrast of each.
    """
    y, x = np.mgrid[:240, :160].astype(np.float64)
    rng = np.random.default_rng(3)
    waves = [(*rng.uniform(-0.5, 0.5, 2), rng.uniform(0, 6)) for _ in range(40)]
    frames = {}
    for away in (0, 1, -1, 2, -2):
        texture = sum(np.sin(a * (x - picture(away)) + b * y + phase) for a, b, phase in waves) / len(waves)
        drawn = [(80 + places(away), contrast(away)), *more(away)]
        line = sum(strength * np.exp(-0.5 * ((x - column) / 1.0) ** 2) for column, strength in drawn)
        frames[away] = (0.4 + 0.15 * texture + line + rng.normal(0, noise, x.shape)).astype(np.float32)
    return frames


WANDERS = {0: 0.0, 1: 0.45, -1: 0.35, 2: -0.4, -2: 0.5}


def test_a_line_that_wanders_over_a_picture_that_stands_is_a_scratch():
    found = judged(film(WANDERS.get))
    assert len(found.sure) == 1
    assert (found.numbers[:, 80] == found.sure[0]).mean() > 0.95


def test_a_pole_in_a_picture_that_stands_is_none():
    found = judged(film(lambda n: 0.0))
    assert found.numbers.any() and not found.sure


def test_dirt_on_a_pole_does_not_turn_it():
    """A blob beside its upper end, on the frame that is looked at."""
    window = film(lambda n: 0.0)
    window[0][:50, 82:84] += 0.25
    found = judged(window)
    assert (found.numbers[:, 80] > 0).mean() > 0.5 and not found.sure


def test_a_pole_of_a_picture_that_shakes_is_none():
    """By a fraction of a pixel, as the whole picture does in its gate; the flow saw nothing of it."""
    found = judged(film(WANDERS.get, picture=WANDERS.get))
    assert found.numbers.any() and not found.sure


@pytest.mark.parametrize("lies", [1, -1])
def test_a_pole_beside_the_border_of_a_picture_that_shakes_is_none(lies):
    """The border is on the screen and stays: both sides together go less far than the pole does."""
    shakes = {away: 2 * place for away, place in WANDERS.items()}
    window = film(shakes.get, picture=shakes.get)
    for frame in window.values():
        border = frame[:, 91:] if lies > 0 else frame[:, :70]
        border[:] = 0.02
        border[::12] = 0.08  # sprockets, or what a codec leaves
    found = judged(window)
    assert found.numbers[120, 80] > 0 and not found.sure


def test_a_line_that_stays_while_the_picture_shakes_is_a_scratch():
    assert len(judged(film(lambda n: 0.0, picture=lambda n: 2 * WANDERS[n])).sure) == 1


def pans(n):
    return 3.0 * n


@pytest.mark.parametrize("strength", [0.35, -0.35])
def test_a_scratch_beside_a_stronger_line_of_a_picture_that_moves(strength):
    """A trunk, which is picture, must not stand for the scratch that it passes behind."""
    found = judged(film(WANDERS.get, pans, more=lambda n: [(86 + pans(n), strength)]), right=3)
    assert found.numbers[120, 80] in found.sure
    assert found.numbers[120, 86] not in found.sure


def test_two_scratches_six_pixels_apart_are_two():
    found = judged(film(WANDERS.get, pans, more=lambda n: [(86 - WANDERS[n], 0.25)]), right=3)
    assert 0 < found.numbers[120, 80] != found.numbers[120, 86] > 0


def test_a_scratch_that_is_weak_in_two_frames_is_one():
    """Over texture as bright as itself: three frames are sure, and no frame says that it went along."""
    weak = {0: 0.1, 1: 0.1, -1: 0.1, 2: 0.042, -2: 0.1}
    assert len(judged(film(WANDERS.get, pans, contrast=weak.get), right=3).sure) == 1
    gone = {**weak, 2: 0.0, 1: 0.0}
    assert not judged(film(WANDERS.get, pans, contrast=gone.get), right=3).sure


def test_what_is_in_one_frame_alone_neither_counts_nor_speaks_against_others():
    window = film(WANDERS.get, pans, contrast=lambda n: 0.2 if n == 0 else 0.0)
    found = judged(window, right=3)
    assert not found.numbers.any() and not found.picture


def test_what_drives_by_slowly_is_no_scratch():
    found = judged(film(lambda n: 0.35 * n))
    assert found.numbers.any() and not found.sure


def test_a_fraction_of_a_pixel_needs_frames_on_both_sides():
    """Two frames are too few to tell wandering from driving."""
    window = film(WANDERS.get)
    assert not judged({away: window[away] for away in (0, 1, 2)}).sure
