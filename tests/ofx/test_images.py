"""Pixels as hosts hand them over: depths, rows, origins, windows, and images that are not what they say.

The scripts are arithmetic that numpy does too: halve.vpy is x / 2 + 1/8, mirror.vpy turns the picture by 180 degrees.
Every test is run in every host of profiles.py.
"""

import numpy as np
import pytest

from .conftest import FAILED, FORMAT, OK, SCRIPTS, depth_of
from .profiles import PROFILES, SILENT

OWN_SCRIPT = "Own script"


@pytest.fixture(params=PROFILES)
def profile(request):
    return request.param


@pytest.fixture
def scripted(make, profile):
    def one(script):
        node = make("restoration", profile)
        node.set(preset=OWN_SCRIPT, script=str(SCRIPTS / script), colour="Rec.709 video")
        return node

    return one


def as_depth(picture, dtype):
    if np.dtype(dtype).kind == "u":
        peak = np.iinfo(dtype).max
        return np.floor(np.clip(picture, 0, 1) * peak + 0.5).astype(dtype)
    return picture.astype(dtype)


def halved(picture):
    """What halve.vpy makes of a picture of any depth; alpha is not touched."""
    peak = np.iinfo(picture.dtype).max if picture.dtype.kind == "u" else 1
    out = picture.astype(np.float64) / peak
    out[..., :3] = out[..., :3] * 0.5 + 0.125
    return as_depth(out, picture.dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "float32"])
def test_every_depth_is_worked_on_and_comes_back(scripted, scene, dtype):
    node = scripted("halve.vpy")
    picture = as_depth(scene, dtype)
    node.feed(0, picture)
    out = node.render(0, (64, 48), dtype)
    expected = halved(picture)
    if np.dtype(dtype).kind == "u":
        assert np.abs(out.astype(int) - expected.astype(int)).max() <= 1  # halves may round either way in float32
        assert (out == expected).mean() > 0.97
    else:
        np.testing.assert_allclose(out.astype(float), expected.astype(float), atol=1e-3 if dtype == "float16" else 1e-6)
    np.testing.assert_array_equal(out[..., 3], picture[..., 3])


def test_values_beyond_0_and_1_and_alpha_survive(scripted, scene, profile):
    node = scripted("null.vpy")
    picture = as_depth(scene, depth_of(profile))
    node.feed(0, picture)
    np.testing.assert_array_equal(node.render(0, (64, 48), depth_of(profile)), picture)


def test_floats_of_source_and_output_may_differ_in_depth(scripted, scene):
    node = scripted("null.vpy")
    picture = as_depth(scene, "uint8")
    node.feed(0, picture)
    out = node.render(0, (64, 48), "float32")
    np.testing.assert_allclose(out, picture / 255.0, atol=1e-7)


@pytest.mark.parametrize("shape", [{"padding": 48}, {"negative_rows": True}, {"padding": 16, "negative_rows": True}])
def test_padded_and_upside_down_rows(scripted, scene, shape):
    node = scripted("mirror.vpy")
    node.feed(0, scene, **shape)
    out = node.render(0, (64, 48), shape={"padding": 32} if "padding" not in shape else {"negative_rows": True})
    np.testing.assert_array_equal(out[..., :3], scene[::-1, ::-1, :3])
    np.testing.assert_array_equal(out[..., 3], scene[..., 3])


@pytest.mark.parametrize("origin", [(100, 50), (-37, -11)])
def test_origins_anywhere(scripted, scene, origin):
    node = scripted("halve.vpy")
    node.feed(0, scene, origin=origin)
    out = node.render(0, (64, 48), shape={"origin": origin})
    np.testing.assert_allclose(out, halved(scene), atol=1e-6)


def test_an_output_that_lies_elsewhere_gets_what_they_share(scripted, scene):
    node = scripted("null.vpy")
    node.feed(0, scene, origin=(10, 5))
    out = node.render(0, (64, 48))
    expected = np.zeros_like(scene)
    expected[5:, 10:] = scene[:-5, :-10]
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize(
    "window", [(8, 4, 40, 20), (0, 0, 64, 48), (63, 47, 64, 48), (-20, -20, 30, 30), (70, 0, 90, 9)]
)
def test_only_the_window_is_written(scripted, scene, window):
    node = scripted("halve.vpy")
    node.feed(0, scene)
    out = node.render(0, (64, 48), window=window)
    x1, y1, x2, y2 = np.clip(window, 0, [64, 48, 64, 48])
    np.testing.assert_allclose(out[y1:y2, x1:x2], halved(scene)[y1:y2, x1:x2], atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (3, 3), (255, 17)])
def test_tiny_and_odd_sizes(scripted, size):
    node = scripted("mirror.vpy")
    picture = np.random.default_rng(1).random((size[1], size[0], 4), np.float32)
    node.feed(0, picture)
    np.testing.assert_array_equal(node.render(0, size)[..., :3], picture[::-1, ::-1, :3])


@pytest.mark.parametrize(
    "profile", ["strict", *(pytest.param(name, marks=pytest.mark.slow) for name in PROFILES if name != "strict")]
)
def test_8k(scripted):
    node = scripted("null.vpy")
    picture = np.random.default_rng(1).integers(0, 65536, (4320, 8192, 4), np.uint16)
    node.feed(0, picture)
    assert np.array_equal(node.render(0, (8192, 4320), "uint16"), picture)


@pytest.mark.parametrize("field", ["OfxFieldLower", "OfxFieldUpper", "OfxFieldBoth", "OfxFieldNone"])
def test_fields_are_pictures_like_others(scripted, scene, field):
    """A field of a frame is handed over as every second row: half the height, twice the bytes per row."""
    node = scripted("mirror.vpy")
    node.feed(0, scene[::2], padding=64 * 16, field=field)
    out = node.render(0, (64, 24), field=field, shape={"padding": 64 * 16, "field": field})
    np.testing.assert_array_equal(out[..., :3], scene[::2][::-1, ::-1, :3])


def test_nan_and_infinity_stay_where_they_are_and_become_finite(scripted, scene):
    node = scripted("halve.vpy")
    picture = scene.copy()
    picture[3, 4, 0], picture[5, 6, 1], picture[7, 8, 2] = np.nan, np.inf, -np.inf
    node.feed(0, picture)
    out = node.render(0, (64, 48))
    assert np.isfinite(out).all()
    clean = scene.copy()
    clean[3, 4, 0], clean[5, 6, 1], clean[7, 8, 2] = 0, 65504, -65504
    np.testing.assert_allclose(out, halved(clean), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("lie", "word"),
    [
        ({"row_bytes": 64 * 4}, "bytes per row"),
        ({"no_data": True}, "no data"),
        ({"components": "OfxImageComponentRGB"}, "RGB"),
        ({"components": "OfxImageComponentAlpha"}, "Alpha"),
        ({"raw_depth": "OfxBitDepthDouble"}, "OfxBitDepthDouble"),
    ],
)
def test_images_that_cannot_be_read_are_refused_and_not_touched(scripted, scene, lie, word):
    node = scripted("null.vpy")
    node.feed(0, scene, **lie)
    status, out = node.try_render(0, (64, 48))
    assert status == FORMAT
    assert word in node.instance.message or node.profile in SILENT
    assert not out.any()
    node.feed(0, scene)
    status, _ = node.try_render(0, (64, 48), shape=lie)
    assert status == FORMAT


def test_the_sdk_demo_host_says_float_and_hands_out_bytes(scripted, scene):
    node = scripted("null.vpy")
    node.feed(0, as_depth(scene, "uint8"), claimed_depth="float32")
    assert node.try_render(0, (64, 48))[0] == FORMAT


def test_vegas_swaps_red_and_blue_in_bytes(make, scene):
    """Gain on the first channel only: what Vegas stores as B, G, R, A must be seen as R, G, B, A."""
    script = SCRIPTS / "red.vpy"
    node = make("restoration", "vegas")
    node.set(preset=OWN_SCRIPT, script=str(script))
    picture = as_depth(scene, "uint8")
    node.feed(0, picture)
    out = node.render(0, (64, 48), "uint8")
    assert np.array_equal(out[..., :2], picture[..., :2]) and not out[..., 2].any()


def test_nothing_connected_is_black(scripted):
    node = scripted("null.vpy")
    assert not node.render(0, (64, 48)).any()


def test_no_output_image_is_an_error(scripted, scene):
    node = scripted("null.vpy")
    node.feed(0, scene)
    status, _ = node.try_render(float("nan"), (64, 48))
    assert status not in (OK, FAILED)  # kOfxStatErrValue: a time that is none
