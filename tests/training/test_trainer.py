"""The training loop under bad luck: killed, stopped, a full disk, numbers that are none."""

from __future__ import annotations

import hashlib
import json
import random
import resource
import signal
import time
from pathlib import Path

import material
import numpy as np
import pytest
from material import leaves, recipe, save_stills, start, stopped_and_gone_on, write_recipe

from vsplugin.errors import StoppedError, UserError

torch = pytest.importorskip("torch", reason="the training room needs torch: install the 'train' extra")
pytest.importorskip("PIL.Image")


@pytest.fixture(scope="module")
def stills(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_stills(tmp_path_factory.mktemp("stills"), [leaves(seed, 96) for seed in range(4)])


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "checkpoint.pt", weights_only=False)["average"]


def _same(one: Path, other: Path) -> bool:
    a, b = _weights(one), _weights(other)
    return all(torch.equal(a[name], b[name]) for name in a)


def _wait_for_step(folder: Path, step: int, process) -> None:
    """Until that many steps are logged, or it ended."""
    for _ in range(3000):
        rows = (folder / "log.jsonl").read_text().splitlines() if (folder / "log.jsonl").exists() else []
        if (rows and json.loads(rows[-1])["step"] >= step) or process.poll() is not None:
            return
        time.sleep(0.01)
    raise AssertionError("the training does not get on")


def test_training_improves_on_pictures_held_back(stills: Path, tmp_path: Path) -> None:
    made = recipe(training__steps=150, training__cycle=150, training__evaluate=50, training__batch=8)
    trainer = material.trainer(made, stills, tmp_path)
    torch.nn.init.zeros_(trainer.average.tail.plain.weight)
    before = trainer.validate()  # of bicubic: the network adds nothing
    trainer.average.load_state_dict(trainer.net.state_dict())
    trainer.run(lambda **row: None)
    assert trainer.validate() > before + 0.3
    assert [row["step"] for row in trainer.rows] == [50, 100, 150]


def test_killed_at_any_moment_and_resumed_ends_where_uninterrupted_training_ends(stills: Path, tmp_path: Path) -> None:
    path = write_recipe(tmp_path, recipe(training__steps=240, training__cycle=240, training__evaluate=10))
    straight = start(path, "--data", stills, "--to", tmp_path / "straight")
    assert straight.communicate(timeout=240) and straight.returncode == 0
    killed = 0
    for after in (20, 120, 10_000):
        process = start(path, "--data", stills, "--to", tmp_path / "killed", "--resume")
        _wait_for_step(tmp_path / "killed", after, process)
        time.sleep(random.random() * 0.1)
        if after < 10_000:
            process.send_signal(signal.SIGKILL)
        _, err = process.communicate(timeout=240)
        killed += process.returncode == -signal.SIGKILL
    assert killed, "every training was done before it was killed"
    assert process.returncode == 0, err
    assert _same(tmp_path / "straight", tmp_path / "killed")
    for name in ("log.jsonl",):
        assert (tmp_path / "straight" / name).read_text() == (tmp_path / "killed" / name).read_text()


def test_ctrl_c_saves_and_the_same_command_goes_on(stills: Path, tmp_path: Path) -> None:
    made = recipe(training__steps=100_000, training__cycle=100_000, training__evaluate=20)
    path = write_recipe(tmp_path, made)
    process = start(path, "--data", stills, "--to", tmp_path / "to")
    _wait_for_step(tmp_path / "to", 20, process)
    time.sleep(0.05 + random.random() * 0.1)  # into the steps after an evaluation
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    last = err.splitlines()[-1]
    assert process.returncode == 130 and last.startswith("vsplugin: stopped at step ") and "--resume" in last
    state = torch.load(tmp_path / "to" / "checkpoint.pt", weights_only=False)
    assert f"step {state['step']}:" in last and len(state["losses"]) == state["step"] % 20
    again = start(path, "--data", stills, "--to", tmp_path / "to")
    _, err = again.communicate(timeout=60)
    assert again.returncode == 2 and "add --resume to go on" in err and err.count("\n") == 1


def test_stopped_between_evaluations_goes_on_exactly(stills: Path, tmp_path: Path) -> None:
    made = recipe()
    straight = material.trainer(made, stills, tmp_path / "straight")
    straight.run(lambda **row: None)
    second = stopped_and_gone_on(made, stills, tmp_path / "parts", 27)
    assert _same(tmp_path / "straight", tmp_path / "parts") and second.rows == straight.rows


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_state(stills: Path, tmp_path: Path) -> None:
    trainer = material.trainer(recipe(), stills, tmp_path)
    draw, states = trainer.samples.batch, []

    def batch(size: int):
        x, base, target = draw(size)
        if trainer.step == 25:
            target[0, 0, 3, 3] = float("nan")
        return x, base, target

    def watch(**row) -> None:
        states.append((tmp_path / "checkpoint.pt").read_bytes())

    trainer.samples.batch = batch
    with pytest.raises(
        UserError, match=r"loss is not a finite number at step 25; the last good state is .*broken-step-25"
    ):
        trainer.run(watch)
    assert (tmp_path / "checkpoint.pt").read_bytes() == states[-1]
    kept = np.load(tmp_path / "broken-step-25" / "batch.npz")
    assert np.isnan(kept["target"]).sum() == 1 and kept["input"].shape == (4, 1, 16, 16)
    # The generator's state draws the same batch again.
    trainer.rng.bit_generator.state = json.loads((tmp_path / "broken-step-25" / "rng.json").read_text())["state"]
    assert np.array_equal(draw(4)[0].numpy(), kept["input"]) and (tmp_path / "broken-step-25" / "input.png").exists()


def test_gradients_that_are_no_number_stop_before_they_reach_the_weights(stills: Path, tmp_path: Path) -> None:
    trainer = material.trainer(recipe(), stills, tmp_path)
    trainer.net.head.plain.weight.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(UserError, match="gradient is not a finite number at step 0; nothing was saved before"):
        trainer.run(lambda **row: None)
    assert all(torch.isfinite(parameter).all() for parameter in trainer.net.parameters())


def test_a_full_disk_keeps_the_old_checkpoint(stills: Path, tmp_path: Path) -> None:
    path = write_recipe(tmp_path, recipe(training__steps=40))
    done = start(path, "--data", stills, "--to", tmp_path / "to")
    assert done.communicate(timeout=120) and done.returncode == 0
    before = (tmp_path / "to" / "checkpoint.pt").read_bytes()
    state = torch.load(tmp_path / "to" / "checkpoint.pt", weights_only=False)
    state["step"] = 20  # so that there is something left to do and to save
    state["rows"][0]["psnr"] = 99.0  # so that it is the last one that is written, not the best
    torch.save(state, tmp_path / "to" / "checkpoint.pt")
    before = (tmp_path / "to" / "checkpoint.pt").read_bytes()

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    process = start(path, "--data", stills, "--to", tmp_path / "to", "--resume", preexec_fn=small_files)
    _, err = process.communicate(timeout=120)
    last = err.splitlines()[-1]
    assert process.returncode == 2 and "cannot write" in last and "File too large" in last, err
    assert "Traceback" not in err
    assert (tmp_path / "to" / "checkpoint.pt").read_bytes() == before
    assert not list((tmp_path / "to").glob("*.part"))


def test_the_best_is_kept_beside_the_last(stills: Path, tmp_path: Path) -> None:
    trainer = material.trainer(recipe(training__evaluate=10), stills, tmp_path)
    scores = iter([30.0, 32.0, 31.0, 29.0])
    trainer.validate = lambda: next(scores)
    trainer.run(lambda **row: None)
    steps = {name: torch.load(tmp_path / name, weights_only=False)["step"] for name in ("best.pt", "checkpoint.pt")}
    assert steps == {"best.pt": 20, "checkpoint.pt": 40}


def test_more_steps_go_on_where_the_first_ended_and_fewer_are_refused(stills: Path, tmp_path: Path) -> None:
    whole = material.trainer(recipe(training__steps=60), stills, tmp_path / "whole")
    whole.run(lambda **row: None)
    material.trainer(recipe(training__steps=40), stills, tmp_path / "parts").run(lambda **row: None)
    longer = material.trainer(recipe(training__steps=60), stills, tmp_path / "parts")
    longer.resume()
    longer.run(lambda **row: None)
    assert _same(tmp_path / "whole", tmp_path / "parts")
    with pytest.raises(UserError, match=r"different recipe: training\.steps is 60 there and 40 here"):
        material.trainer(recipe(training__steps=40), stills, tmp_path / "parts").resume()


def test_checkpoints_that_are_none(stills: Path, tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"half a file")
    with pytest.raises(UserError, match="cannot be read"):
        material.trainer(recipe(), stills, tmp_path).resume()
    torch.save([1], tmp_path / "checkpoint.pt")
    with pytest.raises(UserError, match="is not a training checkpoint"):
        material.trainer(recipe(), stills, tmp_path).resume()


def test_a_checkpoint_of_the_first_trainer_still_goes_on(stills: Path, tmp_path: Path) -> None:
    first = material.trainer(recipe(), stills, tmp_path / "a")
    first.run(lambda **row: None)
    part = material.trainer(recipe(), stills, tmp_path / "b")
    with pytest.raises(StoppedError):
        part.run(lambda **row: None, stopping=lambda: part.step == 20)
    state = part.state()
    known = ("step", "net", "average", "optimiser", "rng", "torch_rng", "recipe")
    old = {key: state[key] for key in known} | {"optimiser": state["optimiser"][0]}  # there was Adam only
    torch.save(old, tmp_path / "b" / "checkpoint.pt")
    second = material.trainer(recipe(), stills, tmp_path / "b")
    second.resume()
    second.run(lambda **row: None)
    assert _same(tmp_path / "a", tmp_path / "b") and second.rows == first.rows


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("none", "data: no such folder"),
        ("empty", "holds 0 .png files; more than data.held_back = 1 are needed"),
        ("file", "is not a folder"),
        ("broken", "cannot be read as a picture"),
        ("small", "is 20x20; patches of 16 pixels"),
    ],
)
def test_data_that_cannot_be_trained_on(what: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    from vsplugin.training.train import main

    folder = tmp_path / "data"
    if what == "file":
        folder.write_text("x")
    elif what != "none":
        save_stills(folder, [leaves(0, 20)] * 2 if what == "small" else [])
        if what == "broken":
            for name in "ab":
                (folder / f"{name}.png").write_bytes(b"no picture")
    path = write_recipe(tmp_path, recipe())
    assert main([str(path), "--data", str(folder), "--to", str(tmp_path / "to"), "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert words in error and "\n" not in error


def test_options_that_make_no_sense(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    from vsplugin.training.train import main

    path = str(write_recipe(tmp_path, recipe()))
    for arguments, words in (
        ((path, "--on", "x"), "--on DIR (footage) needs --from MODEL"),
        ((path, "--from", "no.onnx"), "--from: no such file: "),
        ((path, "--threads", "-1"), "--threads must be at least 0; got -1"),
        ((path, "--steps", "5"), "--steps is for tuning"),
        ((path, "--device", "tpu"), "invalid choice: 'tpu'"),
        ((path, "--on", "x", "--from", "y", "--data", "z"), "cannot be used together"),
        ((path, "--on", "x", "--from", "y", "--learning-rate", "0"), "--learning-rate must be above 0"),
        ((path,), "--data is missing"),
        ((), "RECIPE"),
    ):
        assert main(list(arguments)) == 2
        err = capsys.readouterr().err
        assert words in err and err.count("\n") == 1


def test_a_training_goes_on_from_a_finished_model(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    from vsplugin.training.export import averaged_network, write_onnx
    from vsplugin.training.train import main

    stills = str(save_stills(tmp_path / "stills", [leaves(seed) for seed in range(3)]))
    first = write_recipe(tmp_path, recipe())
    assert main([str(first), "--data", stills, "--to", str(tmp_path / "one"), "--json"]) == 0
    model, score = str(tmp_path / "one.onnx"), json.loads(capsys.readouterr().out)["last"]["psnr"]
    write_onnx(averaged_network(tmp_path / "one" / "checkpoint.pt")[0].folded(), Path(model))

    again = ["--data", stills, "--to", str(tmp_path / "two"), "--json"]
    assert main([str(first), *again, "--from", model]) == 0
    capsys.readouterr()
    rows = [json.loads(line) for line in (tmp_path / "two" / "log.jsonl").read_text().splitlines()]
    assert rows[0] == {"step": 0, "psnr": pytest.approx(score, abs=2e-4), "alive": rows[0]["alive"]}
    made = torch.load(tmp_path / "two" / "checkpoint.pt", weights_only=False)["recipe"]
    digest = hashlib.sha256(Path(model).read_bytes()).hexdigest()
    assert made["tuned"] == {"from": "one", "from_sha256": digest}

    told = write_recipe(tmp_path, made)
    assert main([str(told), *again]) == 2
    assert "begins with the weights of one" in json.loads(capsys.readouterr().out)["error"]
    write_onnx(averaged_network(tmp_path / "two" / "checkpoint.pt")[0].folded(), Path(model))
    assert main([str(told), *again, "--from", model]) == 2
    assert f"the recipe begins with one, sha256 {digest[:12]}" in json.loads(capsys.readouterr().out)["error"]


def test_without_torch_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    from vsplugin.training.options import Request
    from vsplugin.training.train import run

    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else there(name))
    with pytest.raises(UserError, match=r"torch is not installed; it comes with the extra 'train'"):
        run(Request(recipe="recipe.toml"))


def test_curves_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="curves need matplotlib: install the 'train' extra")
    from PIL import Image

    from vsplugin.training.curves import draw

    rows = [{"step": 0, "psnr": 30.0}] + [{"step": n, "loss": 1 / n, "psnr": 30 + n / 10} for n in range(1, 9)]
    assert draw(rows, tmp_path / "curves.png", "tiny")
    with Image.open(tmp_path / "curves.png") as picture:
        blue = (np.asarray(picture.convert("RGB")) == (31, 119, 180)).all(axis=2)
    assert blue.shape == (600, 900) and blue[:300].sum() > 300 and blue[300:].sum() > 300, "two lines are drawn"
    assert draw(rows[:1], tmp_path / "curves.png", "tiny")
    assert [path.name for path in tmp_path.iterdir()] == ["curves.png"]
