"""What every filter owes to HDR, those to come included: exact at strength 0, nothing clipped, metadata kept."""

import inspect

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_arrays, to_clip

import vsplugin
import vsplugin.filters  # registers them
from vsplugin.hdr import props
from vsplugin.spec import RESTORATIONS

from .test_safe_pixels import FORMATS, TRANSFERS, codes, name_of, noise

# Filters whose result is for another display are not asked to keep the codes of this one.
KEEPING = [one.name for one in RESTORATIONS.values() if "mastering_display" not in one.invalidated(one.resolve({}))]
METADATA = {
    "HDR10Plus": b"\x01",
    "DolbyVisionRPU": b"\x19\x08",
    "MasteringDisplayMaxLuminance": 4000.0,
    "ContentLightLevelMax": 3000,
    "ContentLightLevelAverage": 400,
    "VSPluginST2094_50": b"\xb5",
}


def applied(name: str, clip: vs.VideoNode, **arguments: float) -> vs.VideoNode:
    """Passed over: filters without a model yet, and such as find nothing in the clip to measure."""
    try:
        return getattr(vsplugin, name)(clip, **arguments)
    except vs.Error as error:
        if name in ("denoise", "upscale"):
            raise
        pytest.skip(str(error))


def strengths() -> list[str]:
    return [name for name in KEEPING if "strength" in inspect.signature(getattr(vsplugin, name)).parameters]


@pytest.mark.parametrize("transfer", TRANSFERS)
@pytest.mark.parametrize("kind", FORMATS, ids=name_of)
@pytest.mark.parametrize("name", strengths())
def test_strength_0_changes_no_code(name, kind, transfer):
    """Noise over all codes, legal or not; a filter that enlarges gives what plain resizing does."""
    clip, planes = codes(kind, transfer, noise)
    out = applied(name, clip, strength=0)
    if out.width != clip.width:
        planes = to_arrays(vs.core.resize.Bicubic(clip, out.width, out.height))
    for got, want in zip(to_arrays(out), planes, strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("level", [3, 1019])
@pytest.mark.parametrize("name", KEEPING)
def test_illegal_codes_are_not_clipped(name, level):
    """10-bit luma beyond black and beyond white."""
    planes = [np.full((96, 96), 512) for _ in range(3)]
    planes[0][:] = level
    tags = {"_Matrix": 9, "_Primaries": 9, "_Transfer": 16, "_Range": 0}
    clip = to_clip(planes, vs.core.get_video_format(vs.YUV444P10), frames=3, **tags)
    got = to_arrays(applied(name, clip))[0]
    assert np.abs(got[32:-32, 32:-32].astype(int) - level).max() <= 2


@pytest.mark.parametrize("name", KEEPING)
def test_metadata_stays_but_for_what_is_declared_false(name):
    clip, _ = codes(vs.YUV420P10, "PQ", noise)
    clip = clip.std.SetFrameProps(**METADATA)
    restoration = RESTORATIONS[name]
    gone = props.of(restoration.invalidated(restoration.resolve({})))
    with clip.get_frame(0) as source, applied(name, clip).get_frame(0) as frame:
        for key, value in source.props.items():
            assert (key not in frame.props) if key in gone else frame.props[key] == value, key
