"""Filters that look at other frames, show masks and read files, as nodes: filters of extra_filters.py in a bundle and a
worker of these tests. Frame t of a clip is all VALUES[t]; what is expected is arithmetic on those.
"""

import subprocess
import sys
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from vsplugin.ofx import bundle as bundles
from vsplugin.worker.frames import Frames, Image

from .conftest import FAILED, OK, REPLY_DEFAULT, ROOT, Node, build, install
from .profiles import PROFILES

HERE = Path(__file__).parent
SIZE = (6, 4)
NEEDED = "OfxImageEffectActionGetFramesNeeded"
VALUES = [0.1, 0.7, 0.2, 0.9, 0.4, 0.3, 0.8, 0.5, 0.6, 0.15, 0.45, 0.25]
LAST = len(VALUES) - 1


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = ROOT / "build" / "ofx_extra"
    folder.mkdir(parents=True, exist_ok=True)
    table, fresh = folder / "table.inc", folder / "fresh.inc"
    subprocess.run([sys.executable, str(HERE / "extra_filters.py"), str(fresh)], check=True)
    if not table.is_file() or table.read_text() != fresh.read_text():
        fresh.replace(table)
    build(ROOT / "ofx_bridge", folder, f"-DVSP_NODE_TABLE={table}", "-DCMAKE_CXX_FLAGS_RELEASE=-O0")
    place = tmp_path_factory.mktemp("extra")
    python = place / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE / "extra_worker.py"} "$@"\n')
    python.chmod(0o755)
    return bundles.binary(install(place, folder / "vsplugin.ofx", python=str(python)))


@pytest.fixture
def make(ofxhost, bundle):
    """Nodes on a clip of twelve frames, or of as many as are fed."""
    made = []

    def one(name, profile="strict", known=True, frames=range(12), **values):
        made.append(Node(ofxhost, bundle, name, profile))
        node = made[-1]
        node.set(colour="Rec.709 video", **values)
        for frame in frames:
            node.feed(frame, np.full((4, 6, 4), VALUES[frame], np.float32))
        if known:
            node.instance.clip_property("OfxImageEffectPropFrameRange", [0.0, float(LAST)])
        return node

    yield one
    for node in made:
        node.close()


def at(frame):
    return VALUES[min(max(frame, 0), LAST)]


def mean(frame, radius, source=at):
    return np.mean([source(near) for near in range(frame - radius, frame + radius + 1)])


def value(node, frame):
    """The one value of a rendered frame's colours."""
    picture = node.render(frame, SIZE)[..., :3]
    assert np.ptp(picture) == 0
    return picture[0, 0, 0]


@pytest.mark.parametrize("radius", [0, 1, 2, 5, 8])
def test_the_radius_argument_says_which_frames_are_needed_and_they_are_fetched(make, radius):
    node = make("mean", radius=radius)
    status, out = node.act(NEEDED, OfxPropTime=6.0)
    if radius:
        assert (status, out["OfxImageClipPropFrameRange_Source"]) == (OK, [6.0 - radius, 6.0 + radius])
    else:
        assert status == REPLY_DEFAULT
    for frame in (6, 0, LAST, 7, 3):
        assert value(node, frame) == pytest.approx(mean(frame, radius), abs=1e-6)
        asked = set(node.instance.asked_times)
        assert asked == {float(near) for near in range(frame - radius, frame + radius + 1) if 0 <= near <= LAST}


def test_of_a_wide_radius_few_pictures_are_held_and_others_fetched_again():
    """Of 41 pictures of UHD, 133 MB each, a host's machine must not hold all."""
    again = []
    frames = Frames(lambda number: again.append(number))
    frames.rendered, frames.temporal = 20, True
    alive = weakref.WeakSet()

    def show(number):
        image = Image(None, None, 1000 + number)
        alive.add(image)
        frames.put(number, image)

    for away in range(21):
        for number in {20 - away, 20 + away}:
            show(number)
    assert len(alive) <= 12 and frames.known() == {number: 1000 + number for number in range(41)}
    assert frames.get(20)[0].hash == 1020 and again == []
    with ThreadPoolExecutor(4) as pool:
        wanted = [pool.submit(frames.get, number) for number in (0, 40, 0, 17)]
        while set(again) != {0, 40}:
            time.sleep(0.01)
        show(0)
        show(40)
        while not all(one.done() for one in wanted):
            time.sleep(0.01)
            if again.count(0) == 2:  # the other thread was too late for the picture
                show(0)
        assert [one.result()[0].hash for one in wanted] == [1000, 1040, 1000, 1017]
    del wanted
    assert len(alive) <= 13 and frames.announced(0) and not frames.announced(41)


def test_a_filter_without_one_says_it_by_its_declaration(make):
    node = make("behind")
    assert node.act(NEEDED, OfxPropTime=4.0)[1]["OfxImageClipPropFrameRange_Source"] == [3.0, 5.0]
    for frame in (4, 5, 0, 2):
        assert value(node, frame) == at(frame - 1)


def test_a_radius_that_is_left_to_the_filter_is_the_declarations(make):
    node = make("peaks", radius=4)
    for unset, reach in ((1, 1), (0, 4)):
        node.set(radius_unset=unset)
        assert node.act(NEEDED, OfxPropTime=6.0)[1]["OfxImageClipPropFrameRange_Source"] == [6.0 - reach, 6.0 + reach]
        assert value(node, 5) == max(at(near) for near in range(5 - reach, 6 + reach))


def film(frame):
    """The preset film: mean of 7, the frame before, the largest of 3; each repeats the ends of what it is given."""

    def inside(number):
        return min(max(number, 0), LAST)

    def before(number):
        return mean(inside(inside(number) - 1), 3)  # a clip's ends repeat for each filter

    return max(before(near) for near in (frame - 1, frame, frame + 1))


@pytest.mark.parametrize("profile", sorted(set(PROFILES) - {"vegas", "mlt"}))
def test_a_preset_needs_what_its_filters_need_together(make, profile):
    node = make("restoration", profile, preset="Film")
    assert node.act(NEEDED, OfxPropTime=6.0)[1]["OfxImageClipPropFrameRange_Source"] == [1.0, 11.0]
    for frame in (6, 7, 5, 0, LAST, 6):
        assert value(node, frame) == pytest.approx(film(frame), abs=1e-6)
        assert all(abs(frame - time) <= 5 for time in node.instance.asked_times)
        if profile != "toucan":  # which does not say how long the clip is
            assert all(0 <= time <= LAST for time in node.instance.asked_times)
    node.set(preset="Default", radius=7)  # only a script of one's own looks at that
    assert node.act(NEEDED, OfxPropTime=6.0)[0] == REPLY_DEFAULT
    assert value(node, 6) == pytest.approx(at(6), abs=1e-6)
    assert node.instance.asked_times == [6.0]


def test_any_order_and_what_changes_upstream_give_the_same_as_a_fresh_start(make):
    node = make("restoration", preset="Film")
    for frame in (3, 9, 4, 4, 10, 0, 6):
        assert value(node, frame) == pytest.approx(film(frame), abs=1e-6)
    node.feed(6, np.full((4, 6, 4), 3.0, np.float32))  # the last that 3 looks at, and the first that 11 does
    fresh = make("restoration", preset="Film")
    fresh.feed(6, np.full((4, 6, 4), 3.0, np.float32))
    for frame in (3, 4, 11):
        again = value(node, frame)
        assert again == value(fresh, frame)
        assert abs(again - film(frame)) > 0.1


def test_two_clips_with_equal_settings_do_not_mix(make):
    """Both nodes are one graph to the worker."""
    first, second = make("mean", radius=2), make("mean", radius=2)
    for frame in range(len(VALUES)):
        second.feed(frame, np.full((4, 6, 4), 1 + VALUES[frame], np.float32))
    for frame in (2, 3, 4, 7, 5, 3):
        assert value(first, frame) == pytest.approx(mean(frame, 2), abs=1e-6)
        assert value(second, frame) == pytest.approx(1 + mean(frame, 2), abs=1e-6)


def test_where_the_host_has_no_frame_the_nearest_stands_for_it(make):
    node = make("mean", known=False, frames=range(3, 7), radius=3)

    def nearest(frame):
        return at(min(max(frame, 3), 6))

    for frame in (3, 6, 4):
        assert value(node, frame) == pytest.approx(mean(frame, 3, nearest), abs=1e-6)


@pytest.mark.parametrize("name", ["mean", "behind", "restoration"])
def test_a_host_that_gives_one_frame_only_gets_that_one(make, name):
    node = make(name, "mlt", known=False, **({"preset": "Film"} if name == "restoration" else {}))
    for frame in (5, 0, 7):
        node.instance.no_frames()
        node.feed(frame, np.full((4, 6, 4), VALUES[frame], np.float32))
        assert value(node, frame) == pytest.approx(at(frame), abs=1e-6)
        assert node.instance.asked_times == [float(frame)]


def test_a_thumbnail_and_strength_0_ask_for_no_other_frames(make):
    node = make("mean", radius=3)
    np.testing.assert_array_equal(node.render(6, SIZE, thumbnail="true")[..., 0], np.full((4, 6), np.float32(at(6))))
    assert node.instance.asked_times == [6.0]
    node.set(strength=0.0)
    assert node.act("OfxImageEffectActionIsIdentity", OfxPropTime=6.0)[0] == OK
    assert node.act(NEEDED, OfxPropTime=6.0)[0] == REPLY_DEFAULT


@pytest.mark.parametrize("profile", ["strict", "nuke"])
def test_a_mask_is_shown_as_it_is_in_linear_light_too(make, profile):
    node = make("mean", profile, radius=1, show="mask")
    node.set(colour="As the host says")
    node.feed(5, np.full((4, 6, 4), (0.25, 0.5, 0.75, 0.125), np.float32))
    picture = node.render(5, SIZE)
    assert np.array_equal(picture[..., 0], picture[..., 1]) and np.array_equal(picture[..., 0], picture[..., 2])
    assert (picture[..., 3] == 0.125).all()
    if profile == "strict":
        assert picture[0, 0, 0] == pytest.approx(abs(np.mean([at(4), 0.25, at(6)]) - 0.25), abs=1e-6)
    else:
        signal = [1.055 * x ** (1 / 2.4) - 0.055 for x in (at(4), 0.25, at(6))]
        assert picture[0, 0, 0] == pytest.approx(abs(np.mean(signal) - signal[1]), abs=1e-5)


def test_arguments_that_are_paths_or_may_be_left_out(make, tmp_path):
    node = make("mean", radius=0)
    assert value(node, 3) == np.float32(at(3))  # an empty path is none
    factor = tmp_path / "fäctor.txt"
    factor.write_text("0.5")
    kinds = {name: values.get("OfxParamPropStringMode") for name, _, values in node.context.params}
    assert kinds["gain_file"] == ["OfxParamStringIsFilePath"]
    node.set(gain_file=str(factor))
    assert value(node, 3) == np.float32(at(3) / 2)
    node.set(halve="Yes")
    assert value(node, 3) == np.float32(at(3) / 4)
    node.set(gain_file="/no/such/file")
    status, out = node.try_render(3, SIZE)
    assert status == FAILED and "/no/such/file" in node.instance.message
    assert (out == np.float32(at(3))).all()
    node.set(gain_file="", halve="As it is", show="mask", radius=1, plane="2")
    node.feed(3, np.full((4, 6, 4), (0.2, 0.4, 0.6, 1), np.float32))
    assert value(node, 3) == pytest.approx(abs(np.mean([at(2), 0.6, at(4)]) - 0.6), abs=1e-6)


def test_what_has_no_say_is_greyed_out_from_the_beginning(make):
    node = make("restoration", preset="Film")

    def enabled(name):
        return node.instance.param_property(name).get("OfxParamPropEnabled")

    assert enabled("script") == enabled("radius") == [0] and enabled("mix") in (None, [1])
    node.set(preset="Own script")
    changed = {"OfxPropChangeReason": "OfxChangeUserEdited", "OfxPropName": "preset", "OfxPropTime": 0.0}
    assert node.act("OfxActionInstanceChanged", **changed)[0] == OK
    assert enabled("script") == enabled("radius") == [1]


def test_a_node_that_makes_pq_says_so_to_a_host_that_knows_colour_spaces(make):
    action = "OfxImageEffectActionGetOutputColourspace"
    for name, values in (("lift_hdr", {}), ("restoration", {"preset": "HDR"})):
        node = make(name, "resolve", **values)
        assert node.act(action) == (OK, {"OfxImageClipPropColourspace": ["rec2100_pq_display"]})
        node.set(mix=0.0)
        assert node.act(action)[0] == REPLY_DEFAULT
        assert make(name, "strict", **values).act(action)[0] == REPLY_DEFAULT  # a host without colour management
    assert make("mean", "resolve").act(action)[0] == REPLY_DEFAULT


def test_a_bundle_of_another_version_is_told_apart(ofxhost, bundle, tmp_path):
    """Its node is one that the worker does not have."""
    node = Node(ofxhost, bundles.binary(install(tmp_path, bundle)), "behind", "strict")
    node.feed(0, np.zeros((4, 6, 4), np.float32))
    assert node.try_render(0, SIZE)[0] == FAILED
    assert "no filter 'behind'" in node.instance.message and "run vsplugin ofx install" in node.instance.message
    node.close()


def test_film_filters_have_a_menu_of_their_own(make):
    assert make("mean").description["OfxImageEffectPluginPropGrouping"] == ["vsplugin"]
