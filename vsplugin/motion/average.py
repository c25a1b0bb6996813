"""The mean of each frame and its neighbours along the motion, and how much noise it still has at every pixel."""

from __future__ import annotations

import math

import vapoursynth as vs

from .. import color, kernels
from ..filters.flow import flow
from .pairs import shifted
from .weighing import LEVEL, TOLERANCE, WAVE


def average(
    clip: vs.VideoNode, seen: vs.VideoNode, judged: vs.VideoNode, radius: int, sigma: tuple[float, float]
) -> tuple[vs.VideoNode, vs.VideoNode]:
    """``seen`` averaged over ``radius`` frames on each side, and the share of the noise's sigma that is left (GRAYS).

    ``clip`` is where motion is searched, ``seen`` the same pictures in float32 YUV or GRAY, ``judged`` those again with
    luma bent so that its noise is the same everywhere (:func:`vsplugin.noise.evened`); ``sigma`` is luma's and chroma's
    noise there, 1 = full scale. Each neighbour counts as far as its flow is sure and the pictures agree but for
    noise (:func:`vsplugin.kernels.flow_match`), so what moves in a way of its own, is hidden, or belongs to another
    scene stays as it is: there the share is 1.
    """
    core, flows = kernels.plugin(), []
    for delta in (*range(-radius, 0), *range(1, radius + 1)):
        found = flow(clip, delta, chain=True, tolerance=TOLERANCE)
        flows.append(core.FlowMatch(found, judged, shifted(judged, delta), sigma=[255 * level for level in sigma]))
    return core.WarpBlend(seen, flows), _left(flows)


def _left(flows: list[vs.VideoNode]) -> vs.VideoNode:
    """sqrt(1 + sum(v c²)) / (1 + sum(c)): the standard deviation of a mean with weights 1 and c, of samples whose
    variance is 1 and v, what interpolation at the neighbour's fraction of a pixel leaves of white noise."""
    planes = [color.plane(each, p) for each in flows for p in range(3)]
    names = iter("xyzabcdefghijklmnopqrstuvw")
    squares, total = "1", "1"
    for _ in flows:
        dx, dy, c = next(names), next(names), next(names)
        squares += f" {c} dup * {_variance(dx)} * {_variance(dy)} * +"
        total += f" {c} +"
    return vs.core.std.Expr(planes, f"{squares} sqrt {total} /")


def _variance(displacement: str) -> str:
    """What sampling at this displacement leaves of the noise's variance (:mod:`.weighing`), as an RPN expression."""
    return f"{displacement} {2 * math.pi:.9g} * cos {WAVE} * {LEVEL} +"
