"""Which frames share a correction, and the pixels they are judged by; all frames are read once, small."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

from .. import color, spread
from ..scenes import same_scene
from . import estimate
from .density import density, light

Array = np.ndarray

_SIDE = 240  # pixels of the long side of a frame that is measured, as in training
_SHORT = 54  # of the short side of a frame on which cuts are looked for
_SHORTEST = 8  # frames: shorter ones (flashes, splices) go with the scene before
_FRAMES = 8  # measured of a scene
_FRAMES_OF_CLIP = 24
_CUT = "_SceneChangePrev"  # 1 on the first frame of a scene, where another filter marked them


def starts(rgb: vs.VideoNode) -> list[int]:
    """First frames of the scenes of a clip: as marked by ``_SceneChangePrev``, else where the picture changes."""
    with rgb.get_frame(0) as frame:
        marked = _CUT in frame.props
    shrink = min(1.0, _SHORT / min(rgb.width, rgb.height))
    width, height = (max(1, round(side * shrink)) for side in (rgb.width, rgb.height))
    small = color.plane(rgb, 1).resize.Bilinear(width, height)  # green, which fades least and sees most
    found, before, still = [0], None, np.zeros((height, width), np.float32)
    for number, frame in enumerate(small.frames(close=True)):
        here = np.nan_to_num(np.asarray(frame[0]), posinf=1.0, neginf=0.0).clip(-1, 2) * np.float32(255)
        if before is not None:
            cut = bool(frame.props.get(_CUT, 0)) if marked else not same_scene(before, here, still, still)
            if cut and number - found[-1] >= (1 if marked else _SHORTEST):
                found.append(number)
        before = here
    if not marked and len(found) > 1 and rgb.num_frames - found[-1] < _SHORTEST:
        found.pop()
    return found


def measured(rgb: vs.VideoNode, transfer: int, first: int, last: int, *, whole: bool = False) -> Array:
    """``(N, 3)`` densities of frames spread over ``first`` to ``last`` (exclusive)."""
    wanted = _FRAMES_OF_CLIP if whole else _FRAMES
    numbers = spread.evenly(wanted, last - first, first)
    shrink = min(1.0, _SIDE / max(rgb.width, rgb.height))
    small = rgb.resize.Bilinear(*(max(1, round(side * shrink)) for side in (rgb.width, rgb.height)))
    return estimate.pixels([_density(small, number, transfer) for number in numbers])


def at_point(rgb: vs.VideoNode, transfer: int, frame: int, x: int, y: int) -> Array:
    """``(3,)``: the density of the 5x5 pixels around a point, so that grain does not count."""
    left, top = (max(0, min(p - 2, size - 5)) for p, size in ((x, rgb.width), (y, rgb.height)))
    spot = rgb.std.CropAbs(min(5, rgb.width), min(5, rgb.height), left, top)
    return np.median(_density(spot, frame, transfer).reshape(-1, 3), axis=0)


def _density(rgb: vs.VideoNode, number: int, transfer: int) -> Array:
    with rgb.get_frame(number) as frame:
        signal = np.stack([np.asarray(frame[p]) for p in range(3)], -1).astype(np.float64)
    return density(light(np.nan_to_num(signal, posinf=1.0, neginf=0.0).clip(0, 4), transfer))
