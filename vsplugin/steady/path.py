"""What a shaking path was meant to be: straight pieces where it is straight, bends where it bends."""

from __future__ import annotations

from math import comb

import numpy as np

from ..hdr.transfer import Floats

_STIFFNESS = 16.0  # times the shake: what a bend costs
_ROUNDS = 25
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


def meant(path: Floats, centre: int, radius: int, size: float | None = None, level: Floats | None = None) -> Floats:
    """Where ``(frames, values)`` was meant to be at frame ``centre``, without its shake.

    The path that is near to the given one and has few bends: it minimises half the weighted squared distance plus
    ``16 * shake`` times the sum of the lengths of second differences, all values bending at the same frames. That is
    l1 trend filtering (Kim, Koh, Boyd and Gorinevsky, SIAM Review 51, 2009) with groups of values (Yuan and Lin, JRSS
    B 68, 2006), by iteratively reweighted least squares. A straight ramp, a bend and a path without shake stay what
    they are; two frames too. Weights fall to nothing ``radius`` frames away (Epanechnikov), so that a frame that enters
    the window changes little.

    ``size`` is the shake of frame ``centre`` where it is known, ``level`` (frames) how many times larger that of the
    other frames is.
    """
    frames = len(path)
    size = shake(path) if size is None else size
    if frames < 3 or size < _STILL:
        return path[centre]
    bends = np.diff(np.eye(frames), 2, axis=0)
    near = 1 - ((np.arange(frames) - centre) / (radius + 1)) ** 2
    if level is not None:
        near = near / level**2
    cost, wanted = _STIFFNESS * size, near[:, None] * path
    stiffness = np.full(frames - 2, 1 / size)
    out = path
    for _ in range(_ROUNDS):
        out = np.linalg.solve(np.diag(near) + cost * (bends.T * stiffness) @ bends, wanted)
        stiffness = 1 / np.sqrt(((bends @ out) ** 2).mean(axis=1) + (0.01 * size) ** 2)
    return out[centre]
