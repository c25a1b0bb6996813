"""What lies on a frame: dust, hairs, scratches, stains, tears and what sticks in the gate as masks, and their tones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from ..draw import Array
from . import shapes
from .kinds import MARKS, Dust, Gate, Hair, Recipe, Scratches, Stains, Tears
from .rips import Rip, rip

_LONGEST = 6  # times the mean: how long anything stays
_BEFORE = 1 << 20  # frames before the clip, where what lies on its first frame may have begun


@dataclass(frozen=True)
class Marks:
    """A frame's masks (``(H, W)`` uint8, 255 hides all) by kind, and the tone of what hides (255 is white)."""

    masks: dict[str, Array]
    tone: Array


@dataclass(frozen=True)
class Event:
    """Something that lies on the film from frame ``first`` for ``life`` frames; ``values`` are of its kind."""

    first: int
    life: float
    tone: int
    values: dict[str, Any] = field(default_factory=dict)
    cover: Array | None = field(default=None, compare=False)


def rng(seed: int, what: str, frame: int) -> np.random.Generator:
    """Chance for one purpose at one frame: no other draw moves it."""
    return np.random.default_rng([seed, *what.encode(), frame + _BEFORE])


def _tone(chance: np.random.Generator, light: float) -> int:
    white = chance.random() < light
    return round(255 * float(chance.uniform(0.85, 1.0) if white else chance.uniform(0.0, 0.12)))


class Film:
    """The marks of a recipe on pictures of one size."""

    def __init__(self, recipe: Recipe, seed: int, width: int, height: int) -> None:
        self.recipe = {kind: recipe[kind] for kind in MARKS if kind in recipe}
        self.seed, self.width, self.height = seed, width, height
        self.born = lru_cache(512)(self._born)
        self.on = lru_cache(4)(self._on)  # masks and tone are asked for one by one
        self.ripped = lru_cache(4)(self._ripped)

    def _pixels(self, per_cent: float) -> float:
        return per_cent * self.height / 100

    def _on(self, frame: int) -> Marks:
        shape = (self.height, self.width)
        masks = {kind: np.zeros(shape, np.uint8) for kind in self.recipe}
        tone, most = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        for kind, mask in masks.items():
            for event in self.events(kind, frame):
                for rows, columns, cover in _DRAWERS[kind](self, event, frame):
                    codes = np.rint(cover * 255).astype(np.uint8)
                    np.maximum(mask[rows, columns], codes, out=mask[rows, columns])
                    stronger = codes > most[rows, columns]
                    tone[rows, columns][stronger] = event.tone
                    np.maximum(most[rows, columns], codes, out=most[rows, columns])
        return Marks(masks, tone)

    def events(self, kind: str, frame: int) -> Iterator[Event]:
        """What of a kind lies on a frame."""
        longest = math.ceil(getattr(self.recipe[kind], "life", 1) * _LONGEST)
        for first in range(frame - longest, frame + 1):
            for event in self.born(kind, first):
                if first <= frame < first + event.life:
                    yield event

    def _born(self, kind: str, first: int) -> list[Event]:
        values, chance = self.recipe[kind], rng(self.seed, kind, first)
        life = getattr(values, "life", 1.0)
        count = int(chance.poisson(values.amount / life))
        return [self._event(values, chance, first, life) for _ in range(count)]

    def _event(self, values: Any, chance: np.random.Generator, first: int, life: float) -> Event:
        stay = min(1 + float(chance.exponential(life - 1)), life * _LONGEST) if life > 1 else 1.0
        tone = _tone(chance, values.light)
        if isinstance(values, Scratches):
            return Event(first, stay, tone, self._scratch(values, chance))
        if isinstance(values, Tears):
            return Event(first, stay if life > 1 else 1, tone, {"number": int(chance.integers(1 << 30))})
        if isinstance(values, Gate):
            return Event(first, stay, tone, *self._fibre(values, chance))
        x, y = float(chance.uniform(0, self.width)), float(chance.uniform(0, self.height))
        size = self._pixels(values.size) * float(np.exp(chance.normal(0, 0.45)))
        size = min(size, 2.0 * self.height)
        return Event(
            first, stay if life > 1 else 1, tone, {"x": x, "y": y, "size": size}, _cover(self, values, chance, size)
        )

    def _fibre(self, values: Gate, chance: np.random.Generator) -> tuple[dict[str, float], Array]:
        """Where the patch of a fibre lies (its corner), and the patch; it is held just outside of the picture."""
        width = max(0.8, self._pixels(values.width) * float(np.exp(chance.normal(0, 0.3))))
        length = max(6.0, self._pixels(values.size) * float(np.exp(chance.normal(0, 0.4))))
        side, part = int(chance.integers(4)), float(chance.uniform(0.04, 0.96))
        x = (part * self.width, self.width + width, part * self.width, -width)[side]
        y = (-width, part * self.height, self.height + width, part * self.height)[side]
        inwards = np.pi * (0.5, 1.0, 1.5, 0.0)[side]
        cover, left, top = shapes.fibre(chance, min(length, 2.0 * self.height), width, inwards)
        blurred = shapes.blurred(cover, self._pixels(values.blur))
        grown = (blurred.shape[0] - cover.shape[0]) // 2
        return {"left": x - left - grown, "top": y - top - grown, "number": int(chance.integers(1 << 30))}, blurred

    def _ripped(self, frame: int) -> Rip | None:
        """The rip of a frame that displaces what lies below it: the first that goes all across."""
        if "tears" not in self.recipe:
            return None
        rips = (self.rip(event, frame) for event in self.events("tears", frame))
        return next((one for one in rips if one.right or one.down), None)

    def rip(self, event: Event, frame: int) -> Rip:
        """What a tear is on one of its frames: in each it runs in elsewhere."""
        values = self.recipe["tears"]
        chance = rng(event.values["number"], "rip", frame)
        size, width, shift = (self._pixels(one) for one in (values.size, values.width, values.shift))
        return rip(chance, self.width, self.height, size, width, shift)

    def _scratch(self, values: Scratches, chance: np.random.Generator) -> dict[str, float]:
        """Numbers of a line: its place at the top of its first frame, how it moves, all in pixels and frames."""
        return {
            "x": float(chance.uniform(0.02, 0.98)) * self.width,
            "drift": float(chance.uniform(-1, 1)) * self._pixels(values.drift),
            "wander": float(chance.uniform(0.3, 1)) * self._pixels(values.wander),
            "period": float(chance.uniform(4, 20)),
            "phase": float(chance.uniform(0, 2 * np.pi)),
            "width": max(0.6, self._pixels(values.width) * float(np.exp(chance.normal(0, 0.3)))),
            "opacity": values.opacity * float(chance.uniform(0.7, 1.0)),
            "starts": float(chance.uniform(0, 1)),  # as a part of the first frame's height
        }


def _cover(film: Film, values: Any, chance: np.random.Generator, size: float) -> Array:
    match values:
        case Dust():
            return shapes.speck(chance, max(size, 0.8))
        case Hair():
            return shapes.hair(chance, max(size, 4.0), max(0.7, values.width * film.height / 100))
        case Stains():
            return shapes.stain(chance, max(size, 4.0)) * np.float32(values.opacity)
    raise TypeError(type(values).__name__)


Part = tuple[slice, slice, Array]


def _patch(film: Film, event: Event, frame: int) -> Iterator[Part]:
    """A patch where it lies, cut at the picture's borders."""
    cover = event.cover
    assert cover is not None
    height, width = cover.shape
    top, left = int(event.values["y"]) - height // 2, int(event.values["x"]) - width // 2
    rows, columns = (
        slice(max(0, top), min(film.height, top + height)),
        slice(max(0, left), min(film.width, left + width)),
    )
    if rows.start < rows.stop and columns.start < columns.stop:
        yield rows, columns, cover[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]


def _line(film: Film, event: Event, frame: int) -> Iterator[Part]:
    """A scratch on a frame: where it is depends on the film that has run by, so it goes on below the frame line."""
    v = event.values
    run = frame - event.first + (np.arange(film.height, dtype=np.float32) + 0.5) / film.height  # frames of film
    swing = np.sin(2 * np.pi * run / v["period"] + v["phase"])
    x = v["x"] + v["drift"] * run + v["wander"] * swing
    there = (run >= v["starts"]) & (run < event.life)
    uneven = 0.8 + 0.2 * np.sin(2 * np.pi * run * 1.7 + 2 * v["phase"])
    left, right = math.floor(x.min() - v["width"]) - 1, math.ceil(x.max() + v["width"]) + 2
    columns = slice(max(0, left), min(film.width, right))
    if columns.start >= columns.stop:
        return
    far = np.abs(np.arange(columns.start, columns.stop, dtype=np.float32)[None, :] - x[:, None])
    cover = np.clip(v["width"] / 2 + 0.5 - far, 0, 1) * (there * uneven * v["opacity"])[:, None]
    yield slice(0, film.height), columns, cover.astype(np.float32)


def _fibre(film: Film, event: Event, frame: int) -> Iterator[Part]:
    """A fibre where it trembles to, cut at the picture's borders."""
    v, chance = event.values, rng(event.values["number"], "tremble", frame)
    assert event.cover is not None
    x, y = np.array([v["left"], v["top"]]) + chance.normal(0, film.recipe["gate"].tremble * film.height / 100, 2)
    left, top = math.floor(x), math.floor(y)
    cover = shapes.between(event.cover, x - left, y - top)
    place = {"x": left + cover.shape[1] // 2, "y": top + cover.shape[0] // 2}
    yield from _patch(film, Event(event.first, event.life, event.tone, place, cover), frame)


def _tear(film: Film, event: Event, frame: int) -> Iterator[Part]:
    one = film.rip(event, frame)
    yield slice(0, film.height), slice(0, film.width), one.cover


_DRAWERS: dict[str, Callable[[Film, Event, int], Iterator[Part]]] = {
    "stains": _patch,
    "scratches": _line,
    "hair": _patch,
    "dust": _patch,
    "tears": _tear,
    "gate": _fibre,
}
