"""INT8 copies: what is quantised, what stays float, and how near the copy is."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra 'train'")
runtime = pytest.importorskip("onnxruntime", reason="needs ONNX Runtime")

import onnx  # noqa: E402
import torch  # noqa: E402
from material import leaves, recipe, save_stills  # noqa: E402

from vsplugin.errors import UserError  # noqa: E402
from vsplugin.training import card, quantise  # noqa: E402
from vsplugin.training.export import write_onnx  # noqa: E402
from vsplugin.training.networks import build  # noqa: E402


@pytest.fixture(scope="module")
def stills(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_stills(tmp_path_factory.mktemp("stills"), [leaves(seed, 96) for seed in range(4)])


@pytest.fixture(scope="module")
def made(stills: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``model.onnx`` (float32) and ``int8.onnx``."""
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(3)
    net = build(recipe(network__slope=0.1)["network"]).folded()
    write_onnx(net, folder / "model.onnx")
    patches = quantise.calibration(recipe(), stills, count=16)
    onnx.save(quantise.quantise(folder / "model.onnx", patches), str(folder / "int8.onnx"))
    return folder


def test_all_convolutions_but_the_ends_have_integer_weights(made: Path) -> None:
    graph = onnx.load(made / "int8.onnx").graph
    of = {node.output[0]: node for node in graph.node}
    stored = {weight.name: weight.data_type for weight in graph.initializer}
    kinds = []
    for node in graph.node:
        if node.op_type == "Conv":
            origin = of.get(node.input[1])
            kinds.append(stored[origin.input[0] if origin is not None else node.input[1]])
    inner = [onnx.TensorProto.INT8] * (len(kinds) - 2)
    assert len(kinds) > 2 and kinds == [onnx.TensorProto.FLOAT, *inner, onnx.TensorProto.FLOAT]


def test_every_value_is_rounded_once(made: Path) -> None:
    """Where an INT8 convolution reads it, and not before its activation too."""
    graph = onnx.load(made / "int8.onnx").graph
    of = {node.output[0]: node for node in graph.node}
    rounded = [of[node.input[0]] for node in graph.node if node.op_type == "QuantizeLinear"]
    assert rounded and all(node.op_type != "Conv" for node in rounded)


def test_layers_kept_stay_float_and_unknown_ones_are_named(made: Path, stills: Path) -> None:
    graph = quantise.quantise(made / "model.onnx", quantise.calibration(recipe(), stills, count=2), ["layer1"]).graph
    kept = [w.name for w in graph.initializer if w.name.endswith("weight")]
    assert kept == ["layer1.weight"]
    with pytest.raises(UserError, match=r"--keep must be one of layer0, layer1, .*; got 'boddy'"):
        quantise.quantise(made / "model.onnx", iter([]), ["boddy"])


def test_calibration_leaves_out_what_photographs_lack(stills: Path) -> None:
    rare = recipe(degradation__patterns=1.0, degradation__vivid=1.0, degradation__bright=1.0)
    plain = list(quantise.calibration(recipe(), stills, count=3))
    np.testing.assert_array_equal(list(quantise.calibration(rare, stills, count=3)), plain)


def test_the_copy_is_near_and_not_the_same(made: Path, stills: Path) -> None:
    patch = next(quantise.calibration(recipe(), stills, count=1))
    one, other = (
        runtime.InferenceSession(str(made / name)).run(None, {"input": patch})[0]
        for name in ("model.onnx", "int8.onnx")
    )
    error = np.sqrt(np.mean((one - other) ** 2)) / one.std()
    assert 1e-5 < error < 0.03


def test_calibration_is_the_same_every_time(stills: Path) -> None:
    first, again = (list(quantise.calibration(recipe(), stills, count=3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[0], first[1])


def test_the_card_names_the_master(made: Path) -> None:
    facts = {"name": "tiny", "task": "super-resolution", "sha256": "abc"}
    (made / "card.toml").write_text(card.text(facts, {"set5_y_psnr": 30.0}, "Protocol.", {"patch": 48}))
    folder = made / "copy"
    folder.mkdir()
    (folder / "model.onnx").write_bytes((made / "int8.onnx").read_bytes())
    quantise.write_card(made, folder, {"set5_y_psnr": 29.9})
    written = tomllib.loads((folder / "card.toml").read_text())
    assert written["name"] == "tiny-int8" and written["quantised_from"] == "abc"
    assert written["metrics"] == {"set5_y_psnr": 29.9} and written["domain"] == {"patch": 48}
    assert len(written["sha256"]) == 64
