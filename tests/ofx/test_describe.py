"""Load and describe: what hosts do before there is any picture."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from vsplugin.ofx import nodes

from .conftest import MISSING_FEATURE, OK, REPLY_DEFAULT
from .profiles import FILTER, GENERAL, PROFILES

NODES = tuple(node.name for node in nodes.nodes())


@pytest.fixture
def plugins(ofxhost, installed):
    def load(profile, **changes):
        host = ofxhost.Host({**PROFILES[profile], **changes})
        binary = ofxhost.Binary(str(installed))
        found = [binary.plugin(index, host) for index in range(len(binary))]
        for plugin in found:
            plugin.set_host()
        return found, host, binary

    return load


def test_the_bundle_holds_the_nodes_and_nothing_beyond_them(plugins):
    found, _, binary = plugins("strict")
    assert [one.identifier for one in found] == [f"org.vsplugin.{name}" for name in NODES]
    assert {one.api for one in found} == {"OfxImageEffectPluginAPI"}
    assert binary.raw_plugin_is_null(-1) and binary.raw_plugin_is_null(len(NODES))


@pytest.mark.parametrize("profile", PROFILES)
def test_every_node_describes_itself_to_every_host(plugins, profile):
    found, host, _ = plugins(profile)
    for plugin in found:
        assert plugin.act("OfxActionLoad") == OK
        status, properties = plugin.describe()
        assert status == OK
        assert properties["OfxImageEffectPropSupportedContexts"] == [FILTER, GENERAL]
        assert properties["OfxImageEffectPropSupportedPixelDepths"] == ["OfxBitDepthFloat"]
        assert properties["OfxImageEffectPropSupportsTiles"] == [0]
        assert properties["OfxPropLabel"][0] and properties["OfxPropPluginDescription"][0]
        safety = "OfxImageEffectRenderUnsafe" if profile == "mlt" else "OfxImageEffectRenderInstanceSafe"
        assert properties["OfxImageEffectPluginRenderThreadSafety"] == [safety]
        assert ("OfxImageEffectPropColourManagementStyle" in properties) == (profile == "resolve")
        for context in (FILTER, GENERAL):
            status, described = plugin.describe_in_context(context)
            assert status == OK
            assert set(described.clips) == {"Source", "Output"}
            assert described.clips["Source"]["OfxImageEffectPropTemporalClipAccess"] == [1]
        assert plugin.act("OfxActionUnload") == OK
    assert host.violations == []


def test_a_host_without_floats_gets_what_it_has(plugins):
    properties = {**PROFILES["strict"]["properties"], "OfxImageEffectPropSupportedPixelDepths": ["OfxBitDepthByte"]}
    found, _, _ = plugins("strict", properties=properties)
    assert found[0].act("OfxActionLoad") == OK
    depths = found[0].describe()[1]["OfxImageEffectPropSupportedPixelDepths"]
    assert depths == [f"OfxBitDepth{name}" for name in ("Float", "Half", "Short", "Byte")]
    found[0].act("OfxActionUnload")


@pytest.mark.parametrize("suite", ["OfxPropertySuite", "OfxImageEffectSuite", "OfxParameterSuite"])
def test_a_missing_suite_that_nothing_works_without_is_named(plugins, suite):
    found, _, _ = plugins("strict", missing_suites=[suite])
    assert found[0].act("OfxActionLoad") == MISSING_FEATURE


def test_so_is_one_with_a_member_missing(plugins):
    found, _, _ = plugins("strict", null_members=["effect.clip_get_image"])
    assert found[0].act("OfxActionLoad") == MISSING_FEATURE


def test_load_unload_load_and_set_host_twice(plugins):
    found, _, _ = plugins("strict")
    plugin = found[NODES.index("denoise")]
    for _ in range(3):
        plugin.set_host()
        plugin.set_host()
        assert plugin.act("OfxActionLoad") == OK
        assert plugin.describe()[0] == OK
        assert plugin.act("OfxActionUnload") == OK
    assert plugin.act("OfxActionLoad") == OK
    assert plugin.act("OfxActionUnload") == OK


def test_unknown_actions_are_left_to_the_host(plugins):
    found, _, _ = plugins("strict")
    assert found[0].act("OfxActionLoad") == OK
    for action in ("OfxActionSomethingNew", "OfxImageEffectActionGetClipPreferences", ""):
        assert found[0].act(action) == REPLY_DEFAULT
    found[0].act("OfxActionUnload")


def test_describing_twice_and_on_many_threads_gives_the_same(plugins):
    found, host, _ = plugins("strict")
    plugin = found[NODES.index("denoise")]
    assert plugin.act("OfxActionLoad") == OK
    first = plugin.describe_in_context(FILTER)[1].params
    with ThreadPoolExecutor(8) as pool:
        described = list(pool.map(lambda _: plugin.describe_in_context(FILTER), range(64)))
    assert all(status == OK and one.params == first for status, one in described)
    assert host.violations == []  # no parameter was defined twice
    plugin.act("OfxActionUnload")


@pytest.mark.parametrize("profile", PROFILES)
def test_parameters_are_what_the_signatures_say(plugins, profile):
    found, _, _ = plugins(profile)
    plugin = found[NODES.index("denoise")]
    plugin.act("OfxActionLoad")
    params = {name: (kind, values) for name, kind, values in plugin.describe_in_context(FILTER)[1].params}
    kind, sigma = params["sigma"]
    assert kind == "OfxParamTypeDouble"
    assert (sigma["OfxParamPropMin"], sigma["OfxParamPropMax"]) == ([0.0], [60.0])
    assert (sigma["OfxParamPropDisplayMin"], sigma["OfxParamPropDisplayMax"]) == ([0.0], [60.0])
    assert params["strength"][1]["OfxParamPropDefault"] == [1.0]
    assert params["backend"][1]["OfxParamPropChoiceOption"][:3] == ["auto", "ov", "ort"]
    assert params["model"][1]["OfxParamPropDefault"] == ["denoise-fast"]
    assert params["Expert"][0] == "OfxParamTypeGroup" and params["tile"][1]["OfxParamPropParent"] == ["Expert"]
    for kind, values in params.values():
        if kind in ("OfxParamTypeDouble", "OfxParamTypeInteger"):
            assert all(f"OfxParamProp{end}" in values for end in ("Min", "Max", "DisplayMin", "DisplayMax"))
        if kind not in ("OfxParamTypeGroup",):
            assert values["OfxParamPropHint"][0]
    assert params["mix"][1]["OfxParamPropAnimates"] == [1] and params["strength"][1]["OfxParamPropAnimates"] == [0]
    plugin.act("OfxActionUnload")
