"""``card.toml``: what must be known to run a model, what was measured, what it was trained on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ..damage.evidence import PLANES
from . import domain
from .degrade.noise_samples import SEEN

LICENCE = "weights: CC0-1.0; training stills: CLIC professional validation set, Unsplash License"
TRAINED_ON = "shared/corpus/train/stills, all but the last three by name"
DIRT = "; dirt of shared/corpus/train/damage (MIT)"
METRICS = "Measured by vsplugin/training/{}.py on sets never trained on; see its words for the protocol."
PROTOCOLS = {
    "dirt": "evaluate_dirt",
    "denoise-t": "evaluate_time",
    "deartifact": "evaluate_damage",
    "restore": "evaluate_restore",
    "inpaint": "evaluate_inpaint",
}  # the others': evaluate
INPUTS = {
    "super-resolution": ["Y"],
    "denoise": ["Y", "Cb", "Cr", "sigma Y", "sigma C"],
    "inpaint": ["Y", "Cb", "Cr", "mask", "unit"],
    "denoise-t": list(SEEN),
    "dirt": list(PLANES),
}
GENERATIVE = ("inpaint",)  # tasks whose networks invent what they show


def facts(net: Any, recipe: dict, onnx_path: Path) -> dict[str, Any]:
    """What follows from the network (folded), its recipe and its file."""
    task = recipe["degradation"]["kind"]
    level = ["level"] if recipe["degradation"].get("level_map") else []
    generative = {"generative": True} if task in GENERATIVE or "adversarial" in recipe else {}
    return {
        "name": recipe["name"],
        "task": task,
        **generative,
        "scale": net.scale,
        "inputs": INPUTS.get(task, ["Y", "Cb", "Cr", *level]),
        "output": "probability" if task == "dirt" else "residual",
        "multiple": net.multiple,
        "radius": net.receptive_radius,
        "channels": net.widest,
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "macs_per_pixel": float(net.macs_per_pixel),
        "sha256": hashlib.sha256(onnx_path.read_bytes()).hexdigest(),
    }


def origin(task: str) -> dict[str, str]:
    """The licence, and what it was trained on."""
    dirt = DIRT if task == "dirt" else ""
    return {"licence": LICENCE + dirt, "trained_on": TRAINED_ON + dirt}


def protocol(task: str) -> str:
    """Where the words stand that say how the figures were measured."""
    return METRICS.format(PROTOCOLS.get(task, "evaluate"))


def text(
    values: dict[str, Any], metrics: dict[str, float | str], protocol: str, described: dict[str, Any] | None
) -> str:
    """The card: facts, ``[metrics]``, and ``[domain]`` where it was measured."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    lines += ["", f"# {protocol}", "[metrics]", *(f"{key} = {json.dumps(value)}" for key, value in metrics.items())]
    whole = "\n".join(lines) + "\n"
    return whole if described is None else with_domain(whole, described)


def with_domain(card: str, described: dict[str, Any]) -> str:
    """A card's text with its ``[domain]`` table, which is the last one, replaced or added."""
    before = card.split(domain.as_toml({}).rstrip("\n"))[0].rstrip("\n")
    return f"{before}\n\n{domain.as_toml(described)}"


def describe(samples: Any, count: int = 4096) -> dict[str, Any]:
    """The domain of what a task draws: the first plane of the network's input."""
    import numpy as np

    return domain.describe(np.concatenate([samples.batch(64)[0][:, 0].numpy() for _ in range(count // 64)]))
