"""Training of unfade's network: samples whose truth undoes them, the same weights twice, a recipe that is checked."""

import json
import tomllib

import numpy as np
import pytest
from material import leaves, save_stills

from vsplugin import models
from vsplugin.errors import UserError
from vsplugin.fade import network

torch = pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")

from vsplugin.training import fade, fade_samples  # noqa: E402

RECIPE = """
name = "unfade"
[data]
held_back = 1
samples = 128
mixed = 0.5
[network]
hidden = 16
dropout = 0.2
[training]
steps = 30
batch = 32
rate = 0.01
weight_decay = 0.01
seed = 3
"""


@pytest.fixture(scope="module")
def stills(tmp_path_factory):
    return save_stills(tmp_path_factory.mktemp("stills"), [leaves(seed, 96) for seed in range(4)])


def test_the_truth_of_a_sample_undoes_its_fade(stills):
    pictures = [fade_samples.light_of(path) for path in sorted(stills.glob("*.png"))]
    samples = fade_samples.draw(np.random.default_rng(1), pictures, 64, 0.5)
    fresh, faded, units = (torch.from_numpy(part) for part in (samples.fresh, samples.faded, samples.units))
    before = fade.difference(fade.lab(faded), fade.lab(fresh)).mean(1)
    after = fade.difference(fade.lab(fade.corrected(faded, units)), fade.lab(fresh)).mean(1)
    was = torch.from_numpy(samples.unfaded)
    assert 4 < was.sum() < 30 and before[was].max() < 0.02
    assert before[~was].mean() > 4 and after[~was].mean() < 0.35 * before[~was].mean()


def trained(folder, stills, monkeypatch):
    folder.mkdir()
    (folder / "recipe.toml").write_text(RECIPE)
    monkeypatch.setattr("sys.argv", ["fade", str(folder), "--data", str(stills)])
    fade.main()
    return folder


def test_a_training_is_repeatable_and_its_card_is_usable(tmp_path, stills, monkeypatch):
    one, two = (trained(tmp_path / name, stills, monkeypatch) for name in ("one", "two"))
    assert (one / "model.onnx").read_bytes() == (two / "model.onnx").read_bytes()
    model = models.at(one / "model.onnx")
    assert model.task == "unfade" and model.sha256 == model.card["sha256"]
    assert np.linalg.eigvalsh(np.array(model.card["errors"]["covariance"])).min() > -1e-3
    assert network.outputs(model, np.zeros((2, 119), np.float32)).shape == (2, network.OUTPUTS)
    steps = [json.loads(line)["step"] for line in (one / "log.jsonl").read_text().splitlines()]
    assert steps == [30] and tomllib.loads((one / "card.toml").read_text())["metrics"]["held_back_before"] > 1


def test_recipes_are_checked(tmp_path):
    (tmp_path / "recipe.toml").write_text(RECIPE.replace("hidden", "hiden"))
    with pytest.raises(UserError, match=r"\[network\] must have exactly hidden, dropout"):
        fade.read_recipe(tmp_path)
