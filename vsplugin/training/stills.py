"""The stills of a training: found, split into those trained on and those held back, and large enough."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from ..errors import UserError, one_line
from .recipe import Recipe, smallest_still


def split(folder: Path, held_back: int) -> tuple[list[Path], list[Path]]:
    """Training and validation stills: the last ``held_back`` by name are never trained on."""
    if not folder.is_dir():
        raise UserError(f"data: {folder} is not a folder" if folder.exists() else f"data: no such folder: {folder}")
    try:
        paths = sorted(folder.glob("*.png"))
    except OSError as error:
        raise UserError(f"data: cannot read {folder}: {error.strerror}") from None
    if len(paths) <= held_back:
        count = f"{len(paths)} .png file" + ("" if len(paths) == 1 else "s")
        raise UserError(f"data: {folder} holds {count}; more than data.held_back = {held_back} are needed")
    return paths[:-held_back], paths[-held_back:]


def check_sizes(paths: list[Path], recipe: Recipe) -> None:
    """``UserError`` naming the first still that cannot be opened or is too small for a patch of the recipe."""
    smallest = smallest_still(recipe)
    for path in paths:
        try:
            with Image.open(path) as picture:
                width, height = picture.size
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise UserError(f"data: {path} cannot be read as a picture: {one_line(error)}") from None
        if min(width, height) < smallest:
            shrunk = min(recipe["degradation"].get("scales", [1]))
            raise UserError(
                f"data: {path} is {width}x{height}; patches of {recipe['degradation']['patch']} pixels from copies "
                f"shrunk to {shrunk:g} need at least {smallest}x{smallest}"
            )
