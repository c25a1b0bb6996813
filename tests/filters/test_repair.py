"""Dirt put on moving scenes whose truth is known: found, taken away, and nothing else touched."""

import importlib

import motion_clips
import numpy as np
import pytest
import vapoursynth as vs

import vsplugin
from vsplugin.training.degrade import motion

HEIGHT, WIDTH, LENGTH = 160, 224, 7
core = vs.core


def blobs(rng, count=6):
    """``(H, W)`` cover 0..1 of irregular specks and a hair, with soft edges."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    cover = np.zeros((HEIGHT, WIDTH))
    for _ in range(count):
        cy, cx, radius = rng.uniform(12, HEIGHT - 12), rng.uniform(12, WIDTH - 12), rng.uniform(2, 7)
        angle = np.arctan2(y - cy, x - cx)
        edge = radius * (1 + 0.25 * np.sin(3 * angle + rng.uniform(0, 6)))
        cover = np.maximum(cover, np.clip(edge - np.hypot(y - cy, x - cx), 0, 1))
    row = 20 + 100 * rng.random() + 8 * np.sin(np.arange(WIDTH) / 17)
    hair = np.clip(1.6 - np.abs(y - row), 0, 1) * (x > 60) * (x < 120)
    return np.maximum(cover, hair)


@pytest.fixture(scope="module")
def scene():
    """Frames ``(T, 3, H, W)`` 0..1, the same under dirt, and what covers them ``(T, H, W)``."""
    clean = motion.render(motion_clips.scene(3, HEIGHT, WIDTH, speed=1.2), LENGTH).frames
    clean = motion_clips.noisy(clean, 1.5)
    rng = np.random.default_rng(4)
    cover = np.stack([blobs(rng) for _ in range(LENGTH)])
    colour = rng.choice([0.02, 0.98], LENGTH)[:, None, None, None]
    return clean, clean * (1 - cover[:, None]) + colour * cover[:, None], cover


def grown(mask):
    """By two pixels: soft edges."""
    padded = np.pad(mask, 2)
    return np.any([padded[y : y + HEIGHT, x : x + WIDTH] for y in range(5) for x in range(5)], 0)


def error(clip, truth, n, where):
    return np.abs(motion_clips.planes(clip, n)[0] / 255 - truth[n, 0])[where].mean()


@pytest.mark.parametrize("n", range(2, LENGTH - 2))
def test_dirt_is_found_and_gone_and_nothing_else_is_touched(scene, n):
    clean, dirty, cover = scene
    source = motion_clips.clip_of(dirty)
    out, mask = vsplugin.repair(source), vsplugin.repair(source, show="mask")
    found = motion_clips.planes(mask, n)[0] > 0
    visible = np.abs(dirty[n, 0] - clean[n, 0]) > 0.06
    assert (found & visible).sum() > 0.9 * visible.sum()
    beyond = ~grown(cover[n] > 0)
    assert (found & beyond).sum() < 0.1 * found.sum()
    for got, want in zip(motion_clips.planes(out, n), motion_clips.planes(source, n), strict=True):
        np.testing.assert_array_equal(got[~found], want[~found])
    assert error(source, clean, n, visible) > 0.3 and error(out, clean, n, visible) < 12 / 255
    assert abs(out.get_frame(n).props["VSPluginRepaired"] - found.mean()) < 1e-9


def test_clean_pictures_in_motion_are_left_alone(scene):
    mask = vsplugin.repair(motion_clips.clip_of(scene[0]), show="mask")
    share = [np.mean(motion_clips.planes(mask, n)[0] > 0) for n in range(LENGTH)]
    assert np.mean(share) < 0.002 and share[0] == share[-1] == 0


def test_any_order_gives_the_same_pixels(scene):
    source = motion_clips.clip_of(scene[1])
    forward = [motion_clips.planes(vsplugin.repair(source), n) for n in range(LENGTH)]
    again = vsplugin.repair(source)
    for n in (5, 1, 6, 0, 3):
        np.testing.assert_array_equal(motion_clips.planes(again, n), forward[n])


def test_motion_is_searched_again_only_where_something_changed(scene, monkeypatch):
    """And what is taken over is the same: with dirt on one frame, to the bit."""
    module = importlib.import_module("vsplugin.filters.repair")
    clean, dirty, _ = scene
    one = clean.copy()
    one[3] = dirty[3]
    source = motion_clips.clip_of(one)
    shared = [motion_clips.planes(vsplugin.repair(source), n) for n in range(LENGTH)]
    searched = []

    def watched(clip, delta):
        def note(n, f):
            searched.append((clip is source, n, delta))
            return f

        found = vsplugin.flow(clip, delta)
        return core.std.ModifyFrame(found, found, note)

    monkeypatch.setattr(module, "flow", watched)
    source = motion_clips.clip_of(one)
    list(vsplugin.repair(source).frames(close=True))
    again = {(n, delta) for own, n, delta in searched if not own}
    assert {(3, delta) for delta in (1, -1, 2, -2)} <= again
    # No scratch is found, so the first pass takes every motion over; without that there would be two for each.
    assert sum(not own for own, *_ in searched) == len(again) < 4 * LENGTH
    monkeypatch.setattr(
        module, "_moves", lambda clip, cleaner, changed: [vsplugin.flow(cleaner, d) for d in (1, -1, 2, -2)]
    )
    for n in range(LENGTH):
        np.testing.assert_array_equal(motion_clips.planes(vsplugin.repair(source), n), shared[n])


def test_no_frame_takes_from_another_scene(scene):
    dirty = scene[1]
    other = motion_clips.noisy(motion.render(motion_clips.scene(9, HEIGHT, WIDTH), 3).frames, 1.5)
    both = np.concatenate([other, dirty[:4]])
    # What is invented has grain of its own in every frame; what is taken must not depend on the other scene.
    alone, spliced = (vsplugin.repair(motion_clips.clip_of(frames), inpaint=False) for frames in (dirty[:4], both))
    for n in range(2):
        np.testing.assert_array_equal(motion_clips.planes(spliced, 3 + n), motion_clips.planes(alone, n))


def test_a_repeated_frame_is_no_witness(scene):
    clean, dirty, _ = scene
    twice = dirty[[0, 1, 2, 3, 3, 4, 5, 6]]
    out = vsplugin.repair(motion_clips.clip_of(twice))
    visible = np.abs(dirty[3, 0] - clean[3, 0]) > 0.06
    for n in (3, 4):
        assert np.abs(motion_clips.planes(out, n)[0] / 255 - clean[3, 0])[visible].mean() < 20 / 255


def test_a_corrected_mask_decides(scene, tmp_path):
    clean, dirty, _ = scene
    source = motion_clips.clip_of(dirty)
    box = core.std.BlankClip(width=WIDTH, height=HEIGHT, format=vs.GRAY8, length=LENGTH)
    white = core.std.CropAbs(core.std.BlankClip(box, color=255), 40, 30)
    box = core.std.AddBorders(white, 50, WIDTH - 90, 60, HEIGHT - 90)
    # On that frame alone: what is masked in the neighbours, too, is not taken from them (test_repair_inpaint.py).
    nothing = core.std.BlankClip(box)
    box = nothing[:3] + box[3] + nothing[4:]
    path = tmp_path / "mask.y4m"
    with path.open("wb") as file:
        box.output(file, y4m=True)
    out = vsplugin.repair(source, mask=str(path))
    before, after = (motion_clips.planes(clip, 3) for clip in (source, out))
    inside = np.zeros((HEIGHT, WIDTH), bool)
    inside[60:90, 50:90] = True
    np.testing.assert_array_equal(after[:, ~inside], before[:, ~inside])
    assert (after[0][inside] != before[0][inside]).mean() > 0.3
    assert np.abs(after[0] / 255 - clean[3, 0])[inside].mean() < 12 / 255
    with pytest.raises(vs.Error, match=r"repair: mask must be as large and long as the clip \(224x160, 3 frames\)"):
        vsplugin.repair(source[:3], mask=str(path))
    with pytest.raises(vs.Error, match=r"repair: mask: no such file: /no/such\.mkv"):
        vsplugin.repair(source, mask="/no/such.mkv")


@pytest.mark.parametrize("kind", [vs.GRAY8, vs.GRAYS, vs.YUV420P8, vs.YUV422P10, vs.YUV420PH, vs.RGB24, vs.RGBS])
def test_every_format_comes_back_as_it_was(scene, kind):
    source = motion_clips.clip_of(scene[1][:5]).std.SetFrameProps(Kept=7, _Matrix=1)
    family = core.get_video_format(kind).color_family
    source = source.resize.Bicubic(format=kind, **({"matrix": 1} if family != vs.RGB else {}))
    out = vsplugin.repair(source)
    assert out.format.id == kind and out.get_frame(2).props["Kept"] == 7
    with source.get_frame(2) as old, out.get_frame(2) as new:
        changed = [np.asarray(old[p]) != np.asarray(new[p]) for p in range(old.format.num_planes)]
    assert 0.002 < changed[0].mean() < 0.1


@pytest.mark.parametrize("length", [1, 2])
def test_clips_too_short_to_compare_stay(scene, length):
    source = motion_clips.clip_of(scene[1][:length])
    out = vsplugin.repair(source)
    if length == 1:
        np.testing.assert_array_equal(motion_clips.planes(out, 0), motion_clips.planes(source, 0))
    assert out.num_frames == length


def test_interlaced_clips_are_refused(scene):
    with pytest.raises(vs.Error, match="repair: "):
        vsplugin.repair(motion_clips.clip_of(scene[1][:3], _FieldBased=2))
