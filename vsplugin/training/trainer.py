"""The training loop: cosine schedule, weight averaging, checkpoints that survive ``kill -9``, exact resume."""

from __future__ import annotations

import copy
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch

from .degrade import TASKS
from .losses import LOSSES
from .networks import build
from .optimiser import Optimiser


def split(folder: Path, held_back: int) -> tuple[list[Path], list[Path]]:
    """Training and validation stills: the last ``held_back`` by name are never trained on."""
    paths = sorted(folder.glob("*.png"))
    if len(paths) <= held_back:
        raise FileNotFoundError(f"data: {folder} holds {len(paths)} .png files; more than {held_back} are needed")
    return paths[:-held_back], paths[-held_back:]


def learning_rate(step: int, *, warmup: int, cycle: int) -> float:
    """Share of the peak: cosine annealing with warm restarts (SGDR, Loshchilov & Hutter 2017), each at 0.6 of the last.

    A warm-up of ``warmup`` steps comes first.
    """
    if step < warmup:
        return (step + 1) / warmup
    restarts, place = divmod(step, cycle)
    return 0.6**restarts * 0.5 * (1 + math.cos(math.pi * place / cycle)) + 1e-4


class Trainer:
    """One recipe in training. ``folder`` receives ``checkpoint.pt`` and ``log.jsonl``."""

    def __init__(self, recipe: dict, data: Path, folder: Path, *, device: str = "cpu") -> None:
        self.recipe, self.folder, self.device = recipe, folder, device
        self.options = recipe["training"]
        seed = self.options["seed"]
        torch.manual_seed(seed)
        self.rng = np.random.default_rng(seed)
        train, held_back = split(data, recipe["data"]["held_back"])
        task = TASKS[recipe["degradation"]["kind"]]
        options = {key: value for key, value in recipe["degradation"].items() if key != "kind"}
        self.samples = task(train, self.rng, **options)
        # The same validation patches every time: drawn once with their own seed.
        validation = task(held_back, np.random.default_rng(seed + 1), **options)
        self.validation = [validation.batch(16) for _ in range(8)]
        self.net = build(recipe["network"]).to(device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).eval()
        self.optimiser = Optimiser(self.net, self.options)
        self.step = 0

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def save(self) -> None:
        """Write under a temporary name, flush to disk, rename: a kill leaves the old or the new file, never half."""
        state = {
            "step": self.step,
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "rng": self.rng.bit_generator.state,
            "torch_rng": torch.get_rng_state(),
            "recipe": self.recipe,
        }
        part = self.checkpoint.with_suffix(".part")
        with part.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self.checkpoint)

    def resume(self) -> None:
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=False)
        if state["recipe"] != self.recipe:
            raise ValueError(f"resume: {self.checkpoint} was made by a different recipe")
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.rng.bit_generator.state = state["rng"]
        torch.set_rng_state(state["torch_rng"])
        self.step = state["step"]

    def _train_step(self) -> float:
        options = self.options
        self.optimiser.set_rate(learning_rate(self.step, warmup=options["warmup"], cycle=options["cycle"]))
        x, base, target = (t.to(self.device) for t in self.samples.batch(options["batch"]))
        self.optimiser.zero_grad()
        with torch.autocast(self.device, torch.bfloat16, enabled=options["bf16"]):
            residual = self.net(x.contiguous(memory_format=torch.channels_last))
        loss = LOSSES[options["loss"]](base + residual.float(), target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), options["clip"])
        self.optimiser.step()
        decay = min(options["average"], (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), 1 - decay)
        self.step += 1
        return loss.item()

    @torch.no_grad()
    def validate(self) -> float:
        """Mean PSNR (dB, peak 1) of the first plane over the validation patches, averaged weights, full precision."""
        scores = []
        for x, base, target in self.validation:
            out = base + self.average(x.to(self.device)).float().cpu()
            error = ((out - target)[:, 0, 4:-4, 4:-4] ** 2).mean(dim=(1, 2))
            scores += (-10 * torch.log10(error)).tolist()
        return float(np.mean(scores))

    def run(self, report) -> None:
        """Train to the recipe's last step; ``report(step, loss, psnr, patches_per_second)`` after each evaluation."""
        options, losses, since, first = self.options, [], time.monotonic(), self.step
        while self.step < options["steps"]:
            losses.append(self._train_step())
            if self.step % options["evaluate"] and self.step != options["steps"]:
                continue
            speed = (self.step - first) * options["batch"] / (time.monotonic() - since)
            row = {"step": self.step, "loss": round(float(np.mean(losses)), 6), "psnr": round(self.validate(), 4)}
            if not math.isfinite(row["loss"]):
                raise FloatingPointError(f"training: the loss is not a number at step {self.step}")
            self.save()
            with (self.folder / "log.jsonl").open("a") as log:
                log.write(json.dumps(row) + "\n")
            report(**row, patches_per_second=speed)
            losses, since, first = [], time.monotonic(), self.step
