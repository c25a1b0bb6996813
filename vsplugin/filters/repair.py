"""Dust, dirt, hairs and blotches of film: found by their neighbours in time, and filled from them."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import vapoursynth as vs

from .. import color, kernels
from ..damage import blotches, fill, grains, inpainting
from ..hdr import gamma
from ..motion.pairs import CUT, shifted
from ..source import open_source
from ..spec import Range, check_progressive, restoration
from .flow import flow

_NEIGHBOURS = (1, -1, 2, -2)  # frames
_HOLE = 1 + len(_NEIGHBOURS)  # beside 0 (stays) and 1.. (the neighbour taken): no neighbour shows what is here


@restoration(temporal=4)
def repair(
    clip: vs.VideoNode,
    *,
    threshold: Annotated[
        float,
        Range(2, 128, "8-bit steps"),
        "Least contrast of what is damage (255 = full scale): less finds fainter dirt.",
    ] = 12.0,
    mask: Annotated[
        str | None,
        "A video as large and long as the clip: what is not black there is repaired, instead of what is found.",
    ] = None,
    inpaint: Annotated[
        bool,
        "Let a network invent what no neighbouring frame shows, from the picture around it; else that stays as it is.",
    ] = True,
    show: Annotated[
        Literal["picture", "mask"], "The repaired picture, or a mask (GRAY8, 255) of what is repaired, to be corrected."
    ] = "picture",
) -> vs.VideoNode:
    """Take dust, dirt, hairs and blotches away that are on one frame and not on its neighbours.

    Any constant YUV, GRAY or RGB format goes in (8-16 bit, half, float) and the same comes out, with its frame
    properties. Two frames on each side are laid onto each frame by :func:`vsplugin.flow`. What lies outside the range
    of all of them is judged blob by blob (:mod:`vsplugin.damage.blotches`); each blob is then replaced by one
    neighbour, with that neighbour's grain. This is done twice: the second time motion is searched, and neighbours are
    taken, where the first has cleaned. Outside the mask nothing changes by a bit. Each frame has ``VSPluginRepaired``,
    the share of its pixels that were replaced.

    What no neighbour shows (:mod:`vsplugin.damage.fill`: at cuts, behind what moves, under damage that stays, on a
    single picture with a ``mask``) is filled by a network from the picture around it, with grain as it was measured on
    the clip (:mod:`vsplugin.damage.inpainting`). That is invented: such frames have ``VSPluginSynthesized`` 1 and the
    mask of those pixels as ``VSPluginSynthesizedMask``. With ``inpaint=False`` these places stay as they are, and every
    pixel comes from a neighbouring frame. Frames that are masked all over and have no neighbour stay.

    Nothing is found on the first and the last frame of a scene: what their one neighbour does not show may have been
    hidden there. Scratches that stay for several frames are in the neighbours, too, and are not found; a ``mask`` of
    them is filled. Flicker should be removed before (``deflicker``). PQ and HLG are judged in gamma 2.4
    (:mod:`vsplugin.hdr.gamma`).

    Needs the extra ``flow``. Raises ``vs.Error`` for clips of varying format or size, interlaced clips, and masks of
    another size or length.
    """
    check_progressive("repair", clip)
    given = _given(mask, clip) if mask is not None else None
    # Nobody sees the first pass, so a little too much does no harm.
    first, chosen = _pass(clip, clip, threshold / 255, given, given, sides=1, holes=True)
    holes = _holes(chosen)
    cleaner = inpainting.smoothed(first, holes)
    out, chosen = _pass(clip, cleaner, threshold / 255, given, holes, sides=2, holes=inpaint)
    if show == "mask":
        return vs.core.std.CopyFrameProps(vs.core.std.Expr(chosen, "x 0 > 255 0 ?"), clip).std.SetFrameProps(_Range=1)
    if not inpaint:
        return out
    from ..forensic.synthesized import mark  # here, because what judges filters imports them

    holes = _holes(chosen)
    return mark(inpainting.filled(out, holes, grains.surrounding(clip)), holes)


def _given(path: str, clip: vs.VideoNode) -> vs.VideoNode:
    found = open_source(path).clip
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
    cleaner: vs.VideoNode,
    threshold: float,
    given: vs.VideoNode | None,
    hidden: vs.VideoNode | None,
    *,
    sides: int,
    holes: bool,
) -> tuple[vs.VideoNode, vs.VideoNode]:
    """The clip filled from neighbours of ``cleaner``, and which neighbour each pixel is from (GRAY8, 0: it stays).

    ``hidden``: where ``cleaner`` itself does not show the picture (GRAY8). ``holes``: whether what no neighbour shows
    is called ``_HOLE``; else it stays.
    """
    core, warp = vs.core, kernels.plugin().Warp
    # Warped the whole way, sure or not: the flow is least sure where there is dirt.
    flows = [core.std.Expr(flow(cleaner, delta), ["", "", "1"]) for delta in _NEIGHBOURS]
    seen = _seen(cleaner)
    laid = [warp(shifted(seen, delta), motion) for delta, motion in zip(_NEIGHBOURS, flows, strict=True)]
    blank = core.std.BlankClip(clip, format=vs.GRAY8, keep=True)
    seeing = [_seeing(motion, hidden, delta) for delta, motion in zip(_NEIGHBOURS, flows, strict=True)]
    inputs = [blank, _seen(clip), *laid, *seeing, *([given] if given else [])]

    def judge(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        luma = np.asarray(f[1][0])
        neighbours = _neighbours(luma, f[2:6], f[6:10])
        frames = list(neighbours.values())
        found = (
            (np.asarray(f[10][0]) > 0).astype(np.uint8)
            if given
            else blotches.find(luma, frames, threshold, sides=sides)
        )
        chosen = fill.choose(found, luma, frames)
        order = np.full(256, _HOLE if holes else 0, np.uint8)
        order[: 1 + len(frames)] = [0, *(1 + place for place in neighbours)]  # of those that are there, in all four
        out = f[0].copy()
        np.asarray(out[0])[:] = order[chosen]
        out.props["VSPluginRepaired"] = float((np.asarray(out[0]) > 0).mean())
        return out

    chosen = core.std.ModifyFrame(blank, inputs, judge)
    filling = [warp(shifted(cleaner, delta), motion) for delta, motion in zip(_NEIGHBOURS, flows, strict=True)]
    out = _filled(clip, filling, chosen)
    return core.std.CopyFrameProps(out, chosen, props=["VSPluginRepaired"]), chosen


def _neighbours(
    luma: blotches.Plane, laid: list[vs.VideoFrame], flows: list[vs.VideoFrame]
) -> dict[int, blotches.Neighbour]:
    """By their place in ``_NEIGHBOURS``, without those of other scenes and repetitions of the frame itself."""
    return {
        place: blotches.Neighbour(_NEIGHBOURS[place], np.asarray(frame[0]), _inside(motion))
        for place, (frame, motion) in enumerate(zip(laid, flows, strict=True))
        if not motion.props.get(CUT, 0) and not blotches.repeats(luma, np.asarray(frame[0]))
    }


def _seeing(motion: vs.VideoNode, hidden: vs.VideoNode | None, delta: int) -> vs.VideoNode:
    """The motion, its third plane 0 where it leads to what the neighbour does not show."""
    if hidden is None:
        return motion
    core = vs.core
    laid = kernels.plugin().Warp(shifted(core.std.Expr(hidden, "x 255 /", vs.GRAYS), delta), motion)
    visible = core.std.Expr(laid, "x 0.05 > 0 1 ?")
    joined = core.std.ShufflePlanes([motion, motion, visible], [0, 1, 0], vs.RGB)
    return core.std.CopyFrameProps(joined, motion)


def _inside(motion: vs.VideoFrame) -> blotches.Mask:
    dx, dy, visible = (np.asarray(motion[p]) for p in range(3))
    height, width = dx.shape
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    inside = (x + dx >= 0) & (x + dx <= width - 1) & (y + dy >= 0) & (y + dy <= height - 1) & (visible > 0)
    return inside.astype(np.uint8)


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
    out = planes[0] if len(planes) == 1 else core.std.ShufflePlanes(planes, [0] * len(planes), clip.format.color_family)
    return core.std.CopyFrameProps(out, clip)
