"""What the metrics are checked on: excerpts of the corpus' clips, and the same with damage that is exact to repeat.

Integer arithmetic only, so that every machine gets the same samples.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import vapoursynth as vs

from vsplugin.metrics.motion import Motion
from vsplugin.source import open_source

CLIPS = {"walker": "walker_768x432.mkv", "parkjoy": "parkjoy_480x270.mkv"}
FRAMES = 8
FLOW = 1.25, -0.5  # the motion that warping errors are taken along: any will do, if both sides take the same


def pair(corpus: Path, name: str) -> tuple[vs.VideoNode, vs.VideoNode]:
    """Reference and distorted, 8-bit 4:2:0: blurred, banded and brightened in luma, shifted in chroma."""
    reference = open_source(str(corpus / "public/video" / CLIPS[name])).clip[:FRAMES]
    reference = reference.std.SetFrameProps(_Primaries=1)  # not those of NTSC, which few libraries know
    blurred = reference.std.Convolution([1, 2, 1, 2, 4, 2, 1, 2, 1], planes=0)
    banded = blurred.std.Lut(planes=0, lut=[min(255, code // 3 * 3 + code // 40) for code in range(256)])
    return reference, banded.std.Lut(planes=[1, 2], lut=[min(255, code + 3) for code in range(256)])


def known_motion(width: int, height: int) -> Motion:
    """:data:`FLOW` everywhere, masked where it leaves the picture."""
    dx, dy = (np.full((height, width), value, np.float32) for value in FLOW)
    y, x = np.mgrid[0:height, 0:width]
    seen = (x + FLOW[0] <= width - 1) & (y + FLOW[1] >= 0)
    return Motion(dx, dy, seen.astype(np.float32))


def ours(corpus: Path, name: str, names: list[str]) -> dict[str, float]:
    """Our pooled values."""
    from vsplugin import metrics

    reference, distorted = pair(corpus, name)
    motion = known_motion(reference.width, reference.height)
    files = {"lpips": corpus / "metrics/lpips_squeeze.onnx"}
    found = metrics.measure(reference, distorted, names, files=files, motion=lambda frame: motion)
    return found.pooled
