"""The correction of a scene, from the densities of some of its frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..models import Model
from . import anchors, features, network
from .correction import NOTHING, Correction

Array = np.ndarray

_FEWEST = 0.02  # part of the pixels that must be neither black nor white for a scene to say anything
_BLACKEST, _WHITEST = 2.6, 0.03  # densities
_COLOURLESS = 0.004  # density: silver films transferred as colour differ by less between red, green and blue
_BAR = 2.4  # density of letterbox and pillarbox bars at least: 16 of 255 steps
_NEGATIVE_MASK = (0.2, 0.25)  # densities by which the clear parts of a masked negative are higher in G over R, B over G
_MOSTLY = 0.6  # part of the pixels of a negative that is orange, whatever it shows
_PIXELS = 20_000  # of a scene, at most


@dataclass(frozen=True)
class Found:
    """A correction and why it is what it is: ``reason`` is for people."""

    correction: Correction
    reason: str


def pixels(frames: list[Array]) -> Array:
    """``(N, 3)`` densities from pictures ``(H, W, 3)`` of densities, without black bars, evenly thinned out."""
    whole = np.concatenate([_without_bars(frame).reshape(-1, 3) for frame in frames])
    return whole[:: max(1, -(-len(whole) // _PIXELS))]


def _without_bars(frame: Array) -> Array:
    bright = frame.min(-1) < _BAR
    rows, columns = np.flatnonzero(bright.mean(1) > 0.02), np.flatnonzero(bright.mean(0) > 0.02)
    if not len(rows) or not len(columns):
        return frame
    return frame[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def looks_negative(seen: Array) -> bool:
    """Whether densities are those of a masked colour negative: nothing is clearer than an orange, and most is orange.

    A faded print has a base that is nearly clear, and some place of most scenes shows it.
    """
    clearest = np.quantile(seen, 0.002, axis=0)
    green, blue = _NEGATIVE_MASK
    orange = (seen[:, 1] - seen[:, 0] > green / 2) & (seen[:, 2] - seen[:, 1] > blue / 2)
    masked = clearest[1] - clearest[0] > green and clearest[2] - clearest[1] > blue
    return bool(masked and orange.mean() > _MOSTLY)


def found(model: Model, seen: Array, known: anchors.Known | None = None, sure: float = 0.99) -> Found:
    """From ``seen`` ``(N, 3)``, densities of a scene, and what a person knows of it.

    Without that, :data:`~.correction.NOTHING` where there is nothing to judge by, or where the confidence that there is
    a fade is not above ``sure``; halfway from there to 1 the correction is whole. At 0 it always is. The usual 0.99
    leaves 95 of 100 pieces of the unfaded stills held back from training as they are.
    """
    judged = (seen.max(1) < _BLACKEST) & (seen.min(1) > _WHITEST)
    colour = np.ptp(seen[judged], axis=1) if judged.any() else np.zeros(1)
    if not known:
        if judged.mean() < _FEWEST:
            return Found(NOTHING, "black or white: nothing to judge by")
        if np.quantile(colour, 0.99) < _COLOURLESS:
            return Found(NOTHING, "no colour: nothing to do")
    out = network.outputs(model, features.features(features.dyes_of(seen)[None]))[0].astype(np.float64)
    confidence = float(1 / (1 + np.exp(-out[-1])))
    if known:
        scatter = model.card.get("errors", {}).get("covariance")
        if scatter is None:
            raise ValueError(
                f"{model.path} has no card that says how it errs ([errors]), which points are weighed against"
            )
        return Found(anchors.fitted(out[:-1], np.array(scatter), known), "as points and dyes given say")
    share = float(np.clip((confidence - sure) / max((1 - sure) / 2, 1e-9), 0, 1)) if sure else 1.0
    if share == 0:
        return Found(network.correction_of(np.zeros(len(network.UNITS)), confidence), "no fade found")
    return Found(network.correction_of(out[:-1] * share, confidence), "faded")
