"""What a shaking path was meant to be: straight pieces where it is straight, bends where it bends."""

from __future__ import annotations

from math import comb

import numpy as np

from ..hdr.transfer import Floats

# Chosen on drawn paths (straight, with a bend, a fade, a sine) under white shake. As a sum of plain lengths, sharp ends
# of fades are rounded off; with much smaller powers, curves come out as polygons.
_STIFFNESS, _POWER = 8.0, 0.7
_FIRST, _ROUNDS = 10, 25  # rounds with the power 1, which has one solution to start from; and in all
_LEAST = 0.01  # times the shake: shorter bends are none
_FAR = 2.5  # times the shake: frames farther from the path pull no stronger than frames that far
_STILL = 1e-7  # of the path's unit: less is arithmetic


def shake(path: Floats) -> float:
    """Size of the part of ``(frames, values)`` that changes from frame to frame, as a standard deviation.

    The median over time of fourth differences (of lower ones for fewer than five frames), over all values together: of
    ramps, bends and smooth curves they see nothing, of white noise 8.4 times its deviation.
    """
    order = min(4, len(path) - 1)
    if order < 1:
        return 0.0
    differences = np.diff(path, order, axis=0)
    return float(np.median(np.sqrt((differences**2).mean(axis=1))) / np.sqrt(comb(2 * order, order)))


def fitted(
    path: Floats,
    centre: int,
    radius: int,
    size: float | None = None,
    level: Floats | None = None,
    power: float = _POWER,
) -> tuple[Floats, Floats]:
    """Where ``(frames, values)`` was meant to be at frame ``centre``, without its shake.

    The path that is near to the given one and has few bends: weighted distances and the sum of the lengths of
    second differences to ``power``, both in units of the shake, are least; all values bend at the same frames. That
    is l1 trend filtering (Kim, Koh, Boyd and Gorinevsky, SIAM Review 51, 2009) with groups of values (Yuan and Lin,
    JRSS B 68, 2006), by iteratively reweighted least squares; a power below 1 does not shorten large bends (Chartrand
    and Yin, ICASSP 2008). Distances count by their squares up to about three times the shake and in proportion beyond
    (Huber, Annals of Mathematical Statistics 35, 1964): one frame that jumps by many times the others' shake must not
    drag the path along. A straight ramp, a bend and a path without shake stay what they are; two frames too. Weights
    fall to nothing ``radius`` frames away (Epanechnikov), so that a frame that enters the window changes little.

    ``size`` is the shake of frame ``centre`` where it is known, ``level`` (frames) how many times larger that of the
    other frames is. Also returns what each frame's place counted for ``(frames)``.
    """
    frames = len(path)
    size = shake(path) if size is None else size
    if frames < 3 or size < _STILL:
        return path[centre], np.eye(frames)[centre]
    bends = np.diff(np.eye(frames), 2, axis=0)
    level = np.ones(frames) if level is None else level
    near = (1 - ((np.arange(frames) - centre) / (radius + 1)) ** 2) / level**2
    stiffness, pull = np.ones(frames - 2), np.ones(frames)
    far = _FAR * (1 + 4 / max(frames - 4, 1))  # few fourth differences know the shake badly
    for round_ in range(_ROUNDS):
        weights = near * pull
        solved = np.linalg.solve(np.diag(weights) + _STIFFNESS * (bends.T * stiffness) @ bends, np.diag(weights))
        out = solved @ path
        lengths = ((bends @ out) ** 2).mean(axis=1) / size**2
        stiffness = (lengths + _LEAST**2) ** ((1.0 if round_ < _FIRST else power) / 2 - 1)
        apart = np.sqrt(((path - out) ** 2).mean(axis=1)) / (size * level)
        pull = far / np.maximum(apart, far)
    return out[centre], solved[centre]
