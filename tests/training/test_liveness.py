"""Layers that ReLU has silenced are found and named."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")

from material import leaves, recipe, save_stills  # noqa: E402

from vsplugin.training import liveness  # noqa: E402
from vsplugin.training.networks import build  # noqa: E402
from vsplugin.training.progress import Progress  # noqa: E402
from vsplugin.training.trainer import Trainer  # noqa: E402

UNET = {
    "kind": "block-unet", "planes_in": 5, "planes_out": 3, "channels": 8, "deep_channels": 12, "layers": 1,
    "deep_layers": 2, "expand": 0,
}  # fmt: skip


def test_a_fresh_network_is_alive() -> None:
    torch.manual_seed(1)
    assert liveness.least(build(UNET), torch.rand(4, 5, 32, 32))[1] > 0.3


@pytest.mark.parametrize(("channels", "share"), [(12, 0.0), (9, 0.25)])
def test_the_share_is_that_of_the_channels_whose_relu_never_opens(channels: int, share: float) -> None:
    torch.manual_seed(1)
    net = build(UNET)
    for layer in net.deep:
        torch.nn.init.ones_(layer.plain.bias)
    net.deep[1].plain.bias.data[:channels] = -1e3
    layer, found = liveness.least(net, torch.rand(4, 5, 32, 32))
    assert found == share
    assert layer == "deep.1"


def test_the_training_warns(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    stills = save_stills(tmp_path / "stills", [leaves(seed, 96) for seed in range(4)])
    trainer = Trainer(recipe(training__steps=1, training__evaluate=1), stills, tmp_path)
    for net in (trainer.net, trainer.average):
        net.body[1].plain.bias.data[:] = -1e3
    trainer.run(Progress(steps=1, batch=4, quiet=False).evaluated)
    assert trainer.rows[0]["alive"] == 0.0
    assert "warning: layer body.1 has fallen silent: 0% of its channels" in capsys.readouterr().err
