"""Scenes and their corrections as a file: read again instead of measured, and open to a person's hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from .correction import Correction

_KIND = "vsplugin-fade-1"


@dataclass(frozen=True)
class Scene:
    """Frames ``first`` to the next scene's first, and their correction."""

    first: int
    correction: Correction
    reason: str = ""


def written(frames: int, scenes: list[Scene]) -> str:
    """As JSON, one scene a line."""
    lines = [json.dumps({"first": s.first, "found": s.reason, **json.loads(s.correction.to_json())}) for s in scenes]
    head = json.dumps({"kind": _KIND, "frames": frames})[:-1]
    return head + ', "scenes": [\n  ' + ",\n  ".join(lines) + "\n]}\n"


def read(text: str, frames: int) -> list[Scene]:
    """``ValueError`` says what is wrong. A file of one scene fits clips of any length."""
    try:
        content = json.loads(text)
        known, length = content["kind"] == _KIND, content["frames"]
        scenes = [_scene(values) for values in content["scenes"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"cannot be read as one: {type(error).__name__}: {error}") from None
    firsts = [scene.first for scene in scenes]
    if not known or not firsts or firsts != sorted(set(firsts)) or firsts[0] != 0:
        raise ValueError("is damaged or of another version; delete it to measure again")
    if len(scenes) > 1 and length != frames:
        raise ValueError(f"is of another clip: {length} frames; this one has {frames}")
    return scenes


def _scene(values: dict[str, Any]) -> Scene:
    base, gain, bend = (_three(values[name]) for name in ("base", "gain", "bend"))
    if min(gain) <= 0:
        raise ValueError("gains must be above 0")
    correction = Correction(base, gain, bend, float(values.get("confidence", 1)))
    return Scene(int(values["first"]), correction, str(values.get("found", "")))


def _three(values: list[float]) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    if not np.isfinite((first, second, third)).all():
        raise ValueError("numbers must be finite")
    return first, second, third
