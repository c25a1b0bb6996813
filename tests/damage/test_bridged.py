"""Frames so dirty that they pass for ones of another scene."""

import motion_clips
import numpy as np
import pytest
import vapoursynth as vs

import vsplugin
from vsplugin.damage import bridged
from vsplugin.damage.evidence import NEIGHBOURS
from vsplugin.motion.pairs import CUT

HEIGHT, WIDTH, LENGTH, SPEED, DIRTY = 160, 224, 7, 3, 3


@pytest.fixture(scope="module")
def pan():
    """``(T, 3, H, W)``: a picture that moves left, by 3 pixels a frame."""
    whole = motion_clips.texture(5, HEIGHT, WIDTH + SPEED * LENGTH)
    return np.stack([whole[:, :, SPEED * n : SPEED * n + WIDTH] for n in range(LENGTH)])


def blotted(frames):
    """Blobs over a third of one frame, black and white; and where they are."""
    rng, out = np.random.default_rng(2), frames.copy()
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    for number in range(90):
        cy, cx = rng.uniform(0, HEIGHT), rng.uniform(0, WIDTH)
        out[DIRTY, :, np.hypot(y - cy, x - cx) < 7] = number % 2
    return out, np.abs(out[DIRTY, 0] - frames[DIRTY, 0]) > 0.1


def flows(cuts):
    """A flow of 3 pixels a frame for each of ``NEIGHBOURS``, and those of ``cuts`` (frame, away) missing."""
    core = vs.core
    blank = core.std.BlankClip(format=vs.RGBS, width=16, height=16, length=LENGTH, keep=True)

    def flow(away):
        def fill(n, f):
            out = f.copy()
            cut = (n, away) in cuts or not 0 <= n + away < LENGTH
            for p, value in enumerate((0, 0, 0) if cut else (-SPEED * away, 0, 1)):
                np.asarray(out[p])[:] = value
            out.props[CUT] = int(cut)
            return out

        return core.std.ModifyFrame(blank, blank, fill)

    return [flow(away) for away in NEIGHBOURS]


def seen(moves, n):
    """By frames away: dx, or None."""
    frames = [move.get_frame(n) for move in moves]
    return {
        away: None if frame.props[CUT] else float(np.asarray(frame[0]).mean())
        for away, frame in zip(NEIGHBOURS, frames, strict=True)
    }


def test_a_frame_between_two_of_one_scene_lies_in_it():
    alone = {(DIRTY, away) for away in NEIGHBOURS}
    moves = bridged.over_damage(flows(alone))
    assert seen(moves, DIRTY) == {1: -SPEED, -1: SPEED, 2: None, -2: None}
    assert seen(moves, DIRTY + 1) == {1: -SPEED, -1: SPEED, 2: -2 * SPEED, -2: 2 * SPEED}


def test_a_cut_stays_one_and_what_has_witnesses_gets_no_others():
    last = {(n, away) for n in range(4) for away in NEIGHBOURS if n + away > 3}
    first = {(n, away) for n in range(4, LENGTH) for away in NEIGHBOURS if n + away < 4}
    for n in (3, 4):  # a scene ends, another begins
        assert seen(bridged.over_damage(flows(last | first)), n) == seen(flows(last | first), n)
    one = {(DIRTY, 1)}
    assert seen(bridged.over_damage(flows(one)), DIRTY) == {1: None, -1: SPEED, 2: -2 * SPEED, -2: 2 * SPEED}


def test_blobs_over_a_third_of_a_frame_are_found(pan):
    dirty, where = blotted(pan)
    source = motion_clips.clip_of(dirty)
    cuts = [vsplugin.flow(source, away).get_frame(DIRTY).props[CUT] for away in NEIGHBOURS]
    assert where.mean() > 0.3 and sum(cuts) > 2
    found = motion_clips.planes(vsplugin.repair(source, tears=False, show="mask"), DIRTY)[0] > 0
    assert found[where].mean() > 0.9
    out = motion_clips.planes(vsplugin.repair(source, tears=False), DIRTY)[0] / 255
    assert np.abs(out - pan[DIRTY, 0])[where].mean() < 12 / 255


def test_another_picture_among_those_of_a_scene_stays(pan):
    frames = pan.copy()
    frames[DIRTY] = motion_clips.texture(99, HEIGHT, WIDTH)
    mask = vsplugin.repair(motion_clips.clip_of(frames), tears=False, show="mask")
    assert not (motion_clips.planes(mask, DIRTY)[0] > 0).any()
    assert not any((motion_clips.planes(mask, n)[0] > 0).any() for n in (DIRTY - 1, DIRTY + 1))
