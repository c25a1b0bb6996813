"""Metadata from anything that holds it: a video file, HDR10+ JSON, x265's NALU file, an RPU file, or a script."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import vapoursynth as vs

from ..errors import UserError, one_line
from . import dolbyvision, hdr10plus, hdr10plus_json, nal, packets, props, x265
from .metadata import NOTHING, Metadata, message_name

SCRIPTS = (".vpy", ".py")
NALU = (".nalu", ".txt")


def load(path: Path) -> tuple[Metadata, ...]:
    """The metadata of every frame; what kind of file it is, its ending says. ``UserError`` if there is none in it."""
    check_file(path)
    kind = path.suffix.lower()
    try:
        if kind == ".json":
            return tuple(Metadata(hdr10plus.pack(meta)) for meta in hdr10plus_json.read(path.read_bytes()))
        if kind in NALU:
            payloads = x265.read_nalu(path.read_text(errors="replace"))
            return tuple(_of_message(number, payload) for number, payload in enumerate(payloads))
        if kind in (".rpu", ".bin"):
            return tuple(Metadata(rpu=rpu) for rpu in dolbyvision.read_file(path.read_bytes()))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    frames = packets.read(path).frames
    if frames.count(NOTHING) == len(frames):
        raise UserError(f"{path}: has no HDR metadata")
    return frames


def _of_message(number: int, payload: bytes) -> Metadata:
    name = message_name(nal.T35, payload)
    if name is None:
        raise UserError(f"NALU file: frame {number} has neither HDR10+ nor ST 2094-50; it begins {payload[:6].hex()}")
    return Metadata(**{name: payload})


def check_file(path: Path) -> None:
    """``UserError`` unless there is a file that can be read and has something in it."""
    if not path.is_file():
        raise UserError(f"no such file: {path}")
    try:
        with path.open("rb") as handle:
            if not handle.read(1):
                raise UserError(f"{path} is empty")
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None


def script_clip(path: Path, arguments: Mapping[str, str]) -> vs.VideoNode:
    """Output 0 of a script, run here as vspipe would run it. ``UserError`` with the script's own error in one line."""
    check_file(path)
    vs.clear_outputs()
    sys.path.insert(0, str(path.resolve().parent))
    try:
        runpy.run_path(str(path), init_globals=dict(arguments), run_name="__vapoursynth__")
    except Exception as error:
        raise UserError(f"{path}: {type(error).__name__}: {one_line(error)}") from None
    finally:
        sys.path.pop(0)
    output = vs.get_outputs().get(0)
    if not isinstance(output, vs.VideoOutputTuple):
        raise UserError(f"{path}: sets no output 0" if output is None else f"{path}: output 0 is not a video clip")
    return output.clip


def of_clip(clip: vs.VideoNode) -> tuple[tuple[Metadata, ...], list[dict[str, Any]]]:
    """The metadata of every frame of a clip, which is rendered for it; properties at first and where they change."""
    found: list[Metadata] = []
    static: list[dict[str, Any]] = []
    names = ["_Primaries", "_Transfer", "_Matrix", "_Range", "_ChromaLocation", *props.of(_STATIC)]
    try:
        for number, frame in enumerate(clip.frames(close=True)):
            wrong = props.stale(frame.props)
            if wrong:
                transfer = frame.props.get("_Transfer", "not set")
                kinds = ", ".join(wrong)
                raise UserError(f"frame {number} carries {kinds}, but its transfer is {transfer}; use hdr.guard")
            found.append(props.from_props(frame.props))
            now = {name: frame.props[name] for name in names if name in frame.props}
            if not static or now != {name: value for name, value in static[-1].items() if name != "frame"}:
                static.append({**now, "frame": number})
    except vs.Error as error:
        raise UserError(f"frame {len(found)} cannot be made ({one_line(error)})") from None
    return tuple(found), static


_STATIC = ("mastering_display", "content_light")
