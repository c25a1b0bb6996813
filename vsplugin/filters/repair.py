"""Dust, dirt, hairs, blotches and scratches of film: found by what neighbouring frames show, and filled."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import vapoursynth as vs

from .. import color, kernels, models, tags
from ..damage import aligned, blotches, bridged, confirm, fill, grains, inpainting, lasting, persistent, torn
from ..damage.evidence import NEIGHBOURS
from ..damage.unlike import unlike
from ..errors import UserError
from ..grain import argument
from ..hdr import gamma
from ..motion.pairs import CUT, shifted
from ..source import open_source
from ..spec import Range, check_progressive, check_size, restoration
from .flow import flow

_HOLE = 1 + len(NEIGHBOURS)  # beside 0 (stays) and 1.. (the neighbour taken): no neighbour shows what is here
_UNLIKE = "VSPluginUnlikeNeighbours"  # frame property: 1 where the frame as a whole is another picture
_SMALLEST = 4  # pixels: what std.BoxBlur takes
_LINE = 0.45  # of the threshold: a line's mean contrast counts over its whole length, so less will do


def _measured(clip: vs.VideoNode, values: dict[str, Any]) -> dict[str, Any]:
    """The grain to draw into what is invented, where anything may be."""
    if values["grain"] is not None or not values["inpaint"] or values["show"] == "mask":
        return {}
    return {"grain": argument.text_of(grains.surrounding(clip))}


# Two passes see two frames on each side, the first of them scratches, of which those four frames away vouch for those
# of a frame and see two more. Hairs in the gate, if asked for, see up to 16: with fewer, fewer windows vouch for one.
@restoration(temporal=10, measures=_measured, lazy=True)
def repair(
    clip: vs.VideoNode,
    *,
    threshold: Annotated[
        float,
        Range(2, 128, "8-bit steps"),
        "Least contrast of what is damage (255 = full scale): less finds fainter dirt.",
    ] = 12.0,
    scratches: Annotated[
        bool, "Fill lines that run down the screen and stay there while the picture moves, too."
    ] = True,
    gate_hair: Annotated[
        bool, "Fill hairs that reach in from the border and stay on the screen while the camera moves, too."
    ] = False,
    tears: Annotated[
        bool, "Find rips, white or black, that run far in from the border, also where they make a frame pass for a cut."
    ] = True,
    mask: Annotated[
        str | None,
        "A video as large and long as the clip: what is not black there is repaired, instead of what is found.",
    ] = None,
    inpaint: Annotated[
        bool,
        "Let a network invent what no neighbouring frame shows, from the picture around it; else that stays as it is.",
    ] = True,
    grain: Annotated[
        str | None,
        "Grain drawn into what is invented: a model (.json, of vsplugin grain), its JSON, or none. Measured if None.",
    ] = None,
    show: Annotated[
        Literal["picture", "mask"], "The repaired picture, or a mask (GRAY8, 255) of what is repaired, to be corrected."
    ] = "picture",
) -> vs.VideoNode:
    """Take dust, dirt, hairs and blotches away that are on one frame only, and scratches that stay on the screen.

    Any constant YUV, GRAY or RGB format goes in (8-16 bit, half, float) and the same comes out, with its frame
    properties. Two frames on each side are laid onto each frame by :func:`vsplugin.flow`. A network sees the frame and
    how it differs from them, and says how likely each pixel is dirt (:mod:`vsplugin.damage.blotches`); each blob is
    then replaced by one neighbour, with that neighbour's grain. This is done twice: the second time motion is searched,
    and neighbours are taken, where the first has cleaned. Thin lines that run down the screen and stay there while the
    picture moves (:mod:`vsplugin.damage.scratches`) are filled likewise: where the picture moves, neighbours show what
    is below; so are tears (:mod:`vsplugin.damage.tear`) and, if asked for, hairs in the gate
    (:mod:`vsplugin.damage.gate`), which must show in several frames of a moving camera. Outside the mask nothing
    changes by a bit. Each frame has ``VSPluginRepaired``, the share of its pixels that were replaced.

    What no neighbour shows (:mod:`vsplugin.damage.fill`: at cuts, behind what moves, under damage that stays, on a
    single picture with a ``mask``) is filled by a network from the picture around it, with grain as it was measured on
    the clip (:mod:`vsplugin.damage.inpainting`). That is invented: such frames have ``VSPluginSynthesized`` 1 and the
    mask of those pixels as ``VSPluginSynthesizedMask``. With ``inpaint=False`` these places stay as they are, and every
    pixel comes from a neighbouring frame. Frames that are masked all over and have no neighbour stay.

    A frame that as a whole is another picture than its neighbours (two exposures on one frame, out of focus:
    :mod:`vsplugin.damage.unlike`) is left alone, is no witness for others, and has ``VSPluginUnlikeNeighbours`` 1.

    No dirt is found on the first and the last frame of a scene: what their one neighbour does not show may have been
    hidden there; nor where what both sides show differs (a limb that swings). Where neither the picture nor a line
    moves to the side, only lines over the whole height are filled.
    With ``mask``, nothing is searched. Flicker should be removed before (``deflicker``). PQ and HLG are judged in gamma
    2.4 (:mod:`vsplugin.hdr.gamma`).

    Needs the extra ``flow`` and a runtime for models (not with ``mask`` and ``inpaint=False``). Raises ``vs.Error`` for
    clips of varying format or size or of less than 4x4 pixels, interlaced clips, and masks that cannot be read or are
    of another size or length.
    """
    check_size("repair", clip, _SMALLEST)
    check_progressive("repair", clip)
    given = _given(mask, clip) if mask is not None else None
    network = models.find("repair", "dirt-fast", "dirt") if given is None else None
    marked = given if given is not None else _staying(clip, threshold / 255, scratches, gate_hair, tears)
    # Closed in the neighbours as in the frame: else a frame shown twice would not be known as the same one.
    judged = clip if marked is None else tags.kept(inpainting.smoothed(clip, marked), clip)
    moves = bridged.over_damage(_moves(clip, judged, marked))
    first, draft = _pass(
        clip, judged, judged, moves, threshold / 255, network, marked, hidden=marked, draft=None, holes=True
    )
    holes = _holes(draft)
    cleaner = tags.kept(inpainting.smoothed(first, holes), clip)
    moves = _moves(clip, cleaner, draft)
    out, chosen = _pass(
        clip, judged, cleaner, moves, threshold / 255, network, marked, hidden=holes, draft=draft, holes=inpaint
    )
    if show == "mask":
        masked = vs.core.std.CopyFrameProps(vs.core.std.Expr(chosen, "x 0 > 255 0 ?"), clip).std.SetFrameProps(_Range=1)
        return vs.core.std.CopyFrameProps(masked, chosen, props=["VSPluginRepaired", _UNLIKE])
    if not inpaint:
        return out
    from ..forensic.synthesized import mark  # here, because what judges filters imports them

    holes = _holes(chosen)
    measured = grains.measuring(clip) if grain is None else None
    return mark(inpainting.filled(out, holes, argument.model_of("repair", grain), measured), holes)


def _given(path: str, clip: vs.VideoNode) -> vs.VideoNode:
    try:
        found = open_source(path).clip
    except UserError as error:
        raise vs.Error(f"repair: mask: {str(error).removeprefix('input: ')}") from None
    if (found.width, found.height, found.num_frames) != (clip.width, clip.height, clip.num_frames):
        raise vs.Error(
            f"repair: mask must be as large and long as the clip ({clip.width}x{clip.height}, {clip.num_frames} "
            f"frames); got {found.width}x{found.height}, {found.num_frames} frames"
        )
    plane = color.plane(found, 0)
    peak = (1 << plane.format.bits_per_sample) - 1 if plane.format.sample_type == vs.INTEGER else 1.0
    # What is brighter than black by a tenth of the range: encoders leave a little beside black.
    return vs.core.std.Expr(plane, f"x {0.166 * peak} > 255 0 ?", vs.GRAY8)


def _holes(chosen: vs.VideoNode) -> vs.VideoNode:
    """GRAY8, 255 where no neighbour shows what is there."""
    return vs.core.std.Expr(chosen, f"x {_HOLE} = 255 0 ?")


def _seen(clip: vs.VideoNode) -> vs.VideoNode:
    """Luma as it is judged: GRAYS, of HDR in gamma 2.4."""
    working = color.to_yuv(clip)
    hdr = gamma.of(working)
    return hdr.luma if hdr else color.plane(working, 0)


def _pass(
    clip: vs.VideoNode,
    judged: vs.VideoNode,
    cleaner: vs.VideoNode,
    moves: list[vs.VideoNode],
    threshold: float,
    network: models.Model | None,
    marked: vs.VideoNode | None,
    *,
    hidden: vs.VideoNode | None,
    draft: vs.VideoNode | None,
    holes: bool,
) -> tuple[vs.VideoNode, vs.VideoNode]:
    """The clip filled from neighbours of ``cleaner``, and which neighbour each pixel is from (GRAY8, 0: it stays).

    ``moves``: the flow of ``cleaner`` to each of ``NEIGHBOURS``. ``network`` finds dirt in ``judged``; ``marked``
    (GRAY8, 255) is damage in any case. ``hidden``: where ``cleaner`` itself does not show the picture. ``draft``: what
    was chosen before, which says which frames are no witnesses; None for a first pass that nobody sees, in which a
    little too much does no harm, and a neighbour that lies badly is better than none. ``holes``: whether what no
    neighbour shows is called ``_HOLE``; else it stays.
    """
    core, warp = vs.core, kernels.plugin().Warp
    # Warped the whole way, sure or not: the flow is least sure where there is dirt.
    flows = [core.std.Expr(motion, ["", "", "1"]) for motion in moves]
    seen = _seen(cleaner)
    laid = [warp(shifted(seen, delta), motion) for delta, motion in zip(NEIGHBOURS, flows, strict=True)]
    blank = core.std.BlankClip(clip, format=vs.GRAY8, keep=True)
    seeing = [_seeing(motion, hidden, draft, delta) for delta, motion in zip(NEIGHBOURS, flows, strict=True)]
    own = _seen(judged)
    there = blank if marked is None else marked
    likely = confirm.probability(own, laid, seeing, there, network) if network else own
    inputs = [blank, own, likely, there, *laid, *seeing]

    def judge(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        luma = np.asarray(f[1][0])
        neighbours = aligned.of(luma, f[4:8], f[8:12], f[3])
        frames = list(neighbours.values())
        found, another = (np.asarray(f[3][0]) > 0).astype(np.uint8), False
        if network:
            dirt = blotches.find(luma, np.asarray(f[2][0]), frames, threshold, sides=2 if draft else 1)
            suspect = any(frame.props.get(bridged.BRIDGED, 0) for frame in f[8:12])
            another = unlike(luma, frames, dirt, suspect=suspect)
            found = 0 * found if another else found | dirt
        chosen = fill.choose(found, luma, frames, anyway=draft is None, guessed=holes)
        order = np.full(256, _HOLE if holes else 0, np.uint8)
        order[: 1 + len(frames)] = [0, *(1 + place for place in neighbours)]  # of those that are there, in all four
        out = f[0].copy()
        np.asarray(out[0])[:] = order[chosen]
        out.props["VSPluginRepaired"] = float((np.asarray(out[0]) > 0).mean())
        out.props[_UNLIKE] = int(another)
        return out

    chosen = core.std.ModifyFrame(blank, inputs, judge)
    filling = [warp(shifted(cleaner, delta), motion) for delta, motion in zip(NEIGHBOURS, flows, strict=True)]
    out = _filled(clip, filling, chosen)
    return core.std.CopyFrameProps(out, chosen, props=["VSPluginRepaired", _UNLIKE]), chosen


def _moves(clip: vs.VideoNode, cleaner: vs.VideoNode, changed: vs.VideoNode | None) -> list[vs.VideoNode]:
    """The flow of ``cleaner`` to each of ``NEIGHBOURS``: that of ``clip`` between frames in which nothing ``changed``.

    That one is the same to the bit, and most frames need it anyway.
    """
    if changed is None:
        return [flow(clip, delta) for delta in NEIGHBOURS]
    return [_move(flow(clip, delta), flow(cleaner, delta), changed, delta) for delta in NEIGHBOURS]


def _move(before: vs.VideoNode, after: vs.VideoNode, changed: vs.VideoNode, delta: int) -> vs.VideoNode:
    def choose(n: int, f: list[vs.VideoFrame]) -> vs.VideoNode:
        return after if any(np.asarray(frame[0]).any() for frame in f) else before

    frames = [changed, shifted(changed, delta)]
    return vs.core.std.FrameEval(before, choose, prop_src=frames, clip_src=[before, after, *frames])


def _staying(
    clip: vs.VideoNode, threshold: float, scratches: bool, gate_hair: bool, tears: bool
) -> vs.VideoNode | None:
    """GRAY8, 255 where there is damage that frames laid over one another do not show; None if none is looked for."""
    found, seen = [], _seen(clip)
    if scratches:
        lines = persistent.scratch_mask(seen, [flow(clip, delta) for delta in NEIGHBOURS], _LINE * threshold)
        found.append(vs.core.std.Expr(lines, "x 255 *"))
    if gate_hair:
        found.append(lasting.hair_mask(seen, flow(clip, 1), threshold))
    if tears:
        found.append(torn.tear_mask(seen, {ahead: flow(clip, ahead) for ahead in (2, 3)}))
    if len(found) < 2:
        return found[0] if found else None
    return vs.core.std.Expr(found, " ".join("xyz"[: len(found)]) + " max" * (len(found) - 1))


def _seeing(motion: vs.VideoNode, hidden: vs.VideoNode | None, draft: vs.VideoNode | None, delta: int) -> vs.VideoNode:
    """The motion, its third plane 0 where it leads to what the neighbour does not show; cut where that is no witness.

    ``draft``: clip of ``_UNLIKE``, or None.
    """
    if draft is not None:

        def cut(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
            out = f[0].copy()
            out.props[CUT] = int(bool(out.props.get(CUT, 0)) or bool(f[1].props[_UNLIKE]))
            return out

        motion = vs.core.std.ModifyFrame(motion, [motion, shifted(draft, delta)], cut)
    if hidden is None:
        return motion
    core = vs.core
    laid = kernels.plugin().Warp(shifted(core.std.Expr(hidden, "x 255 /", vs.GRAYS), delta), motion)
    visible = core.std.Expr(laid, "x 0.05 > 0 1 ?")
    joined = core.std.ShufflePlanes([motion, motion, visible], [0, 1, 0], vs.RGB)
    return core.std.CopyFrameProps(joined, motion)


def _filled(clip: vs.VideoNode, filling: list[vs.VideoNode], chosen: vs.VideoNode) -> vs.VideoNode:
    """Plane by plane, the samples of the neighbour that was chosen; chroma as the luma pixel it lies on."""
    core, planes = vs.core, []
    for p in range(clip.format.num_planes):
        plane = color.plane(clip, p)
        which = chosen
        if (plane.width, plane.height) != (clip.width, clip.height):
            which = chosen.resize.Point(plane.width, plane.height)
        expression = "x"
        for place, name in enumerate("zabc", 1):
            expression = f"y {place} = {name} {expression} ?"
        planes.append(core.std.Expr([plane, which, *(color.plane(other, p) for other in filling)], expression))
    return color.joined(planes, clip)
