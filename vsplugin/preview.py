"""One frame before and after, side by side in one picture, as a PNG."""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np
import vapoursynth as vs

from .color import usual_colour
from .errors import UserError
from .sample import font

_HDR_TRANSFERS = (16, 18)


def wipe(before: vs.VideoNode, after: vs.VideoNode, frame: int) -> np.ndarray:
    """(height, width, 3), the size ``after`` is shown at: its left half from ``before`` enlarged with Lanczos."""
    if not 0 <= frame < before.num_frames:
        raise UserError(f"--frame must be in [0, {before.num_frames - 1}]; got {frame}")
    shown = _one(after, frame)
    size = shown_size(shown)
    left, out = picture(before, frame, *size), picture(shown, 0, *size)
    middle = out.shape[1] // 2
    out[:, :middle] = left[:, :middle]
    out[:, middle - 1 : middle + 1] = 255
    dot = max(1, out.shape[0] // 240)
    _label(out, "before", middle - 4 * dot, dot, right=True)
    _label(out, "after", middle + 4 * dot, dot, right=False)
    return out


def shown_size(clip: vs.VideoNode) -> tuple[int, int]:
    """Width and height on square pixels, by the clip's sample aspect ratio; neither gets smaller."""
    with clip.get_frame(0) as first:
        across, down = (int(first.props.get(name, 0)) for name in ("_SARNum", "_SARDen"))
    if across <= 0 or down <= 0:
        return clip.width, clip.height
    return round(clip.width * max(1, across / down)), round(clip.height * max(1, down / across))


def viewable(clip: vs.VideoNode, width: int, height: int) -> vs.VideoNode:
    """The clip as 8-bit sRGB-like RGB of this size; HDR is brought to 203 cd/m² white for looking at."""
    with clip.get_frame(0) as first:
        props = dict(first.props)
    options: dict[str, int | float] = {}
    if int(props.get("_Transfer", 2)) in _HDR_TRANSFERS:  # zimg clips what is brighter
        options = {"transfer": 1, "primaries": 1, "nominal_luminance": 203.0}
        if int(props.get("_Primaries", 2)) == 2:
            options["primaries_in"] = 9  # BT.2020, which HDR is delivered in
    if clip.format.color_family == vs.YUV and int(props.get("_Matrix", 2)) == 2:
        options["matrix_in"] = 9 if options else usual_colour(clip)["_Matrix"]
    return clip.resize.Lanczos(width, height, format=vs.RGB24, **options)


def array(frame: vs.VideoFrame) -> np.ndarray:
    """An RGB24 frame as (height, width, 3)."""
    return np.dstack([np.asarray(frame[plane]) for plane in range(3)])


def picture(clip: vs.VideoNode, frame: int, width: int, height: int) -> np.ndarray:
    """A frame as 8-bit RGB of this size, as :func:`viewable` makes it."""
    with viewable(_one(clip, frame), width, height).get_frame(0) as made:
        return array(made)


def _one(clip: vs.VideoNode, frame: int) -> vs.VideoNode:
    """A clip of that frame, rendered once however often it is asked for: for its tags, then for its picture."""
    clip = clip[frame]
    clip.std.SetVideoCache(mode=1)
    return clip


def _label(image: np.ndarray, text: str, x: int, dot: int, *, right: bool) -> None:
    """Lettering on a darkened field at the bottom, ending or beginning at ``x``."""
    cover = font.draw(text, dot)[..., None]
    height, width = cover.shape[:2]
    left, top = (x - width if right else x), image.shape[0] - height - 6 * dot
    pad = 3 * dot
    field = image[max(0, top - pad) : top + height + pad, max(0, left - pad) : left + width + pad]
    field[:] = field // 3
    area = image[top : top + height, max(0, left) : left + width]
    if area.shape[:2] == cover.shape[:2]:
        area[:] = area * (1 - cover) + 255 * cover


def write_png(image: np.ndarray, path: Path) -> None:
    """Write whole or not at all. ``UserError`` if it cannot be written."""
    part = path.with_name(f".{path.stem}.{os.getpid()}.png")
    try:
        av.VideoFrame.from_ndarray(np.ascontiguousarray(image), "rgb24").save(str(part))
        part.replace(path)
    except OSError as error:
        raise UserError(f"--output: cannot write {path}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
