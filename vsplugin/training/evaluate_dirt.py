"""How well dirt is told from picture, on samples that were held back from the training.

Of the last ``held_back`` samples by name (vsplugin/training/degrade/dirt_scenes.py): the share of dirty pixels that
change the picture by more than 5 % of full scale and that the network says are dirt (above 0.5), the share of what it
says that is dirt or within two pixels of it, and the share of the samples without dirt that it takes for dirt.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from ..damage import blotches
from ..damage.evidence import planes
from .degrade.dirt import read
from .stills import split

_VISIBLE = 0.05  # of full scale
_AROUND = 2  # pixels


def held_back(net: torch.nn.Module, folder: Path, count: int) -> dict[str, float | str]:
    """The ``[metrics]`` of a card: recall, precision and false alarms in percent."""
    hit = there = right = said = 0
    alarms = []
    for path in split(folder, count)[1]:
        picture, *laid, mask = read(path).astype(np.float32) / 255
        with torch.no_grad():
            answer = net(torch.from_numpy(planes(picture, laid))[None])[0, 0].numpy() > 0.5
        dirty = mask > 0.5
        visible = dirty & (np.abs(picture - blotches.middle(laid)) > _VISIBLE)
        hit, there = hit + (answer & visible).sum(), there + visible.sum()
        right, said = right + (answer & _grown(dirty)).sum(), said + answer.sum()
        if not dirty.any():
            alarms.append(answer.mean())
    return {
        "samples_recall": round(float(hit / max(there, 1)), 4),
        "samples_precision": round(float(right / max(said, 1)), 4),
        "samples_false_percent_of_clean": round(100 * float(np.mean(alarms)), 4) if alarms else "no clean samples",
    }


def _grown(mask: np.ndarray) -> np.ndarray:
    import cv2

    side = 2 * _AROUND + 1
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8)) > 0)
