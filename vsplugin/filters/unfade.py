"""Fading of colour film: dyes that are gone, brought back in proportion to what is left of them."""

from __future__ import annotations

import logging
from typing import Annotated, Literal

import vapoursynth as vs

from .. import color, kernels, models
from ..disk import located, write_whole
from ..fade import anchors, estimate, graph, scenes, sheet
from ..fade.correction import PROPERTY
from ..fade.sheet import Scene
from ..hdr.props import HLG, PQ
from ..spec import Range, check_progressive, restoration

log = logging.getLogger("vsplugin")

_KEPT = Range(0.05, 1.5)
_UNKNOWN = (0, 2, 3)  # of _Matrix, for YUV


@restoration()
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
    ``analysis`` keeps what was found. Within a scene the correction is constant. Where the network is not ``sure`` of
    a fade, nothing changes. Points and dyes given are weighed against what is found. Points count for the scene of
    their frame, dyes for all.

    Grey clips come back as they are. Raises ``vs.Error`` for HDR clips, scans of negatives, interlaced clips, clips of
    varying format or size, points outside the picture, and files that are no analysis of this clip.
    """
    if strength == 0:
        return clip
    if clip.format.color_family == vs.GRAY:
        log.info("unfade: the clip is grey: there is no dye to bring back")
        return clip
    check_progressive("unfade", clip)
    transfer = color.transfer(clip)
    if transfer in (PQ, HLG):
        raise vs.Error("unfade: the clip is HDR (PQ or HLG); unfade the SDR scan, then lift_hdr")
    rgb = _rgb(clip)
    dyes = anchors.Known(kept=(cyan, magenta, yellow), stain=stain)
    points = _points(clip, grey=grey, white=white, black=black, colour=known)
    found = _stored(clip, analysis, given=bool(points or dyes))
    if found is None:
        try:
            found = _found(rgb, transfer, models.find("unfade", model, "unfade"), by, sure, points, dyes)
        except ValueError as error:
            raise vs.Error(f"unfade: model: {error}") from None
        if analysis is not None:
            _store(analysis, sheet.written(clip.num_frames, found))
    out = _corrected(clip, rgb, transfer, found, strength)
    return {"picture": lambda: out, "split": lambda: _split(clip, out), "numbers": lambda: _written(out, found)}[show]()


def _rgb(clip: vs.VideoNode) -> vs.VideoNode:
    """RGBS of the same primaries and transfer."""
    if clip.format.color_family == vs.RGB:
        return color.to_float(clip)
    return clip.resize.Bicubic(format=vs.RGBS, matrix_in=_matrix(clip))


def _matrix(clip: vs.VideoNode) -> int:
    with clip.get_frame(0) as frame:
        matrix = int(frame.props.get("_Matrix", 2))
    return color.usual_colour(clip)["_Matrix"] if matrix in _UNKNOWN else matrix


def _points(clip: vs.VideoNode, **texts: str | None) -> list[anchors.Point]:
    found: list[anchors.Point] = []
    for kind, text in texts.items():
        if text is None:
            continue
        name = "known" if kind == "colour" else kind
        try:
            named = anchors.points(kind, text)  # type: ignore[arg-type]
        except ValueError as error:
            raise vs.Error(f"unfade: {name} {error}") from None
        for point in named:
            if point.x >= clip.width or point.y >= clip.height or point.frame >= clip.num_frames:
                raise vs.Error(
                    f"unfade: {name}: point {point.x},{point.y}@{point.frame} is outside the clip, which has "
                    f"{clip.width}x{clip.height} pixels and {clip.num_frames} frames"
                )
        found += named
    return found


def _found(
    rgb: vs.VideoNode,
    transfer: int,
    model: models.Model,
    by: str,
    sure: float,
    points: list[anchors.Point],
    dyes: anchors.Known,
) -> list[Scene]:
    firsts = scenes.starts(rgb) if by == "scene" else [0]
    ends = list(zip(firsts, [*firsts[1:], rgb.num_frames], strict=True))
    pixels = [scenes.measured(rgb, transfer, first, last, whole=by == "clip") for first, last in ends]
    if not points and not dyes and all(map(estimate.looks_negative, pixels)):
        raise vs.Error(
            "unfade: the clip looks like the scan of a colour negative (nothing in it is clearer than an orange mask); "
            "invert it to a positive first, or give points or dyes to say that it is none"
        )
    out: list[Scene] = []
    for (first, last), seen in zip(ends, pixels, strict=True):
        here = [
            (point, scenes.at_point(rgb, transfer, point.frame, point.x, point.y))
            for point in points
            if first <= point.frame < last
        ]
        result = estimate.found(model, seen, anchors.Known(here, dyes.kept, dyes.stain), sure)
        correction = result.correction.rounded()
        log.info("unfade: frames %d to %d: %s: %s", first, last - 1, result.reason, correction.to_json())
        out.append(Scene(first, correction, result.reason))
    return out


def _stored(clip: vs.VideoNode, analysis: str | None, *, given: bool) -> list[Scene] | None:
    if analysis is None or not (path := located(analysis)).exists():
        return None
    if given:
        raise vs.Error(f"unfade: analysis {path} is there and says all; delete it to measure again with points or dyes")
    try:
        return sheet.read(path.read_text(), clip.num_frames)
    except (OSError, ValueError) as error:
        raise vs.Error(f"unfade: analysis {path} {error}") from None


def _store(analysis: str, text: str) -> None:
    try:
        write_whole(located(analysis), text)
    except OSError as error:
        raise vs.Error(f"unfade: analysis {analysis} cannot be written: {error.strerror}") from None


def _corrected(
    clip: vs.VideoNode, rgb: vs.VideoNode, transfer: int, found: list[Scene], strength: float
) -> vs.VideoNode:
    core = vs.core
    density = graph.densities(rgb, transfer)
    pieces = []
    for scene, last in zip(found, [*(s.first for s in found[1:]), clip.num_frames], strict=True):
        part = clip[scene.first : last]
        if not scene.correction.nothing:
            dyes = graph.dyes([plane[scene.first : last] for plane in density], scene.correction)
            new, old = graph.picture(dyes, transfer), rgb[scene.first : last]
            part = kernels.plugin().Merge(part, _residual(clip, old, new), strength=strength)
        pieces.append(part.std.SetFrameProps(**{PROPERTY: scene.correction.to_json()}))
    return core.std.Splice(pieces)


def _residual(clip: vs.VideoNode, old: vs.VideoNode, new: vs.VideoNode) -> vs.VideoNode:
    """What is to be added to each plane of the clip, float32."""
    change = vs.core.std.Expr([new, old], "x y 0 max -")
    if clip.format.color_family == vs.RGB:
        return change
    # The matrix has no offset, so differences go through it as pictures do.
    return vs.core.resize.Bicubic(change, format=color.float_format(clip).id, matrix=_matrix(clip))


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
