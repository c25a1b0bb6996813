"""Enter the working space (float32 planes, nothing clamped) and leave it.

Nominal units: luma and RGB span 0..1, chroma -0.5..0.5; HDR code values are kept as they are, values beyond survive.
"""

from __future__ import annotations

from collections.abc import Sequence

import vapoursynth as vs

from . import tags


def plane(clip: vs.VideoNode, index: int) -> vs.VideoNode:
    """One plane as a clip of its own (GRAY of the same sample type, same props)."""
    return vs.core.std.ShufflePlanes(clip, index, vs.GRAY) if clip.format.num_planes > 1 else clip


def joined(planes: Sequence[vs.VideoNode], like: vs.VideoNode) -> vs.VideoNode:
    """Planes as one clip of the colour family of ``like``, with its frame properties: what :func:`plane` took apart."""
    family = like.format.color_family
    out = planes[0] if len(planes) == 1 else vs.core.std.ShufflePlanes(planes, [0] * len(planes), family)
    return vs.core.std.CopyFrameProps(out, like)


def float_format(clip: vs.VideoNode) -> vs.VideoFormat:
    """The same colour family and subsampling in float32."""
    kind = clip.format
    return vs.core.query_video_format(kind.color_family, vs.FLOAT, 32, kind.subsampling_w, kind.subsampling_h)


def to_float(clip: vs.VideoNode) -> vs.VideoNode:
    """float32 samples in nominal units; the frame's ``_Range`` decides how integers are read."""
    if clip.format.id == float_format(clip).id:
        return clip
    return vs.core.resize.Point(clip, format=float_format(clip).id)


def to_yuv(clip: vs.VideoNode) -> vs.VideoNode:
    """float32 YUV or GRAY; RGB becomes BT.709 Y'CbCr 4:4:4 (as a basis to work in; :func:`rgb_residual` goes back)."""
    if clip.format.color_family == vs.RGB:
        yuv = vs.core.resize.Point(clip, format=vs.YUV444PS, matrix=vs.MATRIX_BT709)
    else:
        yuv = to_float(clip)
    return tags.kept(yuv, clip)


def rgb_residual(residual: vs.VideoNode) -> vs.VideoNode:
    """RGBS differences from YUV444PS differences: the inverse BT.709 matrix (BT.709-6, 3.2), which has no offset."""
    y, u, v = (plane(residual, index) for index in range(3))
    red = vs.core.std.Expr([y, v], "x y 1.5748 * +")
    green = vs.core.std.Expr([y, u, v], "x y 0.187324 * - z 0.468124 * -")
    blue = vs.core.std.Expr([y, u], "x y 1.8556 * +")
    return vs.core.std.ShufflePlanes([red, green, blue], [0, 0, 0], vs.RGB)


def shrunk(plane: vs.VideoNode, like: vs.VideoNode) -> vs.VideoNode:
    """The plane at the size of ``like``: the mean over the pixels that each of its samples covers."""
    if (plane.width, plane.height) == (like.width, like.height):
        return plane
    return vs.core.resize.Bilinear(plane, like.width, like.height)


def transfer(clip: vs.VideoNode) -> int:
    """``_Transfer`` of the first frame (H.273, table 3); 2 where it is not set."""
    return tags.first(clip, "_Transfer", 2)


def matrix(clip: vs.VideoNode) -> int:
    """``_Matrix`` of the first frame (H.273, table 4); where a YUV clip's says nothing, the usual one for its size."""
    with clip.get_frame(0) as frame:
        found = int(frame.props.get("_Matrix", 2))
    untold = clip.format.color_family == vs.YUV and found in (0, 2, 3)
    return usual_colour(clip)["_Matrix"] if untold else found


def chroma_offset(clip: vs.VideoNode) -> tuple[float, float]:
    """How far chroma samples lie left of and above the centre of the luma samples they cover, in luma pixels.

    From ``_ChromaLocation`` of the first frame; left (MPEG-2, H.264, HEVC default) where it is not set. Zero along an
    axis that is not subsampled.
    """
    location = 0
    if clip.format.subsampling_w or clip.format.subsampling_h:
        with clip.get_frame(0) as frame:
            location = int(frame.props.get("_ChromaLocation", 0))
    left = 0.5 * ((1 << clip.format.subsampling_w) - 1) if location in (0, 2, 4) else 0.0
    top = {2: 0.5, 3: 0.5, 4: -0.5, 5: -0.5}.get(location, 0.0) * ((1 << clip.format.subsampling_h) - 1)
    return left, top


def usual_colour(clip: vs.VideoNode) -> dict[str, int]:
    """What untagged video of this format and size is taken to be: BT.601 up to 576 lines, else BT.709."""
    if clip.format.color_family == vs.RGB:
        return {"_Matrix": 0, "_Transfer": 13, "_Primaries": 1, "_Range": 1}
    if clip.height > 576 or clip.width > 1024:
        return {"_Matrix": 1, "_Transfer": 1, "_Primaries": 1, "_Range": 0}
    if clip.height > 480:  # 625 lines
        return {"_Matrix": 5, "_Transfer": 6, "_Primaries": 5, "_Range": 0}
    return {"_Matrix": 6, "_Transfer": 6, "_Primaries": 6, "_Range": 0}
