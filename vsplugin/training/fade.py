"""``python -m vsplugin.training.fade models/unfade --data STILLS``: train, export and describe unfade's network.

Reads ``recipe.toml``; writes ``model.onnx``, ``card.toml`` and ``log.jsonl`` beside it. Minutes on one core: what is
learned from are distributions of colours (``fade_samples``), not pictures. The loss is how far the corrected colours
look from the true ones (CIE94), never how far parameters are from true ones: different parameters may look alike.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from ..disk import write_whole
from ..errors import UserError
from ..fade import dyes
from ..fade.correction import regrown
from ..fade.density import FLARE
from ..fade.features import COUNT
from ..fade.network import LIMIT, OUTPUTS, UNITS
from . import card, fade_samples, stills

_XYZ = torch.tensor([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])  # of BT.709
_KEYS = {
    "data": ("held_back", "samples", "mixed"),
    "network": ("hidden", "dropout"),
    "training": ("steps", "batch", "rate", "weight_decay", "seed"),
}
_REPORT = 500  # steps


class Estimator(nn.Module):
    """From features to a correction in :data:`UNITS` and the log odds of a fade."""

    def __init__(self, mean: torch.Tensor, deviation: torch.Tensor, hidden: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        sizes = (len(mean), hidden, hidden, OUTPUTS)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(sizes))
        self.dropout = nn.Dropout(dropout)
        with torch.no_grad():
            self.layers[-1].weight *= 0.1
            self.layers[-1].bias.zero_()

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        x = ((features - self.mean) / self.deviation).clamp(-LIMIT, LIMIT)
        for layer in self.layers[:-1]:
            x = self.dropout(torch.relu(layer(x)))
        return self.layers[-1](x)


def corrected(faded: torch.Tensor, units: torch.Tensor) -> torch.Tensor:
    """Densities ``(pictures, pixels, 3)`` under corrections ``(pictures, 9)``: as ``Correction.of_density``."""
    base, gain, bend = (units * torch.tensor(UNITS, dtype=torch.float32))[:, None].split(3, -1)
    mixing, unmixing = (torch.tensor(m, dtype=torch.float32) for m in (dyes.MIXING, dyes.UNMIXING))
    return regrown((faded - base) @ unmixing.T, gain.exp(), bend) @ mixing.T


def lab(density: torch.Tensor) -> torch.Tensor:
    """CIELAB of densities; what no screen shows is held near the ends of its range, and keeps a slope."""
    light = ((1 + FLARE) * 10 ** -density.clamp(-0.3, 3.3) - FLARE).clamp(min=1e-5)
    ratio = light @ _XYZ.T / _XYZ.sum(1)
    root = torch.where(ratio > (6 / 29) ** 3, ratio.clamp(min=1e-4) ** (1 / 3), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = root.unbind(-1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def difference(found: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """CIE94 (CIE 116-1995) of Lab colours, rounded off at 0 so that it has a slope there."""
    chroma, other = (torch.hypot(c[..., 1], c[..., 2] + 1e-3) for c in (true, found))
    apart, dc = true - found, other - chroma
    hue = (apart[..., 1] ** 2 + apart[..., 2] ** 2 - dc**2).clamp(min=0)
    total = apart[..., 0] ** 2 + (dc / (1 + 0.045 * chroma)) ** 2 + hue / (1 + 0.015 * chroma) ** 2
    return (total + 0.01).sqrt() - 0.1


def losses(net: Estimator, samples: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Per sample: colour difference left, and the log odds of a fade."""
    out = net(samples["features"])
    left = difference(lab(corrected(samples["faded"], out[:, :-1])), lab(samples["fresh"]))
    return left.mean(1), out[:, -1]


def train(recipe: dict[str, Any], samples: dict[str, torch.Tensor], held: dict[str, torch.Tensor]) -> Any:
    """The network, and a line for the log at each report."""
    options = recipe["training"]
    generator = torch.Generator().manual_seed(options["seed"])
    torch.manual_seed(options["seed"])
    seen = samples["features"]
    net = Estimator(seen.mean(0), seen.std(0) + 0.01, **recipe["network"])
    optimiser = torch.optim.AdamW(net.parameters(), options["rate"], weight_decay=options["weight_decay"])
    log, recent, start = [], [], time.process_time()
    for step in range(1, options["steps"] + 1):
        for group in optimiser.param_groups:
            group["lr"] = options["rate"] * min(1.0, step / 50) * (1 - (step - 1) / options["steps"])
        pick = torch.randint(len(seen), (options["batch"],), generator=generator)
        batch = {name: values[pick] for name, values in samples.items()}
        left, odds = losses(net, batch)
        loss = left.mean() + 2 * nn.functional.binary_cross_entropy_with_logits(odds, (~batch["unfaded"]).float())
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        recent.append(left.mean().item())
        if step % _REPORT == 0 or step == options["steps"]:
            line = {"step": step, "seconds": round(time.process_time() - start, 1),
                    "trained": round(float(np.mean(recent)), 3), **scores(net, held)}  # fmt: skip
            net.train()
            log.append(line)
            recent.clear()
            print(json.dumps(line), flush=True)
    return net.eval(), log


@torch.no_grad()
def scores(net: Estimator, held: dict[str, torch.Tensor]) -> dict[str, float]:
    """On pictures held back: colour difference left of faded and of unfaded ones, before, and how often right."""
    left, odds = losses(net.eval(), held)
    before = difference(lab(held["faded"]), lab(held["fresh"])).mean(1)
    clean = held["unfaded"]
    values = {"faded": left[~clean].mean(), "before": before[~clean].mean(), "unfaded": left[clean].mean(),
              "told_apart": ((odds > 0) == ~clean).float().mean()}  # fmt: skip
    return {name: round(float(value), 3) for name, value in values.items()}


@torch.no_grad()
def errors(net: Estimator, held: dict[str, torch.Tensor]) -> np.ndarray:
    """``(9, 9)``: how parameters found scatter about true ones, in :data:`UNITS`; what anchors are weighed against."""
    faded = ~held["unfaded"]
    off = (net(held["features"][faded])[:, :-1] - held["units"][faded]).numpy()
    return off.T @ off / len(off)


def export(net: Estimator, path: Path) -> None:
    """As ONNX, opset 17: Sub, Div, Clip, then Gemm and Relu."""
    tensors = {"mean": net.mean[None], "deviation": net.deviation[None]}
    for index, layer in enumerate(net.layers):
        tensors |= {f"layer{index}.weight": layer.weight.T, f"layer{index}.bias": layer.bias[None]}
    limits = {"low": torch.tensor(-LIMIT), "high": torch.tensor(LIMIT)}
    weights = [numpy_helper.from_array(np.ascontiguousarray(value.detach().numpy(), np.float32), name)
               for name, value in (tensors | limits).items()]  # fmt: skip
    nodes = [
        helper.make_node("Sub", ["features", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "deviation"], ["scaled"]),
        helper.make_node("Clip", ["scaled", "low", "high"], ["x0"]),
    ]
    last = len(net.layers) - 1
    for index in range(last + 1):
        after = "output" if index == last else f"sum{index}"
        nodes.append(helper.make_node("Gemm", [f"x{index}", f"layer{index}.weight", f"layer{index}.bias"], [after]))
        if index < last:
            nodes.append(helper.make_node("Relu", [after], [f"x{index + 1}"]))
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["pictures", size])
            for name, size in (("features", COUNT), ("output", OUTPUTS))]  # fmt: skip
    graph = helper.make_graph(nodes, "unfade", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    write_whole(path, model.SerializeToString())


def card_text(recipe: dict[str, Any], path: Path, score: dict[str, float], scatter: np.ndarray) -> str:
    parameters = sum(np.prod(weight.dims) for weight in onnx.load(path).graph.initializer)
    facts = {
        "name": recipe["name"], "task": "unfade", "scale": 1, "inputs": ["statistics of a scene's densities"],
        "output": "correction", "multiple": 1, "radius": 0, "channels": recipe["network"]["hidden"],
        "parameters": int(parameters), "macs_per_pixel": 0.0, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "licence": card.LICENCE, "trained_on": card.TRAINED_ON,
    }  # fmt: skip
    metrics = {f"held_back_{name}": value for name, value in score.items()}
    words = "CIE94 on crops of the stills held back, relit and faded as in training; benchmarks/unfade.py has the bars."
    rows = ",\n  ".join(json.dumps([round(float(value), 4) for value in row]) for row in scatter)
    return (
        card.text(facts, metrics, words, None)
        + "\n# How base, log gain and bend found scatter about the true ones, in the units of vsplugin/fade/network.py."
        + f"\n[errors]\ncovariance = [\n  {rows},\n]\n"
    )


def read_recipe(folder: Path) -> dict[str, Any]:
    """``UserError`` names what is missing or unknown."""
    path = folder / "recipe.toml"
    try:
        recipe = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    for table, keys in _KEYS.items():
        if set(recipe.get(table, ())) != set(keys):
            raise UserError(f"{path}: [{table}] must have exactly {', '.join(keys)}")
    return recipe


def _tensors(samples: fade_samples.Samples) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(values) for name, values in vars(samples).items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Train, export and describe unfade's network.")
    parser.add_argument("model", type=Path, help="folder with recipe.toml")
    parser.add_argument("--data", type=Path, required=True, help="the stills; the last ones by name are held back")
    arguments = parser.parse_args()
    recipe = read_recipe(arguments.model)
    torch.set_num_threads(1)
    taught, kept = stills.split(arguments.data, recipe["data"]["held_back"])
    rng = np.random.default_rng(recipe["training"]["seed"])
    pictures = [fade_samples.light_of(path) for path in taught]
    samples = _tensors(fade_samples.draw(rng, pictures, recipe["data"]["samples"], recipe["data"]["mixed"]))
    others = [fade_samples.light_of(path) for path in kept]
    held = _tensors(fade_samples.draw(np.random.default_rng(0), others, 1024, 0.0))
    net, log = train(recipe, samples, held)
    path = arguments.model / "model.onnx"
    export(net, path)
    write_whole(arguments.model / "log.jsonl", "".join(json.dumps(line) + "\n" for line in log))
    write_whole(
        arguments.model / "card.toml", card_text(recipe, path, scores(net.eval(), held), errors(net.eval(), held))
    )


if __name__ == "__main__":
    main()
