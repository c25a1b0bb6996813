"""Metadata for people: a table of runs of equal frames, and what differs between two streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from fractions import Fraction
from itertools import groupby
from typing import Any

from .. import container
from ..errors import UserError
from . import dolbyvision, hdr10plus, st2094_50
from .hdr10plus import LUMINANCE_STEP
from .metadata import Metadata, Stream


def light(payload: bytes) -> dict[str, Any]:
    """The first window's figures in cd/m²: ``maxscl`` (R, G, B), ``average``, ``highest`` (slot 99), ``target``."""
    meta = hdr10plus.parse(payload)
    window = meta.windows[0]
    levels = dict(window.percentiles)
    return {
        "profile": meta.profile,
        "maxscl": [round(value * LUMINANCE_STEP, 1) for value in window.maxscl],
        "average": round(window.average * LUMINANCE_STEP, 1),
        "highest": round(levels[99] * LUMINANCE_STEP, 1) if 99 in levels else None,
        "target": meta.target,
    }


def frame_as_dict(number: int, meta: Metadata) -> dict[str, Any]:
    """One frame for JSON: payloads in hex, and what they say."""
    out: dict[str, Any] = {"frame": number, "hdr10plus": None, "dolby_vision": None}
    if meta.hdr10plus is not None:
        out["hdr10plus"] = {"payload": meta.hdr10plus.hex()}
        try:
            out["hdr10plus"].update(light(meta.hdr10plus), fields=_fields(meta.hdr10plus))
        except UserError as error:
            out["hdr10plus"]["damaged"] = str(error)
    if meta.rpu is not None:
        out["dolby_vision"] = {"rpu": meta.rpu.hex(), **_rpu(meta.rpu)}
    if meta.st2094_50 is not None:
        out["st2094_50"] = {"payload": meta.st2094_50.hex(), **gains(meta.st2094_50)}
    return out


def gains(payload: bytes) -> dict[str, Any]:
    """What ST 2094-50 metadata says: ``reference_white`` in cd/m², the picture's own headroom ``baseline`` and those of
    its ``alternates`` in stops, and ``peaks``, the alternates' white in cd/m²; or how it is ``damaged``."""
    try:
        meta = st2094_50.parse(payload)
    except UserError as error:
        return {"damaged": str(error)}
    white, tone_map = meta.reference_white, meta.tone_map
    stops = [round(curve.headroom, 4) for curve in st2094_50.curves(tone_map)] if tone_map else []
    return {
        "reference_white": white,
        "baseline": tone_map.baseline / st2094_50.HEADROOM_UNIT if tone_map else None,
        "alternates": stops,
        "peaks": [round(white * 2**stop) for stop in stops],
    }


def _fields(payload: bytes) -> dict[str, Any]:
    fields = asdict(hdr10plus.parse(payload))
    return {**fields, "rest": fields["rest"].hex()}


def _rpu(rpu: bytes) -> dict[str, Any]:
    try:
        dolbyvision.check(rpu)
        return {"profile": dolbyvision.profile(rpu)}
    except UserError as error:
        return {"damaged": str(error)}


def table(frames: Sequence[Metadata]) -> Iterator[list[str]]:
    """Rows of text for runs of frames with the same HDR10+, under :data:`HEADS`."""
    numbered = enumerate(frames)
    for key, run in groupby(numbered, key=lambda pair: (pair[1].hdr10plus, pair[1].rpu is None)):
        numbers = [number for number, _ in run]
        first, last = numbers[0], numbers[-1]
        yield [str(first) if first == last else f"{first}-{last}", *_cells(key[0]), _rpu_cell(frames[first].rpu)]


HEADS = ("frames", "HDR10+", "MaxSCL R G B", "average", "99.98 %", "target", "RPU")


def _cells(payload: bytes | None) -> list[str]:
    if payload is None:
        return ["none", "", "", "", ""]
    try:
        found = light(payload)
    except UserError as error:
        return [f"damaged: {error}", "", "", "", ""]
    peaks = " ".join(f"{value:.1f}" for value in found["maxscl"])
    highest = "" if found["highest"] is None else f"{found['highest']:.1f}"
    return [found["profile"], peaks, f"{found['average']:.1f}", highest, str(found["target"] or "")]


def _rpu_cell(rpu: bytes | None) -> str:
    if rpu is None:
        return ""
    found = _rpu(rpu)
    return "damaged" if "damaged" in found else f"profile {found['profile']}"


def summary(stream: Stream) -> dict[str, Any]:
    """What the stream as a whole says; texts for what cannot be true."""
    frames = stream.frames
    out: dict[str, Any] = {
        "codec": stream.codec,
        "frames": len(frames),
        "colour": {name.lstrip("_").lower(): value for name, value in stream.colour.items()},
    }
    for name in ("hdr10plus", "rpu", "st2094_50"):
        out[name] = sum(getattr(frame, name) is not None for frame in frames)
    for name in ("mastering", "light"):
        try:
            found = getattr(stream, name)
            out[name] = asdict(found) if found else None
        except UserError as error:
            out[name] = str(error)
    return out


def cut_off(stream: Stream) -> str | None:
    """Why the file ends before its container says it does; None if it is whole."""
    inside = container.inspect(stream.path)
    last = stream.times[-1] * stream.time_base if stream.times and stream.time_base else Fraction(0)
    return inside.cut_off(len(stream.frames), last, inside.video_tracks[0])


def differences(a: Stream, b: Stream) -> list[dict[str, Any]]:
    """What ``b`` lost, gained or changed: ``{"frame", "what", "how"}``; frame None for the stream as a whole."""
    found: list[dict[str, Any]] = []
    if len(a.frames) != len(b.frames):
        found.append(_difference(None, "frames", f"{len(a.frames)} became {len(b.frames)}"))
    for name in dict.fromkeys([*a.colour, *b.colour]):
        if a.colour.get(name) != b.colour.get(name):
            what = name.lstrip("_").lower()
            found.append(_difference(None, what, f"{a.colour.get(name)} became {b.colour.get(name)}"))
    for field, what in (("mastering", "mastering display"), ("light", "content light")):
        before, after = a.first(field), b.first(field)
        if before != after:
            found.append(_difference(None, what, _how(before, after)))
    for number, (one, other) in enumerate(zip(a.frames, b.frames, strict=False)):
        for field, what in (("hdr10plus", "HDR10+"), ("rpu", "Dolby Vision RPU"), ("st2094_50", "ST 2094-50")):
            before, after = getattr(one, field), getattr(other, field)
            if (before or b"").rstrip(b"\0") != (after or b"").rstrip(b"\0"):
                found.append(_difference(number, what, _how(before, after)))
    return found


def _difference(frame: int | None, what: str, how: str) -> dict[str, Any]:
    return {"frame": frame, "what": what, "how": how}


def _how(before: bytes | None, after: bytes | None) -> str:
    return "is lost" if after is None else "is new" if before is None else "changed"
