"""What a bitstream says of its pictures' light, byte for byte, in order of display."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..errors import UserError
from . import av1, nal, t35
from .static import ContentLight, MasteringDisplay


@dataclass(frozen=True, slots=True)
class Metadata:
    """One picture's metadata; None where its packet says nothing.

    ``hdr10plus`` and ``st2094_50`` are T.35 payloads from the country code on, ``rpu`` is as in :mod:`.dolbyvision`,
    the static two are as in the SEI message (:mod:`.static` reads them).
    """

    hdr10plus: bytes | None = None
    rpu: bytes | None = None
    st2094_50: bytes | None = None
    mastering: bytes | None = None
    light: bytes | None = None


NOTHING = Metadata()


@dataclass(frozen=True)
class Stream:
    """A video stream's metadata: one entry per shown picture, in order of display."""

    path: Path
    codec: str
    frames: tuple[Metadata, ...]
    times: tuple[int, ...] | None  # ticks of time_base; None for a raw stream
    time_base: Fraction | None = None
    colour: Mapping[str, int] = field(default_factory=dict)  # what is tagged, as frame properties

    def first(self, name: str) -> bytes | None:
        """The first value of a field that any picture has."""
        return next((value for frame in self.frames if (value := getattr(frame, name)) is not None), None)

    @property
    def mastering(self) -> MasteringDisplay | None:
        return MasteringDisplay.from_sei(found) if (found := self.first("mastering")) else None

    @property
    def light(self) -> ContentLight | None:
        return ContentLight.from_sei(found) if (found := self.first("light")) else None

    def props(self) -> dict[str, Any]:
        """Colour and static metadata as frame properties. ``UserError`` for a mastering display that cannot be."""
        static = [one.to_props() for one in (self.mastering, self.light) if one]
        return {**self.colour, **{name: value for props in static for name, value in props.items()}}


def from_nals(units: Iterable[nal.Nal], data: nal.Data) -> Metadata:
    """What the NAL units of one picture say. Of several messages of a kind the last counts, as in decoders."""
    found: dict[str, bytes] = {}
    for unit in units:
        if unit.type == nal.PREFIX_SEI:
            for kind, payload in nal.sei_messages(unit.bytes(data)):
                if name := message_name(kind, payload):
                    found[name] = payload
        elif unit.type == nal.RPU:
            found["rpu"] = unit.bytes(data)[2:]
    return Metadata(**found) if found else NOTHING


def message_name(kind: int, payload: bytes) -> str | None:
    """The field that an SEI message is for; None for any other message."""
    if kind == nal.T35:
        return {"HDR10+": "hdr10plus", "ST 2094-50": "st2094_50"}.get(t35.kind(payload) or "")
    return {nal.MASTERING_DISPLAY: "mastering", nal.CONTENT_LIGHT: "light"}.get(kind)


def av1_name(kind: int, payload: bytes) -> str | None:
    """The field that a metadata OBU is for; None for any other."""
    if kind == av1.T35:
        return message_name(nal.T35, payload)
    return {av1.MASTERING_DISPLAY: "mastering", av1.CONTENT_LIGHT: "light"}.get(kind)


def from_av1(data: bytes) -> Metadata:
    """What the OBUs of one temporal unit say."""
    found: dict[str, bytes] = {}
    for kind, payload in av1.metadata(data):
        name = av1_name(kind, payload)
        with contextlib.suppress(UserError):  # cut off, or a display that cannot be
            if name == "mastering":
                found[name] = MasteringDisplay.from_av1(payload).to_sei()
            elif name:
                found[name] = ContentLight.from_sei(payload).to_sei() if name == "light" else payload
    return Metadata(**found) if found else NOTHING


def changes(frames: Sequence[Metadata], name: str) -> list[int]:
    """Where a field takes a value other than the one before; pictures that say nothing of it go on with the old one."""
    out: list[int] = []
    last: bytes | None = None
    for number, frame in enumerate(frames):
        value = getattr(frame, name)
        if value is not None and value != last:
            out.append(number)
            last = value
    return out
