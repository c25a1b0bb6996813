"""The grain to draw into holes that a network filled: that of the clip, as far as its flattest places show it.

Pairs of frames (:mod:`vsplugin.grain.analyse`) tell the spectrum of grain, but where fine texture moves they take it
for grain. Too much of it would spoil what was filled, so at each tone it is drawn no stronger than the flattest places
of that tone allow in the bands where they show little else: the two finest.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import vapoursynth as vs

from .. import color, noise, spread
from ..grain import analyse, argument
from ..grain.model import GrainModel, PlaneGrain

Array = np.ndarray[Any, np.dtype[np.float64]]

GRAIN = "_VSPluginSurroundingGrain"  # frame property between two nodes

_FRAMES = 3
_LARGEST = 960  # pixels: of larger pictures the middle is measured
_NEAR = 0.08  # of the range: levels that count as the same tone
_NOTHING = 0.05 / 255  # weaker grain is not drawn
_TONES = 2.0  # times as strong as on the flattest places of all that grain of one tone may be: the rest is texture
_REACH = 2  # samples around one that grain is like: what is alike farther off is shading, which flat places have, too
_LAPLACE = np.outer([1.0, -2.0, 1.0], [1.0, -2.0, 1.0]) / 6  # Immerkaer's mask, as in vsplugin/noise/blocks.py


def surrounding(clip: vs.VideoNode) -> GrainModel | None:
    """The grain of a clip in any YUV, GRAY or RGB format; None where its flattest places show none.

    Decodes three frames and three pairs, now.
    """
    working = color.to_yuv(_middle(clip))
    frames = {number: analyse.arrays(working, number) for number in _looked_at(working)}
    return _found(frames, clip)


def measuring(clip: vs.VideoNode) -> vs.VideoNode:
    """As long as the clip; each frame has as :data:`GRAIN` what :func:`surrounding` would find, as text.

    It is found when the first of them is asked for.
    """
    core, working = vs.core, color.to_yuv(_middle(clip))
    numbers = _looked_at(working)
    blank = core.std.BlankClip(format=vs.GRAY8, width=1, height=1, length=1)

    def measure(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        out = f[0].copy()
        frames = dict(zip(numbers, map(analyse.planes_of, f[1:]), strict=True))
        out.props[GRAIN] = argument.text_of(_found(frames, clip))
        return out

    return core.std.ModifyFrame(blank, [blank, *(working[number] for number in numbers)], measure) * clip.num_frames


def _looked_at(clip: vs.VideoNode) -> list[int]:
    pairs = analyse.places(clip.num_frames, _FRAMES)
    return sorted({*spread.evenly(_FRAMES, clip.num_frames), *(number for pair in pairs for number in pair)})


def _found(frames: dict[int, analyse.Planes], clip: vs.VideoNode) -> GrainModel | None:
    """What :func:`surrounding` says, from the frames :func:`_looked_at`."""
    pictures = [frames[number] for number in spread.evenly(_FRAMES, clip.num_frames)]
    if max(noise.plane_sigma(planes[0]) for planes in pictures) < _NOTHING:
        return None
    try:
        model = analyse.of_frames([[frames[n] for n in pair] for pair in analyse.places(clip.num_frames, _FRAMES)])
    except analyse.NoGrainError:
        return None
    limited = tuple(_limited(grain, pictures, p) for p, grain in enumerate(model.planes))
    return dataclasses.replace(model, width=clip.width, planes=limited)


def _middle(clip: vs.VideoNode) -> vs.VideoNode:
    width, height = (min(side, _LARGEST) for side in (clip.width, clip.height))
    left, top = ((side - part) // 8 * 4 for side, part in ((clip.width, width), (clip.height, height)))
    return clip.std.CropAbs(width // 4 * 4 or width, height // 4 * 4 or height, left, top)


def _limited(grain: PlaneGrain, pictures: list[list[Array]], p: int) -> PlaneGrain:
    """At each tone at most as strong, in the two finest bands, as the flattest places are."""
    middle = grain.taps.shape[1] // 2
    near = slice(max(middle - _REACH, 0), middle + _REACH + 1)
    cut = grain.taps[:, near, near]
    factors = np.ones(len(cut))
    for size in (1, 2):
        smaller = [[_shrunk(plane, size) for plane in planes] for planes in pictures]
        most = _TONES * float(np.median([noise.plane_sigma(planes[p]) for planes in smaller]))
        for index, (tone, taps) in enumerate(zip(grain.tones, cut, strict=True)):
            there = float(np.median([noise.plane_sigma(planes[p], _at(tone, planes, p)) for planes in smaller]))
            factors[index] = min(factors[index], min(there, most) / max(_band(taps, size), 1e-9))
    return PlaneGrain(grain.tones, cut * factors[:, None, None])


def _shrunk(plane: Array, size: int) -> Array:
    """Means over ``size`` times ``size`` samples."""
    height, width = (side // size for side in plane.shape)
    return np.asarray(plane[: height * size, : width * size].reshape(height, size, width, size).mean((1, 3)))


def _at(tone: float, planes: list[Array], p: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where luma, at the size of plane ``p``, is about that tone."""
    luma, shape = planes[0], planes[p].shape
    rows, columns = (np.arange(side) * of // side for side, of in zip(shape, luma.shape, strict=True))
    return np.abs(luma[rows][:, columns] - tone) < _NEAR


def _band(taps: Array, size: int) -> float:
    """What :func:`vsplugin.noise.plane_sigma` finds of grain with these taps, shrunk ``size`` times."""
    mask = np.kron(_LAPLACE, np.full((size, size), 1 / size**2))
    reach = len(mask)
    wide = np.pad(taps, reach)
    side = len(taps) + reach
    seen = sum(mask[y, x] * wide[y : y + side, x : x + side] for y in range(reach) for x in range(reach))
    return float(np.sqrt((np.asarray(seen) ** 2).sum()))
