"""A clean clip in, the damaged clip and every truth about it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import vapoursynth as vs

from ... import color
from ...hdr.props import HLG, PQ
from ...spec import check_clip, check_progressive
from ..draw import Array
from . import fading, unsteady
from . import grain as grains
from .kinds import Recipe, as_data
from .marks import Film, Marks
from .rips import Rip

_HDR = {PQ: "PQ", HLG: "HLG"}


@dataclass(frozen=True)
class Damaged:
    """The damaged clip and its truths.

    ``masks`` are GRAY8 by kind (255 hides the picture), ``tone`` GRAY8 is what is seen there (255 is white), ``grain``
    GRAY16 is 32768 + 65535 times what was added to luma, ``torn`` GRAY8 is 255 where a tear displaced the picture.
    :meth:`parameters` are the numbers of the clip's fading and of every frame.
    """

    clip: vs.VideoNode
    clean: vs.VideoNode
    masks: dict[str, vs.VideoNode]
    tone: vs.VideoNode | None
    grain: vs.VideoNode | None
    torn: vs.VideoNode | None
    recipe: Recipe
    seed: int
    fading: fading.Fading | None
    film: Film = field(repr=False, compare=False)

    def layers(self) -> dict[str, vs.VideoNode]:
        """The truths that are clips, by the names of their files."""
        found = {"clean": self.clean, **self.masks}
        if self.tone:
            found["tone"] = self.tone
        if self.grain:
            found["grain"] = self.grain
        if self.torn:
            found["torn"] = self.torn
        return found

    def parameters(self, frames: range | None = None) -> dict[str, Any]:
        """What was done, for JSON: recipe, seed and fading, and of each frame its weave, flicker and scratches."""
        told = []
        for n in range(self.clip.num_frames) if frames is None else frames:
            values = {"frame": n, **asdict(unsteady.of(self.recipe, self.seed, n, self.clip.height))}
            if "scratches" in self.recipe:
                lines = self.film.events("scratches", n)
                values["scratches"] = [{"first": one.first, "life": one.life, **one.values} for one in lines]
            if "tears" in self.recipe:
                one = self.film.ripped(n)
                values["torn"] = {"right": one.right, "down": one.down} if one else None
            told.append(values)
        whole = {"kind": "vsplugin-damage-1", "seed": self.seed, "damage": as_data(self.recipe)}
        return {**whole, "fade": self.fading.told() if self.fading else None, "frames": told}


def damaged(clip: vs.VideoNode, recipe: Recipe, seed: int = 0) -> Damaged:
    """Lay the damages of ``recipe`` (:func:`vsplugin.sample.film.read`) over a clip.

    Any constant YUV, GRAY or RGB format of SDR goes in and the same comes out, with its frame properties; integers are
    rounded once. In order, on nominal samples (luma and RGB 0..1, chroma around 0):

    1. fade: R'G'B' through :mod:`vsplugin.fade.decay` (docs/damage.md has the formula); grey clips stay;
    2. weave: every plane moved by ``(right, down)`` pixels of luma, Catmull-Rom, edges repeated;
    3. tears: where ``torn`` is 255, what the plane shows moved by the frame's ``torn`` ``(right, down)``, as by weave;
    4. flicker: times ``gain * (1 + gradient_right * u + gradient_down * v)``, u and v from -1 to 1;
    5. grain: luma (RGB: all planes) plus ``(layer - 32768) / 65535``;
    6. marks: ``x * (1 - hidden) + tone / 255 * hidden``, where ``1 - hidden`` is the product of ``1 - mask / 255`` over
       the kinds; chroma goes to grey by the mean of ``hidden`` over the luma pixels it covers.

    So the damaged clip follows from its truths to the rounding. Raises ``vs.Error`` for clips of varying format or
    size, interlaced ones, PQ and HLG, and where colours fade for YUV whose ``_Matrix`` is an unusual one.
    """
    check_clip("damage", clip)
    check_progressive("damage", clip)
    if (curve := color.transfer(clip)) in _HDR:
        raise vs.Error(f"damage: clip is {_HDR[curve]}: film is damaged in SDR; convert it first")
    film = Film(recipe, seed, clip.width, clip.height)
    clean = color.to_float(clip)
    fade = fading.of(recipe, clip)
    grain = grains.layer(clean, recipe["grain"], seed) if "grain" in recipe else None
    masks = {kind: _drawn(clip, _mask(film, kind)) for kind in film.recipe}
    tone = _drawn(clip, lambda n: film.on(n).tone) if masks else None
    torn = _drawn(clip, lambda n: _below(film, n)) if "tears" in recipe else None
    inputs = [clean, *([grain] if grain else []), *masks.values(), *([tone] if tone else [])]

    def compose(n: int, f: vs.VideoFrame | list[vs.VideoFrame]) -> vs.VideoFrame:
        given = f if isinstance(f, list) else [f]
        planes = [np.asarray(given[0][p]) for p in range(given[0].format.num_planes)]
        layer = grains.of(np.asarray(given[1][0])) if grain else None
        drawn = [np.asarray(frame[0]) for frame in given[len(given) - len(masks) - 1 :]] if masks else []
        marks = Marks(dict(zip(masks, drawn[:-1], strict=True)), drawn[-1]) if masks else None
        light = unsteady.of(recipe, seed, n, clip.height)
        rip = film.ripped(n)
        out = given[0].copy()
        colours = clip.format.color_family == vs.YUV
        for p, made in enumerate(composed(planes, fade, light, rip, layer, marks, chroma=colours)):
            np.copyto(np.asarray(out[p]), made)
        return out

    out = vs.core.std.ModifyFrame(clean, inputs, compose)
    if out.format.id != clip.format.id:
        out = out.resize.Point(format=clip.format.id, dither_type="none")
    return Damaged(out, clip, masks, tone, grain, torn, recipe, seed, fade, film)


def composed(
    planes: list[Array],
    fade: fading.Fading | None,
    light: unsteady.Unsteady,
    rip: Rip | None,
    grain: Array | None,
    marks: Marks | None,
    *,
    chroma: bool,
) -> list[Array]:
    """The planes of a damaged frame from a clean one's (float32, nominal) and the truths; see :func:`damaged`."""
    if fade:
        planes = fading.faded(planes, fade)
    height, width = planes[0].shape
    hidden = _hidden(marks) if marks else None
    out = []
    for index, plane in enumerate(planes):
        coloured = chroma and index > 0
        rows, columns = height // plane.shape[0], width // plane.shape[1]
        plane = unsteady.moved(plane, light.right / columns, light.down / rows)
        if rip:
            below = _shares(rip.below, rows, columns) / 255
            plane = plane * (1 - below) + unsteady.moved(plane, rip.right / columns, rip.down / rows) * below
        plane = unsteady.lit(plane, light)
        if grain is not None and not coloured:
            plane = plane + grain
        if marks and hidden is not None:
            covered = _shares(hidden, rows, columns)
            tone = 0 if coloured else marks.tone.astype(np.float32) / np.float32(255)
            plane = plane * (1 - covered) + tone * covered
        out.append(plane)
    return out


def _shares(mask: Array, rows: int, columns: int) -> Array:
    """Means of a mask of luma's size over the pixels that each sample of a plane covers."""
    height, width = mask.shape
    return np.asarray(mask.reshape(height // rows, rows, width // columns, columns).mean((1, 3), dtype=np.float32))


def _below(film: Film, frame: int) -> Array:
    one = film.ripped(frame)
    return one.below if one else np.zeros((film.height, film.width), np.uint8)


def _hidden(marks: Marks) -> Array:
    left = np.ones(marks.tone.shape, np.float32)
    for mask in marks.masks.values():
        left *= 1 - mask.astype(np.float32) / np.float32(255)
    return 1 - left


def _mask(film: Film, kind: str) -> Callable[[int], Array]:
    return lambda n: film.on(n).masks[kind]


def _drawn(clip: vs.VideoNode, draw: Callable[[int], Array]) -> vs.VideoNode:
    """GRAY8 of the clip's size and length, full range."""
    blank = vs.core.std.BlankClip(clip, format=vs.GRAY8, keep=True).std.SetFrameProps(_Range=1)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        np.copyto(np.asarray(out[0]), draw(n))
        return out

    return vs.core.std.ModifyFrame(blank, blank, fill)
