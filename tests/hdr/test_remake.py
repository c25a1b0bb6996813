"""HDR10+ measured anew: by scenes, on the fly and in two passes; peaks raised where edges overshoot."""

from __future__ import annotations

import numpy as np
import pytest
import vapoursynth as vs
from conftest import to_clip

import vsplugin
from vsplugin import hdr
from vsplugin.hdr import hdr10plus, props, statistics, transfer
from vsplugin.hdr.statistics import Area

core = vs.core
PQ = {"_Matrix": 0, "_Transfer": 16, "_Primaries": 9}


def light(frame: vs.VideoFrame) -> hdr10plus.Window:
    return hdr10plus.parse(hdr10plus.HDR10PLUS + bytes(frame.props["HDR10Plus"])).windows[0]


def flat(*levels: float, **more: int | bytes) -> vs.VideoNode:
    """RGBS frames of 32x32 with one brightness each, in cd/m²; R = G = B."""
    shots = [np.full((32, 32), transfer.pq_inverse_eotf(level), np.float32) for level in levels]
    kind = core.get_video_format(vs.RGBS)
    return core.std.Splice([to_clip([plane] * 3, kind, **{**PQ, **more}) for plane in shots])


# Two shots: the light of each rises slowly, by less than a cut's jump.
ONE, TWO = np.linspace(90, 110, 20), np.linspace(800, 900, 30)
SHOTS = [*ONE, *TWO]


def expected(levels: np.ndarray) -> tuple[int, int]:
    """MaxSCL and average in 0.1 cd/m² of a scene of flat frames."""
    return round(10 * levels.max()), round(10 * levels.mean())


def close(window: hdr10plus.Window, levels: np.ndarray) -> bool:
    return np.allclose([window.maxscl[0], window.average], expected(levels), atol=2)


def test_in_two_passes_a_scene_has_one_light_and_the_clip_its_maxcll() -> None:
    clip = flat(*SHOTS, ContentLightLevelMax=5, MasteringDisplayMaxLuminance=1000)
    out = hdr.recompute(clip, list(statistics.measure(clip)))
    for number, frame in enumerate(out.frames(close=True)):
        assert close(light(frame), ONE if number < 20 else TWO), number
        assert (frame.props["ContentLightLevelMax"], frame.props["ContentLightLevelAverage"]) == (900, 900)
        assert frame.props["MasteringDisplayMaxLuminance"] == 1000


def test_on_the_fly_sees_the_whole_of_a_short_scene() -> None:
    out = hdr.recompute(flat(*SHOTS), ahead=30)
    assert all(close(light(frame), ONE if n < 20 else TWO) for n, frame in enumerate(out.frames(close=True)))


@pytest.mark.parametrize("ahead", [0, 5])
def test_on_the_fly_looks_no_further_than_told(ahead: int) -> None:
    """Never across the cut, and at most so many frames."""
    out = hdr.recompute(flat(*SHOTS), ahead=ahead)
    for number, frame in enumerate(out.frames(close=True)):
        first, end = (0, 20) if number < 20 else (20, 50)
        near = np.array(SHOTS[max(first, number - ahead) : min(end, number + ahead + 1)])
        assert close(light(frame), near), number


def test_the_order_of_requests_does_not_matter() -> None:
    def make() -> vs.VideoNode:
        return hdr.recompute(flat(*SHOTS), ahead=8)

    in_order = [bytes(frame.props["HDR10Plus"]) for frame in make().frames(close=True)]
    clip = make()
    for number in (49, 0, 21, 19, 20, 33):
        with clip.get_frame(number) as frame:
            assert bytes(frame.props["HDR10Plus"]) == in_order[number]


def test_frames_are_not_rendered_twice() -> None:
    """A few are, where a thread comes too late for the cache; without the cache all 50 are."""
    rendered: list[int] = []

    def count(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        rendered.append(n)
        return f

    source = flat(*SHOTS)
    clip = hdr.recompute(source.std.ModifyFrame(source, count), area=Area())
    for n in range(50):
        clip.get_frame(n).close()
    assert sorted(set(rendered)) == list(range(50)) and len(rendered) < 75


def test_what_became_false_is_gone_and_the_rest_stays() -> None:
    given = {"HDR10Plus": b"\1", "DolbyVisionRPU": b"\x19", "ContentLightLevelMax": 5, props.SOURCE_FRAME: 3}
    with hdr.recompute(flat(100, **given), ahead=0).get_frame(0) as frame:
        assert close(light(frame), np.array([100.0])) and frame.props["_Transfer"] == 16
        assert not {"DolbyVisionRPU", "ContentLightLevelMax", props.SOURCE_FRAME} & set(frame.props)


def test_borders_do_not_count() -> None:
    clip = flat(*[300] * 3).std.AddBorders(top=20, bottom=20)
    for made in (hdr.recompute(clip), hdr.recompute(clip, area=Area(top=20, bottom=20))):
        with made.get_frame(1) as frame:
            assert light(frame).average == pytest.approx(3000, abs=2)
    with hdr.recompute(clip, area=Area()).get_frame(1) as frame:
        assert light(frame).average == pytest.approx(3000 * 32 / 72, abs=2)
    assert Area(3, 0, 1, 2).scaled(1.5, 2) == Area(5, 0, 2, 4)


def test_what_is_refused() -> None:
    clip = flat(100, 100)
    with pytest.raises(vs.Error, match=r"recompute: ahead must be in \[0, 240\] frames; got -1"):
        hdr.recompute(clip, ahead=-1)
    with pytest.raises(vs.Error, match="recompute: lights of 1 frames for a clip of 2"):
        hdr.recompute(clip, list(statistics.measure(clip))[:1])
    mixed = clip + flat(100, _Transfer=1)
    for made in (hdr.recompute(mixed, area=Area()), hdr.recompute(mixed, (list(statistics.measure(clip)) * 2)[:3])):
        with pytest.raises(vs.Error, match=r"recompute: frame 2 must be PQ \(_Transfer 16\); its _Transfer is 1"):
            made.get_frame(2)
    with pytest.raises(vs.Error, match="recompute: statistics: clip must be YUV or RGB"):
        hdr.recompute(core.std.ShufflePlanes(clip, 0, vs.GRAY))


def edge() -> vs.VideoNode:
    """A bright bar on grey in 4:2:0 PQ, with a payload that says less than the picture holds, as robust ones do."""
    plane = np.full((64, 64), 400)
    plane[:, 24:40] = 700
    props = {"_Matrix": 9, "_Transfer": 16, "_Primaries": 9, "_Range": 0, "_ChromaLocation": 2}
    clip = to_clip([plane, *[np.full((32, 32), 512)] * 2], core.get_video_format(vs.YUV420P10), frames=2, **props)
    levels = tuple((slot, 50 if slot == 10 else 4000 + slot) for slot in hdr10plus.PERCENTAGES)
    curve = hdr10plus.Curve((1, 2), (3, 4))
    meta = hdr10plus.Hdr10Plus((hdr10plus.Window((4000, 4000, 4000), 77, levels, curve=curve),), target=400)
    data = hdr10plus.pack(meta).removeprefix(hdr10plus.HDR10PLUS)
    return clip.std.SetFrameProps(HDR10Plus=data, ContentLightLevelMax=600, DolbyVisionRPU=b"\x19")


@pytest.mark.parametrize("options", [{"overshoot": None}, {"strength": 0.0}], ids=["no limit", "bicubic"])
def test_peaks_rise_with_edges_that_overshoot(options: dict) -> None:
    clip = edge()
    out = vsplugin.upscale(clip, **options)
    before, after = (next(statistics.measure(one)).window() for one in (clip, out))
    with clip.get_frame(1) as old, out.get_frame(1) as frame:
        carried, found = light(old), light(frame)
        assert "ContentLightLevelMax" not in frame.props and frame.props["DolbyVisionRPU"] == b"\x19"
    rise = after.maxscl[0] - before.maxscl[0]
    assert rise > 200, "else this proves nothing"
    assert found.maxscl == tuple(value + rise for value in carried.maxscl)
    high = {slot for (slot, value), (_, old) in zip(found.percentiles, carried.percentiles, strict=True) if value > old}
    assert high == {5, 99}
    assert (found.average, found.curve) == (77, carried.curve)


def test_with_limited_overshoot_and_where_nothing_rises_every_byte_stays() -> None:
    clip = edge()
    plain = core.std.CopyFrameProps(core.std.BlankClip(clip, color=[500, 512, 512], keep=True), clip)
    for source, options in ((clip, {}), (plain, {}), (plain, {"strength": 0.0})):
        with source.get_frame(0) as old, vsplugin.upscale(source, **options).get_frame(0) as new:
            assert bytes(new.props["HDR10Plus"]) == bytes(old.props["HDR10Plus"])
            assert ("ContentLightLevelMax" in new.props) == (not options)


def test_on_a_flat_picture_peaks_rise_by_what_the_frame_shows() -> None:
    """A network may miss a flat level by a code, above all along the frame's edges: then the payload says so too."""
    clip = edge()
    plain = core.std.CopyFrameProps(core.std.BlankClip(clip, color=[500, 512, 512], keep=True), clip)
    out = vsplugin.upscale(plain, overshoot=None)
    before, after = (next(statistics.measure(one)).window() for one in (plain, out))
    with plain.get_frame(0) as old, out.get_frame(0) as new:
        rise = after.maxscl[0] - before.maxscl[0]
        assert 0 <= rise < 100, "a code or two"
        assert light(new).maxscl == tuple(value + rise for value in light(old).maxscl)


def test_peaks_of_sdr_and_of_damaged_payloads() -> None:
    sdr = edge().std.SetFrameProps(_Transfer=1)
    with vsplugin.upscale(sdr, overshoot=None).get_frame(0) as frame:
        assert "HDR10Plus" in frame.props, "hdr.guard's business"
    with pytest.raises(vs.Error, match=r"raise_peaks: frame 0: HDR10\+: ends in the middle"):
        vsplugin.upscale(edge().std.SetFrameProps(HDR10Plus=b"\1"), overshoot=None).get_frame(0)
    with pytest.raises(vs.Error, match="raise_peaks: clip has 2 frames, source 1"):
        hdr.raise_peaks(edge(), edge()[:1])
