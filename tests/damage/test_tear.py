"""Rips drawn on single frames: found whether or not they make a frame look like one of another scene."""

import motion_clips
import numpy as np
import pytest
import vapoursynth as vs

import vsplugin
from vsplugin.damage import bridged, tear, torn
from vsplugin.motion.pairs import CUT

HEIGHT, WIDTH, LENGTH = 160, 256, 7
core = vs.core


def panned(length=LENGTH, seed=7, contrast=0.2):
    """``(T, 1, H, W)`` of a dull still that passes by, 2 pixels a frame."""
    still = motion_clips.texture(seed, HEIGHT, WIDTH + 2 * length)[:1]
    dull = 0.4 + contrast * (still - 0.5)
    return motion_clips.noisy(np.stack([dull[:, :, 2 * n : 2 * n + WIDTH] for n in range(length)]), 1.5)


def gap(seed=1, middle=80, gape=9):
    """``(H, W)`` bool: a ragged gap across the frame."""
    rng = np.random.default_rng(seed)
    way = middle + np.cumsum(rng.normal(0, 0.8, WIDTH))
    up, down = gape / 2 + np.abs(rng.normal(0, 2, (2, WIDTH)))
    rows = np.arange(HEIGHT)[:, None]
    return (rows > way - up) & (rows < way + down)


def ripped(frame, where, colour=0.95, by=3):
    """The frame with a gap, what lies below it moved to the right."""
    below = np.cumsum(where, 0) > 0
    return np.where(where, colour, np.where(below, np.roll(frame, by, -1), frame))


def flows_of(clip):
    return {ahead: vsplugin.flow(clip, ahead) for ahead in (2, 3)}


def masks_of(frames):
    clip = motion_clips.clip_of(frames, vs.GRAY8, _Range=1)
    mask = torn.tear_mask(core.resize.Point(clip, format=vs.GRAYS), flows_of(clip))
    ahead = vsplugin.flow(clip, 1)
    cuts = [ahead.get_frame(n).props[CUT] for n in range(clip.num_frames)]
    return np.stack([motion_clips.planes(mask, n)[0] > 0 for n in range(clip.num_frames)]), cuts


def near(where, reach=2):
    padded = np.pad(where, reach)
    side = 2 * reach + 1
    return np.any([padded[y : y + HEIGHT, x : x + WIDTH] for y in range(side) for x in range(side)], 0)


def agree(mask, where):
    assert mask[where].mean() > 0.95 and near(where)[mask].mean() > 0.98


def test_a_torn_frame_that_passes_for_another_scene_is_known():
    frames, where = panned(contrast=0.06), gap(gape=11)
    frames[3, 0] = ripped(frames[3, 0], where)
    masks, cuts = masks_of(frames)
    assert cuts[2] == cuts[3] == 1, "or the test shows nothing"
    agree(masks[3], where)
    assert not masks[[0, 1, 2, 4, 5, 6]].any()


@pytest.mark.parametrize("colour", [0.95, 0.02])
def test_so_is_one_that_does_not(colour):
    frames, where = panned(), gap(gape=11)
    frames[3, 0] = ripped(frames[3, 0], where, colour)
    masks, cuts = masks_of(frames)
    assert cuts[2] == cuts[3] == 0, "or the test shows nothing"
    agree(masks[3], where)
    assert not masks[[0, 1, 2, 4, 5, 6]].any()


def test_a_gap_is_followed_across_what_is_as_bright_as_itself():
    """Stripes wide enough that no piece between them is as long as a tear, but the whole is."""
    x = np.arange(WIDTH)
    dull, stripes = panned(1, contrast=0.06)[0, 0].astype(np.float32), x // 26 % 2 == 0
    plain, where = np.where(stripes, 0.94, dull).astype(np.float32), gap(gape=11)
    mask = tear.find(np.where(where, 0.95, plain).astype(np.float32), plain, plain) > 0
    seen = where & ~stripes
    assert mask[seen].mean() > 0.9 and near(where, 3)[mask].all()
    # What is left of it beyond its end is a speck; so is one elsewhere, which stays.
    speck, other = np.zeros((2, *where.shape), bool)
    speck[np.flatnonzero(where[:, 214])[:3], 213:216] = other[20:23, 60:63] = True
    mask = tear.find(np.where(where & (x < 205) | speck | other, 0.95, dull).astype(np.float32), dull, dull) > 0
    assert mask[speck].all() and not mask[other].any()
    # But pieces that go up and down are none: where they do not, they are.
    pieces = (x % 40 < 30) & (x < 150)
    level, zigzag = where & pieces, np.where(x // 40 % 2, np.roll(where, 13, 0), np.roll(where, -13, 0)) & pieces
    for shape, torn_there in ((level, True), (zigzag, False)):
        assert tear.find(np.where(shape, 0.95, dull).astype(np.float32), dull, dull).any() == torn_there


def test_what_displacement_hides_is_found_beside_a_gap_that_is_known():
    """A dark bar below a bright wall, all but hidden by the gap: of what is laid there, the wall is too near."""
    plain, where = np.full((400, 500), 0.5, np.float32), np.zeros((400, 500), bool)
    where[194:215] = True
    plain[:200, 250:], plain[200:208, 250:] = 0.93, 0.1
    mask = tear.find(np.where(where, 0.95, plain).astype(np.float32), plain, plain) > 0
    assert mask[200:215].all() and not mask[:191].any() and not mask[218:].any()


def test_what_the_frames_beside_show_each_otherwise_is_no_tear():
    plain, where = panned(1, contrast=0.06)[0, 0].astype(np.float32), gap(gape=11)
    torn_frame, other = np.where(where, 0.95, plain).astype(np.float32), np.where(near(where, 4), 0.6, plain)
    assert tear.find(torn_frame, plain, plain).any()
    assert not tear.find(torn_frame, plain, other.astype(np.float32)).any()


def test_so_are_two_in_a_row():
    frames, first, second = panned(), gap(1, 60, 11), gap(2, 110, 11)
    frames[2, 0], frames[3, 0] = ripped(frames[2, 0], first), ripped(frames[3, 0], second)
    masks, _ = masks_of(frames)
    agree(masks[2], first)
    agree(masks[3], second)


def test_a_cut_is_no_tear_nor_is_a_picture_between_two_others():
    one, other = panned(4), panned(4, seed=9)
    assert not masks_of(np.concatenate([one, other]))[0].any()
    between = panned(7)
    between[3] = other[0]
    assert not masks_of(between)[0].any()


def test_first_and_last_frames_have_no_witness_on_both_sides():
    frames = panned(4, contrast=0.06)
    frames[0, 0] = ripped(frames[0, 0], gap(gape=11))
    masks, cuts = masks_of(frames)
    assert cuts[0] == 1, "or the test shows nothing"
    assert not masks.any()
    for length in (1, 2):
        assert not masks_of(frames[:length])[0].any()


def test_what_is_short_or_thick_or_in_the_frames_beside_is_no_tear():
    plain = panned(1)[0, 0].astype(np.float32)
    where = gap()
    short = where & (np.arange(WIDTH) < 40)
    assert tear.find(np.where(where, 0.95, plain).astype(np.float32), plain, plain).any()
    for shape in (short, np.broadcast_to((np.arange(HEIGHT) < 60)[:, None], where.shape)):
        assert not tear.find(np.where(shape, 0.95, plain).astype(np.float32), plain, plain).any()
    both = np.where(where, 0.95, plain).astype(np.float32)
    assert not tear.find(both, np.roll(both, 1, 0), plain).any()


@pytest.mark.parametrize("colour", [0.95, 0.02])
def test_where_the_picture_says_more_than_the_gap_it_is_found_as_dirt_is(colour):
    clean, where = panned(), gap(gape=11)
    frames = clean.copy()
    frames[3, 0] = ripped(frames[3, 0], where, colour)
    clip = motion_clips.clip_of(frames, vs.GRAY8, _Range=1)
    out = motion_clips.planes(vsplugin.repair(clip, scratches=False, tears=False), 3)[0] / 255
    assert np.abs(out - clean[3, 0])[where].mean() < 0.03 < 0.3 < np.abs(frames[3, 0] - clean[3, 0])[where].mean()


def test_repair_fills_the_gap_from_the_frames_beside(monkeypatch):
    """Without tears, the frame passes for one of another scene, and what else helps such frames is switched off."""
    monkeypatch.setattr(bridged, "over_damage", lambda moves: moves)
    clean, where = panned(contrast=0.06), gap(gape=11)
    frames = clean.copy()
    frames[3, 0] = ripped(frames[3, 0], where, by=0)
    clip = motion_clips.clip_of(frames, vs.GRAY8, _Range=1)
    out = motion_clips.planes(vsplugin.repair(clip, scratches=False), 3)[0] / 255
    left = motion_clips.planes(vsplugin.repair(clip, scratches=False, tears=False), 3)[0] / 255
    assert np.abs(out - clean[3, 0])[where].mean() < 0.02 < 0.3 < np.abs(left - clean[3, 0])[where].mean()


@pytest.mark.parametrize("torn_too", [False, True])
def test_a_frame_of_another_picture_has_no_tears(torn_too):
    """A splice of one frame with a bright bar across it; the same bar on the scene's own frame is a tear."""
    pictures = panned()[:, 0]
    bar = gap()
    foreign = pictures.copy()
    foreign[3] = np.where(bar, 0.95, panned(1, seed=12, contrast=0.8)[0, 0])
    if torn_too:
        foreign[4] = ripped(foreign[4], gap(5))
    assert not masks_of(foreign[:, None])[0][3].any()
    own = pictures.copy()
    own[3] = ripped(own[3], bar)
    agree(masks_of(own[:, None])[0][3], bar)
