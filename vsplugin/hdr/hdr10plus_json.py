"""HDR10+ as the JSON that hdr10plus_tool, x265 (``--dhdr10-info``) and studios exchange: profiles A and B, one window.

``SceneInfo`` lists every frame in order of display; everything else of the file follows from it and is checked only as
far as it could contradict it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .. import __version__
from ..errors import UserError
from .hdr10plus import OLD_PERCENTAGES, PERCENTAGES, Curve, Hdr10Plus, Window

_BRIGHTEST = 100_000  # 10,000 cd/m²


def read(text: str | bytes) -> list[Hdr10Plus]:
    """The metadata of every frame. ``UserError`` names frame and entry for wrong types, values or numbers of them."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"HDR10+ JSON: cannot be read ({' '.join(str(error).split())})") from None
    if not isinstance(whole, dict):
        raise UserError("HDR10+ JSON: must be an object with SceneInfo")
    frames = _list("", whole, "SceneInfo")
    if not frames:
        raise UserError("HDR10+ JSON: SceneInfo is empty")
    out: list[Hdr10Plus] = []
    for number, frame in enumerate(frames):
        meta = _frame(f"frame {number}: ", frame)
        if meta.profile != (out[0] if out else meta).profile or meta.profile == "?":
            first = f"; frame 0 has profile {out[0].profile}" if out else ""
            raise UserError(f"HDR10+ JSON: frame {number}: {_kind(meta)}{first}")
        out.append(meta)
    stated = _object("", whole, "JSONInfo").get("HDR10plusProfile", out[0].profile)
    if stated != out[0].profile:
        raise UserError(f"HDR10+ JSON: HDR10plusProfile is {stated!r}, but the frames have profile {out[0].profile}")
    return out


def _kind(meta: Hdr10Plus) -> str:
    if meta.profile != "?":
        return f"has profile {meta.profile}"
    return (
        "has a tone curve but no target luminance" if meta.windows[0].curve else "has a target luminance but no curve"
    )


def _frame(where: str, frame: Any) -> Hdr10Plus:
    if not isinstance(frame, dict):
        raise UserError(f"HDR10+ JSON: {where}must be an object; got {_short(frame)}")
    light = _object(where, frame, "LuminanceParameters")
    levels = _object(where, light, "LuminanceDistributions")
    percentages = tuple(_numbers(where, levels, "DistributionIndex", 100, most=15))
    if percentages not in (PERCENTAGES, OLD_PERCENTAGES):
        raise UserError(f"HDR10+ JSON: {where}DistributionIndex must be {list(PERCENTAGES)}; got {list(percentages)}")
    values = _numbers(where, levels, "DistributionValues", _BRIGHTEST, most=15)
    if len(values) != len(percentages):
        raise UserError(
            f"HDR10+ JSON: {where}DistributionValues must have {len(percentages)} entries; got {len(values)}"
        )
    peaks = _numbers(where, light, "MaxScl", _BRIGHTEST, most=3)
    if len(peaks) != 3:
        raise UserError(f"HDR10+ JSON: {where}MaxScl must have 3 entries; got {len(peaks)}")
    if (count := _number(where, frame, "NumberOfWindows", 3)) != 1:
        raise UserError(f"HDR10+ JSON: {where}NumberOfWindows must be 1; got {count}")
    window = Window(
        (peaks[0], peaks[1], peaks[2]),
        _number(where, light, "AverageRGB", _BRIGHTEST),
        tuple(zip(percentages, values, strict=True)),
        curve=_curve(where, frame) if "BezierCurveData" in frame else None,
    )
    return Hdr10Plus((window,), target=_number(where, frame, "TargetedSystemDisplayMaximumLuminance", 10_000))


def _curve(where: str, frame: dict[str, Any]) -> Curve:
    data = _object(where, frame, "BezierCurveData")
    knee = _number(where, data, "KneePointX", 4095), _number(where, data, "KneePointY", 4095)
    return Curve(knee, tuple(_numbers(where, data, "Anchors", 1023, most=15)))


def _object(where: str, inside: dict[str, Any], name: str) -> dict[str, Any]:
    value = inside.get(name)
    if not isinstance(value, dict):
        raise UserError(f"HDR10+ JSON: {where}{name} must be an object; got {_short(value)}")
    return value


def _list(where: str, inside: dict[str, Any], name: str) -> list[Any]:
    value = inside.get(name)
    if not isinstance(value, list):
        raise UserError(f"HDR10+ JSON: {where}{name} must be a list; got {_short(value)}")
    return value


def _numbers(where: str, inside: dict[str, Any], name: str, high: int, most: int) -> list[int]:
    values = _list(where, inside, name)
    if len(values) > most:
        raise UserError(f"HDR10+ JSON: {where}{name} must have at most {most} entries; got {len(values)}")
    return [_checked(where, name, value, high) for value in values]


def _number(where: str, inside: dict[str, Any], name: str, high: int) -> int:
    return _checked(where, name, inside.get(name), high)


def _checked(where: str, name: str, value: Any, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= high:
        raise UserError(f"HDR10+ JSON: {where}{name} must be a whole number in [0, {high}]; got {_short(value)}")
    return value


def _short(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__ if isinstance(value, dict | list) else repr(value)[:60]


def write(frames: Sequence[Hdr10Plus]) -> str:
    """The JSON for these frames; runs of equal metadata are its scenes.

    ``UserError`` names the frame whose metadata it cannot hold: windows, actual peaks, saturation, bright fraction, or
    profile A and B mixed.
    """
    if not frames:
        raise UserError("HDR10+ JSON: there is no frame to write")
    entries: list[dict[str, Any]] = []
    starts: list[int] = []
    for number, meta in enumerate(frames):
        _check_fits(number, meta, frames[0].profile)
        if not number or meta.bare() != frames[number - 1].bare():
            starts.append(number)
        place = {"SceneFrameIndex": number - starts[-1], "SceneId": len(starts) - 1, "SequenceFrameIndex": number}
        entries.append({**_entry(meta), **place})
    lengths = [end - start for start, end in zip(starts, [*starts[1:], len(frames)], strict=True)]
    whole = {
        "JSONInfo": {"HDR10plusProfile": frames[0].profile, "Version": "1.0"},
        "SceneInfo": entries,
        "SceneInfoSummary": {"SceneFirstFrameIndex": starts, "SceneFrameNumbers": lengths},
        "ToolInfo": {"Tool": "vsplugin", "Version": __version__},
    }
    return json.dumps(whole, indent=2) + "\n"


def _check_fits(number: int, meta: Hdr10Plus, profile: str) -> None:
    window = meta.windows[0]
    beyond = {
        "more than one window": len(meta.windows) > 1,
        "actual peak luminances": meta.target_actual is not None or meta.mastering_actual is not None,
        "a saturation weight": window.saturation is not None,
        "a fraction of bright pixels": window.bright > 0,
        f"percentages {[p for p, _ in window.percentiles]}": tuple(p for p, _ in window.percentiles)
        not in (PERCENTAGES, OLD_PERCENTAGES),
    }
    for what, there in beyond.items():
        if there:
            raise UserError(f"HDR10+ JSON: frame {number} has {what}, which this format cannot hold; use a NALU file")
    if meta.profile == "?" or meta.profile != profile:
        raise UserError(f"HDR10+ JSON: frame {number} {_kind(meta)}; frame 0 has profile {profile}; use a NALU file")


def _entry(meta: Hdr10Plus) -> dict[str, Any]:
    window = meta.windows[0]
    curve = window.curve
    bezier = (
        {"Anchors": list(curve.anchors), "KneePointX": curve.knee[0], "KneePointY": curve.knee[1]} if curve else None
    )
    return {
        **({"BezierCurveData": bezier} if bezier else {}),
        "LuminanceParameters": {
            "AverageRGB": window.average,
            "LuminanceDistributions": {
                "DistributionIndex": [percentage for percentage, _ in window.percentiles],
                "DistributionValues": [value for _, value in window.percentiles],
            },
            "MaxScl": list(window.maxscl),
        },
        "NumberOfWindows": 1,
        "TargetedSystemDisplayMaximumLuminance": meta.target,
    }
