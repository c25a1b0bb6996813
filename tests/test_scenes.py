"""Whether two frames show one scene, in spite of what lies on them."""

import numpy as np
import pytest

from vsplugin.scenes import same_scene

SHAPE = (270, 480)
STILL = np.zeros(SHAPE, np.float32)


def picture(seed):
    """Soft blobs of all sizes, 8-bit steps."""
    rng = np.random.default_rng(seed)
    out = np.zeros(SHAPE)
    for size in (3, 9, 27):
        coarse = rng.normal(0, 1, (SHAPE[0] // size + 2, SHAPE[1] // size + 2))
        out += np.kron(coarse, np.ones((size, size)))[: SHAPE[0], : SHAPE[1]]
    return np.clip(128 + 25 * out, 0, 255)


def blotted(frame, seed, share=0.15):
    """White and black blots over a ``share`` of the frame."""
    rng, out, covered = np.random.default_rng(seed), frame.copy(), np.zeros(SHAPE, bool)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    while covered.mean() < share:
        blot = np.hypot(y - rng.uniform(0, SHAPE[0]), x - rng.uniform(0, SHAPE[1])) < rng.uniform(4, 25)
        out[blot] = rng.choice([0, 255])
        covered |= blot
    return out


@pytest.mark.parametrize("seed", range(4))
def test_dirt_over_a_seventh_of_a_frame_is_no_cut(seed):
    frame = picture(seed)
    assert same_scene(blotted(frame, seed), blotted(frame, seed + 50, 0.05), STILL, STILL)


@pytest.mark.parametrize("seed", range(4))
def test_another_picture_is_one(seed):
    assert not same_scene(picture(seed), picture(seed + 10), STILL, STILL)
    assert not same_scene(blotted(picture(seed), seed), blotted(picture(seed + 10), seed + 20), STILL, STILL)
