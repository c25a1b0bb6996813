"""Recipes: what is refused and in which words. Needs no torch, except to compare with the code a recipe drives."""

from __future__ import annotations

import inspect
import tomllib
from pathlib import Path

import pytest
from material import ROOT, recipe, write_recipe

from vsplugin.errors import UserError
from vsplugin.training import recipe as recipes

# unfade's judge is trained on numbers, by a room and a recipe of its own (vsplugin/training/fade.py).
RECIPES = [path for path in sorted((ROOT / "models").glob("*/recipe.toml")) if path.parent.name != "unfade"]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.parent.name)
def test_recipes_of_the_models_load_as_they_are(path: Path) -> None:
    loaded = recipes.load(path)
    assert loaded == tomllib.loads(path.read_text())
    assert tomllib.loads(recipes.as_toml(loaded)) == loaded
    assert recipes.load(path.parent) == loaded


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"training__stepss": 5}, "no key 'training.stepss'; did you mean 'training.steps'?"),
        ({"trainig": {}}, "no table 'trainig'; did you mean 'training'?"),
        ({"network": None}, "the table [network] is missing"),
        ({"training__clip": None}, "training.clip is missing; it must be a number in [1e-09, 1e+09]"),
        ({"training__steps": 0}, "training.steps must be a whole number in [1, 1e+09]; got 0"),
        ({"training__steps": 1.5}, "training.steps must be a whole number"),
        ({"training__steps": True}, "training.steps must be a whole number"),
        ({"training__learning_rate": float("nan")}, "training.learning_rate must be a number in [1e-09, 1]; got NaN"),
        ({"training__loss": "charbonier"},
         'one of charbonnier, log-charbonnier, squared, psnr, plane-psnr; got "charbonier"; did you mean "charb'),
        ({"training__bf16": 1}, "training.bf16 must be true or false; got 1"),
        ({"degradation__kind": "denoize"}, "degradation.kind must be one of super-resolution, denoise"),
        ({"degradation__scales": []},
         "degradation.scales must be a list of 1 to 16, each a number in [0.05, 1]; got []"),
        ({"degradation__scales": [1.0, 3]}, "degradation.scales must be"),
        ({"degradation__sigma": [0, 1]}, "no key 'degradation.sigma'; it may hold kind, patch"),
        ({"network__kind": "unet"}, "network.kind must be one of plain, block-unet"),
        ({"network__scale": 3}, "network.scale must be 2, as the degradation's; got 3"),
        ({"network__kind": "block-unet"}, "network.deep_channels is missing"),
        ({"name": "a/b"}, "name must be a text without slashes"),
        ({"data": 3}, "[data] must be a table; got 3"),
    ],
)  # fmt: skip
def test_what_no_training_could_follow_is_named(changes: dict, words: str) -> None:
    with pytest.raises(UserError) as refused:
        recipes.check(recipe(**changes), "my.toml")
    assert words in str(refused.value) and str(refused.value).startswith("my.toml: ") and "\n" not in str(refused.value)


def test_unreadable_recipes(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("name = \n")
    for path, words in ((tmp_path / "none.toml", "no such file"), (broken, "is not TOML"), (tmp_path, "no such file")):
        with pytest.raises(UserError, match=words):
            recipes.load(path)


def test_a_rising_range_is_asked_for() -> None:
    key = recipes.DEGRADATIONS["denoise"]["sigma"]
    assert key.fits([0, 0.2]) and not key.fits([0.2, 0.1]) and not key.fits([0.1]) and not key.fits(0.1)


def test_declarations_and_code_agree() -> None:
    pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
    from vsplugin.training.degrade import TASKS
    from vsplugin.training.losses import LOSSES
    from vsplugin.training.networks import NETWORKS

    assert set(recipes.LOSSES) == set(LOSSES)
    assert set(recipes.DEGRADATIONS) == set(TASKS) and set(recipes.NETWORKS) == set(NETWORKS)
    for declared, classes in ((recipes.DEGRADATIONS, TASKS), (recipes.NETWORKS, NETWORKS)):
        for kind, keys in declared.items():
            parameters = {
                name: parameter.default is not inspect.Parameter.empty
                for name, parameter in inspect.signature(classes[kind].__init__).parameters.items()
                if parameter.kind is inspect.Parameter.KEYWORD_ONLY
            }
            assert {name: key.optional for name, key in keys.items()} == parameters, kind


def test_the_smallest_still_is_enough_and_one_less_is_not(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
    import numpy as np
    from material import save_stills

    from vsplugin.training.stills import check_sizes
    from vsplugin.training.trainer import Trainer

    made = recipe(degradation__scales=[0.7, 0.45], training__steps=1, training__evaluate=1)
    size = recipes.smallest_still(made)
    rng = np.random.default_rng(0)
    fits = save_stills(tmp_path / "fits", [rng.integers(0, 255, (size, size, 3), np.uint8) for _ in range(2)])
    (tmp_path / "to").mkdir()
    Trainer(made, fits, tmp_path / "to").run(lambda **row: None)
    short = save_stills(tmp_path / "short", [rng.integers(0, 255, (size - 1, size, 3), np.uint8)])
    with pytest.raises(UserError, match=rf"00\.png is {size}x{size - 1}; .* need at least {size}x{size}"):
        check_sizes([short / "00.png"], made)
    assert write_recipe(tmp_path, made).exists()
