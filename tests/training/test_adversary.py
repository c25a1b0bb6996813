"""Training against a critic: what it adds to a gradient, what it brings, and that nothing of it is lost by a stop."""

from __future__ import annotations

from pathlib import Path

import material
import pytest
from material import leaves, recipe, save_stills, stopped_and_gone_on

from vsplugin.errors import UserError
from vsplugin.training import recipe as recipes

torch = pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
pytest.importorskip("PIL.Image")

OPTIONS = {"weight": 2.0, "features": 1.0, "channels": 8, "learning_rate": 1e-3}


@pytest.fixture(scope="module")
def stills(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fine noise on leaves: bicubic reduction takes it away, and no network can know what it was."""
    import numpy as np

    rng = np.random.default_rng(0)
    noise = rng.normal(0, 12, (4, 96, 96, 1))
    pictures = [np.clip(leaves(n, 96) + noise[n], 0, 255).astype(np.uint8) for n in range(4)]
    return save_stills(tmp_path_factory.mktemp("stills"), pictures)


def _detail(trainer) -> float:
    """By a kernel of our own: differences of neighbours along both axes."""
    ours = theirs = 0.0
    with torch.no_grad():
        for x, base, target in trainer.validation:
            for picture, sign in ((base + trainer.average(x), 1), (target, 0)):
                energy = float((picture[..., 1:] - picture[..., :-1])[..., 1:, :].diff(dim=-2).square().sum())
                ours, theirs = (ours + energy, theirs) if sign else (ours, theirs + energy)
    return ours / theirs


def test_its_pull_is_as_long_as_weight_says_and_no_more():
    from vsplugin.training.adversary import Adversary

    torch.manual_seed(0)
    base, target = torch.rand(2, 4, 1, 16, 16)
    out = (base + 0.1).requires_grad_()
    plain = 2 * (out - target).detach() / out.numel()
    for weight in (0.0, 0.5, 3.0):
        adversary = Adversary({**OPTIONS, "weight": weight}, 1, "cpu", bf16=False)
        gradient = adversary.gradient(((out - target) ** 2).mean(), out, base, target)
        added = gradient - plain
        assert added.norm() == pytest.approx(weight * float(plain.norm()), rel=1e-4, abs=1e-9)
    for features in (0.0, 1.0):  # downhill, the critic objects less
        adversary = Adversary({**OPTIONS, "features": features, "weight": 1e6}, 1, "cpu", bf16=False)
        gradient = adversary.gradient(((out - target) ** 2).mean(), out, base, target)
        with torch.no_grad():
            before = adversary._objection(out, base, target)
            assert adversary._objection(out - 1e-2 * gradient / gradient.norm(), base, target) < before


def test_the_critic_learns_to_tell_blur_from_detail(stills: Path, tmp_path: Path) -> None:
    from vsplugin.training.adversary import Adversary

    trainer = material.trainer(recipe(), stills, tmp_path)
    adversary = Adversary(OPTIONS, 1, "cpu", bf16=False)
    for _ in range(60):
        _, base, target = trainer.samples.batch(8)
        adversary.learn(base, base, target)
    adversary.told_apart()
    for _, base, target in trainer.validation:
        adversary.learn(base, base, target)
    assert adversary.told_apart() > 0.9
    assert adversary.told == []


def test_it_brings_back_detail_that_a_loss_alone_leaves_out(stills: Path, tmp_path: Path) -> None:
    found = {}
    schedule = {"training__steps": 200, "training__cycle": 200, "training__evaluate": 200, "training__muon_rate": 0.03}
    for name, table in (("alone", {}), ("against", {"adversarial": {**OPTIONS, "weight": 10.0}})):
        made = {**recipe(**schedule, training__batch=8, training__clip=1000), **table}
        trainer = material.trainer(made, stills, tmp_path / name)
        trainer.run(lambda **row: None)
        found[name] = _detail(trainer), trainer.rows[-1]
    assert found["against"][0] > 1.5 * found["alone"][0]
    row = found["against"][1]
    assert row["psnr"] < found["alone"][1]["psnr"] and row["detail"] > 0 and 0 < row["told_apart"] <= 1
    assert "detail" not in found["alone"][1]


def test_the_last_weights_are_the_best(stills: Path, tmp_path: Path) -> None:
    trainer = material.trainer({**recipe(), "adversarial": OPTIONS}, stills, tmp_path)
    trainer.run(lambda **row: None)
    best = torch.load(tmp_path / "best.pt", weights_only=False)
    assert best["step"] == 40


def test_stopped_between_evaluations_goes_on_exactly(stills: Path, tmp_path: Path) -> None:
    made = {**recipe(), "adversarial": OPTIONS}
    straight = material.trainer(made, stills, tmp_path / "straight")
    straight.run(lambda **row: None)
    second = stopped_and_gone_on(made, stills, tmp_path / "parts", 27)
    assert second.rows == straight.rows
    a, b = (
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=False)["adversary"] for name in ("straight", "parts")
    )
    assert all(torch.equal(a["critic"][key], b["critic"][key]) for key in a["critic"])


def test_recipes() -> None:
    made = {**recipe(), "adversarial": OPTIONS}
    recipes.check(made)
    with pytest.raises(UserError, match=r"adversarial\.weight must be .*; got -1"):
        recipes.check({**made, "adversarial": {**OPTIONS, "weight": -1}})
    with pytest.raises(UserError, match=r"multiple of 8 for \[adversarial\]; got 18, enlarged to 36"):
        recipes.check({**recipe(degradation__patch=18), "adversarial": OPTIONS})


def test_the_card_says_that_it_invents(tmp_path: Path) -> None:
    from vsplugin.training import card
    from vsplugin.training.export import write_onnx
    from vsplugin.training.networks import build

    made = recipe()
    net = build(made["network"]).folded()
    write_onnx(net, tmp_path / "model.onnx")
    assert "generative" not in card.facts(net, made, tmp_path / "model.onnx")
    assert card.facts(net, {**made, "adversarial": OPTIONS}, tmp_path / "model.onnx")["generative"] is True
