"""Dust, dirt, hairs, blotches and scratches of film: found by what neighbouring frames show, and filled."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import vapoursynth as vs

from .. import color, kernels, models
from ..damage import aligned, blotches, confirm, fill, persistent
from ..damage.evidence import NEIGHBOURS
from ..hdr import gamma
from ..motion.pairs import shifted
from ..source import open_source
from ..spec import Range, check_progressive, restoration
from .flow import flow

_ACROSS = 1 + len(NEIGHBOURS)  # source of a pixel: not a neighbour, but what lies beside the scratch
_LINE = 0.45  # of the threshold: a line's mean contrast counts over its whole length, so less will do


@restoration(temporal=8)
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
    mask: Annotated[
        str | None,
        "A video as large and long as the clip: what is not black there is repaired, instead of what is found.",
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
    picture moves (:mod:`vsplugin.damage.scratches`) are filled from both sides. Outside the mask nothing changes by a
    bit. Each frame has ``VSPluginRepaired``, the share of its pixels that were replaced.

    The first and the last frame of a scene keep their dirt: what their one neighbour does not show may have been hidden
    there. Where neither the picture nor a line moves to the side, only lines over the whole height are filled.
    Flicker should be removed before (``deflicker``). PQ and HLG are judged in gamma 2.4
    (:mod:`vsplugin.hdr.gamma`). With ``mask``, nothing is searched, and places that no neighbour shows (at cuts on both
    sides) stay as they are.

    Needs the extra ``flow`` and, without ``mask``, a runtime for models. Raises ``vs.Error`` for clips of varying
    format or size, interlaced clips, and masks of another size or length.
    """
    check_progressive("repair", clip)
    given = _given(mask, clip) if mask is not None else None
    network = models.find("repair", "dirt-fast", "dirt") if given is None else None
    # Nobody sees the first pass, so a little too much does no harm: one side is enough.
    first, _ = _pass(clip, clip, threshold / 255, given, network, sides=1)
    scratched = None
    if scratches and given is None:
        where = persistent.scratch_mask(
            _seen(clip), [flow(clip, delta) for delta in NEIGHBOURS], _LINE * threshold / 255
        )
        scratched = (where, persistent.mended(clip, where))
        first = persistent.mended(first, where)
    out, chosen = _pass(clip, first, threshold / 255, given, network, scratched)
    if show == "mask":
        return vs.core.std.CopyFrameProps(vs.core.std.Expr(chosen, "x 0 > 255 0 ?"), clip).std.SetFrameProps(_Range=1)
    return out


def _given(path: str, clip: vs.VideoNode) -> vs.VideoNode:
    found = open_source(path).clip
    if (found.width, found.height, found.num_frames) != (clip.width, clip.height, clip.num_frames):
        raise vs.Error(
            f"repair: mask must be as large and long as the clip ({clip.width}x{clip.height}, {clip.num_frames} "
            f"frames); got {found.width}x{found.height}, {found.num_frames} frames"
        )
    return color.plane(found, 0)


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
    network: models.Model | None,
    scratched: tuple[vs.VideoNode, vs.VideoNode] | None = None,
    *,
    sides: int = 2,
) -> tuple[vs.VideoNode, vs.VideoNode]:
    """The clip filled from neighbours of ``cleaner``, and which neighbour each pixel is from (GRAY8, 0: none).

    ``scratched``: where (GRAY8, 1), and the clip filled across there, from which those pixels are taken.
    """
    core, warp = vs.core, kernels.plugin().Warp
    # Warped the whole way, sure or not: the flow is least sure where there is dirt.
    flows = [core.std.Expr(flow(cleaner, delta), ["", "", "1"]) for delta in NEIGHBOURS]
    seen = _seen(cleaner)
    laid = [warp(shifted(seen, delta), motion) for delta, motion in zip(NEIGHBOURS, flows, strict=True)]
    blank = core.std.BlankClip(clip, format=vs.GRAY8, keep=True)
    scratches, mended = scratched or (blank, clip)
    judged = _seen(mended)
    likely = confirm.probability(judged, laid, flows, network) if network else given
    inputs = [blank, judged, likely, *laid, *flows, scratches]

    def judge(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        luma = np.asarray(f[1][0])
        neighbours = aligned.of(luma, f[3:7], f[7:11])
        frames = list(neighbours.values())
        found = _drawn(f[2]) if given else blotches.find(luma, np.asarray(f[2][0]), frames, threshold, sides=sides)
        chosen = fill.choose(found, luma, frames)
        order = np.array([0, *(1 + place for place in neighbours)], np.uint8)  # of those that are there, in all four
        out = f[0].copy()
        sources = np.where(np.asarray(f[11][0]) > 0, _ACROSS, order[chosen])
        np.asarray(out[0])[:] = sources
        out.props["VSPluginRepaired"] = float((sources > 0).mean())
        return out

    chosen = core.std.ModifyFrame(blank, inputs, judge)
    filling = [warp(shifted(cleaner, delta), motion) for delta, motion in zip(NEIGHBOURS, flows, strict=True)]
    out = _filled(clip, [*filling, mended], chosen)
    return core.std.CopyFrameProps(out, chosen, props=["VSPluginRepaired"]), chosen


def _drawn(mask: vs.VideoFrame) -> blotches.Mask:
    """What is brighter than black by a tenth of the range: encoders leave a little beside black."""
    plane = np.asarray(mask[0]).astype(np.float32)
    peak = (1 << mask.format.bits_per_sample) - 1 if mask.format.sample_type == vs.INTEGER else 1.0
    return (plane > 0.166 * peak).astype(np.uint8)


def _filled(clip: vs.VideoNode, filling: list[vs.VideoNode], chosen: vs.VideoNode) -> vs.VideoNode:
    """Plane by plane, the samples of the neighbour that was chosen; chroma as the luma pixel it lies on."""
    core, planes = vs.core, []
    for p in range(clip.format.num_planes):
        plane = color.plane(clip, p)
        which = chosen
        if (plane.width, plane.height) != (clip.width, clip.height):
            which = chosen.resize.Point(plane.width, plane.height)
        expression = "x"
        for place, name in enumerate("zabcd", 1):
            expression = f"y {place} = {name} {expression} ?"
        planes.append(core.std.Expr([plane, which, *(color.plane(other, p) for other in filling)], expression))
    out = planes[0] if len(planes) == 1 else core.std.ShufflePlanes(planes, [0] * len(planes), clip.format.color_family)
    return core.std.CopyFrameProps(out, clip)
