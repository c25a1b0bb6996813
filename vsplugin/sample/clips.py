"""The procedural samples as VapourSynth clips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import vapoursynth as vs

from ..errors import UserError
from . import camera, film, render, scene

REVISION = 2  # of the pictures; a changed sample is another source
FILM_SEED = 1927
FILM_DAMAGE = "weave,flicker,grain,stains,scratches,hair,dust"  # of ``film``, whose colours have not faded
_FRAMES = 48

Planes = camera.Planes


def _clean(frame: int) -> Planes:
    return render.half(render.truth(frame))


def _video(frame: int) -> Planes:
    luma, u, v = camera.sensor_noise(render.half(render.truth(frame)), frame, 0.016, 0.012)
    return camera.blocks(luma, 0.05), camera.blocks(u, 0.05), camera.blocks(v, 0.05)


def _hdr(frame: int) -> Planes:
    return camera.sensor_noise(render.half(render.truth(frame, hdr=True)), frame, 0.004, 0.003)


_SDR_PROPS: dict[str, Any] = {
    "_Matrix": 1, "_Transfer": 1, "_Primaries": 1, "_Range": 0, "_ChromaLocation": 1, "_FieldBased": 0,
    "_SARNum": 1, "_SARDen": 1,
}  # fmt: skip
_HDR_PROPS: dict[str, Any] = {
    **_SDR_PROPS, "_Matrix": 9, "_Transfer": 16, "_Primaries": 9,
    "MasteringDisplayPrimariesX": [0.708, 0.170, 0.131], "MasteringDisplayPrimariesY": [0.292, 0.797, 0.046],
    "MasteringDisplayWhitePointX": 0.3127, "MasteringDisplayWhitePointY": 0.3290,
    "MasteringDisplayMinLuminance": 0.0001, "MasteringDisplayMaxLuminance": 1000.0,
    "ContentLightLevelMax": 1000, "ContentLightLevelAverage": 180,
}  # fmt: skip

_SAMPLES: dict[str, tuple[Callable[[int], Planes], vs.PresetVideoFormat, dict[str, Any]]] = {
    "film": (_clean, vs.YUV420P8, _SDR_PROPS),
    "video": (_video, vs.YUV420P8, _SDR_PROPS),
    "hdr": (_hdr, vs.YUV420P10, _HDR_PROPS),
}


def names() -> list[str]:
    """The samples there are."""
    return list(_SAMPLES)


def clip(name: str, frames: int = _FRAMES) -> vs.VideoNode:
    """The damaged clip, 640 x 360 at 24 frames a second."""
    if name == "film":
        return film_damage(frames).clip
    make, kind, props = _find(name)
    return _clip(make, kind, props, scene.WIDTH // 2, scene.HEIGHT // 2, frames)


def clean(name: str, frames: int = _FRAMES) -> vs.VideoNode:
    """The sample's picture at the sample's size, before the damage."""
    _, kind, props = _find(name)
    hdr = name == "hdr"
    return _clip(lambda n: render.half(render.truth(n, hdr)), kind, props, scene.WIDTH // 2, scene.HEIGHT // 2, frames)


def film_damage(frames: int = _FRAMES) -> film.Damaged:
    """``film`` with its truths: damage of the kinds of :data:`FILM_DAMAGE` as usual."""
    return film.damaged(clean("film", frames), film.read(FILM_DAMAGE), FILM_SEED)


def truth(name: str, frames: int = _FRAMES) -> vs.VideoNode:
    """What the sample shows, undamaged and twice as large."""
    _, kind, props = _find(name)
    return _clip(lambda n: render.truth(n, name == "hdr"), kind, props, scene.WIDTH, scene.HEIGHT, frames)


def _find(name: str) -> tuple[Callable[[int], Planes], vs.PresetVideoFormat, dict[str, Any]]:
    if name not in _SAMPLES:
        raise UserError(f"input: sample must be one of {', '.join(_SAMPLES)}; got '{name}'")
    return _SAMPLES[name]


def _clip(
    make: Callable[[int], Planes],
    kind: vs.PresetVideoFormat,
    props: dict[str, Any],
    width: int,
    height: int,
    frames: int,
) -> vs.VideoNode:
    blank = vs.core.std.BlankClip(
        width=width, height=height, format=kind, length=frames, fpsnum=24, fpsden=1, keep=True
    ).std.SetFrameProps(**props)
    top = 1 << (blank.format.bits_per_sample - 8)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        # Its own frame each time: reading from `f` would copy the blank picture first.
        out = vs.core.create_video_frame(blank.format, width, height)
        out.props.update(f.props)
        for index, plane in enumerate(make(n)):
            scale, offset = (219 * top, 16 * top) if index == 0 else (224 * top, 128 * top)
            codes = plane * np.float32(scale)
            codes += np.float32(offset + 0.5)
            np.clip(codes, 0, (256 * top) - 1, out=codes)
            np.asarray(out[index])[:] = codes  # cuts off: rounded by the half above
        return out

    return vs.core.std.ModifyFrame(blank, blank, fill)
