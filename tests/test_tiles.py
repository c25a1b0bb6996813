"""The tile plan's arithmetic; that tiles leave no seam is measured in tests/filters."""

from pathlib import Path

from vsplugin import tiles
from vsplugin.models import Model

MODEL = Model("m", Path("m.onnx"), "denoise", scale=2, radius=10, multiple=1, channels=32)


def test_a_frame_that_fits_stays_whole():
    assert tiles.plan(MODEL, 640, 360, free=8 << 30).tile is None


def test_little_memory_means_tiles_within_the_budget():
    for free in (64 << 20, 256 << 20, 1 << 30):
        plan = tiles.plan(MODEL, 4096, 2160, free=free)
        assert plan.tile is not None
        assert plan.overlap >= MODEL.radius
        assert plan.megabytes * 2**20 <= 0.4 * free
        assert min(plan.tile) > 2 * plan.overlap * MODEL.scale


def test_a_forced_tile_is_rounded_to_what_the_model_needs_and_never_too_small():
    plan = tiles.plan(MODEL, 1920, 1080, tile=1, free=8 << 30)
    assert plan.tile is not None and plan.tile[0] >= 4 * MODEL.radius


def test_a_tile_larger_than_the_frame_is_the_frame():
    assert tiles.plan(MODEL, 64, 64, tile=512, free=8 << 30).tile is None
