"""Small recipes, stills and footage for the tests of the training room."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vsplugin.errors import StoppedError

ROOT = Path(__file__).parents[2]
RECIPE: dict[str, Any] = {
    "name": "tiny",
    "data": {"held_back": 1},
    "degradation": {"kind": "super-resolution", "scale": 2, "patch": 16, "scales": [1.0]},
    "network": {"kind": "plain", "planes_in": 1, "planes_out": 1, "channels": 8, "layers": 2, "scale": 2},
    "training": {
        "seed": 1, "loss": "charbonnier", "learning_rate": 2e-3, "warmup": 2, "steps": 40, "cycle": 40, "batch": 4,
        "clip": 0.5, "average": 0.9, "bf16": False, "evaluate": 20,
    },
}  # fmt: skip


def recipe(**changes: Any) -> dict[str, Any]:
    """The small recipe with ``table__key=value`` changed; None takes a key out."""
    made = copy.deepcopy(RECIPE)
    for place, value in changes.items():
        table, _, key = place.partition("__")
        holder = made[table] if key else made
        if value is None:
            del holder[key or table]
        else:
            holder[key or table] = value
    return made


def write_recipe(folder: Path, made: dict[str, Any]) -> Path:
    from vsplugin.training.recipe import as_toml

    path = folder / "recipe.toml"
    path.write_text(as_toml(made))
    return path


def leaves(seed: int, size: int = 128, discs: int = 400) -> np.ndarray:
    """``(size, size, 3)`` uint8: discs over discs (dead leaves), with edges at every size as in photographs."""
    rng = np.random.default_rng(seed)
    picture = np.full((size, size), 128.0)
    for _ in range(discs):
        radius = 2.5 / rng.uniform(0.05, 1.0)
        centre = rng.uniform(0, size, 2)
        top, left = np.maximum(centre - radius, 0).astype(int)
        box = picture[top : int(centre[0] + radius) + 2, left : int(centre[1] + radius) + 2]
        y, x = np.mgrid[top : top + box.shape[0], left : left + box.shape[1]]
        wave = 20 * np.sin(x * rng.uniform(-1.5, 1.5) + y * rng.uniform(-1.5, 1.5))
        inside = np.hypot(y - centre[0], x - centre[1]) < radius
        box[inside] = (rng.uniform(20, 235) + wave)[inside]
    return np.repeat(np.clip(picture, 0, 255)[:, :, None], 3, 2).astype(np.uint8)


def blurred(picture: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur over height and width."""
    reach = np.arange(-int(4 * sigma) - 1, int(4 * sigma) + 2)
    kernel = np.exp(-(reach**2) / (2 * sigma**2))
    out = picture.astype(np.float64)
    for axis in (0, 1):
        out = np.apply_along_axis(lambda line: np.convolve(line, kernel / kernel.sum(), "same"), axis, out)
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def save_stills(folder: Path, pictures: list[np.ndarray]) -> Path:
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for index, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{index:02}.png")
    return folder


def train_command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "vsplugin.training.train", *map(str, arguments), "--threads", "1"]


def start(*arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
    """A training in another process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        train_command(*arguments), cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, **options,
    )  # fmt: skip


def trainer(made: dict[str, Any], stills: Path, folder: Path) -> Any:
    """A training of one thread in this process, its folder made."""
    import torch

    from vsplugin.training.trainer import Trainer

    torch.set_num_threads(1)
    folder.mkdir(exist_ok=True)
    return Trainer(made, stills, folder)


def stopped_and_gone_on(made: dict[str, Any], stills: Path, folder: Path, step: int) -> Any:
    """A training that was stopped at ``step`` and went on to its end, as a new one that resumed."""
    first = trainer(made, stills, folder)
    with pytest.raises(StoppedError, match=f"step {step}"):
        first.run(lambda **row: None, stopping=lambda: first.step == step)
    second = trainer(made, stills, folder)
    second.resume()
    assert second.step == step, "no step is lost"
    second.run(lambda **row: None)
    return second
