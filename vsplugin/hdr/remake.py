"""HDR10+ made anew from the pictures, where what they carried has become false: profile A, scene by scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import vapoursynth as vs

from .. import color
from ..errors import UserError
from . import hdr10plus, props, statistics
from .frames import strip
from .hdr10plus import Hdr10Plus, Window
from .statistics import Area, Light

_SHORTEST = 6  # frames of a scene, see statistics.scenes
_LIGHT = "VSPluginLight"
_FALSE = ("hdr10plus", "dolby_vision", "content_light")
_HIGH = (5, 99)  # slots of the 99.99 % and 99.98 % percentiles
_BRIGHTEST = 100_000  # 10,000 cd/m²


def recompute(
    clip: vs.VideoNode, lights: Sequence[Light] | None = None, *, area: Area | None = None, ahead: int = 12
) -> vs.VideoNode:
    """HDR10+ of profile A, measured on these pictures, in place of what they carry.

    Dolby Vision RPUs, MaxCLL and MaxFALL are dropped, as they can be true no longer; the mastering display stays.

    *On the fly* (the default): each frame gets the light of its scene (:func:`.statistics.scene_light`), of which up to
    ``ahead`` frames before and after it are looked at. That keeps 2 * (``ahead`` + 6) frames in memory (1 GB of UHD
    4:2:0 by default); what a frame gets does not depend on the order in which frames are asked for. *In two passes*:
    with ``lights``, one for each frame as :func:`.statistics.measure` gives them, scenes are whole, and MaxCLL and
    MaxFALL are set.

    ``area``: the black borders that do not count; found on 24 frames now if not given. ``vs.Error`` names a frame that
    is not PQ (when it is rendered), a wrong number of lights, ``ahead`` outside 0..240.
    """
    if not 0 <= ahead <= 240:
        raise vs.Error(f"recompute: ahead must be in [0, 240] frames; got {ahead}")
    if lights is not None:
        return _from_lights(clip, lights)
    try:
        area = statistics.active_area(clip) if area is None else area
        return _on_the_fly(clip, area, ahead)
    except UserError as error:
        raise vs.Error(f"recompute: {error}") from None


def _from_lights(clip: vs.VideoNode, lights: Sequence[Light]) -> vs.VideoNode:
    if len(lights) != clip.num_frames:
        raise vs.Error(f"recompute: lights of {len(lights)} frames for a clip of {clip.num_frames}")
    static = statistics.content_light(lights).to_props()
    payloads: list[bytes] = []
    for first, end in statistics.scenes(lights, _SHORTEST):
        payloads += [_payload(statistics.scene_light(lights[first:end]))] * (end - first)

    def put(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        _check_pq(n, f)
        return _with(f, HDR10Plus=payloads[n], **static)

    bare = _bare(clip)
    return bare.std.ModifyFrame(bare, put)


def _on_the_fly(clip: vs.VideoNode, area: Area, ahead: int) -> vs.VideoNode:
    reach = ahead + _SHORTEST  # a cut is recognised by what follows it
    bare = _bare(clip)
    # Each frame is measured long before it is asked for, and must not be rendered twice. Twice as many as lie between,
    # because frames that were asked for push out others as well.
    bare.std.SetVideoCache(mode=1, fixedsize=1, maxsize=2 * (reach + 2 * vs.core.num_threads))
    lights = _measured(bare, area)
    padded = lights[0] * reach + lights + lights[-1] * reach
    around = [padded[shift : shift + clip.num_frames] for shift in range(2 * reach + 1)]

    def put(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        first, end = max(0, n - reach), min(clip.num_frames, n + reach + 1)
        seen = [Light.from_bytes(bytes(f[1 + number - n + reach].props[_LIGHT])) for number in range(first, end)]
        begin, stop = next((a + first, b + first) for a, b in statistics.scenes(seen, _SHORTEST) if a <= n - first < b)
        near = seen[max(begin, n - ahead) - first : min(stop, n + ahead + 1) - first]
        return _with(f[0], HDR10Plus=_payload(statistics.scene_light(near)))

    return bare.std.ModifyFrame([bare, *around], put)


def _measured(clip: vs.VideoNode, area: Area) -> vs.VideoNode:
    """A clip of tiny frames that carry the light of ``clip``'s: cheap to keep."""
    counted = statistics.histograms(clip, area)
    tiny = vs.core.std.BlankClip(format=vs.GRAY8, width=1, height=1, length=clip.num_frames, keep=True)

    def note(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        _check_pq(n, f[1])
        return _with(f[0], **{_LIGHT: statistics.light_of_props(f[1].props).to_bytes()})

    return tiny.std.ModifyFrame([tiny, counted], note)


def _bare(clip: vs.VideoNode) -> vs.VideoNode:
    """Without what is false, and without the claim to be a source frame's."""
    return strip(clip, _FALSE).std.RemoveFrameProps([props.SOURCE_FRAME])


def _payload(light: Light) -> bytes:
    """As the frame property has it."""
    return hdr10plus.pack(Hdr10Plus((light.window(),))).removeprefix(hdr10plus.HDR10PLUS)


def _with(frame: vs.VideoFrame, **values: bytes | int) -> vs.VideoFrame:
    out = frame.copy()
    for name, value in values.items():
        out.props[name] = value
    return out


def _check_pq(n: int, frame: vs.VideoFrame) -> None:
    transfer = frame.props.get("_Transfer", "not set")
    if transfer != props.PQ:
        raise vs.Error(f"recompute: frame {n} must be PQ (_Transfer 16); its _Transfer is {transfer}")


def raise_peaks(clip: vs.VideoNode, source: vs.VideoNode) -> vs.VideoNode:
    """For filters whose edges overshoot: peaks in HDR10+ raised by as much as those of the pictures rose.

    MaxSCL and the 99.98th and 99.99th percentile of the first window; everything else of a payload stays, and all of
    it, byte for byte, where nothing rose. MaxCLL and MaxFALL are dropped. Both clips are YUV or RGB and have equally
    many frames, ``clip`` with the metadata. ``vs.Error`` names a frame whose payload is damaged.
    """
    if clip.num_frames != source.num_frames:
        raise vs.Error(f"raise_peaks: clip has {clip.num_frames} frames, source {source.num_frames}")
    clip = strip(clip, ["content_light"])

    def lift(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        try:
            payload = props.from_props(f[0].props).hdr10plus
            if payload is None:
                return f[0]
            meta = hdr10plus.parse(payload)
            after, before = (statistics.light_of_props(one.props).window() for one in f[1:])
            raised = _raised(meta.windows[0], before, after)
            if raised == meta.windows[0]:
                return f[0]
            new = hdr10plus.pack(replace(meta, windows=(raised, *meta.windows[1:])))
        except UserError as error:
            raise vs.Error(f"raise_peaks: frame {n}: {error}") from None
        return _with(f[0], HDR10Plus=new.removeprefix(hdr10plus.HDR10PLUS))

    return clip.std.ModifyFrame([clip, statistics.histograms(clip), statistics.histograms(source)], lift)


def with_peaks_raised(clip: vs.VideoNode, source: vs.VideoNode) -> vs.VideoNode:
    """:func:`raise_peaks` where light can be measured: of PQ in colour. Any other clip as it is."""
    measurable = source.format.color_family != vs.GRAY and color.transfer(source) == props.PQ
    return raise_peaks(clip, source) if measurable else clip


def _raised(window: Window, before: Window, after: Window) -> Window:
    def higher(value: int, old: int, new: int) -> int:
        return max(value, min(value + new - old, _BRIGHTEST))

    red, green, blue = map(higher, window.maxscl, before.maxscl, after.maxscl)
    old, new = dict(before.percentiles), dict(after.percentiles)
    percentiles = tuple(
        (slot, higher(value, old[slot], new[slot]) if slot in _HIGH else value) for slot, value in window.percentiles
    )
    return replace(window, maxscl=(red, green, blue), percentiles=percentiles)
