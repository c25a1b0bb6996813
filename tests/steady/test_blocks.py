"""Blocks: the ground is found behind large objects that move, and nothing where it could be either."""

from __future__ import annotations

import numpy as np
import pytest

from vsplugin.steady import blocks, fields

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed: pip install vapoursynth-vsplugin[flow]")

HEIGHT, WIDTH = 216, 384


def texture(seed: int, strength: float, blur: float = 1.2) -> np.ndarray:
    """A picture of ``strength`` (standard deviation), with room to move in."""
    noise = np.random.default_rng(seed).normal(0, 1, (HEIGHT + 64, WIDTH + 64)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), blur)
    return soft * np.float32(strength / soft.std())


def seen(picture: np.ndarray, move: tuple[float, float], turn: float = 0.0) -> np.ndarray:
    """Where the point of the first frame is in the second: ``move`` further, turned by ``turn`` about the middle."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    u, v = x - WIDTH / 2 - move[0], y - HEIGHT / 2 - move[1]
    at_x, at_y = u + turn * v + WIDTH / 2, v - turn * u + HEIGHT / 2
    return cv2.remap(picture, np.float32(at_x + 32), np.float32(at_y + 32), cv2.INTER_LANCZOS4)


def composed(ground: np.ndarray, objects: list[tuple[np.ndarray, tuple[slice, slice]]]) -> np.ndarray:
    out = ground.copy()
    for picture, place in objects:
        out[place] = picture[place]
    return out


LEFT, MIDDLE = (slice(20, 200), slice(40, 140)), (slice(20, 200), slice(190, 290))


def test_faint_ground_behind_strong_objects():
    """Two objects a hundred times as strong as the ground cover two fifths of the picture and move their own way."""
    ground, one, two = texture(1, 0.004), texture(2, 0.4), texture(3, 0.4)
    first = composed(seen(ground, (0, 0)), [(seen(one, (0, 0)), LEFT), (seen(two, (0, 0)), MIDDLE)])
    move, turn = (2.3, -1.6), 0.004
    second = composed(seen(ground, move, turn), [(seen(one, (-1, 8.4)), LEFT), (seen(two, (1.5, -9.2)), MIDDLE)])
    found = blocks.movement(first, second)
    assert found is not None
    x, y = fields.grid(12, 8)
    displaced = fields.basis(x, y, 1) @ found
    truth = np.stack([move[0] - turn * (y * HEIGHT / 2 - move[1]), move[1] + turn * (x * WIDTH / 2 - move[0])], axis=-1)
    assert np.abs(displaced - truth).max() < 0.15


def test_two_halves_leave_it_open():
    one, two = texture(1, 0.1), texture(2, 0.1)
    half = (slice(None), slice(0, WIDTH // 2))
    first = composed(seen(one, (0, 0)), [(seen(two, (0, 0)), half)])
    second = composed(seen(one, (3, 0)), [(seen(two, (-4, 2)), half)])
    assert blocks.movement(first, second) is None


@pytest.mark.parametrize("size", [(HEIGHT, WIDTH), (20, 300), (16, 16)])
def test_nothing_to_see(size):
    flat = np.zeros(size, np.float32)
    assert blocks.movement(flat, flat) is None
