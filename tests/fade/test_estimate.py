"""The network's arithmetic, what is left alone, and what points do."""

import numpy as np
import onnxruntime
import pytest

from vsplugin import models
from vsplugin.fade import anchors, decay, density, dyes, estimate, features, network
from vsplugin.fade.correction import NOTHING


@pytest.fixture(scope="module")
def model():
    return models.find("unfade", "unfade", "unfade")


@pytest.fixture(scope="module")
def scene():
    """``(120, 160, 3)`` signals: greys from black to white, and saturated and pale colours."""
    rng = np.random.default_rng(4)
    grey = np.linspace(0, 1, 160)[None, :, None] * np.ones((120, 1, 3))
    coloured = grey.copy()
    for row in range(0, 90, 6):
        coloured[row : row + 6] *= rng.uniform(0.3, 1, 3)
    return np.clip(coloured + rng.normal(0, 0.004, coloured.shape), 0, 1)


def densities(signal):
    return density.density(density.light(signal, 13))


def test_numpy_computes_what_onnx_runtime_computes(model):
    seen = np.random.default_rng(0).normal(0.5, 1, (5, features.COUNT)).astype(np.float32)
    session = onnxruntime.InferenceSession(model.path, providers=["CPUExecutionProvider"])
    wanted = session.run(None, {"features": seen})[0]
    np.testing.assert_allclose(network.outputs(model, seen), wanted, rtol=1e-4, atol=1e-4)
    assert wanted.std() > 0.01


@pytest.mark.parametrize("content", [b"", b"\x00" * 40, b"no model", b"\xff" * 64])
def test_files_that_are_no_network_are_named(content, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.onnx is no network for unfade"):
        network._weights(path)


def test_features_do_not_depend_on_the_order_of_pixels(scene):
    dye = features.dyes_of(densities(scene).reshape(1, -1, 3))
    mixed = np.random.default_rng(1).permutation(dye[0])[None]
    np.testing.assert_allclose(features.features(dye), features.features(mixed), atol=2e-4)
    assert features.features(dye).shape == (1, features.COUNT)


def test_a_fade_is_found_and_brought_back(model, scene):
    truth = decay.Decay(kept=(0.4, 0.95, 0.6), stain=(0.02, 0.04, 0.15))
    faded = decay.faded(scene, truth, 13)
    found = estimate.found(model, estimate.pixels([densities(faded)])).correction
    assert found.confidence > 0.9
    assert found.gain[0] > 1.5 and found.gain[0] > found.gain[2] > found.gain[1]
    before, after = (np.abs(picture - scene).mean() for picture in (faded, found.of_signal(faded, 13)))
    assert after < 0.5 * before


def test_bars_around_the_picture_do_not_count(scene):
    seen = densities(scene[:, 10:])
    barred = np.pad(seen, ((30, 30), (0, 0), (0, 0)), constant_values=3.0)
    barred = np.pad(barred, ((0, 0), (25, 25), (0, 0)), constant_values=2.9)
    np.testing.assert_array_equal(estimate.pixels([barred]), estimate.pixels([seen]))


@pytest.mark.parametrize("level", [0.0, 0.01, 1.0])
def test_black_and_white_frames_say_nothing(model, level):
    result = estimate.found(model, estimate.pixels([densities(np.full((40, 40, 3), level))]))
    assert result.correction == NOTHING and "nothing to judge" in result.reason


def test_silver_films_have_no_dyes(model, scene):
    grey = scene.mean(-1, keepdims=True) * np.ones(3)
    result = estimate.found(model, estimate.pixels([densities(grey)]))
    assert result.correction == NOTHING and "no colour" in result.reason


def test_negatives_are_told_from_faded_prints(scene):
    """Orange mask and a gamma of 0.6, as of colour negatives; no fade of a print looks so."""
    negative = np.array([0.2, 0.6, 0.95]) + 0.6 * (2.0 - densities(scene).clip(0, 2))
    assert estimate.looks_negative(negative.reshape(-1, 3))
    for kind in decay.KINDS:
        for seed in range(5):
            faded = decay.draw(np.random.default_rng(seed), kind, 1.1).of_density(densities(scene))
            assert not estimate.looks_negative(faded.reshape(-1, 3))


def test_a_grey_point_becomes_grey(model, scene):
    truth = decay.Decay(kept=(0.4, 0.95, 0.6), stain=(0.02, 0.04, 0.15))
    place = densities(decay.faded(scene, truth, 13))[110, 80]
    start = np.zeros(9)
    covariance = np.array(model.card["errors"]["covariance"])
    point = anchors.points("grey", "80,110")[0]
    grey = anchors.fitted(start, covariance, anchors.Known([(point, place)])).of_density(place)
    assert np.ptp(place) > 0.2 and np.ptp(grey) < 0.15 * np.ptp(place)


def test_a_known_colour_becomes_that_colour(model):
    place = np.array([0.3, 0.8, 0.9])
    point = anchors.points("colour", "5,5@3=#c8a080")[0]
    assert (point.frame, point.colour) == (3, (200 / 255, 160 / 255, 128 / 255))
    found = anchors.fitted(np.zeros(9), np.array(model.card["errors"]["covariance"]), anchors.Known([(point, place)]))
    wanted = densities(np.array(point.colour))
    assert np.abs(found.of_density(place) - wanted).max() < 0.2 * np.abs(place - wanted).max()


def test_given_dyes_decide(model):
    known = anchors.Known(kept=(0.5, None, 0.7), stain=0.2)
    found = anchors.fitted(np.zeros(9), np.array(model.card["errors"]["covariance"]), known)
    for dye, kept in ((0, 0.5), (2, 0.7)):
        faded = dyes.MIXING @ (np.eye(3)[dye] * kept) + np.array(found.base)
        assert (dyes.UNMIXING @ found.of_density(faded))[dye] == pytest.approx(1, abs=0.02)
    assert found.base[2] == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("kind,text", [
    ("grey", ""), ("grey", "5"), ("grey", "5,-5"), ("grey", "5,5=#ffffff"), ("colour", "5,5"), ("colour", "5,5=#ff"),
])  # fmt: skip
def test_points_that_cannot_be_read_are_named(kind, text):
    with pytest.raises(ValueError, match="must"):
        anchors.points(kind, text)
