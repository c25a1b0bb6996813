"""Film and video restoration for VapourSynth scripts and OpenFX hosts.

``import vsplugin`` is light; filters load on first use: ``vsplugin.upscale(clip, scale=2)``,
``vsplugin.denoise(clip)``, ``vsplugin.deartifact(clip)``, ``vsplugin.lift_hdr(clip)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .filters import (
        align_chroma,
        bt709,
        consistent,
        deartifact,
        deband,
        deflicker,
        degrain,
        deinterlace,
        denoise,
        flow,
        lift_hdr,
        regrain,
        repair,
        restore,
        stabilize,
        unfade,
        upscale,
    )
    from .ofx.source import ofx_source
    from .presets import preset

__version__ = "0.1.0"
__all__ = [
    "align_chroma",
    "bt709",
    "consistent",
    "deartifact",
    "deband",
    "deflicker",
    "degrain",
    "deinterlace",
    "denoise",
    "flow",
    "lift_hdr",
    "ofx_source",
    "preset",
    "regrain",
    "repair",
    "restore",
    "stabilize",
    "unfade",
    "upscale",
]


def __getattr__(name: str) -> Any:
    if name == "ofx_source":
        from .ofx.source import ofx_source

        return ofx_source
    if name == "preset":
        from .presets import preset

        return preset
    if name in __all__:
        from . import filters

        return getattr(filters, name)
    raise AttributeError(f"module 'vsplugin' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
