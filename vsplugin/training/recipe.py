"""What a recipe may say: every table and key with its type and range, and the checks that follow. Needs no torch.

A recipe is kept as it was read: defaults are not filled in, so that a checkpoint and the recipe it was made by can be
compared for years.
"""

from __future__ import annotations

import difflib
import json
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError

Recipe = dict[str, Any]


@dataclass(frozen=True)
class Key:
    """A key's type and range. ``count`` makes it a list: (fewest, most) values, ``rising`` with none below another."""

    type: type
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    count: tuple[int, int] | None = None
    rising: bool = False
    optional: bool = False

    @property
    def allowed(self) -> str:
        """What is allowed, in words."""
        one = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}[self.type]
        if self.choices:
            one = f"one of {', '.join(self.choices)}"
        elif math.isfinite(self.low) or math.isfinite(self.high):
            one += f" in [{self.low:g}, {self.high:g}]"
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
        return value in self.choices if self.choices else self.type is str or self.low <= value <= self.high


_PATCHES = {  # what every task knows
    "patch": Key(int, 8, 512),
    "scales": Key(float, 0.05, 1, count=(1, 16)),
    "candidates": Key(int, 1, 64, optional=True),
}
DEGRADATIONS: dict[str, dict[str, Key]] = {
    "super-resolution": {**_PATCHES, "scale": Key(int, 2, 4)},
    "denoise": {
        **_PATCHES,
        "sigma": Key(float, 0, 1, count=(2, 2), rising=True),
        "chroma_sigma": Key(float, 0, 4, count=(2, 2), rising=True),
        "grey": Key(float, 0, 1),
        "subsampled": Key(float, 0, 1),
    },
}
_PLANES = {"planes_in": Key(int, 1, 64), "planes_out": Key(int, 1, 64), "channels": Key(int, 1, 1024)}
NETWORKS: dict[str, dict[str, Key]] = {
    "plain": {
        **_PLANES,
        "layers": Key(int, 1, 200),
        "scale": Key(int, 1, 4, optional=True),
        "expand": Key(int, 0, 8, optional=True),
        "slope": Key(float, 0, 1, optional=True),
    },
    "block-unet": {
        **_PLANES,
        "deep_channels": Key(int, 1, 1024),
        "layers": Key(int, 0, 100),
        "deep_layers": Key(int, 0, 100),
        "expand": Key(int, 0, 8, optional=True),
        "slope": Key(float, 0, 1, optional=True),
    },
}
LOSSES = ("charbonnier", "squared")
TABLES: dict[str, dict[str, Key]] = {
    "data": {"stills": Key(str, optional=True), "held_back": Key(int, 1, 10_000)},
    "training": {
        "seed": Key(int, 0, 2**63 - 2),
        "loss": Key(str, choices=LOSSES),
        "learning_rate": Key(float, 1e-9, 1),
        "muon_rate": Key(float, 1e-9, 1, optional=True),
        "warmup": Key(int, 0, 10**9),
        "steps": Key(int, 1, 10**9),
        "cycle": Key(int, 1, 10**9),
        "batch": Key(int, 1, 4096),
        "clip": Key(float, 1e-9, 1e9),
        "average": Key(float, 0, 1),
        "bf16": Key(bool),
        "evaluate": Key(int, 1, 10**9),
    },
    # Written by tuning on own footage, for the record: which weights it began with.
    "tuned": {"from": Key(str), "from_sha256": Key(str), "on": Key(str)},
}
_BY_KIND = {"degradation": (DEGRADATIONS, None), "network": (NETWORKS, "plain")}
_OPTIONAL_TABLES = ("tuned",)
_TABLE_NAMES = ("data", "degradation", "network", "training", "tuned")


def load(path: Path) -> Recipe:
    """Read and check a recipe. ``UserError`` in one line names the file, the key, its value and what is allowed."""
    if path.is_dir():
        path = path / "recipe.toml"
    try:
        recipe = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"recipe: no such file: {path}") from None
    except OSError as error:
        raise UserError(f"recipe: cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"recipe: {path} is not TOML: {error}") from None
    check(recipe, str(path))
    return recipe


def check(recipe: Recipe, where: str = "recipe") -> None:
    """``UserError`` at the first thing in ``recipe`` that no training could follow."""
    _known(where, "table", recipe, ("name", *_TABLE_NAMES))
    name = recipe.get("name")
    if not isinstance(name, str) or not name or set(name) & set("/\\\0"):
        raise UserError(f"{where}: name must be a text without slashes; got {_shown(name)}")
    for table in _TABLE_NAMES:
        if table in recipe:
            if not isinstance(recipe[table], dict):
                raise UserError(f"{where}: [{table}] must be a table; got {_shown(recipe[table])}")
            _check_table(where, table, dict(recipe[table]))
        elif table not in _OPTIONAL_TABLES:
            raise UserError(f"{where}: the table [{table}] is missing")
    _check_together(where, recipe)


def _check_table(where: str, table: str, values: dict[str, Any]) -> None:
    keys = TABLES.get(table)
    if keys is None:
        kinds, default = _BY_KIND[table]
        kind = Key(str, choices=tuple(kinds))
        _check_value(where, f"{table}.kind", kind, values.setdefault("kind", default))
        keys = {"kind": kind, **kinds[values["kind"]]}
    _known(where, "key", values, tuple(keys), prefix=f"{table}.")
    for name, key in keys.items():
        if name in values:
            _check_value(where, f"{table}.{name}", key, values[name])
        elif not key.optional:
            raise UserError(f"{where}: {table}.{name} is missing; it must be {key.allowed}")


def _check_value(where: str, name: str, key: Key, value: Any) -> None:
    if not key.fits(value):
        near = difflib.get_close_matches(value, key.choices, n=1) if isinstance(value, str) else []
        hint = f"; did you mean {_shown(near[0])}?" if near else ""
        raise UserError(f"{where}: {name} must be {key.allowed}; got {_shown(value)}{hint}")


def _known(where: str, what: str, values: dict[str, Any], known: tuple[str, ...], prefix: str = "") -> None:
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean '{prefix}{near[0]}'?" if near else f"; it may hold {', '.join(known)}"
            raise UserError(f"{where}: no {what} '{prefix}{name}'{hint}")


def _check_together(where: str, recipe: Recipe) -> None:
    """What single keys cannot show: tables that contradict each other."""
    network, degradation = recipe["network"], recipe["degradation"]
    wanted = degradation.get("scale", 1)
    if network.get("scale", 1) != wanted:
        raise UserError(f"{where}: network.scale must be {wanted}, as the degradation's; got {network.get('scale', 1)}")
    multiple = 4 if network.get("kind") == "block-unet" else 1
    if degradation["patch"] % multiple:
        raise UserError(
            f"{where}: degradation.patch must be a multiple of {multiple} for network.kind 'block-unet'; "
            f"got {degradation['patch']}"
        )


def smallest_still(recipe: Recipe) -> int:
    """Pixels a still needs on each side so that a patch fits into its smallest scaled copy."""
    degradation = recipe["degradation"]
    scale = degradation.get("scale", 1)
    needed = degradation["patch"] * scale
    # The copies are cut to a multiple of the scale (or of two, for 4:2:0) before patches are taken.
    return math.ceil((needed + max(scale, 2) - 1) / min(degradation["scales"]))


def difference(one: Recipe, other: Recipe) -> str:
    """The first key whose values differ, with both values; empty if none does."""
    for table in sorted({*one, *other}):
        a, b = one.get(table), other.get(table)
        if a == b:
            continue
        if isinstance(a, dict) and isinstance(b, dict):
            key = next(key for key in sorted({*a, *b}) if a.get(key) != b.get(key))
            return f"{table}.{key} is {_shown(a.get(key))} there and {_shown(b.get(key))} here"
        return f"{table} is {_shown(a)} there and {_shown(b)} here"
    return ""


def as_toml(recipe: Recipe) -> str:
    """The recipe as a file's text: JSON's texts, numbers, booleans and lists are TOML's too."""
    lines = [f"{key} = {_shown(value)}" for key, value in recipe.items() if not isinstance(value, dict)]
    for table, values in recipe.items():
        if isinstance(values, dict):
            lines += ["", f"[{table}]", *(f"{key} = {_shown(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _shown(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, default=str, ensure_ascii=False)
