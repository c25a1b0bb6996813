"""The rest of what hosts do: suites they lack, contexts, tiles, scales, wide pixels, alpha, aborts at other moments.

The rest of the list in the issue's research is in test_describe, test_images, test_nodes, test_temporal, test_worker.
"""

import numpy as np
import pytest

from .conftest import OK, REPLY_DEFAULT, SCRIPTS
from .profiles import GENERAL, PROFILES

SIZE = (64, 48)
REGION = "OfxImageEffectActionGetRegionOfDefinition"


@pytest.fixture
def halving(make):
    """x / 2 + 1/8, in any host."""

    def one(profile="strict", script="halve.vpy", **given):
        node = make("restoration", profile, **given)
        node.set(preset="Own script", script=str(SCRIPTS / script), colour="Rec.709 video")
        return node

    return one


def halved(picture):
    out = picture.copy()
    out[..., :3] = out[..., :3] / 2 + 0.125
    return out


# Suites --------------------------------------------------------------------------------------------------------------

OPTIONAL = ("OfxMessageSuite", "OfxProgressSuite", "OfxMemorySuite", "OfxMultiThreadSuite", "OfxTimeLineSuite")
MEMBERS = (
    "effect.abort", "effect.clip_get_region_of_definition", "effect.clip_get_property_set", "message", "progress",
    "parameter.get_value_at_time", "parameter.get_property_set", "property.dimension",
)  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [*({"missing_suites": [name]} for name in (*OPTIONAL, "OfxMessageSuite 2", "OfxProgressSuite 2")),
     *({"null_members": [name]} for name in MEMBERS), {"missing_suites": list(OPTIONAL)}],
    ids=lambda changes: " ".join(next(iter(changes.values()))),
)  # fmt: skip
def test_every_suite_and_member_but_the_mandatory_ones_may_be_missing(halving, scene, changes):
    node = halving(changes=changes)
    node.feed(0, scene)
    np.testing.assert_allclose(node.render(0, SIZE), halved(scene), atol=1e-6)
    node.set(script="/no/such.vpy")  # something to say
    assert node.try_render(0, SIZE)[0] == 1


def test_progress_of_version_1_is_shown_and_stops_too(halving, scene):
    node = halving(changes={"missing_suites": ["OfxProgressSuite 2"]}, script="slower.vpy")
    node.feed(0, scene)
    node.instance.stop_by_progress()
    status, out = node.try_render(0, SIZE)  # of 8 seconds
    assert status == OK and node.instance.progress_updates == 1
    assert (out.view(np.uint8) == 0xA5).all()


# Contexts and shapes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "mlt"])
def test_the_general_context_without_a_mask(halving, scene, profile):
    node = halving(profile, context=GENERAL)
    assert set(node.context.clips) == {"Source", "Output"}
    node.feed(0, scene)
    np.testing.assert_allclose(node.render(0, SIZE), halved(scene), atol=1e-6)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("of_source_too", [False, True])
def test_tiles_are_served_although_none_are_offered(halving, scene, profile, of_source_too):
    node = halving(profile)
    part = scene[8:30, 16:40]
    node.feed(0, part if of_source_too else scene, origin=(16, 8) if of_source_too else (0, 0))
    out = node.render(0, (24, 22), shape={"origin": (16, 8)})
    np.testing.assert_allclose(out, halved(part), atol=1e-6)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("scale", [[0.5, 0.5], [0.5, 1.0], [0.25, 0.5]])
def test_render_scales(halving, scene, profile, scale):
    """The host's pictures are that much smaller; the region is the full one's."""
    node = halving(profile)
    step_x, step_y = (round(1 / one) for one in scale)
    small = np.ascontiguousarray(scene[::step_y, ::step_x])
    node.feed(0, small)
    node.instance.region([0.0, 0.0, 64.0, 48.0])
    out = node.render(0, small.shape[1::-1], scale=scale)
    np.testing.assert_allclose(out, halved(small), atol=1e-6)


@pytest.mark.parametrize("profile", ["nuke", "natron"])
def test_growth_at_half_size_and_with_wide_pixels(make, scene, profile):
    """Regions are canonical: not of the smaller picture, and wide pixels counted as wide."""
    node = make("upscale", profile)
    node.set(strength=0.0, colour="Rec.709 video")  # Catmull-Rom alone
    aspect = 16 / 15
    node.feed(0, scene)
    node.instance.clip_property("OfxImagePropPixelAspectRatio", aspect)
    node.instance.region([0.0, 0.0, 128 * aspect, 96.0])
    status, out = node.act(REGION, OfxPropTime=0.0)
    assert (status, out["OfxImageEffectPropRegionOfDefinition"]) == (OK, [0.0, 0.0, 256 * aspect, 192.0])
    status, out = node.act("OfxImageEffectActionGetRegionsOfInterest", OfxPropTime=0.0)
    assert out["OfxImageClipPropRoI_Source"] == [0.0, 0.0, 128 * aspect, 96.0]
    big = node.render(0, (128, 96), scale=[0.5, 0.5])
    full = make("upscale", profile)
    full.set(strength=0.0, colour="Rec.709 video")
    full.feed(0, scene)
    np.testing.assert_array_equal(big, full.render(0, (128, 96)))
    small = big.reshape(48, 2, 64, 2, 4).mean(axis=(1, 3))
    assert np.abs(small - scene).mean() < 0.01


@pytest.mark.parametrize("profile", sorted(set(PROFILES) - {"nuke", "natron"}))
def test_wide_pixels_change_nothing_where_sizes_stay(halving, scene, profile):
    node = halving(profile)
    node.feed(0, scene)
    node.instance.clip_property("OfxImagePropPixelAspectRatio", 16 / 15)
    node.instance.region([0.0, 0.0, 64 * 16 / 15, 48.0])
    assert node.act(REGION, OfxPropTime=0.0)[0] == REPLY_DEFAULT
    np.testing.assert_allclose(node.render(0, SIZE), halved(scene), atol=1e-6)


def test_neighbours_of_other_sizes_and_depths(make):
    """All pictures of a render have the size of the one that is rendered; beyond a smaller neighbour is nothing."""
    node = make("restoration", "nuke")
    node.set(preset="Own script", script=str(SCRIPTS / "mean3.vpy"), radius=1, colour="Rec.709 video")
    node.feed(4, np.full((4, 6, 4), 0.5, np.float32))
    node.feed(5, np.full((4, 8, 4), 0.25, np.float32))
    node.feed(6, np.full((6, 9, 4), 255, np.uint8), origin=(-1, -1))
    out = node.render(5, (8, 4))[..., 0]
    np.testing.assert_allclose(out[:, :6], (0.5 + 0.25 + 1) / 3, atol=1e-6)
    np.testing.assert_allclose(out[:, 6:], (0 + 0.25 + 1) / 3, atol=1e-6)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("state", ["OfxImageAlphaPremultiplied", "OfxImageAlphaUnPremultiplied", "OfxImageOpaque"])
def test_alpha_of_every_kind_is_left_alone(halving, scene, profile, state):
    node = halving(profile)
    picture = scene.copy()
    picture[..., 3] = np.where(np.arange(64) < 20, 0.0, scene[..., 3])  # nothing is divided by it
    node.instance.clip_property("OfxImageEffectPropPreMultiplication", state)
    node.feed(0, picture)
    np.testing.assert_allclose(node.render(0, SIZE), halved(picture), atol=1e-6)


# Aborts --------------------------------------------------------------------------------------------------------------


def test_an_abort_that_comes_too_late_or_is_taken_back_leaves_nothing_behind(halving, scene):
    node = halving()
    node.feed(0, scene)
    expected = halved(scene)
    for _ in range(3):
        np.testing.assert_allclose(node.render(0, SIZE), expected, atol=1e-6)
        node.instance.abort = True  # after the frame was done
        for _ in range(2):  # and Nuke renders at once again
            status, out = node.try_render(0, SIZE)
            assert status == OK
            untouched = (out.view(np.uint8) == 0xA5).all()
            assert untouched or np.allclose(out, expected, atol=1e-6)
        node.instance.abort = False
    np.testing.assert_allclose(node.render(0, SIZE), expected, atol=1e-6)
