"""Scratches drawn on moving scenes: found, filled, and never mistaken for what stands upright in the picture."""

import motion_clips
import numpy as np
import pytest
import vapoursynth as vs

import vsplugin
from vsplugin.damage import lines
from vsplugin.training.degrade import motion

HEIGHT, WIDTH, LENGTH = 192, 240, 9
core = vs.core


def cover_of(place, spread=0.9, top=0, bottom=HEIGHT):
    """``(T, H, W)`` 0..1: an upright line at column ``place[n]`` of frame n."""
    rows = (np.arange(HEIGHT) >= top) & (np.arange(HEIGHT) < bottom)
    along = np.exp(-0.5 * ((np.arange(WIDTH) - np.asarray(place)[:, None, None]) / spread) ** 2)
    return along * rows[:, None]


def under(clean, cover, colour):
    return clean + 0.8 * cover[:, None] * (colour - clean)


@pytest.fixture(scope="module")
def moving():
    """A scene that moves, ``(T, 3, H, W)``; two scratches over it; what they cover."""
    clean = motion.render(motion_clips.scene(5, HEIGHT, WIDTH, speed=1.5), LENGTH).frames
    clean = motion_clips.noisy(clean, 1.5)
    wander = np.cumsum(np.random.default_rng(3).normal(0, 0.3, LENGTH))
    white, black = cover_of(70 + wander), cover_of(171 - wander, 1.3, 40, 180)
    return clean, under(under(clean, white, 0.98), black, 0.02), np.maximum(white, black)


def mask_of(frames, n, **options):
    mask = vsplugin.repair(motion_clips.clip_of(frames), show="mask", **options)
    return motion_clips.planes(mask, n)[0] > 0


def lone_mask(frames, n):
    """What is taken for a scratch, without what is taken for dirt."""
    return mask_of(frames, n) & ~mask_of(frames, n, scratches=False)


@pytest.mark.parametrize("n", [2, 4, 6])
def test_scratches_are_found_and_filled(moving, n):
    clean, dirty, cover = moving
    source = motion_clips.clip_of(dirty)
    out, found = motion_clips.planes(vsplugin.repair(source), n), mask_of(dirty, n)
    there = np.abs(dirty[n, 0] - clean[n, 0]) > 0.06
    assert found[there].mean() > 0.9
    assert (found & (cover[n] < 1e-3)).sum() < 0.1 * found.sum()
    np.testing.assert_array_equal(out[:, ~found], motion_clips.planes(source, n)[:, ~found])
    error = np.abs(out / 255 - clean[n])[:, there].mean()
    assert error < 0.2 * np.abs(dirty[n] - clean[n])[:, there].mean()


def test_they_stay_where_they_are_not_wanted_gone(moving):
    _, dirty, cover = moving
    found = mask_of(dirty, 4, scratches=False)
    assert found[cover[4] > 0.5].mean() < 0.6


def test_what_stands_upright_in_the_picture_is_no_scratch():
    """A pole that goes along with the picture; one in a picture that does not move, which ends within the frame."""
    still = motion_clips.texture(40, HEIGHT, WIDTH + 60)
    for speed in (3, 0):
        cover = cover_of([90.0], bottom=HEIGHT if speed else 150)
        pole = under(still[None], np.pad(cover, ((0, 0), (0, 0), (0, 60))), 0.02)[0]
        frames = np.stack([pole[:, :, n * speed : n * speed + WIDTH] for n in range(LENGTH)])
        frames = motion_clips.noisy(frames, 1.5)
        assert lone_mask(frames, 4).mean() == 0, speed


def test_clean_pictures_have_none(moving):
    for n in (2, 5):
        assert lone_mask(moving[0], n).mean() < 0.001


@pytest.mark.slow  # half a minute; test_repair.py has the same for all that repair does
def test_any_order_gives_the_same_pixels(moving):
    source = motion_clips.clip_of(moving[1])
    forward = [motion_clips.planes(vsplugin.repair(source), n) for n in range(LENGTH)]
    again = vsplugin.repair(source)
    for n in (6, 1, 4):
        np.testing.assert_array_equal(motion_clips.planes(again, n), forward[n])


def test_a_line_is_traced_where_it_is():
    rng = np.random.default_rng(1)
    picture = (0.5 + rng.normal(0, 0.01, (HEIGHT, WIDTH))).astype(np.float32)
    rows = np.arange(20, 160)
    middle = 100 + 0.02 * (rows - 90)
    picture[20:160] += 0.1 * np.exp(-0.5 * ((np.arange(WIDTH) - middle[:, None]) / 1.0) ** 2)
    (line,) = lines.find(picture, lines.response(picture), 0.03)
    assert line.sign == 1 and abs(line.top - 20) <= 8 and abs(line.rows[-1] - 159) <= 8
    common = np.intersect1d(line.rows, rows)
    assert np.abs(line.columns[common - line.top] - middle[common - 20]).mean() < 0.6
    cover = lines.cover(picture, line)
    assert cover[90, 99:102].all() and cover.sum(1).max() <= 9


def test_an_edge_is_no_line():
    picture = np.full((HEIGHT, WIDTH), 0.3, np.float32)
    picture[:, 120:] = 0.7
    assert lines.find(picture, lines.response(picture), 0.02) == []


@pytest.mark.parametrize("kind", [vs.GRAY8, vs.YUV420P8, vs.YUV420PH, vs.RGBS])
def test_formats_and_planes(moving, kind):
    source = motion_clips.clip_of(moving[1]).std.SetFrameProps(_Matrix=1)
    family = core.get_video_format(kind).color_family
    source = source.resize.Bicubic(format=kind, **({"matrix": 1} if family != vs.RGB else {}))
    out = vsplugin.repair(source)
    assert out.format.id == kind
    with source.get_frame(4) as old, out.get_frame(4) as new:
        for p in range(old.format.num_planes):
            assert 0.005 < (np.asarray(old[p]) != np.asarray(new[p])).mean() < 0.2


@pytest.mark.parametrize("length", [1, 2, 3])
def test_short_clips_come_back(moving, length):
    out = vsplugin.repair(motion_clips.clip_of(moving[1][:length]))
    assert out.num_frames == length and [frame.width for frame in out.frames()] == [WIDTH] * length
