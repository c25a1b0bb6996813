"""Static HDR metadata: mastering display (SMPTE ST 2086) and content light level (CTA-861.3), in everyone's units.

Kept as the integers of the HEVC SEI messages: chromaticities in 0.00002, mastering luminances in 0.0001 cd/m², content
light in cd/m².
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..errors import UserError

_CHROMA, _LUMINANCE = 50_000, 10_000  # units in 1 and in 1 cd/m²
_BRIGHTEST = 10_000 * _LUMINANCE

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class MasteringDisplay:
    """The display the film was graded on. ``UserError`` when made with values that no display has."""

    red: Point
    green: Point
    blue: Point
    white: Point
    highest: int
    lowest: int

    def __post_init__(self) -> None:
        for name in ("red", "green", "blue", "white"):
            for axis, value in zip("xy", getattr(self, name), strict=True):
                if not 0 <= value <= _CHROMA:
                    raise UserError(f"mastering display: {name} {axis} must be in [0, 1]; got {value / _CHROMA:g}")
        if not 0 < self.highest <= _BRIGHTEST:
            got = self.highest / _LUMINANCE
            raise UserError(f"mastering display: highest luminance must be in (0, 10000] cd/m²; got {got:g}")
        if not 0 <= self.lowest < self.highest:
            limit, got = self.highest / _LUMINANCE, self.lowest / _LUMINANCE
            raise UserError(f"mastering display: lowest luminance must be in [0, {limit:g}) cd/m²; got {got:g}")

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> MasteringDisplay | None:
        """From frame properties (arrays in order R, G, B; luminances in cd/m²); None where they are not set."""
        names = ("PrimariesX", "PrimariesY", "WhitePointX", "WhitePointY", "MaxLuminance", "MinLuminance")
        if any("MasteringDisplay" + name not in props for name in names):
            return None
        xs, ys, white_x, white_y, high, low = (props["MasteringDisplay" + name] for name in names)
        if len(_floats(xs)) != 3 or len(_floats(ys)) != 3:
            raise UserError(f"mastering display: there must be 3 primaries; got {len(_floats(xs))}")
        red, green, blue = ((_units(x), _units(y)) for x, y in zip(_floats(xs), _floats(ys), strict=True))
        white = _units(float(white_x)), _units(float(white_y))
        return cls(red, green, blue, white, _units(float(high), _LUMINANCE), _units(float(low), _LUMINANCE))

    def to_props(self) -> dict[str, Any]:
        rgb = (self.red, self.green, self.blue)
        return {
            "MasteringDisplayPrimariesX": [x / _CHROMA for x, _ in rgb],
            "MasteringDisplayPrimariesY": [y / _CHROMA for _, y in rgb],
            "MasteringDisplayWhitePointX": self.white[0] / _CHROMA,
            "MasteringDisplayWhitePointY": self.white[1] / _CHROMA,
            "MasteringDisplayMaxLuminance": self.highest / _LUMINANCE,
            "MasteringDisplayMinLuminance": self.lowest / _LUMINANCE,
        }

    @classmethod
    def from_x265(cls, text: str) -> MasteringDisplay:
        """From the argument of ``--master-display``: ``G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)``."""
        found = re.fullmatch("".join(rf"{name}\((\d+),(\d+)\)" for name in ("G", "B", "R", "WP", "L")), text.strip())
        if not found:
            raise UserError(f"mastering display: must read G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min); got '{text[:80]}'")
        numbers = [int(group[:12]) for group in found.groups()]
        green, blue, red, white = ((numbers[i], numbers[i + 1]) for i in (0, 2, 4, 6))
        return cls(red, green, blue, white, numbers[8], numbers[9])

    def to_x265(self) -> str:
        points = (("G", self.green), ("B", self.blue), ("R", self.red), ("WP", self.white))
        text = "".join(f"{name}({x},{y})" for name, (x, y) in points)
        return f"{text}L({self.highest},{self.lowest})"

    def to_ffmpeg(self) -> dict[str, str]:
        """As ffprobe prints the side data: ``{"red_x": "34000/50000", ...}``."""
        points = {"red": self.red, "green": self.green, "blue": self.blue, "white_point": self.white}
        out = {
            f"{name}_{axis}": f"{point[i]}/{_CHROMA}" for name, point in points.items() for i, axis in enumerate("xy")
        }
        out["min_luminance"], out["max_luminance"] = f"{self.lowest}/{_LUMINANCE}", f"{self.highest}/{_LUMINANCE}"
        return out

    @classmethod
    def from_ffmpeg(cls, values: Mapping[str, str]) -> MasteringDisplay:
        """From ffprobe's side data; other fields are ignored. ``UserError`` for one that is missing or no ratio."""
        try:
            red, green, blue, white = (
                (_units(Fraction(values[f"{name}_x"])), _units(Fraction(values[f"{name}_y"])))
                for name in ("red", "green", "blue", "white_point")
            )
            high, low = (_units(Fraction(values[f"{name}_luminance"]), _LUMINANCE) for name in ("max", "min"))
        except (KeyError, ValueError, ZeroDivisionError, TypeError) as error:
            raise UserError(f"mastering display: ffprobe's fields are incomplete ({error!r})") from None
        return cls(red, green, blue, white, high, low)

    @classmethod
    def from_sei(cls, payload: bytes) -> MasteringDisplay:
        """From SEI message 137 (H.265, D.2.28), which has order G, B, R."""
        if len(payload) < 24:
            raise UserError(f"mastering display: an SEI message has 24 bytes; got {len(payload)}")
        gx, gy, bx, by, rx, ry, wx, wy, high, low = struct.unpack(">8H2I", payload[:24])
        return cls((rx, ry), (gx, gy), (bx, by), (wx, wy), high, low)

    @classmethod
    def from_av1(cls, payload: bytes) -> MasteringDisplay:
        """From the AV1 metadata OBU (5.8.4): chromaticities in 1/65536, luminances in 1/256 and 1/16384 cd/m²."""
        if len(payload) < 24:
            raise UserError(f"mastering display: an AV1 metadata OBU has 24 bytes; got {len(payload)}")
        *points, high, low = struct.unpack(">8H2I", payload[:24])
        red, green, blue, white = ((_units(points[i] / 65536), _units(points[i + 1] / 65536)) for i in (0, 2, 4, 6))
        return cls(red, green, blue, white, _units(high / 256, _LUMINANCE), _units(low / 16384, _LUMINANCE))

    def to_av1(self) -> bytes:
        """For the AV1 metadata OBU; the brightest luminance to 1/256 cd/m²."""
        points = (self.red, self.green, self.blue, self.white)
        chromaticities = [min(round(value / _CHROMA * 65536), 0xFFFF) for point in points for value in point]
        high, low = round(Fraction(self.highest, _LUMINANCE) * 256), round(Fraction(self.lowest, _LUMINANCE) * 16384)
        return struct.pack(">8H2I", *chromaticities, high, low)

    def to_sei(self) -> bytes:
        return struct.pack(">8H2I", *self.green, *self.blue, *self.red, *self.white, self.highest, self.lowest)


@dataclass(frozen=True, slots=True)
class ContentLight:
    """MaxCLL and MaxFALL in cd/m²; 0 means unknown."""

    max_cll: int
    max_fall: int

    def __post_init__(self) -> None:
        for name, value in (("MaxCLL", self.max_cll), ("MaxFALL", self.max_fall)):
            if not 0 <= value <= 0xFFFF:
                raise UserError(f"content light: {name} must be in [0, 65535] cd/m²; got {value}")

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> ContentLight | None:
        if "ContentLightLevelMax" not in props:
            return None
        return cls(int(props["ContentLightLevelMax"]), int(props.get("ContentLightLevelAverage", 0)))

    def to_props(self) -> dict[str, Any]:
        return {"ContentLightLevelMax": self.max_cll, "ContentLightLevelAverage": self.max_fall}

    def to_x265(self) -> str:
        """The argument of ``--max-cll``."""
        return f"{self.max_cll},{self.max_fall}"

    @classmethod
    def from_x265(cls, text: str) -> ContentLight:
        """From the argument of ``--max-cll``."""
        found = re.fullmatch(r"(\d{1,9}),(\d{1,9})", text.strip())
        if not found:
            raise UserError(f"content light: must read MaxCLL,MaxFALL; got '{text[:80]}'")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def from_sei(cls, payload: bytes) -> ContentLight:
        """From SEI message 144 (H.265, D.2.35), or from the AV1 metadata OBU, which is the same."""
        if len(payload) < 4:
            raise UserError(f"content light: a message has 4 bytes; got {len(payload)}")
        return cls(*struct.unpack(">2H", payload[:4]))

    def to_sei(self) -> bytes:
        return struct.pack(">2H", self.max_cll, self.max_fall)


def _floats(value: Any) -> list[float]:
    return [float(one) for one in value] if isinstance(value, list | tuple) else [float(value)]


def _units(value: float | Fraction, unit: int = _CHROMA) -> int:
    if not math.isfinite(value):
        raise UserError(f"mastering display: values must be finite; got {value}")
    return round(value * unit)
