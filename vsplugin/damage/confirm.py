"""How likely each pixel is dirt, by a network that sees the frame and its aligned neighbours."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

from .. import infer
from ..models import Model
from . import aligned, evidence


def probability(
    luma: vs.VideoNode, laid: list[vs.VideoNode], flows: list[vs.VideoNode], marked: vs.VideoNode, model: Model
) -> vs.VideoNode:
    """GRAYS, about 0..1; what is said of frames with fewer than two neighbours means nothing.

    ``luma`` (GRAYS) as it is judged, ``laid`` its neighbours in the order of ``evidence.NEIGHBOURS``, their flows and
    what is ``marked`` as for :func:`.aligned.of`.
    """
    core, width, height = vs.core, luma.width, luma.height
    count = len(evidence.PLANES)
    # One frame below the other: VapourSynth has no frame of six planes, and so all are made at once.
    tall = core.std.BlankClip(luma, height=count * height, keep=True)

    def see(n: int, f: list[vs.VideoFrame]) -> vs.VideoFrame:
        picture = np.asarray(f[1][0])
        there = aligned.places(picture, f[3:7], f[7:11], f[2])
        every = evidence.completed({evidence.NEIGHBOURS[place]: np.asarray(f[3 + place][0]) for place in there})
        out = f[0].copy()
        if every is not None:
            np.asarray(out[0])[:] = evidence.planes(picture, every).reshape(count * height, width)
        return out

    seen = core.std.ModifyFrame(tall, [tall, luma, marked, *laid, *flows], see)
    planes = [core.std.CropAbs(seen, width, height, 0, index * height) for index in range(count)]
    return infer.run("repair", planes, model)
