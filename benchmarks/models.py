"""Every figure of every card, measured again: the committed ONNX through the filters in the graph, not through torch.

Beside each backend's figure stands the card's; ``--model`` measures one model only and leaves the others' results.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import vapoursynth as vs
from clips import clip_of, first_plane, planes_of
from common import RESULTS, write

import vsplugin
from vsplugin import infer, models
from vsplugin.training import evaluate, evaluate_damage, evaluate_restore

BACKENDS = ("ort", "ov")  # the first computes in float32 everywhere, the second as fast as the machine can


def enlarging(model: models.Model, backend: str) -> evaluate.Enlarge:
    """``upscale`` without the limit on overshoot: the network alone, as the literature scores it."""
    scale = model.scale or 1

    def enlarge(low: np.ndarray) -> np.ndarray:
        clip = clip_of([low], vs.GRAYS)
        return first_plane(
            vsplugin.upscale(clip, scale=scale, model=model.name, overshoot=None, backend=backend)  # type: ignore[arg-type]
        )

    return enlarge


def denoising(model: models.Model, backend: str) -> evaluate.Denoise:
    def clean(noisy: list[np.ndarray], sigma: float) -> np.ndarray:
        clip = clip_of(noisy, vs.YUV420PS)
        return first_plane(vsplugin.denoise(clip, sigma=sigma * 255, model=model.name, backend=backend))  # type: ignore[arg-type]

    return clean


def deartifacting(model: models.Model, backend: str) -> evaluate_damage.Restoring:
    return _on_planes(lambda clip: vsplugin.deartifact(clip, model=model.name, backend=backend))  # type: ignore[arg-type]


def restoring(model: models.Model, backend: str) -> evaluate_damage.Restoring:
    return _on_planes(lambda clip: vsplugin.restore(clip, model=model.name, overshoot=None, backend=backend))  # type: ignore[arg-type]


def separate(backend: str) -> dict[str, evaluate_damage.Restoring]:
    """What ``restore`` must beat: the filters for one thing each, in every order."""
    sigma = evaluate_restore.NOISE * 255
    steps: dict[str, Callable[[vs.VideoNode], vs.VideoNode]] = {
        "denoise": lambda clip: vsplugin.denoise(clip, sigma=sigma, model="denoise", backend=backend),  # type: ignore[arg-type]
        "deartifact": lambda clip: vsplugin.deartifact(clip, model="deartifact", backend=backend),  # type: ignore[arg-type]
        "enlarge": lambda clip: vsplugin.upscale(
            clip,
            model="sr2-fidelity",
            overshoot=None,
            backend=backend,  # type: ignore[arg-type]
        ),
    }
    return evaluate_restore.orders({name: _on_planes(step) for name, step in steps.items()})


def _on_planes(step: Callable[[vs.VideoNode], vs.VideoNode]) -> evaluate_damage.Restoring:
    def restore(planes: evaluate_damage.Planes) -> evaluate_damage.Planes:
        luma, cb, cr = planes_of(step(clip_of(list(planes), vs.YUV420PS)))
        return luma, cb, cr

    return restore


def measure(model: models.Model, public: Path, backend: str) -> dict[str, float] | dict[str, float | str]:
    if model.task == "super-resolution":
        return evaluate.all_super_resolution(enlarging(model, backend), public, model.scale or 1)
    if model.task == "denoise":
        return evaluate.all_denoising(denoising(model, backend), public)
    if model.task == "deartifact":
        return evaluate_damage.all_deartifacting(deartifacting(model, backend), public)
    if model.task == "restore":
        return evaluate_restore.all_restoring(restoring(model, backend), separate(backend), public)
    sys.exit(f"models: no protocol for {model.task}, the task of {model.name}")


def row(model: models.Model, public: Path) -> dict[str, object]:
    measured = {backend: measure(model, public, backend) for backend in BACKENDS if hasattr(vs.core, backend)}
    card = model.card["metrics"]
    return {
        "sha256": model.sha256,
        "parameters": model.card["parameters"],
        "macs_per_pixel": model.macs_per_pixel,
        "precision": {"ort": "f32", "ov": infer.cpu_precision()},
        "metrics": {
            name: {"card": card[name], **{backend: values[name] for backend, values in measured.items()}}
            for name in card
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, nargs="?", default=Path(__file__).parents[2] / "shared/corpus")
    parser.add_argument("--model", help="measure this one only")
    arguments = parser.parse_args()
    public = arguments.corpus / "public"
    if not public.is_dir():
        sys.exit(f"models: no corpus at {arguments.corpus}")
    before = RESULTS / "models.json"
    results = json.loads(before.read_text())["models"] if arguments.model and before.exists() else {}
    chosen = [
        model for model in models.installed() if arguments.model in (None, model.name) and model.output != "correction"
    ]
    if not chosen:
        sys.exit(f"models: no model '{arguments.model}'")
    for model in chosen:
        print(f"{model.name} ...", file=sys.stderr, flush=True)
        results[model.name] = row(model, public)
    write("models", {"what": "mean PSNR in dB; protocols in vsplugin/training/evaluate.py", "models": results})


if __name__ == "__main__":
    main()
