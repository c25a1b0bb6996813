"""The nodes an OpenFX host shows, as data: one for each filter and one for presets and scripts of one's own.

Everything follows from the filters' signatures (:data:`vsplugin.spec.RESTORATIONS`). Hosts scan plugins before any
Python exists, so :mod:`vsplugin.ofx.table` writes these nodes into C++, and a test compares.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from .. import chain as chains
from .. import filters as filters  # registers them
from ..spec import RESTORATIONS, Parameter, Restoration

Kind = Literal["boolean", "integer", "real", "choice", "text", "file"]

# Arguments that mean nothing in a host, where frames are always RGB.
_LEFT_OUT = {"lift_hdr": ("format",), "stabilize": ("analysis",), "unfade": ("analysis", "scenes")}
_EXPERT = ("model", "backend", "tile")
# Damage of film, apart from what video needs too.
_FILM = ("deflicker", "stabilize", "repair", "unfade", "degrain", "regrain")
_WORDS = {"hdr": "HDR", "sdr": "SDR", "dvd": "DVD", "vhs": "VHS", "bt709": "BT.709"}


@dataclass(frozen=True)
class Choice:
    """One entry of a menu: what is shown, what the worker gets (JSON), and what it means for size, time and colour."""

    label: str
    value: str
    scale: int = 1
    radius: int = 0  # frames looked at on each side
    colourspace: str = ""  # OpenFX 1.5's name of the result's, where it is not the source's


@dataclass(frozen=True)
class Knob:
    """One parameter of a node."""

    name: str
    label: str
    hint: str
    kind: Kind
    default: float | str = 0.0  # of a choice: the number of the entry
    low: float = 0.0
    high: float = 0.0
    display_low: float = 0.0
    display_high: float = 0.0
    choices: tuple[Choice, ...] = ()
    animates: bool = False
    group: str = ""
    unset_by: str = ""  # a boolean knob which, when true, leaves the argument to the filter (None)
    argument: bool = True  # of the filter; False: of the bridge itself
    for_script: bool = False  # counts only while a script of the user's is the graph


@dataclass(frozen=True)
class Node:
    """One plugin of the bundle."""

    name: str
    label: str
    summary: str
    knobs: tuple[Knob, ...] = field(default=())
    menu: str = "vsplugin"  # where hosts list it; / makes a menu within a menu
    radius: int = 0  # frames looked at on each side, where no knob says so
    colourspace: str = ""  # as a choice's

    @property
    def identifier(self) -> str:
        return f"org.vsplugin.{self.name}"


COLOURS = (
    Choice("As the host says", '"auto"'),
    Choice("Rec.709 video", '"rec709"'),
    Choice("sRGB", '"srgb"'),
    Choice("Linear, Rec.709 primaries", '"linear"'),
    Choice("PQ, Rec.2020", '"pq"'),
    Choice("HLG, Rec.2020", '"hlg"'),
)


def nodes() -> tuple[Node, ...]:
    """All nodes, that of presets first."""
    return (_restoration_node(), *(_filter_node(entry) for entry in RESTORATIONS.values()))


def _words(name: str) -> str:
    text = " ".join(_WORDS.get(word, word) for word in name.split("_"))
    return text[:1].upper() + text[1:]


def _filter_node(entry: Restoration) -> Node:
    knobs: list[Knob] = []
    for parameter in entry.parameters:
        if parameter.name not in _LEFT_OUT.get(entry.name, ()):
            knobs += _knobs(parameter)
    menu = "vsplugin/Film" if entry.name in _FILM else "vsplugin"
    chosen = any(knob.name == "radius" and knob.choices for knob in knobs)
    return Node(
        entry.name, _words(entry.name), entry.summary, (*knobs, *_common()), menu,
        0 if chosen else entry.temporal, _colourspace([(entry.name, {})]),
    )  # fmt: skip


def _choice(parameter: Parameter, value: Any) -> Choice:
    name = parameter.name
    if value is None:
        label = _words(_left(parameter)[0])
    else:
        label = ("No", "Yes")[value] if isinstance(value, bool) else str(value)
    return Choice(label, json.dumps(value), value if name == "scale" else 1, value or 0 if name == "radius" else 0)


def _left(parameter: Parameter) -> tuple[str, str]:
    """What None means, in a word or two and in full: the signature's help says it after ``None:``."""
    meaning = parameter.help.partition("None: ")[2].partition(".")[0] or "left to the filter"
    return meaning.partition(",")[0].partition(" on ")[0], meaning


def _knobs(parameter: Parameter) -> list[Knob]:
    """The knob of an argument, after a switch that leaves it unset where None is allowed."""
    group = "Expert" if parameter.name in _EXPERT else ""
    label = _words(parameter.name)
    values = parameter.choices or ((False, True) if parameter.type is bool and parameter.optional else ())
    if values:
        values = (None, *values) if parameter.optional else values
        entries = tuple(_choice(parameter, value) for value in values)
        index = values.index(parameter.default)
        return [Knob(parameter.name, label, parameter.help, "choice", float(index), choices=entries, group=group)]
    if parameter.type is bool:
        return [Knob(parameter.name, label, parameter.help, "boolean", float(parameter.default), group=group)]
    if parameter.type is str:  # empty is None to the worker, where that is allowed
        is_file = parameter.name.split("_")[-1] in ("file", "path") or parameter.help.startswith("File ")
        kind: Kind = "file" if is_file else "text"
        return [Knob(parameter.name, label, parameter.help, kind, parameter.default or "", group=group)]
    if parameter.range is None:
        raise ValueError(f"{parameter.name}: a number needs a Range to become a knob: hosts need both ends")
    low, high = parameter.range.low, parameter.range.high
    hint = parameter.help + (f" In {parameter.range.unit}." if parameter.range.unit else "")
    before: list[Knob] = []
    if parameter.optional:
        short, meaning = _left(parameter)
        before = [
            Knob(f"{parameter.name}_unset", f"{label}: {short}", f"{meaning[:1].upper()}{meaning[1:]}.", "boolean",
                 float(parameter.default is None), group=group, argument=False)
        ]  # fmt: skip
        hint = hint.partition(" None: ")[0]
    default = float(low if parameter.default is None else parameter.default)
    knob = Knob(
        parameter.name, label, hint, "integer" if parameter.type is int else "real", default, low, high, low,
        _display_high(default, high), group=group, unset_by=before[0].name if before else "",
    )  # fmt: skip
    return [*before, knob]


def _display_high(default: float, high: float) -> float:
    """Where a slider ends: wide ranges would leave no feeling for the values one uses."""
    return high if high < 1000 else min(high, 4 * default if default else 1024.0)


def _common() -> tuple[Knob, ...]:
    return (
        Knob("mix", "Mix", "0 is the source, 1 the result.", "real", 1.0, 0.0, 1.0, 0.0, 1.0, animates=True,
             argument=False),
        Knob("colour", "Pixels are", "How the host codes the pixels it hands over. Filters work on video signals; "
             "linear light is coded for them and made linear again.", "choice", 0.0, choices=COLOURS, group="Colour",
             argument=False),
        Knob("hdr_in", "HDR metadata file", "HDR10+ (JSON) or Dolby Vision (RPU) metadata of the source's frames, the "
             "first line for the clip's first frame.", "file", "", group="HDR metadata", argument=False),
        Knob("hdr_out", "Write HDR metadata to", "File for the metadata of the frames that were rendered, in order, "
             "ready for an encoder: see docs/hdr.md.", "file", "", group="HDR metadata", argument=False),
    )  # fmt: skip


def _scale(chain: chains.Chain) -> int:
    total = 1
    for name, arguments in chain:
        total *= int(RESTORATIONS[name].resolve(arguments).get("scale", 1))
    return total


def _reach(chain: chains.Chain) -> int:
    """Frames that a whole chain looks at on each side: every filter looks at what the one before it made."""
    total = 0
    for name, arguments in chain:
        entry = RESTORATIONS[name]
        radius = entry.resolve(arguments).get("radius")
        total += entry.temporal if radius is None else int(radius)
    return total


def _colourspace(chain: chains.Chain) -> str:
    """Of what a chain makes: filters that write mastering metadata of their own make PQ."""
    steps = [(RESTORATIONS[name], arguments) for name, arguments in chain]
    made = any("mastering_display" in entry.invalidated(entry.resolve(arguments)) for entry, arguments in steps)
    return "rec2100_pq_display" if made else ""


def _preset(name: str) -> Choice:
    chain = chains.preset(name)
    return Choice(_words(name), json.dumps(name), _scale(chain), _reach(chain), _colourspace(chain))


def _restoration_node() -> Node:
    names = chains.preset_names()
    entries = [_preset(name) for name in names]
    knobs = (
        Knob("preset", "Preset", "A ready chain of filters.", "choice", 1.0 + names.index("default"),
             choices=(Choice("Own script", '""'), *entries), argument=False),
        Knob("script", "Script", "A VapourSynth script for preset Own script: vsplugin.ofx_source() in it is this "
             "clip, output 0 the result.", "file", "", argument=False, for_script=True),
        Knob("radius", "Frames around", "Frames before and after that Own script looks at.", "integer", 0.0, 0.0, 100.0,
             0.0, 10.0, argument=False, for_script=True),
    )  # fmt: skip
    summary = "Restore film and video with a ready chain of filters, or with a VapourSynth script of your own."
    return Node("restoration", "Preset or Script", summary, (*knobs, *_common()))
