"""``python -m vsplugin.training.train RECIPE --data FOLDER [--resume] [--device cpu|cuda] [--threads N]``."""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

import torch

from .trainer import Trainer


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the model of a recipe.")
    parser.add_argument("recipe", type=Path, help="recipe.toml")
    parser.add_argument("--data", type=Path, required=True, help="folder of .png stills")
    parser.add_argument("--to", type=Path, help="folder for checkpoint and log (default: build/training/NAME)")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 means all")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    recipe = tomllib.loads(arguments.recipe.read_text())
    folder = arguments.to or Path("build/training") / arguments.recipe.resolve().parent.name
    folder.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(recipe, arguments.data, folder, device=arguments.device)
    if arguments.resume and trainer.checkpoint.exists():
        trainer.resume()
    elif trainer.checkpoint.exists():
        parser.error(f"{trainer.checkpoint} exists: say --resume, or give another folder with --to")

    def report(*, step: int, loss: float, psnr: float, patches_per_second: float) -> None:
        left = (recipe["training"]["steps"] - step) * recipe["training"]["batch"] / patches_per_second
        print(
            f"step {step}  loss {loss:.5f}  validation {psnr:.3f} dB  "
            f"{patches_per_second:.0f} patches/s  ETA {left / 60:.0f} min",
            flush=True,
        )

    trainer.run(report)


if __name__ == "__main__":
    main()
