"""Fading of colour film: dyes that are gone, brought back in proportion to what is left of them."""

from __future__ import annotations

import logging
from typing import Annotated, Literal

import vapoursynth as vs

from .. import color, kernels
from ..fade import graph, judge, sheet
from ..fade.correction import PROPERTY
from ..fade.sheet import Scene
from ..spec import Range, restoration

log = logging.getLogger("vsplugin")

_KEPT = Range(0.05, 1.5)


@restoration(measures=judge.measured)
def unfade(
    clip: vs.VideoNode,
    *,
    strength: Annotated[float, Range(0, 1), "0 keeps the source, 1 brings back all that was lost."] = 1.0,
    by: Annotated[
        Literal["scene", "clip"],
        "scene: each is judged by itself. clip: all frames have faded alike, as those of one reel have; surer.",
    ] = "scene",
    sure: Annotated[
        float,
        Range(0, 1),
        "Confidence that there is a fade, below which nothing changes; 0 for film known to be faded.",
    ] = 0.99,
    grey: Annotated[str | None, "Points that were neutral grey: x,y or x,y@frame, several separated by spaces."] = None,
    white: Annotated[str | None, "Points that were white, as grey."] = None,
    black: Annotated[str | None, "Points that were black, as grey."] = None,
    known: Annotated[str | None, "Points whose colour is known: x,y=#c8a080 (sRGB) or x,y@frame=#c8a080."] = None,
    cyan: Annotated[
        float | None, _KEPT, "Part of the cyan dye that is left, of a density of 1; measured if None."
    ] = None,
    magenta: Annotated[float | None, _KEPT, "Part of the magenta dye that is left."] = None,
    yellow: Annotated[float | None, _KEPT, "Part of the yellow dye that is left."] = None,
    stain: Annotated[float | None, Range(-0.2, 1), "Density of the yellowed base to blue light."] = None,
    show: Annotated[
        Literal["picture", "split", "numbers"],
        "split: the left half stays as it was. numbers: what was found, written on the picture.",
    ] = "picture",
    model: Annotated[str, "Model that judges, or the path of a model.onnx with its card."] = "unfade",
    analysis: Annotated[
        str | None,
        "File for the scenes and their corrections: read if it is there (and open to editing), else written.",
    ] = None,
    scenes: Annotated[
        str | None,
        "Scenes and their corrections as a job's plan holds them: what was found once. Measured if None.",
    ] = None,
) -> vs.VideoNode:
    """Bring back the colour of faded film.

    Any constant YUV or RGB format goes in (8-16 bit, half, float; SDR) and the same comes out, with its frame
    properties and, on each, the correction as ``VSPluginFade`` (JSON). The film is modelled as a print or reversal film
    of three dyes over a yellowed base: R'G'B' becomes light (BT.1886; sRGB and linear where tagged so), light density,
    density amounts of cyan, magenta and yellow dye by the unwanted absorptions of a typical print film, each amount
    what it was before, and all of it back (:mod:`vsplugin.fade`). The picture's R, G and B are taken for what a scanner
    read through the film, whatever primaries are tagged.

    A network judges the distribution of densities over some frames of each scene while the script loads; with
    ``by="scene"`` all frames are read once, small, to find cuts (or the frames' ``_SceneChangePrev`` are believed);
    ``analysis`` keeps what was found. Within a scene the correction is constant. Where the network is not ``sure`` of a
    fade, nothing changes. Points and dyes given are weighed against what is found. Points count for the scene of their
    frame, dyes for all.

    ``scenes`` is what was found, in words: ``FIRST FRAME: base R G B, gain C M Y, bend C M Y, confidence N, why``, with
    ``;`` between scenes. With it nothing is measured; points, dyes, ``by``, ``sure`` and ``analysis`` then only say how
    it was found. A job's plan holds it, so that every chunk has the same corrections and reads no frame for them.

    Grey clips come back as they are. Raises ``vs.Error`` for HDR clips, scans of negatives, interlaced clips, clips of
    varying format or size, points outside the picture, and files or ``scenes`` that are none of this clip.
    """
    if strength == 0:
        return clip
    if clip.format.color_family == vs.GRAY:
        log.info("unfade: the clip is grey: there is no dye to bring back")
        return clip
    judge.check(clip)
    assert scenes is not None  # measured, as the arguments that are not used here say how
    found = _given(scenes, clip.num_frames)
    out = _corrected(clip, found, strength)
    return {"picture": lambda: out, "split": lambda: _split(clip, out), "numbers": lambda: _written(out, found)}[show]()


def _given(scenes: str, frames: int) -> list[Scene]:
    try:
        return sheet.of_text(scenes, frames)
    except ValueError as error:
        raise vs.Error(f"unfade: scenes {error}") from None


def _corrected(clip: vs.VideoNode, found: list[Scene], strength: float) -> vs.VideoNode:
    rgb, transfer = judge.rgb_of(clip), color.transfer(clip)
    density = graph.densities(rgb, transfer)
    pieces = []
    for scene, last in zip(found, [*(s.first for s in found[1:]), clip.num_frames], strict=True):
        part = clip[scene.first : last]
        if not scene.correction.nothing:
            dyes = graph.dyes([plane[scene.first : last] for plane in density], scene.correction)
            new, old = graph.picture(dyes, transfer), rgb[scene.first : last]
            part = kernels.plugin().Merge(part, _residual(clip, old, new), strength=strength)
        pieces.append(part.std.SetFrameProps(**{PROPERTY: scene.correction.to_json()}))
    return vs.core.std.Splice(pieces)


def _residual(clip: vs.VideoNode, old: vs.VideoNode, new: vs.VideoNode) -> vs.VideoNode:
    """What is to be added to each plane of the clip, float32."""
    change = vs.core.std.Expr([new, old], "x y 0 max -")
    if clip.format.color_family == vs.RGB:
        return change
    # The matrix has no offset, so differences go through it as pictures do.
    return vs.core.resize.Bicubic(change, format=color.float_format(clip).id, matrix=color.matrix(clip))


def _split(clip: vs.VideoNode, out: vs.VideoNode) -> vs.VideoNode:
    """The left half as it was."""
    step = 1 << clip.format.subsampling_w
    middle = clip.width // 2 // step * step
    if middle == 0:
        return out
    left = clip.std.CropAbs(middle, clip.height, 0, 0)
    right = out.std.CropAbs(clip.width - middle, clip.height, middle, 0)
    return vs.core.std.CopyFrameProps(vs.core.std.StackHorizontal([left, right]), out)


def _written(out: vs.VideoNode, found: list[Scene]) -> vs.VideoNode:
    """With what was found on the picture."""
    ends = [*(scene.first for scene in found[1:]), out.num_frames]
    pieces = [
        out[scene.first : end].text.Text(
            f"frames {scene.first} to {end - 1}: {scene.reason}\n{scene.correction.words()}"
        )
        for scene, end in zip(found, ends, strict=True)
    ]
    return vs.core.std.Splice(pieces)
