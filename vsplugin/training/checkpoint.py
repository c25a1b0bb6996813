"""Checkpoints that are whole or not there: the last one to go on from, and beside it the best by validation."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import torch

from .. import disk
from ..errors import UserError
from .recipe import Recipe, difference

State = dict[str, Any]


def last(folder: Path) -> Path:
    return folder / "checkpoint.pt"


def best(folder: Path) -> Path:
    return folder / "best.pt"


def write(path: Path, state: State) -> None:
    """Write, flush to the disk, rename. A kill or a full disk leaves the file that was there before."""
    part = path.with_suffix(".part")
    try:
        with disk.outlet(part) as file:
            torch.save(state, file)
        disk.rename(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise refused(error, path) from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def refused(error: OSError, path: Path) -> UserError:
    """A file system's refusal in one line; what was there before is still there."""
    kept = (
        f"; the one of an earlier step is kept, go on with --resume after making room: {path}" if path.exists() else ""
    )
    return UserError(f"training: cannot write {path.name}: {error.strerror or error}{kept}")


def read(path: Path, device: str) -> State:
    """The state in ``path``; ``UserError`` if it is not one."""
    try:
        state = torch.load(path, map_location=device, weights_only=False)
    except Exception as error:
        other = best(path.parent)
        hint = f"; {other} may be whole: rename it to {path.name} to go on from there" if other.exists() else ""
        raise UserError(f"resume: {path} cannot be read ({type(error).__name__}){hint}") from None
    if not isinstance(state, dict) or "net" not in state or "recipe" not in state:
        raise UserError(f"resume: {path} is not a training checkpoint")
    return state


def check_recipe(state: State, recipe: Recipe, path: Path) -> None:
    """``UserError`` if the state was made by another recipe. More steps are no other recipe: a training may go on."""
    longer = copy.deepcopy(recipe)
    longer["training"]["steps"] = min(recipe["training"]["steps"], state["recipe"]["training"]["steps"])
    if state["recipe"] != longer:
        raise UserError(
            f"resume: {path} was made by a different recipe: {difference(state['recipe'], recipe)}; "
            "give another folder with --to"
        )


def write_log(folder: Path, rows: list[dict[str, Any]]) -> None:
    """All rows of ``log.jsonl`` at once, so that it never disagrees with the checkpoint."""
    path = folder / "log.jsonl"
    try:
        disk.write_whole(path, "".join(json.dumps(row) + "\n" for row in rows))
    except OSError as error:
        raise refused(error, path) from None


def read_log(folder: Path, until: int) -> list[dict[str, Any]]:
    """The rows up to a step: what a checkpoint that holds none (made before they were kept in it) goes on from."""
    path = folder / "log.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [row for row in rows if row["step"] <= until]
