"""Whether two clips can be compared, and on which common ground."""

from __future__ import annotations

from fractions import Fraction

import vapoursynth as vs

from .. import color
from ..errors import UserError
from ..hdr.props import HLG, PQ
from . import views

_UNKNOWN = 2
_FAMILIES = {vs.RGB: "RGB", vs.YUV: "YUV", vs.GRAY: "GRAY"}
_SAME_CURVE = {6: 1, 14: 1, 15: 1}  # BT.601 and BT.2020 share BT.709's curve (H.273, table 3)
_SAME_MATRIX = {6: 5}  # both BT.601


def pair(
    reference: vs.VideoNode, distorted: vs.VideoNode, offset: int | None = None, *, enlarged: bool = False
) -> tuple[vs.VideoNode, vs.VideoNode]:
    """The clips as they are compared: frame n of both belongs together.

    ``offset``: frame n of ``distorted`` is compared with frame n + offset of ``reference``, over the frames both have;
    if None their lengths must be equal. Depths may differ: both become the deeper of the two, without dither, and a
    distorted clip of the other range gets the reference's. ``enlarged``: sizes and subsampling may differ. Everything
    else that differs is refused: ``UserError`` names both values.
    """
    for role, clip in (("reference", reference), ("distorted", distorted)):
        check(role, clip)
    if not enlarged:
        _same("sizes", *(f"{clip.width}x{clip.height}" for clip in (reference, distorted)))
        _same("formats", *(_layout(clip.format) for clip in (reference, distorted)))
    rates = [clip.fps for clip in (reference, distorted)]
    if all(rates):
        _same("frame rates", *(_rate(rate) for rate in rates))
    _check_colour(reference, distorted)
    if offset is not None:
        reference, distorted = _cut(reference, distorted, offset)
    elif reference.num_frames != distorted.num_frames:
        raise UserError(
            f"measure: the lengths differ: reference {reference.num_frames}, distorted {distorted.num_frames} frames; "
            "an offset says which frames belong together"
        )
    reference, distorted = (views.tagged(clip) for clip in (reference, distorted))
    return (reference, distorted) if enlarged else _common_samples(reference, distorted)


def check(role: str, clip: vs.VideoNode) -> None:
    """``UserError`` unless it has one format and one size."""
    if clip.format is None or clip.format.id == 0 or not clip.width or not clip.height:
        raise UserError(f"measure: the {role} clip must have one format and one size; they vary between its frames")


def _same(what: str, one: str, other: str) -> None:
    if one != other:
        raise UserError(f"measure: the {what} differ: reference {one}, distorted {other}")


def _layout(kind: vs.VideoFormat) -> str:
    family = _FAMILIES[kind.color_family]
    if family != "YUV":
        return family
    return "YUV " + {(1, 1): "4:2:0", (1, 0): "4:2:2", (0, 0): "4:4:4", (2, 0): "4:1:1", (0, 1): "4:4:0"}.get(
        (kind.subsampling_w, kind.subsampling_h), f"subsampled {kind.subsampling_w}, {kind.subsampling_h}"
    )


def _rate(rate: Fraction) -> str:
    return f"{rate} fps" if rate.denominator == 1 else f"{rate} ({float(rate):.3f}) fps"


def _check_colour(reference: vs.VideoNode, distorted: vs.VideoNode) -> None:
    with reference.get_frame(0) as one, distorted.get_frame(0) as other:
        props = [dict(frame.props) for frame in (one, other)]
    kinds = [_range_of_light(int(found.get("_Transfer", _UNKNOWN))) for found in props]
    _same("dynamic ranges", *kinds)
    for name, same, what in (
        ("_Transfer", _SAME_CURVE, "transfers"),
        ("_Primaries", {}, "primaries"),
        ("_Matrix", _SAME_MATRIX, "matrices"),
    ):
        values = [int(found.get(name, _UNKNOWN)) for found in props]
        if _UNKNOWN not in values and len({same.get(value, value) for value in values}) > 1:
            _same(f"{what} (H.273)", *map(str, values))


def _range_of_light(transfer: int) -> str:
    return {PQ: "HDR (PQ)", HLG: "HDR (HLG)"}.get(transfer, "SDR")


def _cut(reference: vs.VideoNode, distorted: vs.VideoNode, offset: int) -> tuple[vs.VideoNode, vs.VideoNode]:
    first, second = max(0, offset), max(0, -offset)
    frames = min(reference.num_frames - first, distorted.num_frames - second)
    if frames < 1:
        raise UserError(
            f"measure: an offset of {offset} leaves no frame in common: reference {reference.num_frames}, distorted "
            f"{distorted.num_frames} frames"
        )
    return reference[first : first + frames], distorted[second : second + frames]


def _common_samples(reference: vs.VideoNode, distorted: vs.VideoNode) -> tuple[vs.VideoNode, vs.VideoNode]:
    formats = [clip.format for clip in (reference, distorted)]
    deeper = max(formats, key=lambda kind: (kind.sample_type == vs.FLOAT, kind.bits_per_sample))
    with reference.get_frame(0) as one, distorted.get_frame(0) as other:
        ranges = [int(frame.props.get("_Range", _UNKNOWN)) for frame in (one, other)]
    changed = {"format": deeper.id}
    if _UNKNOWN not in ranges and ranges[0] != ranges[1] and deeper.sample_type == vs.INTEGER:
        return reference.resize.Point(format=deeper.id), distorted.resize.Point(**changed, range=ranges[0])
    one_clip, other_clip = (
        clip if clip.format.id == deeper.id else clip.resize.Point(**changed) for clip in (reference, distorted)
    )
    return one_clip, other_clip


def hdr(clip: vs.VideoNode) -> bool:
    """Whether the first frame is tagged PQ or HLG."""
    return color.transfer(clip) in (PQ, HLG)
