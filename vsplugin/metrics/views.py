"""What metrics see of a clip, as graphs: nominal luma, R'G'B', linear light."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import vapoursynth as vs

from .. import color
from ..hdr import primaries as gamuts
from ..hdr import transfer as curves
from ..hdr.props import HLG, PQ

_SRGB = 13  # transfer characteristics, H.273 table 3
_LINEAR = 8


def tagged(clip: vs.VideoNode) -> vs.VideoNode:
    """With the colour tags that its first frame lacks filled in by the rule players use."""
    with clip.get_frame(0) as frame:
        missing = {
            name: value for name, value in color.usual_colour(clip).items() if int(frame.props.get(name, 2)) == 2
        }
    return clip.std.SetFrameProps(**missing) if missing else clip


def luma(clip: vs.VideoNode) -> vs.VideoNode:
    """GRAYS, black 0 and white 1; of RGB, that of BT.709."""
    return color.plane(color.to_yuv(clip), 0)


def rgb(clip: vs.VideoNode) -> vs.VideoNode:
    """RGBS by the clip's own matrix, chroma enlarged bicubically; of grey, three times the same."""
    if clip.format.color_family == vs.RGB:
        return color.to_float(clip)
    if clip.format.color_family == vs.GRAY:
        return vs.core.std.ShufflePlanes([color.to_float(clip)] * 3, [0, 0, 0], vs.RGB)
    return vs.core.resize.Bicubic(clip, format=vs.RGBS)


def number(clip: vs.VideoNode, prop: str) -> vs.VideoNode:
    """A 1x1 clip with only this frame property of ``clip``: the picture it was found on need not stay in memory."""
    dot = vs.core.std.BlankClip(format=vs.GRAY8, width=1, height=1, length=clip.num_frames, keep=True)
    return dot.std.CopyFrameProps(clip, props=[prop])


GRAPHS: dict[str, Callable[[vs.VideoNode], vs.VideoNode]] = {"luma": luma, "rgb": rgb}


def as_array(frame: vs.VideoFrame) -> np.ndarray:
    """``(H, W)`` of a grey frame, ``(H, W, 3)`` of RGB; float32, a copy."""
    planes = [np.array(frame[plane]) for plane in range(frame.format.num_planes)]
    return planes[0] if len(planes) == 1 else np.stack(planes, axis=-1)


def light(rgb: np.ndarray, transfer: int, primaries: int) -> np.ndarray:
    """Linear light of BT.2020 primaries in cd/m², float64, from R'G'B' ``(..., 3)``.

    PQ as it is, HLG on a display of 1,000 cd/m², everything else on one of 100 cd/m² with BT.1886 (sRGB where tagged,
    linear where tagged); unknown primaries are those of BT.709.
    """
    shown: np.ndarray
    if transfer == PQ:
        shown = curves.pq_eotf(rgb)
    elif transfer == HLG:
        return curves.hlg_eotf(rgb)
    elif transfer == _SRGB:
        signal = np.maximum(np.asarray(rgb, np.float64), 0)
        shown = 100 * np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    elif transfer == _LINEAR:
        shown = 100 * np.asarray(rgb, np.float64)
    else:
        shown = curves.bt1886_eotf(rgb)
    source = primaries if primaries in gamuts.CHROMATICITIES else gamuts.BT709
    return np.asarray(shown @ gamuts.conversion(source, gamuts.BT2020).T)
