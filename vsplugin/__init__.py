"""Film and video restoration for VapourSynth scripts and OpenFX hosts.

``import vsplugin`` is light; filters load on first use: ``vsplugin.upscale(clip, scale=2)``,
``vsplugin.denoise(clip)``, ``vsplugin.deartifact(clip)``, ``vsplugin.lift_hdr(clip)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .filters import (
        consistent,
        deartifact,
        deflicker,
        degrain,
        denoise,
        flow,
        lift_hdr,
        regrain,
        repair,
        stabilize,
        upscale,
    )
    from .ofx.source import ofx_source

__version__ = "0.1.0"
__all__ = [
    "consistent",
    "deartifact",
    "deflicker",
    "degrain",
    "denoise",
    "flow",
    "lift_hdr",
    "ofx_source",
    "regrain",
    "repair",
    "stabilize",
    "upscale",
]


def __getattr__(name: str) -> Any:
    if name == "ofx_source":
        from .ofx.source import ofx_source

        return ofx_source
    if name in __all__:
        from . import filters

        return getattr(filters, name)
    raise AttributeError(f"module 'vsplugin' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
