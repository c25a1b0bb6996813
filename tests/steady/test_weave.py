"""The movement between two pictures: strong objects do not drag it along, and the frame's bend is found beside them."""

from __future__ import annotations

import numpy as np
import pytest

from vsplugin.steady import fields, weave

from .test_blocks import HEIGHT, WIDTH, composed, seen, texture

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed: pip install vapoursynth-vsplugin[flow]")

OBJECT = (slice(40, 190), slice(90, 250))  # three tenths of the picture


def bent(picture: np.ndarray, move: tuple[float, float], bend: float) -> np.ndarray:
    """``seen``, and ``bend`` pixels further to the right at the left and right edges than in the middle."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    u = (x + 0.5) / WIDTH * 2 - 1
    at_x = x - move[0] - bend * u**2
    return cv2.remap(picture, np.float32(at_x + 32), np.float32(y - move[1] + 32), cv2.INTER_LANCZOS4)


@pytest.mark.parametrize("bend", [0.0, 0.8])
def test_a_strong_object_does_not_drag_faint_ground_along(bend):
    ground, one = texture(1, 0.03, 1.6), texture(2, 0.25)
    move, own = (1.3, -0.8), (3.3, 0.9)
    first = composed(seen(ground, (0, 0)), [(seen(one, (0, 0)), OBJECT)])
    second = composed(bent(ground, move, bend), [(seen(one, own), OBJECT)])
    flow = [np.full((HEIGHT, WIDTH), k, np.float32) for k in (*move, 1)]
    flow[0][OBJECT], flow[1][OBJECT] = own
    found = weave.between(first, second, flow)
    assert found is not None
    x, y = fields.grid(12, 8)
    displaced = fields.basis(x, y, weave.DEGREE) @ found[0]
    there = x + 2 * move[0] / WIDTH  # the bend is that of where a point comes to, but for some hundredths of a pixel
    truth = np.stack([move[0] + bend * there**2, np.full(x.shape, move[1])], axis=-1)
    assert np.abs(displaced - truth).max() < 0.1
