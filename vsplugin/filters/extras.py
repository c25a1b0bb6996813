"""Plugins of others that filters are built on, and the words when one is missing."""

from __future__ import annotations

from typing import Any

import vapoursynth as vs


def plugin(owner: str, namespace: str, package: str, extra: str = "presets") -> Any:
    """``core.<namespace>``; ``vs.Error`` names the package and the extra that brings it."""
    if not hasattr(vs.core, namespace):
        raise vs.Error(f"{owner}: needs {package}, of the extra '{extra}': pip install 'vapoursynth-vsplugin[{extra}]'")
    return getattr(vs.core, namespace)
