"""One clip of a comparison, and what is known about it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import vapoursynth as vs

from ..errors import UserError, one_line
from ..forensic.audit import path_for
from ..hdr import props as hdr
from ..preview import shown_size
from ..script import open_script
from ..source import open_source

_RANGES = {0: "limited", 1: "full"}


@dataclass(frozen=True)
class Entry:
    """A clip with its name for people, and facts as (what, value) to be shown in a table."""

    name: str
    spec: str
    clip: vs.VideoNode
    facts: dict[str, str]
    audit: dict[str, Any] | None = field(default=None, compare=False)


def open_entry(spec: str) -> Entry:
    """A video file, a script (.vpy) or a sample. ``UserError`` says what is wrong with it."""
    if Path(spec).suffix.lower() == ".vpy":
        clip = open_script(Path(spec).expanduser())
        if not (clip.width and clip.height and clip.format and clip.format.id):
            raise UserError(f"compare: {spec} has no constant format and size")
        return Entry(Path(spec).name, spec, clip, facts(clip))
    opened = open_source(spec)
    audit = _audit(opened.path) if opened.path else None
    return Entry(Path(spec).name if opened.path else spec, spec, opened.clip, facts(opened.clip), audit)


def distinct_names(entries: list[Entry]) -> list[str]:
    """Names as short as tells them apart."""
    names = [entry.name for entry in entries]
    if len(set(names)) < len(names):
        names = ["/".join(Path(entry.spec).parts[-2:]) for entry in entries]
    return [name if names.count(name) == 1 else f"{name} ({place})" for place, name in enumerate(names, 1)]


def facts(clip: vs.VideoNode) -> dict[str, str]:
    """What is known of a clip, by its first frame. ``UserError`` if that cannot be made."""
    try:
        with clip.get_frame(0) as frame:
            props = dict(frame.props)
    except vs.Error as error:
        raise UserError(f"compare: the first frame cannot be made ({one_line(error)})") from None
    rate = f"{float(clip.fps):.3f}".rstrip("0").rstrip(".") if clip.fps else "variable"
    width, height = shown_size(clip)
    shown = f", shown as {width} × {height}" if (width, height) != (clip.width, clip.height) else ""
    found = {
        "size": f"{clip.width} × {clip.height}{shown}",
        "format": clip.format.name,
        "frames": f"{clip.num_frames} at {rate} fps",
        "matrix / transfer / primaries": " / ".join(
            str(int(props.get(f"_{name}", 2))) for name in ("Matrix", "Transfer", "Primaries")
        ),
        "range": _RANGES.get(int(props.get("_Range", -1)), "not set"),
        "dynamic range": hdr.kind(props),
    }
    return found | _hdr(props)


def _hdr(props: dict[str, Any]) -> dict[str, str]:
    """The HDR metadata of the first frame, in words."""
    found = {}
    if "MasteringDisplayMaxLuminance" in props:
        low, high = props.get("MasteringDisplayMinLuminance", 0), props["MasteringDisplayMaxLuminance"]
        found["mastering display"] = f"{float(low):g} to {float(high):g} cd/m²"
    if "MasteringDisplayPrimariesX" in props:
        points = zip(props["MasteringDisplayPrimariesX"], props["MasteringDisplayPrimariesY"], strict=True)
        found["mastering primaries"] = ", ".join(f"{float(x):.3f} {float(y):.3f}" for x, y in points)
    if "ContentLightLevelMax" in props:
        found["MaxCLL / MaxFALL"] = (
            f"{int(props['ContentLightLevelMax'])} / {int(props.get('ContentLightLevelAverage', 0))} cd/m²"
        )
    for name, what in (("HDR10Plus", "HDR10+"), ("DolbyVisionRPU", "Dolby Vision")):
        if name in props:
            found[what] = f"on the first frame, {len(props[name])} bytes"
    return found


def _audit(path: Path) -> dict[str, Any] | None:
    """What the audit beside the file says was done, if there is one."""
    try:
        content = json.loads(path_for(path).read_text())
        return {key: content[key] for key in ("steps", "largest", "versions", "sha256")}
    except (OSError, ValueError, KeyError):
        return None
