"""Tuning on own footage: weights back from ONNX, frames out of videos, a gain on frames never trained on."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from material import ROOT, blurred, leaves, recipe, save_stills, write_recipe

from vsplugin.errors import UserError

torch = pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
Image = pytest.importorskip("PIL.Image")
pytest.importorskip("onnx")

NETWORKS = {
    "plain": {"kind": "plain", "planes_in": 1, "planes_out": 1, "channels": 8, "layers": 3, "scale": 2},
    "plain without branches": {"planes_in": 5, "planes_out": 3, "channels": 12, "layers": 2, "expand": 0},
    "block-unet": {
        "kind": "block-unet", "planes_in": 5, "planes_out": 3, "channels": 12, "deep_channels": 16, "layers": 1,
        "deep_layers": 2,
    },
}  # fmt: skip


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_weights_come_back_from_onnx_and_go_there_again(network: dict, tmp_path: Path) -> None:
    from vsplugin.training.export import write_onnx
    from vsplugin.training.networks import build
    from vsplugin.training.weights import fill, read_onnx

    torch.manual_seed(3)
    original = build(network).folded()
    for parameter in original.parameters():  # no bias of zero that would hide a mistake
        torch.nn.init.normal_(parameter, std=0.1)
    write_onnx(original, tmp_path / "a.onnx")
    again = read_onnx(tmp_path / "a.onnx", network)
    assert all(torch.equal(a, b) for a, b in zip(original.parameters(), again.parameters(), strict=True))
    write_onnx(again, tmp_path / "b.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    trainable = build(network)
    fill(trainable, again)
    x = torch.rand(2, network["planes_in"], 16, 24)
    with torch.no_grad():
        torch.testing.assert_close(trainable(x), original(x), atol=1e-6, rtol=1e-6)


def test_released_weights_come_back() -> None:
    import onnx

    from vsplugin.training.export import as_onnx
    from vsplugin.training.recipe import load
    from vsplugin.training.weights import read_onnx

    folder = ROOT / "models" / "sr2-fast"
    net = read_onnx(folder / "model.onnx", load(folder)["network"])
    held, again = (
        {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
        for model in (onnx.load(str(folder / "model.onnx")), as_onnx(net))
    )
    assert held.keys() == again.keys() and all(np.array_equal(held[name], again[name]) for name in held)


def test_files_of_other_networks_are_refused(tmp_path: Path) -> None:
    from vsplugin.training.export import write_onnx
    from vsplugin.training.networks import build
    from vsplugin.training.weights import read_onnx

    write_onnx(build(NETWORKS["plain"]).folded(), tmp_path / "net.onnx")
    other = NETWORKS["plain"] | {"channels": 9}
    with pytest.raises(UserError, match=r"'layer0\.weight' are \[8, 1, 3, 3\] in the file and \[9, 1, 3, 3\]"):
        read_onnx(tmp_path / "net.onnx", other)
    with pytest.raises(UserError, match=r"'layer4\.weight' are absent in the file"):
        read_onnx(tmp_path / "net.onnx", NETWORKS["plain"] | {"layers": 4})
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(UserError, match="cannot be read as ONNX"):
        read_onnx(tmp_path / "text.onnx", other)


def _footage_tools():
    footage = pytest.importorskip("vsplugin.training.footage")
    return footage


def _write_video(path: Path, pictures: list[np.ndarray]) -> Path:
    av = pytest.importorskip("av", reason="videos need PyAV")
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "bgr0"
        for picture in pictures:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        out.mux(stream.encode())
    return path


def test_videos_give_sharp_differing_frames_and_the_last_fifth_is_held_back(tmp_path: Path) -> None:
    footage = _footage_tools()
    scenes = [leaves(seed, 64, 150) for seed in range(20)]
    frames = []
    for scene in scenes:  # each scene blurred, sharp, sharp again (a duplicate), black
        frames += [blurred(scene, 1.5), scene, scene, np.zeros_like(scene)]
    (tmp_path / "in").mkdir()
    _write_video(tmp_path / "in" / "clip.mkv", frames)
    made = footage.gather(tmp_path / "in", tmp_path / "out", 20)
    shown = [
        [
            index
            for index, scene in enumerate(scenes)
            if np.abs(np.asarray(Image.open(p)).astype(int) - scene).mean() < 2
        ]
        for p in [*made.train, *sorted({*made.validation, *made.report})]
    ]
    assert shown == [[index] for index in [*range(15), *range(16, 20)]], "one sharp frame per scene, a gap before 16"
    assert made.held_back == 4 and not set(made.validation) & set(made.report)
    assert footage.gather(tmp_path / "in", tmp_path / "out", 20) == made, "taken from the first time"
    with pytest.raises(UserError, match="--frames changed"):
        footage.gather(tmp_path / "in", tmp_path / "out", 10)


def test_a_still_video_is_refused(tmp_path: Path) -> None:
    footage = _footage_tools()
    _write_video(tmp_path / "still.mkv", [leaves(0, 64, 50)] * 30)
    with pytest.raises(UserError, match=r"still\.mkv shows fewer than two frames that differ"):
        footage.gather(tmp_path, tmp_path / "out", 5)


def test_stills_of_several_kinds(tmp_path: Path) -> None:
    footage = _footage_tools()
    for index, name in enumerate(("a.png", "b.JPG", "c.tif", "d.tiff", "e.png", "f.png")):
        picture = Image.fromarray(leaves(index, 48, 40))
        if name == "c.tif":
            picture = Image.fromarray(np.asarray(picture)[:, :, 0].astype(np.uint16) * 257)
        picture.save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a picture")
    made = footage.gather(tmp_path, tmp_path / "out", 5)
    assert len(made.train) == 4 and made.held_back == 2
    assert np.array_equal(np.asarray(Image.open(made.train[2]))[:, :, 1], leaves(2, 48, 40)[:, :, 0]), "16-bit grey"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (None, "--on: no such folder"),
        ({}, "holds no stills (png, jpg, tif) and no videos; it holds nothing"),
        ({"a.txt": b"x"}, "it holds 1 other files"),
        ({"a.png": b"x", "b.png": b"y"}, "a.png cannot be read as a picture"),
        ({"a.png": b"x"}, "holds one still"),
        ({"a.mkv": b"x"}, "a.mkv cannot be decoded"),
    ],
)
def test_folders_that_hold_no_footage(files: dict | None, words: str, tmp_path: Path) -> None:
    footage = _footage_tools()
    if files is not None and "a.mkv" in files:
        pytest.importorskip("av", reason="videos need PyAV")
    folder = tmp_path / "in"
    if files is not None:
        folder.mkdir()
        for name, data in files.items():
            (folder / name).write_bytes(data)
    with pytest.raises(UserError) as refused:
        footage.gather(folder, tmp_path / "out", 5)
    assert words in str(refused.value) and "\n" not in str(refused.value)


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network trained on sharp pictures for a while, as a model's folder."""
    from vsplugin.training import card
    from vsplugin.training.export import averaged_network, write_onnx
    from vsplugin.training.trainer import Trainer

    folder = tmp_path_factory.mktemp("models") / "tiny"
    folder.mkdir()
    stills = save_stills(folder / "stills", [leaves(seed) for seed in range(5)])
    made = recipe(training__steps=400, training__cycle=400, training__evaluate=400, training__batch=8)
    torch.set_num_threads(1)
    trainer = Trainer(made, stills, folder)
    trainer.run(lambda **row: None)
    net = averaged_network(folder / "checkpoint.pt")[0].folded()
    write_onnx(net, folder / "model.onnx")
    write_recipe(folder, made)
    facts = card.facts(net, made, folder / "model.onnx") | {"licence": "test"}
    (folder / "card.toml").write_text(card.text(facts, {}, "", card.describe(trainer.samples)))
    return folder


def _tune(parent: Path, on: Path, to: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vsplugin.training.train", parent, "--on", on, "--from", parent / "model.onnx"]
    command += ["--to", to, "--threads", "1", *more]
    return subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True, timeout=280)


def test_tuning_gains_on_held_back_frames_of_blurred_footage(parent: Path, tmp_path: Path) -> None:
    on = save_stills(tmp_path / "Soft Lens", [blurred(leaves(seed), 1.6) for seed in range(50, 60)])
    done = _tune(parent, on, tmp_path / "to", "--steps", "300", "--learning-rate", "0.001", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["gain"] > 0.5 and [row["frame"] for row in result["report"]] == ["still-0009.png", "mean"]
    assert result["notes"][0].startswith("warning: the footage is far") and "sharpness" in result["notes"][0]
    folder = Path(result["model"])
    assert folder == tmp_path / "to" / "tiny-soft-lens"
    card = tomllib.loads((folder / "card.toml").read_text())
    before = tomllib.loads((parent / "card.toml").read_text())
    assert card["parent_sha256"] == before["sha256"] != card["sha256"] and card["parent"] == "tiny"
    assert card["metrics"]["footage_y_psnr"] == result["report"][-1]["tuned"] and "domain" in card
    assert before.keys() - {"metrics"} <= card.keys(), "what runs the parent runs the tuned one"
    tuned = tomllib.loads((folder / "recipe.toml").read_text())
    assert tuned["tuned"] == {"from": "tiny", "from_sha256": before["sha256"], "on": "Soft Lens"}
    assert json.loads((folder / "log.jsonl").read_text().splitlines()[0])["step"] == 0
    # Once more: nothing left to do, the same report.
    refused = _tune(parent, on, tmp_path / "to", "--steps", "300", "--learning-rate", "0.001")
    assert refused.returncode == 2 and "add --resume" in refused.stderr
    again = _tune(parent, on, tmp_path / "to", "--steps", "300", "--learning-rate", "0.001", "--resume")
    assert again.returncode == 0 and "held-back frame" in again.stdout and f"{folder}: use it with" in again.stdout
    assert (folder / "card.toml").read_text() and tomllib.loads((folder / "card.toml").read_text()) == card


def test_tuning_that_gains_nothing_writes_no_model(parent: Path, tmp_path: Path) -> None:
    on = save_stills(tmp_path / "like", [leaves(seed, 64) for seed in range(5)])
    done = _tune(parent, on, tmp_path / "to", "--steps", "2", "--learning-rate", "1e-9")
    assert done.returncode == 0, done.stderr
    assert "tuning gained nothing on frames held back: no model written, keep tiny" in done.stdout
    report = json.loads((tmp_path / "to" / "report.json").read_text())
    assert report["gain"] == 0 and report["model"] is None
    assert not (tmp_path / "to" / "tiny-like").exists()


def test_tuning_is_a_short_fall_at_small_rates() -> None:
    from vsplugin import models
    from vsplugin.training.finetune import tuned_recipe
    from vsplugin.training.options import Request

    made = recipe(training__muon_rate=0.02, training__warmup=500)
    model = models.named("--from", "sr2-fast")
    tuned = tuned_recipe(made, Request(recipe="", on="My Reel", from_="sr2-fast"), model)
    rates = {key: tuned["training"][key] for key in ("learning_rate", "muon_rate", "steps", "cycle", "warmup")}
    assert rates == {"learning_rate": 0.0002, "muon_rate": 0.002, "steps": 2000, "cycle": 2000, "warmup": 200}
    assert tuned["name"] == "sr2-fast-my-reel" and made["training"]["muon_rate"] == 0.02
    asked = tuned_recipe(made, Request("", on="x", learning_rate=1e-3, steps=10, name="mine"), model)
    assert (asked["training"]["learning_rate"], asked["training"]["muon_rate"]) == (0.001, 0.01)
    assert asked["name"] == "mine" and asked["training"]["evaluate"] == 10


def test_the_model_is_named_and_too_small_footage_refused(parent: Path, tmp_path: Path) -> None:
    from vsplugin.training.options import Request
    from vsplugin.training.train import run

    on = save_stills(tmp_path / "in", [leaves(seed, 24, 40) for seed in range(4)])
    wrong = Request(recipe=str(parent), on=str(on), from_="sr2-fst", to=str(tmp_path / "to"))
    with pytest.raises(UserError, match=r"--from must be one of .*; got 'sr2-fst'; did you mean 'sr2-fast'\?"):
        run(wrong)
    with pytest.raises(UserError, match="no such file"):
        run(Request(recipe=str(parent), on=str(on), from_="nowhere.onnx", to=str(tmp_path / "to")))
    with pytest.raises(UserError, match=r"is 24x24; patches of 16 pixels .* need at least 33x33"):
        run(Request(recipe=str(parent), on=str(on), from_=str(parent / "model.onnx"), to=str(tmp_path / "to")))
