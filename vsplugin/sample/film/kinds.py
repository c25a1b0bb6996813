"""The kinds of damage and their parameters: what is declared here is what ``--damage`` takes and the docs list.

Sizes are per cent of the picture's height, so that a recipe looks the same on a scan of any size.
"""

from __future__ import annotations

import typing
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any

import vapoursynth as vs

from ...errors import did_you_mean
from ...spec import Parameter, Range, declared, resolve

_SIZE = Range(0.02, 100, "% of the height")
_SHARE = Range(0, 1)
_LEFT = Range(0.05, 1)
_FRAMES = Range(1, 1000, "frames")
_HEIGHT = "% of the height"


@dataclass(frozen=True)
class Dust:
    """Specks, each on one frame."""

    amount: Annotated[float, Range(0, 2000), "Specks on a frame, on average."] = 4.0
    size: Annotated[float, _SIZE, "Diameter of the middle one."] = 1.0
    light: Annotated[float, _SHARE, "Share that is white, as dust on a negative; the others are dark."] = 0.6


@dataclass(frozen=True)
class Hair:
    """Hairs and fibres, curled."""

    amount: Annotated[float, Range(0, 200), "Hairs on a frame, on average."] = 0.3
    size: Annotated[float, _SIZE, "Length of the middle one."] = 14.0
    width: Annotated[float, _SIZE, "Thickness."] = 0.3
    light: Annotated[float, _SHARE, "Share that is white."] = 0.3
    life: Annotated[float, _FRAMES, "Stays so long on average: 1 on the film, more in the gate."] = 1.0


@dataclass(frozen=True)
class Gate:
    """Fibres in the gate: they reach in from the border and stay on the screen while the picture moves."""

    amount: Annotated[float, Range(0, 200), "Fibres at a time, on average."] = 0.5
    size: Annotated[float, _SIZE, "Length of the middle one."] = 22.0
    width: Annotated[float, _SIZE, "Thickness."] = 0.6
    blur: Annotated[float, Range(0, 5, _HEIGHT), "How far out of focus: standard deviation."] = 0.1
    tremble: Annotated[float, Range(0, 20, _HEIGHT), "Standard deviation of its place from frame to frame."] = 0.07
    light: Annotated[float, _SHARE, "Share that is white, as on a negative."] = 0.1
    life: Annotated[float, _FRAMES, "Stays so long on average."] = 60.0


@dataclass(frozen=True)
class Tears:
    """Rips that run in from the left or the right border; what lies below one that goes all across is displaced."""

    amount: Annotated[float, Range(0, 50), "Tears that begin on a frame, on average."] = 0.03
    size: Annotated[float, Range(1, 1000, _HEIGHT), "How far the middle one runs in."] = 150.0
    width: Annotated[float, _SIZE, "How far the middle one gapes."] = 2.5
    shift: Annotated[float, Range(0, 20, _HEIGHT), "Standard deviation of the displacement, each way."] = 0.6
    light: Annotated[float, _SHARE, "Share that is white: light falls through the rip."] = 0.7
    life: Annotated[float, _FRAMES, "Frames in a row with a rip, on average."] = 1.0


@dataclass(frozen=True)
class Scratches:
    """Scratches along the film: they go on from frame to frame, wander and drift."""

    amount: Annotated[float, Range(0, 200), "Scratches at a time, on average."] = 1.0
    width: Annotated[float, _SIZE, "Thickness."] = 0.35
    opacity: Annotated[float, _SHARE, "How much of the picture each hides."] = 0.6
    drift: Annotated[float, Range(0, 20, _HEIGHT), "Sideways in a frame, at most."] = 0.05
    wander: Annotated[float, Range(0, 20, _HEIGHT), "How far each swings to and fro."] = 0.4
    light: Annotated[float, _SHARE, "Share that is white: base side and emulsion differ."] = 0.7
    life: Annotated[float, _FRAMES, "Goes on so long on average."] = 24.0


@dataclass(frozen=True)
class Stains:
    """Water marks and mould: large, faint, with a rim."""

    amount: Annotated[float, Range(0, 50), "Stains at a time, on average."] = 0.4
    size: Annotated[float, _SIZE, "Diameter of the middle one."] = 30.0
    opacity: Annotated[float, _SHARE, "How much of the picture each hides, at most."] = 0.35
    light: Annotated[float, _SHARE, "Share that is light."] = 0.4
    life: Annotated[float, _FRAMES, "Stays so long on average."] = 3.0


@dataclass(frozen=True)
class Fade:
    """Dyes of colour film have gone and its base has turned yellow; grey clips stay as they are."""

    amount: Annotated[float, _SHARE, "How far it has gone: 1 as the others say, 0 not at all."] = 1.0
    cyan: Annotated[float, _LEFT, "Part of the cyan dye that is left."] = 0.45
    magenta: Annotated[float, _LEFT, "Part of the magenta dye that is left."] = 0.95
    yellow: Annotated[float, _LEFT, "Part of the yellow dye that is left."] = 0.65
    stain: Annotated[float, _SHARE, "Density of the base to blue light."] = 0.12


@dataclass(frozen=True)
class Weave:
    """The picture wanders and jumps in the gate."""

    amount: Annotated[float, Range(0, 20, _HEIGHT), "Standard deviation of the wander, each way."] = 0.3
    jitter: Annotated[float, Range(0, 20, _HEIGHT), "The same, of what is new in every frame."] = 0.1


@dataclass(frozen=True)
class Flicker:
    """Brightness pumps, in the whole picture and unevenly."""

    amount: Annotated[float, Range(0, 50, "%"), "Standard deviation of the whole picture's brightness."] = 4.0
    gradient: Annotated[float, Range(0, 50, "%"), "The same from the middle to each edge, both ways."] = 1.5


@dataclass(frozen=True)
class Grain:
    """Grain of the film, strongest in the mid-tones; in luma."""

    amount: Annotated[float, Range(0, 100, "8-bit steps"), "Standard deviation at mid grey (255 = full scale)."] = 7.0
    size: Annotated[float, Range(0.5, 8, "pixels"), "Diameter of the grains."] = 1.5


# In the order in which they are laid over the picture: its colours, motion and light, grain, then what falls on it.
KINDS: dict[str, type] = {
    "fade": Fade,
    "weave": Weave,
    "flicker": Flicker,
    "grain": Grain,
    "stains": Stains,
    "scratches": Scratches,
    "hair": Hair,
    "dust": Dust,
    "tears": Tears,
    "gate": Gate,
}
MARKS = ("stains", "scratches", "hair", "dust", "tears", "gate")  # what hides the picture, and so has a mask
ALL = "all"

Recipe = dict[str, Any]  # kind -> an instance of its class


def parameters(kind: str) -> list[Parameter]:
    """What a kind declares."""
    hints = typing.get_type_hints(KINDS[kind], include_extras=True)
    return [declared(one.name, hints[one.name], one.default) for one in fields(KINDS[kind])]


def made(values: dict[str, dict[str, Any]]) -> Recipe:
    """A recipe from ``{kind: {parameter: value}}``, in the order of :data:`KINDS`; ``vs.Error`` for what is wrong."""
    for kind in values:
        if kind not in KINDS:
            hint = did_you_mean(kind, KINDS)
            raise vs.Error(f"damage must be {ALL} or of {', '.join(KINDS)}; got '{kind}'{hint}")
    return {kind: KINDS[kind](**resolve(kind, parameters(kind), values[kind])) for kind in KINDS if kind in values}


def read(text: str) -> Recipe:
    """``"dust,scratches=3,hair.life=12"``: kinds, with their amount or any parameter; ``all`` is each as usual."""
    values: dict[str, dict[str, Any]] = {}
    for part in text.split(","):
        target, equals, number = (piece.strip() for piece in part.partition("="))
        kind, _, parameter = target.partition(".")
        if kind == ALL and not equals:
            values |= {name: values.get(name, {}) for name in KINDS}
            continue
        values.setdefault(kind, {})
        if equals:
            try:
                values[kind][parameter or "amount"] = float(number)
            except ValueError:
                raise vs.Error(f"damage: {target} must be a number; got '{number}'") from None
        elif parameter:
            raise vs.Error(f"damage: {target} needs a value: {target}=NUMBER")
    return made(values)


def as_data(recipe: Recipe) -> dict[str, dict[str, Any]]:
    """What :func:`made` takes."""
    return {kind: asdict(values) for kind, values in recipe.items()}


def markdown() -> str:
    """The table of the docs: every kind, its parameters, defaults and limits."""
    rows = ["| kind | parameter | default | allowed | |", "|---|---|---|---|---|"]
    for kind, made_of in KINDS.items():
        rows.append(f"| **{kind}** | | | | {made_of.__doc__} |")
        for one in parameters(kind):
            low, high, unit = (one.range.low, one.range.high, one.range.unit) if one.range else (0, 0, "")
            allowed = f"{low:g} … {high:g}" + (f" {unit}" if unit else "")
            rows.append(f"| | `{one.name}` | {one.default:g} | {allowed} | {one.help} |")
    return "\n".join(rows)
