"""What a node asks for, from its JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import chain as chains
from ..errors import UserError
from ..spec import RESTORATIONS
from .colour import CODINGS, UNKNOWN, Coding
from .protocol import Render


@dataclass(frozen=True)
class Request:
    """One frame of one node."""

    node: str
    chain: chains.Chain
    script: Path | None
    coding: Coding
    scale: int  # of the whole chain
    hdr_in: Path | None
    hdr_out: Path | None
    render: Render
    width: int  # of the source
    height: int

    @property
    def size(self) -> tuple[int, int]:
        return self.render.out.width, self.render.out.height

    @property
    def undoes_enlargement(self) -> bool:
        """The host cannot show a larger picture, so the source is taken as one that it has enlarged."""
        return self.scale > 1 and self.size == (self.width, self.height)

    @property
    def leaves_coding(self) -> bool:
        """The chain ends in another signal than it began with (SDR to HDR)."""
        steps = [(RESTORATIONS[name], values) for name, values in self.chain]
        return any("mastering_display" in step.invalidated(step.resolve(values)) for step, values in steps)

    def key(self) -> str:
        """Equal for renders that the same graph serves."""
        script = self.script and (str(self.script), self.script.stat().st_mtime_ns if self.script.exists() else 0)
        sidecar = self.hdr_in and (str(self.hdr_in), self.hdr_in.stat().st_mtime_ns if self.hdr_in.exists() else 0)
        return repr((self.chain, script, self.coding, sidecar, self.width, self.height, self.size, *self.timeline))

    @property
    def timeline(self) -> tuple[int, int]:
        """The host's number of the graph's frame 0, and how many frames the graph has."""
        render = self.render
        if render.length and render.first <= render.frame < render.first + render.length:
            return render.first, render.length
        return render.first + (render.frame - render.first) // LENGTH * LENGTH, LENGTH


LENGTH = 1 << 20  # frames of a clip whose length the host does not say


def parse(render: Render, width: int, height: int) -> Request:
    """``vs.Error`` for a preset that there is not, ``UserError`` for a filter."""
    told: dict[str, Any] = json.loads(render.json.decode(errors="surrogateescape"))
    preset, script = told.get("preset"), None
    if preset:
        chain = chains.preset(preset)
    elif preset == "":
        chain, script = [], Path(told.get("script", "")).expanduser()
    else:
        chain = [(told["node"], _arguments(told["node"], told["arguments"]))]
    hdr_in, hdr_out = (_path(told.get(name, "")) for name in ("hdr_in", "hdr_out"))
    coding = CODINGS.get(told.get("colour", ""), UNKNOWN)
    return Request(told["node"], chain, script, coding, int(told["scale"]), hdr_in, hdr_out, render, width, height)


def _arguments(node: str, given: dict[str, Any]) -> dict[str, Any]:
    """An empty text is None where the filter knows that: hosts have no other way to say it."""
    if node not in RESTORATIONS:
        raise UserError(
            f"this vsplugin has no filter '{node}': the bundle is another version's; run vsplugin ofx install"
        )
    optional = {one.name for one in RESTORATIONS[node].parameters if one.optional}
    return {name: None if value == "" and name in optional else value for name, value in given.items()}


def _path(text: str) -> Path | None:
    return Path(text).expanduser() if text else None
