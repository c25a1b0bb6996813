"""What the network of ``repair`` learns from: truth that is true, evidence as the filter sees it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
pytest.importorskip("cv2")
Image = pytest.importorskip("PIL.Image")

from vsplugin.damage import evidence  # noqa: E402
from vsplugin.training.degrade import dirt_scenes, dirt_shapes  # noqa: E402
from vsplugin.training.degrade.dirt import Dirt, read  # noqa: E402


def test_covers_are_covers_and_change_what_they_cover():
    rng = np.random.default_rng(1)
    overlays = [np.pad(np.ones((100, 60), np.float32), 150)]
    picture = np.full((96, 112), 0.5, np.float32)
    for _ in range(40):
        cover, colour = dirt_shapes.random_cover(overlays, 96, 112, rng)
        assert cover.shape == colour.shape == picture.shape and cover.min() >= 0 and cover.max() <= 1
        out = dirt_shapes.under(picture, [(cover, colour)])
        np.testing.assert_array_equal(out[cover == 0], picture[cover == 0])
        np.testing.assert_allclose(out, picture + cover * (colour - picture), atol=1e-6)


def test_samples_are_dirty_where_they_say_and_neighbours_lie_on_them(monkeypatch):
    """In a scene that hardly moves, what differs from all neighbours is what the mask says."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[: dirt_scenes.SIDE, : dirt_scenes.SIDE]
    still = (0.5 + 0.2 * np.sin(x / 9) * np.cos(y / 7)).astype(np.float32)
    monkeypatch.setattr(dirt_scenes, "clean_frames", lambda stills, rng: np.stack([still] * dirt_scenes.LENGTH))
    seen = 0
    for _ in range(4):
        for sample in dirt_scenes.samples([], [np.ones((40, 40), np.float32)], rng):
            assert sample.shape == (6 * dirt_scenes.SIDE, dirt_scenes.SIDE) and sample.dtype == np.uint8
            luma, mask = sample.reshape(6, dirt_scenes.SIDE, -1)[[0, 5]]
            differs = np.abs(luma / 255.0 - still) > 0.06
            assert set(np.unique(mask)) <= {0, 255}
            assert (mask > 0)[differs].mean() > 0.9 if differs.sum() > 50 else True
            seen += differs.sum()
    assert seen > 1000


@pytest.fixture
def sample(tmp_path) -> Path:
    """A flat frame with bright dirt in the middle, and four clean neighbours."""
    planes = np.full((6, 64, 64), 100, np.uint8)
    planes[0, 28:36, 28:36], planes[5] = 220, 0
    planes[5, 28:36, 28:36] = 255
    path = tmp_path / "a.png"
    Image.fromarray(planes.reshape(6 * 64, 64)).save(path)
    return path


def test_a_batch_shows_dirt_as_an_outlier_where_the_target_is(sample):
    assert read(sample).shape == (6, 64, 64)
    task = Dirt([sample], np.random.default_rng(2), patch=32, candidates=8, anywhere=0.0)
    x, base, target = task.batch(12)
    assert x.shape == (12, len(evidence.PLANES), 32, 32) and target.shape == base.shape == (12, 1, 32, 32)
    assert float(base.abs().max()) == 0 and set(target.unique().tolist()) <= {0.0, 1.0} and target.sum() > 0
    dirty = target[:, 0] > 0
    assert bool((x[:, 5].abs()[dirty] > 0.9).all()) and float(x[:, 5].abs()[~dirty].max()) == 0


def test_missing_neighbours_are_stood_in_for():
    laid = {away: np.full((4, 4), away, np.float32) for away in evidence.NEIGHBOURS}
    assert [int(plane[0, 0]) for plane in evidence.completed(laid)] == [1, -1, 2, -2]
    without = {away: plane for away, plane in laid.items() if away != 1}
    assert [int(plane[0, 0]) for plane in evidence.completed(without)] == [2, -1, 2, -2]
    before = {away: plane for away, plane in laid.items() if away < 0}
    assert [int(plane[0, 0]) for plane in evidence.completed(before)] == [-1, -1, -2, -2]
    assert evidence.completed({1: laid[1]}) is None


def test_a_finished_part_is_not_made_again(tmp_path):
    rng = np.random.default_rng(0)
    for name in "abcd":
        Image.fromarray(rng.integers(0, 255, (500, 500, 3), np.uint8)).save(tmp_path / f"{name}.png")
    overlay = np.zeros((40, 40, 4), np.uint8)
    overlay[10:30, 10:30] = 255
    (tmp_path / "dirt").mkdir()
    Image.fromarray(overlay).save(tmp_path / "dirt/one.png")
    (tmp_path / "to").mkdir()
    work = dirt_scenes.Work([tmp_path / "a.png"], [tmp_path / "dirt/one.png"], tmp_path / "to")
    work((0, 1))
    made = sorted((tmp_path / "to").iterdir())
    assert [path.name for path in made] == ["00000_0.png", "00000_1.png", "00000_2.png"]
    times = [path.stat().st_mtime_ns for path in made]
    work((0, 1))
    assert [path.stat().st_mtime_ns for path in made] == times
