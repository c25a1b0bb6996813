"""INT8's rounding in training against what ONNX Runtime makes of the INT8 copy."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")

NETWORKS = {
    "plain": {
        "kind": "plain", "planes_in": 1, "planes_out": 1, "channels": 8, "layers": 3, "scale": 2, "slope": 0.1,
        "expand": 0,
    },
    "block-unet": {
        "kind": "block-unet", "planes_in": 3, "planes_out": 3, "channels": 8, "deep_channels": 12, "layers": 1,
        "deep_layers": 2, "expand": 0, "slope": 0.1,
    },
}  # fmt: skip


def network(kind: str):
    from vsplugin.training.networks import build

    torch.manual_seed(1)
    net = build(NETWORKS[kind])
    with torch.no_grad():
        for parameter in net.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    return net


@pytest.mark.parametrize("kind", NETWORKS)
def test_it_answers_as_the_int8_copy_does(kind, tmp_path):
    """Most of what rounding changes is the same; what is left are single steps where sums differ in the last bit."""
    onnxruntime = pytest.importorskip("onnxruntime", reason="ONNX Runtime makes and runs INT8 copies")
    from vsplugin.training.export import write_onnx
    from vsplugin.training.quantise import quantise
    from vsplugin.training.rounding import Rounding

    net = network(kind)
    rng = np.random.default_rng(0)
    inputs = [rng.random((1, NETWORKS[kind]["planes_in"], 32, 32)).astype(np.float32) for _ in range(8)]
    write_onnx(net.folded(), tmp_path / "float.onnx")
    import onnx

    onnx.save(quantise(tmp_path / "float.onnx", iter(inputs)), str(tmp_path / "int8.onnx"))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(tmp_path / "int8.onnx"), options)
    rounding = Rounding()
    rounding.measure(net, (torch.from_numpy(x) for x in inputs))
    with torch.no_grad():
        for x in inputs[:3]:
            plain, rounded = net(torch.from_numpy(x)).numpy(), rounding(net, torch.from_numpy(x)).numpy()
            (expected,) = session.run(None, {"input": x})
            cost = np.abs(expected - plain).mean()
            assert cost > 1e-4 and np.abs(rounded - expected).mean() < 0.1 * cost


@pytest.mark.parametrize("kind", NETWORKS)
def test_gradients_pass_as_if_nothing_was_rounded(kind):
    """And the network is left as it was: no hook stays, no weight moves."""
    from vsplugin.training.rounding import Rounding, convolutions

    net = network(kind)
    x = torch.rand(2, NETWORKS[kind]["planes_in"], 32, 32)
    rounding = Rounding()
    rounding.measure(net, iter([x]))
    before = net(x)
    before.square().mean().backward()
    exact = {name: parameter.grad.clone() for name, parameter in net.named_parameters()}
    net.zero_grad()
    rounding(net, x).square().mean().backward()
    for name, parameter in net.named_parameters():
        assert torch.nn.functional.cosine_similarity(parameter.grad.flatten(), exact[name].flatten(), dim=0) > 0.98
    assert torch.equal(net(x), before)
    assert all(not layer._forward_pre_hooks for layer in convolutions(net).values())


def test_the_first_and_the_last_layer_stay_float():
    from vsplugin.training.rounding import Rounding, convolutions

    net = network("block-unet")
    rounding = Rounding()
    rounding.measure(net, iter([torch.rand(1, 3, 32, 32)]))
    layers = list(convolutions(net))
    assert layers[0] == "head" and layers[-1] == "tail" and {"down", "up"} < set(layers)
    assert list(rounding.reach) == layers[1:-1]


def test_a_rounded_training_goes_on_exactly_and_needs_a_beginning(tmp_path):
    from PIL import Image

    from vsplugin.errors import UserError
    from vsplugin.training import recipe as recipes
    from vsplugin.training.export import write_onnx
    from vsplugin.training.options import Request
    from vsplugin.training.train import prepare

    rng = np.random.default_rng(2)
    stills = tmp_path / "stills"
    stills.mkdir()
    for number in range(3):
        Image.fromarray(rng.integers(0, 256, (96, 96, 3), dtype=np.uint8)).save(stills / f"{number}.png")
    recipe = {
        "name": "small",
        "data": {"held_back": 1},
        "degradation": {"kind": "super-resolution", "scale": 2, "patch": 16, "scales": [1.0]},
        "network": NETWORKS["plain"],
        "training": {
            "seed": 1, "loss": "charbonnier", "learning_rate": 1e-3, "muon_rate": 0.01, "warmup": 0, "steps": 6,
            "cycle": 6, "batch": 2, "clip": 1.0, "average": 0.9, "bf16": False, "evaluate": 3, "int8": True,
        },
    }  # fmt: skip
    recipes.check(recipe)
    torch.set_num_threads(1)
    with pytest.raises(UserError, match=r"training\.int8 rounds a trained network: .*--from MODEL"):
        prepare(Request(recipe="", device="cpu"), recipe, stills, tmp_path / "none")
    write_onnx(network("plain").folded(), tmp_path / "start.onnx")
    start = Request(recipe="", device="cpu", from_=str(tmp_path / "start.onnx"))
    whole = prepare(start, recipe, stills, tmp_path / "whole")
    whole.run(lambda **row: None)
    half = prepare(start, {**recipe, "training": recipe["training"] | {"steps": 3}}, stills, tmp_path / "half")
    half.run(lambda **row: None)
    again = prepare(Request(recipe="", device="cpu", resume=True), recipe, stills, tmp_path / "half")
    assert again.rounding.reach == whole.rounding.reach
    again.run(lambda **row: None)
    for one, other in zip(whole.net.parameters(), again.net.parameters(), strict=True):
        assert torch.equal(one, other)
