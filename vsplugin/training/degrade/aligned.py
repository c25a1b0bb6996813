"""What ``denoise(radius)`` hands its network, without VapourSynth: the mean along the motion and the noise left in it.

The same search, kernels and constants as vsplugin/motion/average.py and vsplugin/filters/flow.py, so that a network
learns from what alignment really does, its mistakes included; tests/training/test_aligned.py holds the two together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ... import kernels
from ...motion import dis_search
from ...motion.weighing import LEVEL, SOFTNESS, TOLERANCE, WAVE

Flow = tuple[np.ndarray, np.ndarray]


class Aligned:
    """Frames of one scene with the flows between them, each pair searched once.

    ``frames`` are lists of planes, ``(H, W)`` float32: Y 0..1, then Cb and Cr, smaller by ``subsampling`` (powers of
    two across and down).
    """

    def __init__(self, frames: Sequence[list[np.ndarray]], subsampling: tuple[int, int] = (0, 0)) -> None:
        self.frames, self.subsampling = frames, subsampling
        self.seen = [np.clip(np.rint(255 * planes[0]), 0, 255).astype(np.uint8) for planes in frames]
        self.found: dict[tuple[int, int], Flow] = {}

    def _flow(self, number: int, delta: int) -> Flow:
        """dx, dy from frame ``number`` to the one ``delta`` away, composed from steps of one frame."""
        if (number, delta) not in self.found:
            step = 1 if delta > 0 else -1
            if delta == step:
                found = dis_search.find(self.seen[number], self.seen[number + delta])
            else:
                dx, dy = self._flow(number, step)
                rest = self._flow(number + step, delta - step)
                found = tuple(
                    kernels.warp(on, dx, dy, mode="bilinear") + by for on, by in zip(rest, (dx, dy), strict=True)
                )
            dx, dy = (np.ascontiguousarray(part) for part in found)
            self.found[number, delta] = dx, dy
        return self.found[number, delta]

    def mean(self, number: int, deltas: Sequence[int], sigma: Sequence[float]) -> tuple[list[np.ndarray], np.ndarray]:
        """The planes of frame ``number`` averaged with those ``deltas`` away, and the share of sigma left, ``(H, W)``.

        ``sigma`` is the noise of each plane, 1 = full scale.
        """
        frame = self.frames[number]
        flows = []
        for delta in deltas:
            dx, dy = self._flow(number, delta)
            confidence = kernels.flow_confidence(
                dx, dy, *self._flow(number + delta, -delta), beta=TOLERANCE**2, softness=SOFTNESS
            )
            matched = kernels.flow_match(
                frame, self.frames[number + delta], dx, dy, confidence, sigma=list(sigma), subsampling=self.subsampling
            )
            flows.append((dx, dy, matched))
        planes = [
            kernels.warp_blend(
                plane,
                [(self.frames[number + delta][p], *flow) for delta, flow in zip(deltas, flows, strict=True)],
                subsampling=self.subsampling if p else (0, 0),
            )
            for p, plane in enumerate(frame)
        ]
        return planes, _left(frame[0].shape, flows)


def _left(shape: tuple[int, ...], flows: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> np.ndarray:
    """As ``motion.average._left``: the standard deviation of a mean with weights 1 and the confidences."""
    squares, total = np.ones(shape, np.float32), np.ones(shape, np.float32)
    for dx, dy, confidence in flows:
        variance = [WAVE * np.cos(2 * math.pi * part) + LEVEL for part in (dx, dy)]
        squares += confidence**2 * variance[0] * variance[1]
        total += confidence
    return np.asarray(np.sqrt(squares) / total, np.float32)
