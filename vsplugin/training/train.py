"""``vsplugin train RECIPE``, and without the rest of the package ``python -m vsplugin.training.train RECIPE``.

Nothing here needs vapoursynth; torch is imported when a training starts, so that a missing one is a plain sentence.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .. import models
from ..errors import StoppedError, UserError
from . import recipe as recipes
from .options import OPTIONS, Request
from .progress import Progress

if TYPE_CHECKING:
    from .trainer import Trainer


def run(request: Request, *, quiet: bool = False) -> dict[str, Any]:
    """Train, or tune if the request names footage; returns what became of it, for people and for JSON."""
    _require(("torch", "torch"), ("onnx", "onnx"), ("PIL", "pillow"))
    _check(request)
    recipe = recipes.load(Path(request.recipe).expanduser())
    if request.on:
        from .finetune import tune

        return tune(request, recipe, quiet=quiet)
    recipe = _with_start(request, recipe)
    folder = request.folder(_recipe_name(request))
    return train(request, recipe, _data(request, recipe), folder, quiet=quiet)


def train(request: Request, recipe: recipes.Recipe, data: Any, folder: Path, **options: Any) -> dict[str, Any]:
    """One recipe to its last step."""
    trainer = prepare(request, recipe, data, folder)
    follow(trainer, **options)
    return outcome(trainer)


def prepare(request: Request, recipe: recipes.Recipe, data: Any, folder: Path) -> Trainer:
    """A trainer at its first step, or at that of the checkpoint with ``--resume``."""
    import torch

    from .trainer import Trainer

    if request.threads:
        torch.set_num_threads(request.threads)
    if request.device == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: torch finds no CUDA device here; use --device cpu")
    make_folder(folder)
    trainer = Trainer(recipe, data, folder, device=request.device)
    if trainer.checkpoint.exists():
        if not request.resume:
            raise UserError(f"--to: {trainer.checkpoint} exists: add --resume to go on, or give another folder")
        trainer.resume()
    elif request.from_:
        from .weights import read_onnx

        start = read_onnx(models.named("--from", request.from_).path, recipe["network"])
        trainer.start_from(start, _calibration(recipe, data))
        trainer.evaluate()  # what it begins with: what is no better is never the best
    elif trainer.rounding:
        raise UserError("recipe: training.int8 rounds a trained network: name the model to begin with, --from MODEL")
    return trainer


def _calibration(recipe: recipes.Recipe, data: Any) -> Iterable[Any]:
    """What shows a training with ``int8`` how far its layers reach."""
    if not recipe["training"].get("int8"):
        return ()
    from .quantise import calibration

    return calibration(recipe, data)


def follow(trainer: Trainer, *, quiet: bool = False) -> None:
    """Run the trainer with progress; Ctrl-C and SIGTERM save and raise ``StoppedError``."""
    options = trainer.options
    progress = Progress(steps=options["steps"], batch=options["batch"], quiet=quiet)
    progress.say(_first_words(trainer))
    with _signals(progress) as stopping, progress.showing(trainer.recipe["name"], trainer.step):
        trainer.run(progress.evaluated, each_step=progress.step, stopping=stopping)
    if importlib.util.find_spec("matplotlib") is None:
        progress.say("no curves.png: matplotlib is not installed (it comes with the extra 'train')")


def _first_words(trainer: Trainer) -> str:
    steps = trainer.options["steps"]
    if trainer.step >= steps:
        return f"{trainer.checkpoint} is at the recipe's last step, {steps}: nothing to do"
    return (
        f"{trainer.recipe['name']}: step {trainer.step} to {steps} on {trainer.device}; everything in {trainer.folder}"
    )


def outcome(trainer: Trainer) -> dict[str, Any]:
    """What became of a training."""
    from . import checkpoint

    last = trainer.rows[-1] if trainer.rows else None
    best = last if trainer.adversary else max(trainer.rows, key=lambda row: row["psnr"], default=None)
    curves = trainer.folder / "curves.png"
    return {
        "name": trainer.recipe["name"],
        "step": trainer.step,
        "last": last,
        "best": best,
        "checkpoint": str(trainer.checkpoint),
        "best_checkpoint": str(checkpoint.best(trainer.folder)),
        "log": str(trainer.folder / "log.jsonl"),
        "curves": str(curves) if curves.exists() else None,
    }


def words(result: dict[str, Any]) -> str:
    """An outcome in one line."""
    best = result["best"]
    score = f"; best {best['psnr']:.3f} dB at step {best['step']}" if best else ""
    return f"{result['checkpoint']}: step {result['step']}{score}"


@contextmanager
def _signals(progress: Progress) -> Iterator[Any]:
    """Whether the user asked to stop; a second time stops at once, at the cost of the steps since the last save."""
    asked = False

    def on_signal(number: int, frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        progress.say("saving, then stopping; once more to stop at once")

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--to: cannot make {folder}: {error.strerror}") from None


def _require(*modules: tuple[str, str]) -> None:
    for module, package in modules:
        if importlib.util.find_spec(module) is None:
            raise UserError(
                f"train: {package} is not installed; it comes with the extra 'train': "
                "pip install 'vapoursynth-vsplugin[train]'"
            )


def _check(request: Request) -> None:
    """``UserError`` for options out of range or that only mean something together."""
    for name, value, low in (
        ("--threads", request.threads, 0),
        ("--steps", request.steps, 1),
        ("--frames", request.frames, 2),
    ):
        if value is not None and value < low:
            raise UserError(f"{name} must be at least {low}; got {value}")
    if request.learning_rate is not None and not 0 < request.learning_rate <= 1:
        raise UserError(f"--learning-rate must be above 0 and at most 1; got {request.learning_rate:g}")
    if request.on and not request.from_:
        raise UserError("--on DIR (footage) needs --from MODEL, the model to tune")
    if request.on and request.data:
        raise UserError("--data and --on cannot be used together: tuning learns from the footage alone")
    tuning = {"--name": request.name, "--steps": request.steps, "--learning-rate": request.learning_rate}
    lone = [flag for flag, value in tuning.items() if value is not None]
    if lone and not request.on:
        raise UserError(f"{lone[0]} is for tuning with --on and --from; a training follows its recipe")


def _with_start(request: Request, recipe: recipes.Recipe) -> recipes.Recipe:
    """The recipe with the model that the training begins with, by name and hash, in ``[tuned]``."""
    said = recipe.get("tuned")
    if not request.from_:
        if said:
            raise UserError(
                f"{request.recipe}: begins with the weights of {said['from']} (sha256 {said['from_sha256'][:12]}): "
                "name that model with --from"
            )
        return recipe
    model = models.named("--from", request.from_)
    if said and said["from_sha256"] != model.sha256:
        raise UserError(
            f"--from: {request.from_} has sha256 {model.sha256[:12]}; the recipe begins with {said['from']}, "
            f"sha256 {said['from_sha256'][:12]}"
        )
    return recipe if said else recipe | {"tuned": {"from": model.name, "from_sha256": model.sha256}}


def _recipe_name(request: Request) -> str:
    """Of models/NAME/recipe.toml or models/NAME: the folder's name, as trainings have been kept so far."""
    path = Path(request.recipe).expanduser().resolve()
    return path.name if path.is_dir() else path.parent.name


def _data(request: Request, recipe: recipes.Recipe) -> Path:
    if request.data:
        return Path(request.data).expanduser()
    corpus, stills = os.environ.get("VSPLUGIN_CORPUS"), recipe["data"].get("stills")
    if corpus and stills:
        return Path(corpus) / stills
    raise UserError("--data is missing: name a folder of .png stills (or set VSPLUGIN_CORPUS to the corpus' folder)")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message} (see --help)")


def _parse(arguments: list[str]) -> tuple[Request, bool]:
    parser = _Parser(prog="python -m vsplugin.training.train", description="Train the model of a recipe.")
    parser.add_argument("recipe", metavar="RECIPE", help="recipe.toml, or its folder")
    for option in OPTIONS:
        kind: dict[str, Any] = {"action": "store_true"}
        if option.type is not bool:
            kind = {"type": option.type, "metavar": option.metavar or None, "default": option.default}
            kind["choices"] = option.choices or None
        parser.add_argument(option.flag, dest=option.name, help=option.help, **kind)
    parser.add_argument("--json", action="store_true", help="Print a JSON object instead of text.")
    values = vars(parser.parse_args(arguments))
    as_json = values.pop("json")
    return Request(**values), as_json


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 fine, 2 bad arguments or input, 130 stopped by the user."""
    arguments = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in arguments

    def fail(text: str, code: int) -> int:
        print(json.dumps({"error": text}) if as_json else f"vsplugin: {text}", file=None if as_json else sys.stderr)
        return code

    try:
        request, as_json = _parse(arguments)
        result = run(request, quiet=as_json)
    except UserError as error:
        return fail(str(error), 2)
    except (StoppedError, KeyboardInterrupt) as error:
        return fail(str(error) or "stopped", 130)
    print(json.dumps(result, indent=1, default=str) if as_json else result.get("text") or words(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
