"""Brightness flicker of film: uneven exposure, shutters and lamps of cameras, printers and telecines."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import vapoursynth as vs

from .. import color, kernels
from ..hdr import gamma
from ..motion.pairs import CUT, shifted
from ..spec import Range, check_progressive, restoration
from ..steady import flicker, windows
from ..steady.windows import small
from .flow import flow

_LONG_SIDE = 384  # pixels of the picture that is measured: every pixel of it is the mean of many, without grain


@restoration()
def deflicker(
    clip: vs.VideoNode,
    *,
    strength: Annotated[float, Range(0, 1), "0 keeps the source, 1 removes all the flicker found."] = 1.0,
    radius: Annotated[
        int, Range(2, 60, "frames"), "Frames looked at on each side: more find slower flicker, and average it better."
    ] = 20,
    limit: Annotated[
        float,
        Range(0.02, 2),
        "Largest change between two frames that can be flicker, as a part. Larger ones (flashes, lights) stay.",
    ] = 0.3,
) -> vs.VideoNode:
    """Even out brightness that pumps from frame to frame, in the whole picture or in parts of it.

    Any constant YUV, GRAY or RGB format goes in (8-16 bit, half, float) and the same comes out, with its frame
    properties. Between every two neighbouring frames the change of luma is fitted, along the motion, with a smooth
    field of gains and one tone term; whatever moves or changes by itself is outvoted. Over a window of ``radius``
    frames on each side, changes that are straight in time (fades, exposure ramps) or bend now and then are told from
    those that shake, and only the shake is taken out. Windows end at cuts and at changes by more than ``limit``.

    The correction multiplies the signal: gamma-coded light stays in proportion, chroma is scaled as luma is, so colours
    keep their saturation; black stays black and values beyond 0..1 survive. PQ and HLG are corrected in gamma 2.4
    (:mod:`vsplugin.hdr.gamma`). Flicker on moving film should be removed after ``stabilize``.

    Needs the extra ``flow``. Raises ``vs.Error`` for clips of varying format or size, interlaced clips and arguments
    outside their range.
    """
    check_progressive("deflicker", clip)
    if strength == 0 or clip.num_frames < 3:
        return clip
    working = color.to_yuv(clip)
    hdr = gamma.of(working)
    seen = hdr.clip if hdr else working
    clipped = hdr is None and clip.format.sample_type == vs.INTEGER
    changes = _changes(color.plane(seen, 0), color.plane(working, 0), radius, limit, clipped)
    residual = _residual(seen, _corrections(changes, radius))
    if hdr:
        residual = hdr.back(residual)
    if clip.format.color_family == vs.RGB:
        residual = color.rgb_residual(residual)
    return kernels.plugin().Merge(clip, residual, strength=strength)


def _changes(luma: vs.VideoNode, signal: vs.VideoNode, radius: int, limit: float, clipped: bool) -> vs.VideoNode:
    """The change of luma from each frame to the next, measured on a small picture; ``signal`` shows the motion."""
    luma, motion = small(luma, _LONG_SIDE), flow(small(signal, _LONG_SIDE), 1)
    aligned = kernels.plugin().Warp(shifted(luma, 1), motion, mode="bilinear")

    def measure(f: list[vs.VideoFrame]) -> np.ndarray | None:
        first, second, vectors = f
        if vectors.props.get(CUT, 0):
            return None
        confidence = np.asarray(vectors[2])
        found = flicker.change(np.asarray(first[0]), np.asarray(second[0]), confidence, clipped=clipped)
        return found if found is not None and flicker.within(found, limit) else None

    return windows.measured([luma, aligned, motion], radius, measure)


def _corrections(changes: vs.VideoNode, radius: int) -> vs.VideoNode:
    """RGBS of the grid's size: gain - 1, tone, nothing."""
    blank = vs.core.std.BlankClip(
        format=vs.RGBS, width=flicker.COLUMNS, height=flicker.ROWS, length=changes.num_frames, keep=True
    )

    def draw(window: windows.Window, planes: list[np.ndarray]) -> None:
        if len(window.steps):
            planes[0][:], planes[1][:] = flicker.correction(window.steps, window.centre, window.radius)

    return windows.windowed(changes, radius, blank, draw)


def _residual(seen: vs.VideoNode, corrections: vs.VideoNode) -> vs.VideoNode:
    """What the corrections add to each plane of a float32 clip."""
    core = vs.core
    luma, *chroma = (color.plane(seen, p) for p in range(seen.format.num_planes))
    gain = color.plane(corrections, 0).resize.Bicubic(luma.width, luma.height)
    tone = color.plane(corrections, 1).resize.Point(luma.width, luma.height)
    shade = f"{flicker.KNEE} z 0 max {flicker.KNEE} + / {flicker.shade(np.array(flicker.GREY)):.9g} -"
    factor = core.std.Expr([gain, tone, luma], f"x y {shade} * +")
    out = core.std.Expr([luma, factor], "x y *")
    if not chroma:
        return out
    factor = color.shrunk(factor, chroma[0])
    planes = [out, *(core.std.Expr([plane, factor], "x y *") for plane in chroma)]
    return core.std.CopyFrameProps(core.std.ShufflePlanes(planes, [0, 0, 0], vs.YUV), seen)
