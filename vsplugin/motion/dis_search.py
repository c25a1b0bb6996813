"""The search of dense inverse search (Kroeger, Timofte, Dai & Van Gool, ECCV 2016), by OpenCV; needs no vapoursynth.

The training of ``repair``'s network searches motion with it, too: what the filter gets wrong, the network has seen.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

_LEAST = 32  # pixels: patches of 8 on half the size, and a level to start from
# Chosen on scenes of training stills (vsplugin/training/degrade/motion.py) with noise of sigma 0, 5 and 20; what they
# are worth: benchmarks/flow.py. OpenCV's presets follow noise more closely (smoothness 20, up to 25 steps), and version
# 5's "medium" searches at a quarter of the size.
_FINEST = 1  # halvings: the search ends at half the size, where its error is a tenth of a pixel
_STEPS = 5  # of gradient descent: more of them fit the noise
_REFINEMENTS, _SMOOTHNESS = 3, 40.0  # of the variational refinement
_BLUR = 0.7  # pixels, before the search

_own = threading.local()  # an estimator holds the memory it works in


def find(frame: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """dx, dy between two ``(H, W)`` uint8 pictures. Cost: 35 ns per pixel (one thread, AVX-512)."""
    import cv2

    height, width = frame.shape
    dx, dy = cv2.split(_estimator().calc(_prepared(frame), _prepared(other), None))
    return dx[:height, :width], dy[:height, :width]


def _prepared(picture: np.ndarray) -> np.ndarray:
    import cv2

    below, right = (max(0, _LEAST - side) for side in picture.shape)
    if below or right:
        picture = np.pad(picture, ((0, below), (0, right)), mode="edge")
    return cv2.GaussianBlur(picture, (0, 0), _BLUR, borderType=cv2.BORDER_REPLICATE)


def _estimator() -> Any:
    if not hasattr(_own, "dis"):
        import cv2

        dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        dis.setFinestScale(_FINEST)
        dis.setGradientDescentIterations(_STEPS)
        dis.setVariationalRefinementIterations(_REFINEMENTS)
        dis.setVariationalRefinementAlpha(_SMOOTHNESS)
        _own.dis = dis
    return _own.dis
