"""What a filter's signature declares, how arguments are checked against it, and the words of the errors.

A filter is one function; its signature is the only declaration. Command-line options, preset validation, OpenFX
parameters and the tables in docs/ are derived from it through :data:`RESTORATIONS`.
"""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import vapoursynth as vs

from . import tags
from .errors import did_you_mean
from .hdr.props import of as props_of


@dataclass(frozen=True)
class Range:
    """Closed interval a number must lie in, and its unit for people (``"frames"``, ``"8-bit steps"``)."""

    low: float
    high: float
    unit: str = ""


@dataclass(frozen=True)
class Parameter:
    """One argument of a filter, as declared."""

    name: str
    type: type  # bool, int, float or str
    default: Any  # None where the filter finds the value itself
    help: str
    range: Range | None = None
    choices: tuple[Any, ...] = ()
    optional: bool = False  # None is allowed

    def check(self, owner: str, value: Any) -> Any:
        """The value, an int widened to float where a float is declared; ``vs.Error`` if it is not allowed."""
        if value is None and self.optional:
            return None
        if self.type is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, self.type) or (isinstance(value, bool) and self.type is not bool):
            raise vs.Error(f"{owner}: {self.name} must be {self._kind()}; got {value!r}")
        if self.choices and value not in self.choices:
            raise vs.Error(f"{owner}: {self.name} must be one of {', '.join(map(str, self.choices))}; got {value!r}")
        low, high = (self.range.low, self.range.high) if self.range else (float("-inf"), float("inf"))
        if isinstance(value, (int, float)) and not low <= value <= high:  # NaN fails too
            unit = f" {self.range.unit}" if self.range and self.range.unit else ""
            raise vs.Error(f"{owner}: {self.name} must be in [{low:g}, {high:g}]{unit}; got {value:g}")
        return value

    def _kind(self) -> str:
        kind = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}[self.type]
        return kind + (" or None" if self.optional else "")


@dataclass(frozen=True)
class Promise:
    """What a filter's output can be held to, frame by frame: with it, forensic mode lets the filter in.

    ``residual(before, after, arguments, property)`` is ``after`` with the largest deviation of each plane, in ``unit``,
    as that frame property; ``bounds(before, arguments)`` is what each may be at most. ``after`` may have been stored
    with other samples. ``requires`` are the arguments for which it holds.
    """

    text: str
    unit: str
    residual: Callable[[vs.VideoNode, vs.VideoNode, dict[str, Any], str], vs.VideoNode]
    bounds: Callable[[vs.VideoNode, dict[str, Any]], tuple[float, ...]]
    requires: dict[str, Any] = field(default_factory=dict)


# Kinds of HDR metadata as in hdr/policy.py; where it depends on a filter's arguments, a function of them.
Invalidates = tuple[str, ...] | Callable[[dict[str, Any]], tuple[str, ...]]

# What a filter finds out about a clip for arguments left open: clip and complete arguments in, those found out.
Measures = Callable[[vs.VideoNode, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Restoration:
    """A filter as data: everything a command line, an OpenFX host or a page of docs needs to know."""

    name: str
    function: Callable[..., vs.VideoNode]
    summary: str
    parameters: tuple[Parameter, ...]
    temporal: int = 0  # frames needed on each side of the one asked for
    generative: bool = False
    invalidates: Invalidates = ()
    promise: Promise | None = None  # None: refused in forensic mode
    measures: Measures | None = None
    lazy: bool = False  # left open, it measures while it runs

    def invalidated(self, values: dict[str, Any]) -> tuple[str, ...]:
        """HDR metadata the filter makes false when it is given these arguments, complete as from :meth:`resolve`."""
        return self.invalidates(values) if callable(self.invalidates) else self.invalidates

    def resolve(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """All parameters with checked values, defaults filled in; ``vs.Error`` names an unknown or wrong one."""
        return resolve(self.name, self.parameters, arguments)

    def measured(self, clip: vs.VideoNode, values: dict[str, Any]) -> dict[str, Any]:
        """``values``, complete as from :meth:`resolve`, with what they leave to the clip measured on it, now.

        With them the filter decodes nothing while it is built, and makes the same pixels wherever it runs.
        """
        return {**values, **self.measures(clip, values)} if self.measures else values


RESTORATIONS: dict[str, Restoration] = {}


def resolve(owner: str, parameters: Iterable[Parameter], arguments: dict[str, Any]) -> dict[str, Any]:
    """All parameters with checked values, defaults filled in; ``vs.Error`` names an unknown or wrong one."""
    known = {parameter.name: parameter for parameter in parameters}
    for name in arguments:
        if name not in known:
            hint = did_you_mean(name, known) or f"; it has {', '.join(known)}"
            raise vs.Error(f"{owner}: no parameter '{name}'{hint}")
    return {name: parameter.check(owner, arguments.get(name, parameter.default)) for name, parameter in known.items()}


def declared(name: str, annotation: Any, default: Any) -> Parameter:
    """The parameter that ``name: annotation = default`` declares."""
    kind, *extras = typing.get_args(annotation) if typing.get_origin(annotation) is Annotated else (annotation,)
    optional = False
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        members = [member for member in typing.get_args(kind) if member is not type(None)]
        optional, kind = True, members[0]
    choices: tuple[Any, ...] = ()
    if typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
        kind = type(choices[0])
    return Parameter(
        name=name,
        type=kind,
        default=default,
        help=next((extra for extra in extras if isinstance(extra, str)), ""),
        range=next((extra for extra in extras if isinstance(extra, Range)), None),
        choices=choices,
        optional=optional,
    )


def check_clip(owner: str, clip: Any, name: str = "clip") -> None:
    """``vs.Error`` unless ``clip`` is a video clip of one format and size, of a depth that filters take."""
    if not isinstance(clip, vs.VideoNode):
        raise vs.Error(f"{owner}: {name} must be a video clip; got {type(clip).__name__}")
    if clip.format is None or clip.format.id == 0 or not clip.width or not clip.height:
        raise vs.Error(f"{owner}: {name} must have one format and one size; got a clip where they vary between frames")
    if clip.format.sample_type == vs.INTEGER and clip.format.bits_per_sample > 16:
        raise vs.Error(
            f"{owner}: {name} must have 8 to 16 bits, or half or float samples; "
            f"got {clip.format.name}, {clip.format.bits_per_sample} bits"
        )


def check_size(owner: str, clip: vs.VideoNode, least: int) -> None:
    """``vs.Error`` if the clip has fewer pixels than that to a side."""
    if min(clip.width, clip.height) < least:
        raise vs.Error(f"{owner}: clip must be at least {least}x{least} pixels large; got {clip.width}x{clip.height}")


def check_progressive(owner: str, clip: vs.VideoNode) -> None:
    """``vs.Error`` if the first frame is tagged as interlaced: the lines of two moments do not move together."""
    fields = tags.first(clip, "_FieldBased", 0)
    if fields:
        raise vs.Error(
            f"{owner}: clip is interlaced (_FieldBased {fields}): deinterlace it first, or set _FieldBased to 0 if it "
            "is progressive in truth"
        )


def restoration(
    *,
    temporal: int = 0,
    generative: bool = False,
    invalidates: Invalidates = (),
    promise: Promise | None = None,
    measures: Measures | None = None,
    lazy: bool = False,
) -> Callable[[Callable[..., vs.VideoNode]], Callable[..., vs.VideoNode]]:
    """Register a filter: ``clip`` first, everything else keyword-only and annotated.

    What it ``measures`` it is given, whoever calls it: where measuring is of use, it never sees those arguments open.
    If it is ``lazy``, it does in scripts, and measures the same itself when a frame needs it: scripts load at once.
    Keywords declared ``vs.VideoNode | None`` are further clips, for scripts alone: no command line or host gives them.
    """

    def register(function: Callable[..., vs.VideoNode]) -> Callable[..., vs.VideoNode]:
        hints = typing.get_type_hints(function, include_extras=True)
        guides = [name for name, hint in hints.items() if hint == vs.VideoNode | None]
        parameters = tuple(
            declared(name, hints[name], parameter.default)
            for name, parameter in inspect.signature(function).parameters.items()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY and name not in guides
        )
        name = function.__name__
        summary = (inspect.getdoc(function) or "").split("\n\n")[0].replace("\n", " ")
        entry = Restoration(
            name, function, summary, parameters, temporal, generative, invalidates, promise, measures, lazy
        )

        @functools.wraps(function)
        def checked(clip: vs.VideoNode, **arguments: Any) -> vs.VideoNode:
            check_clip(name, clip)
            others = {guide: arguments.pop(guide, None) for guide in guides}
            for guide, other in others.items():
                if other is not None:
                    check_clip(name, other, guide)
            values = entry.resolve(arguments)
            if not lazy:
                values = entry.measured(clip, values)
            false = entry.invalidated(values)
            if false:  # before the filter, which may set new metadata in place of what it makes false
                clip = clip.std.RemoveFrameProps(props_of(false))
            return function(clip, **values, **others)

        RESTORATIONS[name] = entry
        return checked

    return register
