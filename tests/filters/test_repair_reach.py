"""Which frames repair looks at, and when: none of them while a script is loaded."""

import numpy as np
import pytest
import vapoursynth as vs
from grain import film

import vsplugin
from vsplugin.damage import grains
from vsplugin.grain import argument
from vsplugin.spec import RESTORATIONS

LENGTH, HEIGHT, WIDTH = 45, 96, 128
MIDDLE = LENGTH // 2


def dirty(strength=0.03):
    """A slope with grain, and a speck at another place of each frame; YUV420P8."""
    frames = film.filmed(film.ramp(HEIGHT, WIDTH), film.gaussian(0.9), strength, LENGTH)
    for n, frame in enumerate(frames):
        y, x = 10 + 7 * n % (HEIGHT - 30), 10 + 23 * n % (WIDTH - 30)
        frame[y : y + 9, x : x + 9] = 0.95
    return film.clip_of(frames, vs.YUV420P8)


def watched(clip):
    asked: set[int] = set()

    def see(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        asked.add(n)
        return f

    return clip.std.ModifyFrame(clip, see), asked


@pytest.mark.parametrize("arguments", [{}, {"gate_hair": True}, {"show": "mask"}, {"tears": False}], ids=str)
def test_a_script_loads_without_any_frame_but_the_first_for_its_tags(arguments):
    clip, asked = watched(dirty())
    vsplugin.repair(clip, **arguments)
    assert asked <= {0}


@pytest.mark.parametrize(
    ("arguments", "reach"),
    [({}, 10), ({"scratches": False}, 5), ({"scratches": False, "tears": False}, 4), ({"gate_hair": True}, 16)],
    ids=str,
)
def test_how_far_it_looks(arguments, reach):
    clip, asked = watched(dirty())
    vsplugin.repair(clip, grain="none", **arguments).get_frame(MIDDLE)
    asked.discard(0)  # tags
    assert (min(asked), max(asked)) == (MIDDLE - reach, MIDDLE + reach)
    assert RESTORATIONS["repair"].temporal == 10


@pytest.mark.parametrize("strength", [0.03, 0.0])
def test_the_grain_that_is_measured_while_it_runs_is_what_a_job_is_told(strength):
    clip = dirty(strength)
    told = argument.text_of(grains.surrounding(clip))
    assert (told == "none") == (strength == 0)
    measured, asked = watched(clip)
    node = grains.measuring(measured)
    assert not asked
    assert {node.get_frame(n).props[grains.GRAIN] for n in (0, MIDDLE, LENGTH - 1)} == {told}
    assert 1 < len(asked) <= 9
    left_open, given = vsplugin.repair(clip), vsplugin.repair(clip, grain=told)
    for n in (0, MIDDLE):  # on the first frame there is no dirt to fill
        for p in range(3):
            np.testing.assert_array_equal(np.asarray(left_open.get_frame(n)[p]), np.asarray(given.get_frame(n)[p]))


def test_where_nothing_is_invented_no_grain_is_measured(monkeypatch):
    monkeypatch.setattr(grains, "_found", lambda *_: pytest.fail("measured"))
    vsplugin.repair(dirty(), inpaint=False).get_frame(MIDDLE)
    clean = film.clip_of(film.filmed(film.ramp(HEIGHT, WIDTH), film.gaussian(0.9), 0.01, 9), vs.YUV420P8)
    vsplugin.repair(clean).get_frame(4)
