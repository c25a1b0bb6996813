"""What a model was trained on, in numbers: like pictures are near, alien ones far, and the numbers say why."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
from material import blurred, leaves

from vsplugin.training import domain

SIZE = 48


def _patches(pictures: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([domain.cut(picture[:, :, 0] / 255.0, SIZE, 60) for picture in pictures])


@pytest.fixture(scope="module")
def table() -> dict:
    """Many sizes of discs, a little noise on some, none on others."""
    rng = np.random.default_rng(0)
    pictures = []
    for seed in range(24):
        noise = rng.normal(0, seed % 4, (240, 240, 1))
        pictures.append(np.clip(leaves(seed, 240, 1500) + noise, 0, 255))
    return domain.describe(_patches(pictures))


def _alien(kind: str) -> np.ndarray:
    rng = np.random.default_rng(1)
    picture = leaves(99, 240, 1500)
    if kind == "blurred":
        return blurred(picture, 2.5)
    if kind == "grainy":
        return np.clip(picture + rng.normal(0, 20, picture.shape[:2])[:, :, None], 0, 255)
    if kind == "noise":
        return np.repeat(rng.integers(0, 256, (240, 240, 1)), 3, 2)
    if kind == "blocks":
        means = picture.reshape(30, 8, 30, 8, 3).mean(axis=(1, 3), keepdims=True)
        return np.broadcast_to(means, (30, 8, 30, 8, 3)).reshape(240, 240, 3)
    y, x = np.mgrid[0:480, 0:480]
    rings = np.where(np.hypot(x - 220, y - 250) % 60 < 30, 220, 40)
    return np.repeat(rings[:, :, None], 3, 2)  # a drawing


def test_pictures_like_those_trained_on_are_near(table: dict) -> None:
    for seed in range(40, 46):
        found = domain.compare(_patches([leaves(seed, 240, 1500)]), table)
        assert found is not None and not found.far, found.words
    found = domain.compare(_patches([leaves(seed, 240, 1500) for seed in range(40, 48)]), table)
    assert found is not None and found.beyond < 0.1 and found.typical < 0.9


@pytest.mark.parametrize(
    ("kind", "statistic"),
    [("blurred", "sharpness"), ("grainy", "noise"), ("noise", "slope"), ("blocks", "blocks"), ("drawing", "edges")],
)
def test_alien_pictures_are_far_and_it_says_why(kind: str, statistic: str, table: dict) -> None:
    found = domain.compare(_patches([_alien(kind)]), table)
    assert found is not None and found.far
    assert statistic in [one.name for one in found.off], found.words
    assert f"{statistic} " in found.words and ", trained " in found.words


def test_noise_is_measured_in_8_bit_steps() -> None:
    rng = np.random.default_rng(2)
    ramp = np.linspace(0.2, 0.8, 64)[None, None, :] + np.zeros((50, 64, 1))
    measured = domain.measure(ramp + rng.normal(0, 9.4 / 255, (50, 64, 64)))[:, domain.NAMES.index("noise")]
    assert abs(measured.mean() - 9.4) < 0.4


def test_the_table_survives_a_card(table: dict) -> None:
    assert tomllib.loads(domain.as_toml(table))["domain"] == table
    for name in domain.NAMES:
        assert table[name] == sorted(table[name]) and len(table[name]) == 5


def test_a_card_keeps_everything_else_when_its_domain_is_written_again(table: dict) -> None:
    card = pytest.importorskip("vsplugin.training.card")
    before = 'name = "x"\n\n# words\n[metrics]\na = 1.5\n'
    once = card.with_domain(before, table)
    assert once.startswith(before) and card.with_domain(once, table) == once
    assert tomllib.loads(once) == {"name": "x", "metrics": {"a": 1.5}, "domain": table}


def test_pictures_that_show_nothing(table: dict) -> None:
    assert domain.compare(np.full((100, SIZE, SIZE), 0.5), table) is None
    assert domain.compare(np.full((100, SIZE, SIZE), np.nan), table) is None
    assert domain.cut(np.zeros((20, 20)), SIZE, 10).shape == (0, SIZE, SIZE)
    with pytest.raises(ValueError, match="needs 200 patches"):
        domain.describe(np.zeros((300, SIZE, SIZE)))
