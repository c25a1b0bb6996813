"""What one key of a recipe may hold, in code and in words. Needs no torch."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import UserError

_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", dict: "a table"}


@dataclass(frozen=True)
class Key:
    """A key's type and range. ``count`` makes it a list: (fewest, most) values, ``rising`` with none below another."""

    type: type
    low: float = -math.inf
    high: float = math.inf
    unit: str = ""
    choices: tuple[str, ...] = ()
    count: tuple[int, int] | None = None
    rising: bool = False
    optional: bool = False

    @property
    def allowed(self) -> str:
        """What is allowed, in words."""
        one = _KINDS[self.type]
        if self.choices:
            one = f"one of {', '.join(self.choices)}"
        elif math.isfinite(self.low) or math.isfinite(self.high):
            one += f" in [{self.low:g}, {self.high:g}]"
        one += f" ({self.unit})" if self.unit else ""
        if self.count is None:
            return one
        few, most = self.count
        many = f"{few}" if few == most else f"{few} to {most}"
        return f"a list of {many}, each {one}" + (", none below the one before" if self.rising else "")

    def fits(self, value: Any) -> bool:
        if self.count is None:
            return self._one(value)
        if not isinstance(value, list) or not self.count[0] <= len(value) <= self.count[1]:
            return False
        return all(map(self._one, value)) and (not self.rising or sorted(value) == value)

    def _one(self, value: Any) -> bool:
        if isinstance(value, bool) or self.type is bool:
            return self.type is bool and isinstance(value, bool)
        if self.type is float:
            return isinstance(value, int | float) and self.low <= value <= self.high  # NaN fails too
        if not isinstance(value, self.type):
            return False
        return value in self.choices if self.choices else self.type in (str, dict) or self.low <= value <= self.high

    def check(self, where: str, name: str, value: Any) -> None:
        """``UserError`` naming ``name`` and what is allowed, if ``value`` is not."""
        if not self.fits(value):
            near = difflib.get_close_matches(value, self.choices, n=1) if isinstance(value, str) else []
            hint = f"; did you mean {shown(near[0])}?" if near else ""
            raise UserError(f"{where}: {name} must be {self.allowed}; got {shown(value)}{hint}")


def span(low: float, high: float, unit: str = "") -> Key:
    """Two numbers ``[from, to]`` between which values are drawn evenly."""
    return Key(float, low, high, unit, count=(2, 2), rising=True)


def names(*allowed: str) -> Key:
    """Names one of which is drawn each time; a name given twice comes twice as often."""
    return Key(str, choices=allowed, count=(1, 16))


def check_known(where: str, what: str, values: Iterable[str], known: tuple[str, ...], prefix: str = "") -> None:
    """``UserError`` at the first of ``values`` that is not among ``known``."""
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean '{prefix}{near[0]}'?" if near else f"; it may hold {', '.join(known)}"
            raise UserError(f"{where}: no {what} '{prefix}{name}'{hint}")


def check_table(where: str, table: str, values: dict[str, Any], keys: dict[str, Key]) -> None:
    """``UserError`` at the first key of ``values`` that is unknown, missing or out of range."""
    check_known(where, "key", values, tuple(keys), prefix=f"{table}.")
    for name, key in keys.items():
        if name in values:
            key.check(where, f"{table}.{name}", values[name])
        elif not key.optional:
            raise UserError(f"{where}: {table}.{name} is missing; it must be {key.allowed}")


def shown(value: Any) -> str:
    """A value as a recipe would hold it."""
    return "nothing" if value is None else json.dumps(value, default=str, ensure_ascii=False)
