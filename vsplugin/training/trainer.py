"""The training loop: cosine schedule, weight averaging, checkpoints that survive ``kill -9``, exact resume."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import StoppedError, UserError
from . import checkpoint, curves, failure, liveness, stills
from .adversary import Adversary, detail
from .degrade import TASKS
from .losses import weighted
from .networks import build
from .optimiser import Optimiser
from .rounding import Rounding
from .weights import fill

_SAVE_EVERY = 300.0  # seconds of work a kill may cost
_EXACT = 1e-10  # mean squared error that counts as none: 100 dB, where a patch holds nothing to be found


def learning_rate(step: int, *, warmup: int, cycle: int) -> float:
    """Share of the peak: cosine annealing with warm restarts (SGDR, Loshchilov & Hutter 2017), each at 0.6 of the last.

    A warm-up of ``warmup`` steps comes first.
    """
    if step < warmup:
        return (step + 1) / warmup
    restarts, place = divmod(step, cycle)
    return 0.6**restarts * 0.5 * (1 + math.cos(math.pi * place / cycle)) + 1e-4


def plane_weights(planes: int, luma: float) -> torch.Tensor:
    """``(planes)``: how much each plane counts; the first ``luma`` times as much as any other, 1 on average."""
    weights = torch.tensor([luma, *[1.0] * (planes - 1)])
    return weights * planes / weights.sum()


class Trainer:
    """One recipe in training. ``folder`` receives the checkpoints, ``log.jsonl`` and ``curves.png``.

    ``data`` is a folder of stills, or two lists of them: those to train on and those held back.
    """

    def __init__(
        self, recipe: dict, data: Path | tuple[list[Path], list[Path]], folder: Path, *, device: str = "cpu"
    ) -> None:
        self.recipe, self.folder, self.device = recipe, folder, device
        self.options = recipe["training"]
        seed = self.options["seed"]
        torch.manual_seed(seed)
        self.rng = np.random.default_rng(seed)
        train, held_back = stills.split(data, recipe["data"]["held_back"]) if isinstance(data, Path) else data
        stills.check_sizes([*train, *held_back], recipe)
        task = TASKS[recipe["degradation"]["kind"]]
        options = {key: value for key, value in recipe["degradation"].items() if key != "kind"}
        self.samples = task(train, self.rng, **options)
        # The same validation patches every time: drawn once with their own seed.
        validation = task(held_back, np.random.default_rng(seed + 1), **options)
        self.validation = [validation.batch(16) for _ in range(8)]
        self.net = build(recipe["network"]).to(device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).eval()
        self.optimiser = Optimiser(self.net, self.options)
        self.weights = plane_weights(recipe["network"]["planes_out"], self.options.get("luma_weight", 1)).to(device)
        self.rounding = Rounding() if self.options.get("int8") else None
        self.adversary = self._adversary()
        self.step = 0
        self.losses: list[float] = []  # since the last evaluation
        self.rows: list[dict[str, Any]] = []  # of log.jsonl
        self.best = -math.inf

    def _adversary(self) -> Adversary | None:
        if "adversarial" not in self.recipe:
            return None
        planes = self.recipe["network"]["planes_out"]
        return Adversary(self.recipe["adversarial"], planes, self.device, bf16=self.options["bf16"])

    @property
    def checkpoint(self) -> Path:
        return checkpoint.last(self.folder)

    def start_from(self, folded: torch.nn.Module, calibration: Iterable[np.ndarray] = ()) -> None:
        """Begin with the weights of a finished network instead of random ones.

        ``calibration``: for a training with ``int8``, inputs that show what its layers read.
        """
        net = self.net.cpu().float()
        fill(net, folded)
        self.net = net.to(self.device, memory_format=torch.channels_last)
        self.average.load_state_dict(self.net.state_dict())
        if self.rounding:
            self.rounding.measure(self.net, (torch.from_numpy(x).to(self.device) for x in calibration))

    def _answer(self, net: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
        return self.rounding(net, x) if self.rounding else net(x)

    def state(self) -> checkpoint.State:
        """Everything that the next step depends on, and what has been logged."""
        return {
            "step": self.step,
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "rng": self.rng.bit_generator.state,
            "torch_rng": torch.get_rng_state(),
            "recipe": self.recipe,
            "losses": self.losses,
            "rows": self.rows,
            **({"reach": self.rounding.reach} if self.rounding else {}),
            **({"adversary": self.adversary.state_dict()} if self.adversary else {}),
        }

    def save(self) -> None:
        checkpoint.write(self.checkpoint, self.state())

    def resume(self) -> None:
        state = checkpoint.read(self.checkpoint, self.device)
        checkpoint.check_recipe(state, self.recipe, self.checkpoint)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.rng.bit_generator.state = state["rng"]
        torch.set_rng_state(state["torch_rng"].cpu())
        self.rounding = Rounding(state["reach"]) if self.rounding else None
        if self.adversary:
            self.adversary.load_state_dict(state["adversary"])
        self.step = state["step"]
        self.samples.resume(self.step * self.options["batch"])
        self.losses = state.get("losses", [])
        self.rows = state.get("rows") or checkpoint.read_log(self.folder, self.step)
        self.best = max((row["psnr"] for row in self.rows), default=-math.inf)

    def _train_step(self) -> float:
        options = self.options
        self.optimiser.set_rate(learning_rate(self.step, warmup=options["warmup"], cycle=options["cycle"]))
        drawn_from = self.rng.bit_generator.state
        batch = self.samples.batch(options["batch"])
        x, base, target = (t.to(self.device) for t in batch)
        self.optimiser.zero_grad()
        with torch.autocast(self.device, torch.bfloat16, enabled=options["bf16"]):
            residual = self._answer(self.net, x.contiguous(memory_format=torch.channels_last))
        out = base + residual.float()
        loss = weighted(options["loss"], out, target, self.weights)
        if self.adversary:
            out.backward(self.adversary.gradient(loss, out, base, target))
        else:
            loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), options["clip"])
        if not (torch.isfinite(loss) and torch.isfinite(norm)):
            raise self._not_a_number("loss" if not torch.isfinite(loss) else "gradient", batch, drawn_from)
        self.optimiser.step()
        if self.adversary:
            self.adversary.learn(out, base, target)
        decay = min(options["average"], (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), 1 - decay)
        self.step += 1
        return loss.item()

    def _not_a_number(self, what: str, batch: tuple, drawn_from: dict) -> UserError:
        """The checkpoint is left alone: it is the last state known to be good."""
        kept = failure.keep_batch(self.folder, self.step, batch, drawn_from)
        good = f"the last good state is {self.checkpoint}" if self.checkpoint.exists() else "nothing was saved before"
        return UserError(
            f"training: the {what} is not a finite number at step {self.step}; {good}; "
            + (f"the batch is in {kept}; " if kept else "")
            + "a smaller training.learning_rate or training.clip may help"
        )

    @torch.no_grad()
    def _validated(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """What the averaged weights make of the validation patches in full precision, and the truth: first planes."""
        for x, base, target in self.validation:
            out = base + self._answer(self.average, x.to(self.device)).float().cpu()
            yield out[:, :1, 4:-4, 4:-4], target[:, :1, 4:-4, 4:-4]

    def validate(self) -> float:
        """Mean PSNR (dB, peak 1) over the validation patches."""
        scores = []
        for out, target in self._validated():
            error = ((out - target) ** 2).mean(dim=(1, 2, 3))
            scores += (-10 * torch.log10(error.clamp_min(_EXACT))).tolist()
        return float(np.mean(scores))

    def _looks(self) -> dict[str, float]:
        """What PSNR does not tell of a training against a critic."""
        if self.adversary is None:
            return {}
        kept = float(np.mean([detail(out, target) for out, target in self._validated()]))
        return {"detail": round(kept, 3), "told_apart": round(self.adversary.told_apart(), 3)}

    def evaluate(self) -> dict[str, Any]:
        """Score, log, save: the best first, so that a kill between the files costs nothing that resuming won't redo."""
        row = {"step": self.step, "psnr": round(self.validate(), 4)}
        if self.losses:
            row = {"step": self.step, "loss": round(float(np.mean(self.losses)), 6), "psnr": row["psnr"]}
        if not math.isfinite(row["psnr"]):
            raise UserError(f"training: the validation score is not a finite number at step {self.step}")
        row |= self._looks()
        layer, share = liveness.least(self.average, self.validation[0][0].to(self.device))
        row["alive"] = round(share, 3)
        if share < liveness.SILENT:
            row["silent"] = layer
        self.rows.append(row)
        self.losses = []
        if self.adversary or row["psnr"] > self.best:  # a critic's pull costs PSNR: there the last is the best
            self.best = row["psnr"]
            checkpoint.write(checkpoint.best(self.folder), self.state())
        self.save()
        checkpoint.write_log(self.folder, self.rows)
        self.draw_curves()
        return row

    def draw_curves(self) -> bool:
        """False where matplotlib is missing."""
        path = self.folder / "curves.png"
        try:
            return curves.draw(self.rows, path, self.recipe["name"])
        except OSError as error:
            raise checkpoint.refused(error, path) from None

    def run(
        self,
        report: Callable[..., None],
        *,
        each_step: Callable[[int, float], None] = lambda step, loss: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train to the recipe's last step.

        ``report(patches_per_second, **row)`` after each evaluation with the row of the log, ``each_step(step, loss)``
        after each step. When ``stopping()`` turns true the state is saved and ``StoppedError`` raised.
        """
        options, since, saved, first = self.options, time.monotonic(), time.monotonic(), self.step
        while self.step < options["steps"]:
            self.losses.append(self._train_step())
            each_step(self.step, self.losses[-1])
            if self.step % options["evaluate"] == 0 or self.step == options["steps"]:
                speed = (self.step - first) * options["batch"] / (time.monotonic() - since)
                report(**self.evaluate(), patches_per_second=speed)
                since, first, saved = time.monotonic(), self.step, time.monotonic()
            elif time.monotonic() - saved > _SAVE_EVERY:
                self.save()
                saved = time.monotonic()
            if stopping() and self.step < options["steps"]:
                self.save()
                raise StoppedError(f"stopped at step {self.step}: the same command with --resume goes on")
