"""The colours of standard definition coded as high definition is."""

from __future__ import annotations

import vapoursynth as vs

from .. import color
from ..spec import restoration

_SD = (5, 6)  # BT.470 BG and SMPTE 170M, together BT.601


@restoration()
def bt709(clip: vs.VideoNode) -> vs.VideoNode:
    """Code an enlarged picture of BT.601 as BT.709, which players take every large picture for.

    Matrix and primaries are converted and tagged; a picture of the size of standard definition, and one that is not
    tagged as BT.601 Y'CbCr, passes as it is. The same format comes out, integers rounded by ordered dither.
    """
    with clip.get_frame(0) as frame:
        matrix, primaries = (int(frame.props.get(name, 2)) for name in ("_Matrix", "_Primaries"))
    large = color.usual_colour(clip)["_Matrix"] == 1
    if clip.format.color_family != vs.YUV or matrix not in _SD or not large:
        return clip
    known = {} if primaries in _SD else {"primaries_in": matrix}
    out = clip.resize.Bicubic(
        format=clip.format.id, matrix=1, transfer_in=6, transfer=1, primaries=1, dither_type="ordered", **known
    )
    return out.std.SetFrameProps(_Matrix=1, _Transfer=1, _Primaries=1)
