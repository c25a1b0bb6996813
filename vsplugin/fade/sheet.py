"""Scenes and their corrections as a file and as text: read again instead of measured, and open to a person's hand."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from .correction import Correction

_KIND = "vsplugin-fade-1"
_ONE = re.compile(r"(\d+): base (.+?), gain (.+?), bend (.+?), confidence (\S+?), (.*)")


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
    if not known or not _in_order(scenes):
        raise ValueError("is damaged or of another version; delete it to measure again")
    if len(scenes) > 1 and length != frames:
        raise ValueError(f"is of another clip: {length} frames; this one has {frames}")
    return scenes


def text(scenes: list[Scene]) -> str:
    """As one line: what the parameter ``scenes`` takes."""
    return "; ".join(map(_text, scenes))


def _text(scene: Scene) -> str:
    c = scene.correction
    three = {name: " ".join(map(repr, getattr(c, name))) for name in ("base", "gain", "bend")}
    words = ", ".join(f"{name} {numbers}" for name, numbers in three.items())
    return f"{scene.first}: {words}, confidence {c.confidence!r}, {scene.reason.replace(';', ',')}"


def of_text(text: str, frames: int) -> list[Scene]:
    """``ValueError`` says what is wrong."""
    scenes = [_of_text(part.strip()) for part in text.split(";")]
    if not _in_order(scenes):
        raise ValueError(f"must begin at frame 0 and go on in order; got {', '.join(str(s.first) for s in scenes)}")
    if scenes[-1].first >= frames:
        raise ValueError(f"are of another clip: one begins at frame {scenes[-1].first}; this one has {frames} frames")
    return scenes


def _of_text(text: str) -> Scene:
    parts = _ONE.fullmatch(text)
    if parts is None:
        raise ValueError(
            f"must be as 0: base 0 0 0, gain 1 1 1, bend 0 0 0, confidence 1, why; separated by ';'; got '{text}'"
        )
    first, base, gain, bend, confidence, reason = parts.groups()
    numbers = {"base": base.split(), "gain": gain.split(), "bend": bend.split()}
    try:
        return _scene({"first": first, "confidence": confidence, "found": reason, **numbers})
    except ValueError as error:
        raise ValueError(f"of frame {first}: {error}; got '{text}'") from None


def _in_order(scenes: list[Scene]) -> bool:
    firsts = [scene.first for scene in scenes]
    return firsts[:1] == [0] and firsts == sorted(set(firsts))


def _scene(values: dict[str, Any]) -> Scene:
    base, gain, bend = (_three(values[name]) for name in ("base", "gain", "bend"))
    if min(gain) <= 0:
        raise ValueError("gains must be above 0")
    correction = Correction(base, gain, bend, float(values.get("confidence", 1)))
    return Scene(int(values["first"]), correction, str(values.get("found", "")))


def _three(values: list[Any]) -> tuple[float, float, float]:
    if len(values) != 3:
        raise ValueError(f"base, gain and bend must have three numbers each; got {len(values)}")
    first, second, third = (float(value) for value in values)
    if not np.isfinite((first, second, third)).all():
        raise ValueError("numbers must be finite")
    return first, second, third
