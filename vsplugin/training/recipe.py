"""What a recipe may say: every table and key with its type and range, and the checks that follow. Needs no torch.

A recipe is kept as it was read: defaults are not filled in, so that a checkpoint and the recipe it was made by can be
compared for years.
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

from ..errors import UserError
from .keys import Key, check_known, check_table, shown, span

Recipe = dict[str, Any]


_PATCHES = {  # what every task knows
    "patch": Key(int, 8, 512),
    "scales": Key(float, 0.05, 1, count=(1, 16)),
    "candidates": Key(int, 1, 64, optional=True),
}
EDGE = 8  # pixels along the edges of a picture gone through a chain of which no patch is cut


def default_picture(patch: int) -> int:
    """The side of the pictures that go through a chain and that patches are cut from, where a recipe does not say."""
    return 2 * patch + 2 * EDGE


_CHAIN = {  # what the tasks know whose damage is a chain of steps
    **_PATCHES,
    "chain": Key(dict, count=(1, 32)),
    "picture": Key(int, 16, 1024, "pixels", optional=True),
    "uses": Key(int, 1, 1000, optional=True),
    "grey": Key(float, 0, 1, optional=True),
    "vivid": Key(float, 0, 1, optional=True),
    "level_map": Key(bool, optional=True),
}
DEGRADATIONS: dict[str, dict[str, Key]] = {
    "super-resolution": {
        **_PATCHES,
        "scale": Key(int, 2, 4),
        "patterns": Key(float, 0, 1, optional=True),
        "vivid": Key(float, 0, 1, optional=True),
        "bright": Key(float, 0, 1, optional=True),
    },
    "denoise": {
        **_PATCHES,
        "sigma": span(0, 1),
        "chroma_sigma": span(0, 4),
        "grey": Key(float, 0, 1),
        "subsampled": Key(float, 0, 1),
        "vivid": Key(float, 0, 1, optional=True),
        "bright": Key(float, 0, 1, optional=True),
        "grain": Key(float, 0, 1, optional=True),
    },
    "denoise-t": {"patch": Key(int, 8, 512)},
    "deartifact": _CHAIN,
    "dirt": {
        "patch": Key(int, 8, 512),
        "candidates": Key(int, 1, 64, optional=True),
        "anywhere": Key(float, 0, 1, optional=True),
        "alone": Key(float, 0, 1, optional=True),
    },
    "restore": {**_CHAIN, "scale": Key(int, 1, 4)},
    "inpaint": {
        **_PATCHES,
        "overlays": Key(str),
        "grey": Key(float, 0, 1),
        "vivid": Key(float, 0, 1, optional=True),
        "grain": Key(float, 0, 1, optional=True),
        "sigma": Key(float, 0, 1, optional=True),
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
        "scale": Key(int, 1, 4, optional=True),
        "expand": Key(int, 0, 8, optional=True),
        "slope": Key(float, 0, 1, optional=True),
    },
    "residual": {
        **_PLANES,
        "blocks": Key(int, 1, 200),
        "block": Key(str, choices=("two-convolutions", "attention", "large-kernel")),
        "scale": Key(int, 1, 4, optional=True),
        "slope": Key(float, 0, 1, optional=True),
    },
    "hole-unet": {
        "planes_in": Key(int, 1, 64),
        "planes_out": Key(int, 1, 64),
        "channels": Key(int, 1, 1024, count=(1, 6)),
        "layers": Key(int, 0, 100, count=(1, 6)),
        "slope": Key(float, 0, 1, optional=True),
    },
}
LOSSES = ("charbonnier", "log-charbonnier", "squared", "psnr", "plane-psnr")
TABLES: dict[str, dict[str, Key]] = {
    "data": {"stills": Key(str, optional=True), "held_back": Key(int, 1, 10_000)},
    "training": {
        "seed": Key(int, 0, 2**63 - 2),
        "loss": Key(str, choices=LOSSES),
        "luma_weight": Key(float, 0.01, 100, optional=True),
        "learning_rate": Key(float, 1e-9, 1),
        "muon_rate": Key(float, 1e-9, 1, optional=True),
        "warmup": Key(int, 0, 10**9),
        "steps": Key(int, 1, 10**9),
        "cycle": Key(int, 1, 10**9),
        "batch": Key(int, 1, 4096),
        "clip": Key(float, 1e-9, 1e9),
        "average": Key(float, 0, 1),
        "bf16": Key(bool),
        "int8": Key(bool, optional=True),
        "evaluate": Key(int, 1, 10**9),
    },
    # A critic to train against (adversary.py): for networks that are to look right rather than be near.
    "adversarial": {
        "weight": Key(float, 0, 1000),
        "features": Key(float, 0, 1000),
        "channels": Key(int, 1, 1024),
        "learning_rate": Key(float, 1e-9, 1),
    },
    # Which weights it began with; ``on`` names the user's own footage.
    "tuned": {"from": Key(str), "from_sha256": Key(str), "on": Key(str, optional=True)},
}
_BY_KIND = {"degradation": (DEGRADATIONS, None), "network": (NETWORKS, "plain")}
_OPTIONAL_TABLES = ("adversarial", "tuned")
_TABLE_NAMES = ("data", "degradation", "network", "training", "adversarial", "tuned")
_CRITIC_MULTIPLE = 8  # pixels to a verdict of the critic


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
    check_known(where, "table", recipe, ("name", *_TABLE_NAMES))
    name = recipe.get("name")
    if not isinstance(name, str) or not name or set(name) & set("/\\\0"):
        raise UserError(f"{where}: name must be a text without slashes; got {shown(name)}")
    for table in _TABLE_NAMES:
        if table in recipe:
            if not isinstance(recipe[table], dict):
                raise UserError(f"{where}: [{table}] must be a table; got {shown(recipe[table])}")
            _check_table(where, table, dict(recipe[table]))
        elif table not in _OPTIONAL_TABLES:
            raise UserError(f"{where}: the table [{table}] is missing")
    _check_together(where, recipe)


def _check_table(where: str, table: str, values: dict[str, Any]) -> None:
    keys = TABLES.get(table)
    if keys is None:
        kinds, default = _BY_KIND[table]
        kind = Key(str, choices=tuple(kinds))
        kind.check(where, f"{table}.kind", values.setdefault("kind", default))
        keys = {"kind": kind, **kinds[values["kind"]]}
    check_table(where, table, values, keys)
    if "chain" in keys:
        from .degrade.chain import read_chain

        read_chain(values["chain"], where)


def _check_together(where: str, recipe: Recipe) -> None:
    """What single keys cannot show: tables that contradict each other."""
    network, degradation = recipe["network"], recipe["degradation"]
    wanted = degradation.get("scale", 1)
    if network.get("scale", 1) != wanted:
        raise UserError(f"{where}: network.scale must be {wanted}, as the degradation's; got {network.get('scale', 1)}")
    widths, layers = network.get("channels"), network.get("layers")
    if isinstance(widths, list) and len(widths) != len(layers):
        raise UserError(
            f"{where}: network.layers must have {len(widths)} numbers, as network.channels; got {len(layers)}"
        )
    # 4:2:0 chroma has half the size of a patch that goes through a chain.
    multiple = _multiple(network) or (2 if "chain" in degradation else 1)
    for key in ("patch", "picture"):
        if degradation.get(key, 0) % multiple:
            raise UserError(
                f"{where}: degradation.{key} must be a multiple of {multiple} for degradation.kind "
                f"{shown(degradation['kind'])} and network.kind {shown(network.get('kind', 'plain'))}; "
                f"got {degradation[key]}"
            )
    side = degradation["patch"] * wanted
    if "adversarial" in recipe and side % _CRITIC_MULTIPLE:
        raise UserError(
            f"{where}: degradation.patch must make pictures whose side is a multiple of {_CRITIC_MULTIPLE} for "
            f"[adversarial]; got {degradation['patch']}, enlarged to {side}"
        )
    least = degradation["patch"] + 2 * EDGE
    if degradation.get("picture", least) < least:
        raise UserError(
            f"{where}: degradation.picture must be at least {least} for patches of {degradation['patch']} pixels; "
            f"got {degradation['picture']}"
        )


def _multiple(network: dict[str, Any]) -> int:
    """What a patch must divide by for the network; 0 where it may have any size."""
    if network.get("kind") == "hole-unet":
        return int(2 ** len(network["channels"]))
    return 4 if network.get("kind") == "block-unet" else 0


def smallest_still(recipe: Recipe) -> int:
    """Pixels a still needs on each side so that a patch fits into its smallest scaled copy."""
    degradation = recipe["degradation"]
    scale = degradation.get("scale", 1)
    needed = degradation["patch"] * scale
    if "chain" in degradation:
        needed = degradation.get("picture", default_picture(degradation["patch"])) * scale
    # The copies are cut to a multiple of the scale (or of two, for 4:2:0) before patches are taken.
    return math.ceil((needed + max(scale, 2) - 1) / min(degradation.get("scales", [1])))


def difference(one: Recipe, other: Recipe) -> str:
    """The first key whose values differ, with both values; empty if none does."""
    for table in sorted({*one, *other}):
        a, b = one.get(table), other.get(table)
        if a == b:
            continue
        if isinstance(a, dict) and isinstance(b, dict):
            key = next(key for key in sorted({*a, *b}) if a.get(key) != b.get(key))
            return f"{table}.{key} is {shown(a.get(key))} there and {shown(b.get(key))} here"
        return f"{table} is {shown(a)} there and {shown(b)} here"
    return ""


def as_toml(recipe: Recipe) -> str:
    """The recipe as a file's text: JSON's texts, numbers, booleans and lists are TOML's too."""
    lines = [f"{key} = {shown(value)}" for key, value in recipe.items() if not isinstance(value, dict)]
    for table, values in recipe.items():
        if isinstance(values, dict):
            lines += ["", f"[{table}]", *(f"{key} = {shown(value)}" for key, value in values.items() if key != "chain")]
            for step in values.get("chain", []):
                lines += ["", f"[[{table}.chain]]", *(f"{key} = {shown(value)}" for key, value in step.items())]
    return "\n".join(lines) + "\n"
