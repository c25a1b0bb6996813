"""Leaders, splices, clip ends and damage that never goes away: nothing crashes, and no picture is taken for dirt."""

import importlib

import motion_clips
import numpy as np
import pytest
import vapoursynth as vs

import vsplugin
from vsplugin.training.degrade import motion

HEIGHT, WIDTH = 128, 160


@pytest.fixture(scope="module")
def scene():
    frames = motion.render(motion_clips.scene(6, HEIGHT, WIDTH, speed=1.0), 7).frames
    return motion_clips.noisy(frames, 1.5)


def spotted(frames, numbers):
    """A black disc of 12 pixels at another place on each of the frames named."""
    out = frames.copy()
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    for n in numbers:
        out[n][:, np.hypot(y - 40 - 6 * n, x - 60 - 8 * n) < 6] = 0.02
    return out


def found(frames, n):
    mask = vsplugin.repair(motion_clips.clip_of(frames), show="mask")
    return motion_clips.planes(mask, n)[0] > 0


def test_a_black_leader_stays_black_and_hides_nothing(scene):
    dirty = spotted(scene, [3])
    led = np.concatenate([np.zeros_like(dirty[:3]), dirty])
    assert all(not found(led, n).any() for n in (0, 1, 2, 3))
    disc = np.abs(dirty[3, 0] - scene[3, 0]) > 0.1
    assert found(led, 6)[disc].mean() > 0.8


def test_the_first_and_the_last_frame_of_a_scene_keep_what_they_have(scene):
    dirty = spotted(scene, [0, 6])
    assert not found(dirty, 0).any() and not found(dirty, 6).any()
    other = motion_clips.noisy(motion.render(motion_clips.scene(12, HEIGHT, WIDTH), 4).frames, 1.5)
    spliced = np.concatenate([dirty, other])
    assert not found(spliced, 6).any() and not found(spliced, 7).any()


def test_what_is_there_on_every_frame_is_picture(scene):
    still = np.stack([scene[0]] * 7)
    still[:, :, 50:70, 60:80] = 0.02
    still = motion_clips.noisy(still, 1.5, seed=9)
    assert found(still, 3).mean() == 0


def test_what_is_no_number_does_not_stop_it(scene):
    broken = scene.copy()
    broken[3, :, 20:30, 20:30] = np.nan
    clip = motion_clips.clip_of(broken, vs.YUV444PS)
    out = vsplugin.repair(clip)
    assert [frame.width for frame in out.frames()] == [WIDTH] * 7


def test_a_frame_that_is_another_picture_is_left_alone_and_bears_no_witness(scene, monkeypatch):
    """When it is such a frame, tests/damage/test_unlike.py says."""
    frames, seen = spotted(scene, [2, 3]), []
    centres = {n: (40 + 6 * n, 60 + 8 * n) for n in (2, 3)}
    assert all(scene[n, 0][place] > 0.2 for n in range(7) for place in centres.values())

    def unlike(luma, neighbours, found, suspect):
        if luma[centres[2]] < 0.1:
            seen.append([neighbour.away for neighbour in neighbours])
        return bool(luma[centres[3]] < 0.1)

    monkeypatch.setattr(importlib.import_module("vsplugin.filters.repair"), "unlike", unlike)
    mask = vsplugin.repair(motion_clips.clip_of(frames), show="mask")
    assert not (motion_clips.planes(mask, 3)[0] > 0).any()
    assert [mask.get_frame(n).props["VSPluginUnlikeNeighbours"] for n in (2, 3, 4)] == [0, 1, 0]
    assert (motion_clips.planes(mask, 2)[0] > 0)[np.abs(frames[2, 0] - scene[2, 0]) > 0.1].mean() > 0.8
    assert 1 in seen[0] and 1 not in seen[-1]  # the first pass does not know yet


@pytest.mark.parametrize("filter", [vsplugin.repair, vsplugin.degrain, vsplugin.regrain])
def test_a_grain_file_that_is_not_there_is_named_with_what_writes_one(filter, scene, tmp_path):
    path = str(tmp_path / "none.json")
    with pytest.raises(vs.Error) as error:
        filter(motion_clips.clip_of(scene), grain=path)
    words = str(error.value)
    assert words.startswith(f"{filter.__name__}: grain: no such file: {path}; `vsplugin grain FILE -o")
    assert "Errno" not in words
