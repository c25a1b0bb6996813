"""HDR metadata on every frame, from the source's packets to the encoder.

    from vsplugin import hdr

    clip = hdr.attach(clip, "film.mkv")  # then Trim, Splice, filters, retiming
    clip = hdr.guard(clip)

``bits``, ``hdr10plus``, ``static``, ``dolbyvision`` are the formats; ``nal``, ``av1``, ``packets`` find them in files;
``frames``, ``remake``, ``props`` and ``policy`` keep them true; ``x265``, ``live``, ``inject`` write them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .frames import attach, carry, guard, strip, verify
    from .remake import raise_peaks, recompute

_HOMES = {
    "attach": "frames", "carry": "frames", "guard": "frames", "strip": "frames", "verify": "frames",
    "raise_peaks": "remake", "recompute": "remake",
}  # fmt: skip
__all__ = ["attach", "carry", "guard", "raise_peaks", "recompute", "strip", "verify"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module 'vsplugin.hdr' has no attribute {name!r}")
