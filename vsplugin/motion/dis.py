"""Dense inverse search, by OpenCV (Kroeger, Timofte, Dai & Van Gool, ECCV 2016)."""

from __future__ import annotations

import vapoursynth as vs

from . import dis_search, pairs


def missing() -> str | None:
    """What to install, or None."""
    try:
        import cv2  # noqa: F401
    except ImportError:
        return "method 'dis' needs OpenCV: pip install vapoursynth-vsplugin[flow]"
    return None


def raw(luma: vs.VideoNode, delta: int) -> vs.VideoNode:
    return pairs.flows(luma, delta, [], dis_search.find)
