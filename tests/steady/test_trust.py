"""What parts of a picture say of a movement, and how much of what is measured is shake of the picture."""

from __future__ import annotations

import numpy as np
import pytest

from vsplugin.steady import path, trust, weave

from .test_blocks import HEIGHT, WIDTH, composed, seen, texture

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed: pip install vapoursynth-vsplugin[flow]")


def everywhere(x: float, y: float) -> tuple[np.ndarray, np.ndarray]:
    return np.full((HEIGHT, WIDTH), x, np.float32), np.full((HEIGHT, WIDTH), y, np.float32)


def test_parts_say_how_far_they_still_are():
    ground = texture(1, 0.1, 2.0)
    found = trust.parts(seen(ground, (0, 0)), seen(ground, (2.3, -1.6)), *everywhere(2.0, -1.4))
    assert len(found.left) == len(found.asked) > 100
    assert np.abs(found.left - (0.3, -0.2)).max() < 0.15 and np.abs(found.left.mean(axis=0) - (0.3, -0.2)).max() < 0.02
    right = trust.parts(seen(ground, (0, 0)), seen(ground, (2.3, -1.6)), *everywhere(2.3, -1.6))
    assert right.support > 0.98 > 0.6 > found.support > 0.4  # a third of a pixel off: not quite right
    assert trust.parts(seen(ground, (0, 0)), seen(ground, (2.3, -1.6)), *everywhere(-1.0, 1.0)).support < 0.05


@pytest.mark.parametrize("size", [(HEIGHT, WIDTH), (20, 300), (16, 16)])
def test_what_is_flat_supports_nothing(size):
    flat = np.zeros(size, np.float32)
    found = trust.parts(flat, flat, flat, flat)
    assert (found.support, found.enough) == (0, False)
    assert (found.variances(1) > 1e5).all()


def test_an_object_in_one_place_is_not_enough():
    """A fifth of the picture, in a corner; three strips across it are another matter."""
    ground, one = texture(1, 0.1), texture(2, 0.1)
    noise = [np.random.default_rng(k).normal(0, 0.3, (HEIGHT, WIDTH)).astype(np.float32) for k in (3, 4)]
    corner = (slice(0, 110), slice(0, 160))
    first = composed(noise[0], [(seen(one, (0, 0)), corner)])
    second = composed(noise[1], [(seen(one, (3, 2)), corner)])
    object_ = trust.parts(first, second, *everywhere(3, 2))
    assert not object_.enough and not object_.all_around(3.6)
    strips = [(slice(None), slice(k, k + 50)) for k in (20, 170, 320)]
    first = composed(noise[0], [(seen(ground, (0, 0)), strip) for strip in strips])
    second = composed(noise[1], [(seen(ground, (3, 2)), strip) for strip in strips])
    assert trust.parts(first, second, *everywhere(3, 2)).all_around(3.6)


@pytest.mark.parametrize("grain", [0.02, 0.06])
def test_variances_are_those_of_the_errors(grain):
    """Of twelve pairs under grain: within a factor of three of the deviation found, and larger where there is more."""
    ground, errors, said = texture(1, 0.06, 2.0), [], []
    for k in range(12):
        rng = np.random.default_rng(k)
        one, two = (seen(ground, m) + rng.normal(0, grain, (HEIGHT, WIDTH)) for m in ((0, 0), (1.4, -0.7)))
        one, two = (cv2.GaussianBlur(np.float32(p), (0, 0), 0.7) for p in (one, two))
        flow = (*everywhere(1.2, -0.6), everywhere(1, 1)[0])
        found = weave.between(one, two, flow)
        assert found is not None
        errors.append(found[0][0] - (1.4, -0.7))
        said.append(found[1][0])
    ratio = np.sqrt(np.mean(said) / np.mean(np.square(errors)))
    assert 1 / 3 < ratio < 6, ratio


FRAMES, CENTRE = 41, 20


def shrunk(shake: float, error: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of a pan with white shake, and steps with white errors: the shake in the middle, as found and times its share."""
    rng = np.random.default_rng(seed)
    moved = rng.normal(0, shake, (FRAMES, weave.TERMS, 2))
    places = np.arange(FRAMES)[:, None, None] * 1.3 + moved
    steps = np.diff(places, axis=0) + rng.normal(0, error, (FRAMES - 1, weave.TERMS, 2))
    walked = np.concatenate([np.zeros((1, weave.TERMS, 2)), np.cumsum(steps, axis=0)])
    walked -= walked[CENTRE]
    meant, pulls = path.fitted(walked.reshape(FRAMES, -1), CENTRE, 20)
    found = -meant.reshape(weave.TERMS, 2)
    return moved[CENTRE], found, found * weave.significant(steps, np.full(steps.shape, error**2), pulls, CENTRE)


def apart(shake: float, error: float) -> tuple[float, float, float]:
    """RMS over ten clips of what is left of the shake: if nothing is done, if all that is found is taken, and now."""
    cases = [shrunk(shake, error, seed) for seed in range(10)]
    return tuple(
        float(np.sqrt(np.mean([np.square(values) for values in left])))
        for left in zip(*[(moved, moved - found, moved - share) for moved, found, share in cases], strict=True)
    )


def test_what_could_be_errors_of_measurement_is_left():
    nothing, everything, now = apart(0, 0.1)
    assert nothing == 0 < now < 0.25 * everything


def test_shake_far_above_the_errors_is_taken_whole():
    _, everything, now = apart(1.0, 0.02)
    assert now < 1.02 * everything


@pytest.mark.parametrize("shake", [0.05, 0.1, 0.2])
def test_between_them_never_worse_than_either(shake):
    nothing, everything, now = apart(shake, 0.1)
    assert now < 1.05 * min(nothing, everything)
