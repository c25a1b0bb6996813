"""Hosts as data: what they announce, and what they do differently. From published property dumps (see docs/ofx.md)."""

from __future__ import annotations

from typing import Any

BYTE, SHORT, HALF, FLOAT = (f"OfxBitDepth{name}" for name in ("Byte", "Short", "Half", "Float"))
FILTER, GENERAL = "OfxImageEffectContextFilter", "OfxImageEffectContextGeneral"


def _profile(
    name: str,
    *,
    contexts: list[str] | None,
    depths: list[str],
    multi_resolution: int = 0,
    tiles: int = 0,
    temporal: int = 1,
    more: dict[str, Any] | None = None,
    **other: Any,
) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "OfxPropType": "OfxTypeImageEffectHost",
        "OfxPropName": name,
        "OfxPropLabel": name,
        "OfxPropAPIVersion": [1, 4],
        "OfxImageEffectHostPropIsBackground": 0,
        "OfxImageEffectPropSupportsMultiResolution": multi_resolution,
        "OfxImageEffectPropSupportsTiles": tiles,
        "OfxImageEffectPropTemporalClipAccess": temporal,
        "OfxImageEffectPropSupportedComponents": ["OfxImageComponentRGBA"],
        "OfxImageEffectPropSupportedPixelDepths": depths,
        **(more or {}),
    }
    if contexts is not None:
        properties["OfxImageEffectPropSupportedContexts"] = contexts
    return {"properties": properties, **other}


PROFILES: dict[str, dict[str, Any]] = {
    "strict": _profile("org.example.strict", contexts=[FILTER, GENERAL], depths=[BYTE, SHORT, HALF, FLOAT]),
    "nuke": _profile(
        "uk.co.thefoundry.nuke",
        contexts=[FILTER, GENERAL],
        depths=[FLOAT],
        multi_resolution=1,
        tiles=1,
        more={"OfxImageEffectPropColourManagementStyle": "OfxImageEffectColourManagementOCIO"},
    ),
    "resolve": _profile(
        "DaVinciResolve",
        contexts=[FILTER, GENERAL],
        depths=[FLOAT, SHORT, BYTE],
        more={"OfxImageEffectPropColourManagementStyle": "OfxImageEffectColourManagementCore"},
        unknown_properties=["OfxImageEffectInstancePropSequentialRender"],
    ),
    "resolve14-nullmsg": _profile(
        "DaVinciResolveLite", contexts=[FILTER, GENERAL], depths=[FLOAT], null_members=["message", "progress"]
    ),
    "natron": _profile(
        "fr.inria.Natron", contexts=[FILTER, GENERAL], depths=[BYTE, SHORT, FLOAT], multi_resolution=1, tiles=1
    ),
    "vegas": _profile(
        "com.sony.vegas", contexts=[FILTER], depths=[BYTE, FLOAT], missing_suites=["OfxMultiThreadSuite"]
    ),
    "mlt": _profile(
        "MLT",
        contexts=None,
        depths=[BYTE, SHORT, HALF, FLOAT],
        temporal=0,
        ignores_time=True,
        missing_suites=["OfxImageEffectOpenGLRenderSuite"],
    ),
    "toucan": _profile(
        "toucan",
        contexts=[FILTER],
        depths=[FLOAT],
        null_members=[
            "effect.abort",
            "effect.clip_get_region_of_definition",
            "effect.clip_get_property_set",
            "parameter.get_value_at_time",
            "parameter.get_property_set",
            "property.dimension",
            "message",
            "progress",
        ],
        missing_suites=["OfxMemorySuite", "OfxTimeLineSuite"],
    ),
}

# What hosts hand to a float plugin.
DEPTHS = {"vegas": "uint8"}
NEGATIVE_ROWS = ("mlt",)
GROWS = ("nuke", "natron")
# No message reaches the person at these: bad pointers, or none.
SILENT = ("resolve", "resolve14-nullmsg", "toucan")
