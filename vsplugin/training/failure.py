"""What is kept of a batch that broke a training, so that it can be looked at and run again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor


def keep_batch(folder: Path, step: int, batch: tuple[Tensor, ...], rng: dict[str, Any]) -> Path | None:
    """Write the tensors, the generator's state before they were drawn, and a picture; None if the disk refuses."""
    where = folder / f"broken-step-{step}"
    planes = [tensor.detach().float().cpu().numpy() for tensor in batch]
    try:
        where.mkdir(exist_ok=True)
        np.savez(where / "batch.npz", input=planes[0], base=planes[1], target=planes[2])
        (where / "rng.json").write_text(json.dumps({"step": step, "state": rng}))
        Image.fromarray(_side_by_side(planes[0][:, 0])).save(where / "input.png")
    except OSError:
        return None
    return where


def _side_by_side(patches: np.ndarray) -> np.ndarray:
    eight_bit = np.clip(np.nan_to_num(patches, nan=1.0, posinf=1.0, neginf=0.0) * 255, 0, 255).astype(np.uint8)
    return np.concatenate(list(eight_bit), axis=1)
