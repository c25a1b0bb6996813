"""The frame properties that carry HDR metadata, named as BestSource and FFMS2 name them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from ..errors import UserError
from . import st2094_50
from .hdr10plus import HDR10PLUS
from .metadata import Metadata

SOURCE_FRAME = "VSPluginSourceFrame"  # number of the source frame whose metadata a frame carries
SOURCE_SIZE = "VSPluginSourceSize"  # width and height of the picture that metadata was made for

# What there is to carry -> the properties that hold it.
NAMES: dict[str, tuple[str, ...]] = {
    "hdr10plus": ("HDR10Plus",),  # T.35 without the first six bytes, which are the same for all
    "dolby_vision": ("DolbyVisionRPU",),
    "mastering_display": (
        "MasteringDisplayPrimariesX",
        "MasteringDisplayPrimariesY",
        "MasteringDisplayWhitePointX",
        "MasteringDisplayWhitePointY",
        "MasteringDisplayMinLuminance",
        "MasteringDisplayMaxLuminance",
    ),
    "content_light": ("ContentLightLevelMax", "ContentLightLevelAverage"),
    "st2094_50": ("VSPluginST2094_50",),  # T.35 from the country code on
}
PQ, HLG = 16, 18  # transfer characteristics, H.273 table 3
_UNKNOWN = 2


def of(kinds: tuple[str, ...]) -> list[str]:
    """The property names of these kinds of metadata; anything else is taken for a property's own name."""
    return [name for kind in kinds for name in NAMES.get(kind, (kind,))]


def kind(props: Mapping[str, Any]) -> str:
    """The kind of dynamic range: ``SDR``, ``HLG``, ``PQ``, ``HDR10``, ``HDR10+`` or ``Dolby Vision``."""
    transfer = int(props.get("_Transfer", _UNKNOWN))
    if "DolbyVisionRPU" in props:
        return "Dolby Vision"
    if transfer != PQ:
        return "HLG" if transfer == HLG else "SDR"
    if "HDR10Plus" in props:
        return "HDR10+"
    return "HDR10" if "MasteringDisplayMaxLuminance" in props or "ContentLightLevelMax" in props else "PQ"


def stale(props: Mapping[str, Any]) -> tuple[str, ...]:
    """Kinds of metadata on this frame that its transfer makes meaningless."""
    transfer = int(props.get("_Transfer", _UNKNOWN))
    of_hdr = tuple(kind for kind in NAMES if kind != "st2094_50")
    wrong = {PQ: (), HLG: ("hdr10plus",)}.get(transfer, of_hdr)
    gains = props.get(*NAMES["st2094_50"])
    if transfer in (PQ, HLG) and isinstance(gains, bytes) and _is_for_sdr(gains):
        wrong = (*wrong, "st2094_50")
    return tuple(kind for kind in wrong if any(name in props for name in NAMES[kind]))


@functools.lru_cache(maxsize=256)
def _is_for_sdr(payload: bytes) -> bool:
    """Whether ST 2094-50 metadata describes an SDR picture: one without headroom of its own."""
    try:
        tone_map = st2094_50.parse(payload).tone_map
    except UserError:
        return False
    return tone_map is not None and tone_map.baseline == 0


def reframed(props: Mapping[str, Any], width: int, height: int) -> bool:
    """Whether a picture of this size was cropped or got borders since its metadata was attached.

    Its shape tells, to two pixels; a cut that leaves the shape as it was goes unseen.
    """
    found = size(props)
    return found is not None and abs(width * found[1] / found[0] - height) > 2


def size(props: Mapping[str, Any]) -> tuple[int, int] | None:
    """Width and height of the picture that the metadata was made for; None where that is not known."""
    found = props.get(SOURCE_SIZE)
    if not isinstance(found, list | tuple) or len(found) != 2 or min(found) < 1:
        return None
    return int(found[0]), int(found[1])


def to_props(meta: Metadata) -> dict[str, bytes | None]:
    """Per-frame metadata as properties; None where the property must not be there."""
    return {
        "HDR10Plus": meta.hdr10plus.removeprefix(HDR10PLUS) if meta.hdr10plus else None,
        "DolbyVisionRPU": meta.rpu,
        "VSPluginST2094_50": meta.st2094_50,
    }


def from_props(props: Mapping[str, Any]) -> Metadata:
    """The per-frame metadata of a frame, without what its transfer makes meaningless. ``UserError``: not data."""
    wrong = stale(props)
    dynamic = None if "hdr10plus" in wrong else _bytes(props, "HDR10Plus")
    rpu = None if "dolby_vision" in wrong else _bytes(props, "DolbyVisionRPU")
    gains = None if "st2094_50" in wrong else _bytes(props, "VSPluginST2094_50")
    return Metadata(HDR10PLUS + dynamic if dynamic else None, rpu or None, gains)


def _bytes(props: Mapping[str, Any], name: str) -> bytes | None:
    value = props.get(name)
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, str):  # a filter marked the data as text
        return value.encode()
    raise UserError(f"frame property {name} must be data; got {type(value).__name__}")
