"""Steady what a model left restless that sees one frame at a time and makes the same detail anew in each."""

from __future__ import annotations

from typing import Annotated

import vapoursynth as vs

from .. import color, kernels
from ..hdr import gamma
from ..motion.pairs import shifted
from ..spec import Range, check_progressive, check_size, restoration
from .flow import flow

_SMALLEST = 4  # pixels: what std.Convolution takes
_TOLERANCE = 3.0  # pixels by which the flow back may miss: the pictures themselves are compared, too


@restoration()
def consistent(
    clip: vs.VideoNode,
    *,
    source: vs.VideoNode | None = None,
    radius: Annotated[int, Range(1, 3, "frames"), "Frames looked at on each side."] = 2,
    strength: Annotated[float, Range(0, 1), "0 keeps the clip, 1 takes the mean along the motion."] = 1.0,
    sigma: Annotated[
        float,
        Range(0.5, 60, "8-bit steps"),
        "Differences from frame to frame of about this size are taken for restlessness; larger ones stay.",
    ] = 16.0,
    added: Annotated[
        bool, "Average only what the model added to the enlarged source; for sources that are steady by themselves."
    ] = False,
) -> vs.VideoNode:
    """Make frames agree along the motion, after any filter that works on each frame alone.

    Each sample becomes the mean of itself and of what neighbouring frames show of the same point, each neighbour
    counting as far as its flow is sure and its difference no larger than noise of ``sigma`` would make it
    (kernels/match/README.md; what models leave are soft patches, so a sigma of several times their strength is right).
    Nothing is carried from frame to frame: any frame, asked for in any order, is the same, and where points are hidden,
    at cuts and at the clip's ends fewer frames count. Luma keeps its finest texture, which the mean of moved frames
    would blur: only changes of more than about two pixels in size are made.

    ``source`` is what the model was given: motion is searched there (and shared with filters that searched it before);
    it may be smaller than the clip. None: the clip itself. With ``added`` the enlarged source keeps its place and only
    the difference to it is averaged, so that nothing the source holds can lose sharpness.

    Any constant YUV, GRAY or RGB format goes in and the same comes out with its frame properties; PQ and HLG are
    averaged in gamma 2.4. Needs the extra ``flow``. Raises ``vs.Error`` for clips of varying format or size or of less
    than 4x4 pixels, interlaced clips, a source of other length or larger than the clip, and arguments outside their
    range.
    """
    given, source = source, clip if source is None else source
    _check(clip, source)
    if added and given is None:
        raise vs.Error("consistent: added needs source: what the model was given")
    if strength == 0 or clip.num_frames < 2:
        return clip
    working = color.to_yuv(clip)
    hdr = gamma.of(working)
    seen = hdr.clip if hdr else working
    base = _base(seen, source) if added else None
    filtered = vs.core.std.MakeDiff(seen, base) if base else seen
    flows = {delta: _flow(source, clip, delta) for delta in (*range(-radius, 0), *range(1, radius + 1))}
    core = kernels.plugin()
    sure = [core.FlowMatch(found, filtered, shifted(filtered, delta), sigma=sigma) for delta, found in flows.items()]
    residual = vs.core.std.MakeDiff(core.WarpBlend(filtered, sure), filtered)
    # Warping takes the finest texture away; of luma, where the eye would miss it, only soft changes are made.
    residual = vs.core.std.Convolution(residual, [1, 2, 1, 2, 4, 2, 1, 2, 1], planes=[0])
    if hdr:
        residual = hdr.back(residual)
    if clip.format.color_family == vs.RGB:
        residual = color.rgb_residual(residual)
    return core.Merge(clip, residual, strength=strength)


def _check(clip: vs.VideoNode, source: vs.VideoNode) -> None:
    check_size("consistent", clip, _SMALLEST)
    check_progressive("consistent", clip)
    if source.num_frames != clip.num_frames:
        raise vs.Error(
            f"consistent: source must be as long as clip ({clip.num_frames} frames); got {source.num_frames}"
        )
    if source.width > clip.width or source.height > clip.height:
        raise vs.Error(
            f"consistent: source must be no larger than clip ({clip.width}x{clip.height}); "
            f"got {source.width}x{source.height}"
        )


def _flow(source: vs.VideoNode, clip: vs.VideoNode, delta: int) -> vs.VideoNode:
    """The source's motion at the clip's size."""
    found = flow(source, delta, chain=True, tolerance=_TOLERANCE)
    if (found.width, found.height) == (clip.width, clip.height):
        return found
    return kernels.plugin().FlowResize(found, clip.width, clip.height)


def _base(seen: vs.VideoNode, source: vs.VideoNode) -> vs.VideoNode:
    """The source in the samples of ``seen``, at its size."""
    working = color.to_yuv(source)
    hdr = gamma.of(working)
    return vs.core.resize.Bicubic(hdr.clip if hdr else working, seen.width, seen.height, format=seen.format.id)
