"""Recipe values checked on loading: each option declares what it allows beside its default.

An option is a dataclass field ``name: Annotated[type, rule]``; :func:`read` turns a table of a recipe into the
dataclass, or raises :class:`RecipeError` with one line naming key, value and what is allowed.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar, get_type_hints

Options = TypeVar("Options")


class RecipeError(ValueError):
    """One line for the person who wrote the recipe."""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True)
class Number:
    """One number in ``[low, high]``."""

    low: float
    high: float
    unit: str = ""
    whole: bool = False

    def check(self, value: Any, key: str) -> Any:
        allowed = (
            f"{'a whole number' if self.whole else 'a number'} in [{self.low:g}, {self.high:g}] {self.unit}".strip()
        )
        if not _is_number(value) or not self.low <= value <= self.high or (self.whole and value != int(value)):
            raise RecipeError(f"{key}: must be {allowed}; got {value!r}")
        return int(value) if self.whole else float(value)


@dataclass(frozen=True)
class Span:
    """Two numbers ``[from, to]`` between which values are drawn evenly."""

    low: float
    high: float
    unit: str = ""

    def check(self, value: Any, key: str) -> tuple[float, float]:
        allowed = f"two numbers [from, to], from <= to, in [{self.low:g}, {self.high:g}] {self.unit}".strip()
        pair = isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value))
        if not pair or not self.low <= value[0] <= value[1] <= self.high:
            raise RecipeError(f"{key}: must be {allowed}; got {value!r}")
        return float(value[0]), float(value[1])


@dataclass(frozen=True)
class Numbers:
    """A list of at least one number, each in ``[low, high]``."""

    low: float
    high: float

    def check(self, value: Any, key: str) -> list[float]:
        good = isinstance(value, list | tuple) and all(_is_number(v) and self.low <= v <= self.high for v in value)
        if not good or not value:
            raise RecipeError(f"{key}: must be a list of numbers in [{self.low:g}, {self.high:g}]; got {value!r}")
        return [float(v) for v in value]


@dataclass(frozen=True)
class Names:
    """A list of at least one of the ``allowed`` names; one is drawn each time, a name given twice twice as often."""

    allowed: tuple[str, ...]

    def check(self, value: Any, key: str) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not value or any(name not in self.allowed for name in value):
            raise RecipeError(f"{key}: must be a list of names out of {', '.join(self.allowed)}; got {value!r}")
        return tuple(value)


@dataclass(frozen=True)
class Flag:
    """true or false."""

    def check(self, value: Any, key: str) -> bool:
        if not isinstance(value, bool):
            raise RecipeError(f"{key}: must be true or false; got {value!r}")
        return value


@dataclass(frozen=True)
class Tables:
    """A list of at least one table; what they hold is checked by whoever reads them."""

    def check(self, value: Any, key: str) -> list[dict]:
        if not isinstance(value, list) or not value or not all(isinstance(table, dict) for table in value):
            raise RecipeError(f"{key}: must be a list of tables, [[{key}]] in the recipe; got {value!r}")
        return value


def did_you_mean(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {near[0]!r}?" if near else f"; allowed are {', '.join(known)}"


def read(kind: type[Options], table: dict, where: str) -> Options:
    """``table`` as an instance of the dataclass ``kind``; ``where`` is the table's name in the recipe."""
    rules = {name: hint.__metadata__[0] for name, hint in get_type_hints(kind, include_extras=True).items()}
    for key in table:
        if key not in rules:
            raise RecipeError(f"{where}.{key}: no such option{did_you_mean(key, list(rules))}")
    for field in fields(kind):
        if field.name not in table and field.default is MISSING:
            raise RecipeError(f"{where}.{field.name}: is missing")
    return kind(**{key: rules[key].check(value, f"{where}.{key}") for key, value in table.items()})
