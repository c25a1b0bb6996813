"""What a network that sees Y, Cb and Cr at one size wants added to a clip. Shared by the filters that keep the size."""

from __future__ import annotations

import math
from collections.abc import Sequence

import vapoursynth as vs

from .. import color, infer, models

# Of the networks that undo damage.
_AREA = 64  # pixels: errors of single blocks have no mean over eight by eight of them
_SMALL = 4 / 255  # what a shift of a large area can be; what is larger is an edge


def of(
    owner: str,
    clip: vs.VideoNode,
    network: models.Model,
    *,
    maps: Sequence[vs.VideoNode] = (),
    scale: int = 1,
    backend: str,
    tile: int,
) -> list[vs.VideoNode]:
    """A GRAYS correction for each plane of a float32 YUV or GRAY clip, all ``scale`` times as large as luma.

    The network sees luma, chroma with each sample repeated over the pixels it covers (0 for GRAY), and ``maps``
    (GRAYS). Cost: ``network.macs_per_pixel`` per pixel. ``vs.Error`` if it returns anything but
    three planes of that size.
    """
    seen = planes(clip)
    luma = seen[0]
    out = infer.run(owner, [*seen, *maps], network, backend=backend, tile=tile)
    if out.format.id != vs.RGBS or (out.width, out.height) != (luma.width * scale, luma.height * scale):
        size = "the same size" if scale == 1 else f"{scale} times the size"
        raise vs.Error(
            f"{owner}: model {network.path.name} must return three planes of {size}; "
            f"it returns {out.format.name} {out.width}x{out.height}"
        )
    return [color.plane(out, index) for index in range(clip.format.num_planes)]


def planes(clip: vs.VideoNode) -> list[vs.VideoNode]:
    """What a network sees of a float32 YUV or GRAY clip: three GRAYS planes of luma's size, chroma 0 for GRAY."""
    luma, *chroma = (color.plane(clip, index) for index in range(clip.format.num_planes))
    guides = [_repeat(plane, luma) for plane in chroma] or [vs.core.std.BlankClip(luma, color=0.0, keep=True)] * 2
    return [luma, *guides]


def joined(found: Sequence[vs.VideoNode], clip: vs.VideoNode, shift: tuple[float, float] = (0.0, 0.0)) -> vs.VideoNode:
    """The corrections as one clip of the format of ``clip``: for chroma the mean over the pixels a sample covers.

    ``shift``: how far left of and above its sample a chroma correction lies, in chroma samples.
    """
    if len(found) == 1:
        return found[0]
    chroma = [color.shrunk(plane, color.plane(clip, index)) for index, plane in enumerate(found) if index]
    if any(shift):
        left, top = shift
        chroma = [
            vs.core.resize.Bicubic(plane, plane.width, plane.height, src_left=left, src_top=top) for plane in chroma
        ]
    return vs.core.std.ShufflePlanes([found[0], *chroma], [0, 0, 0], vs.YUV)


def limited(correction: vs.VideoNode, *, area: int, small: float, farthest: float) -> vs.VideoNode:
    """A plane of the correction without a shift of a large area, and without single far values.

    Networks shift flat areas a little, most of all in colours that photographs lack: the mean over ``area`` times
    ``area`` pixels is taken off. What is larger than ``small`` is an edge or a broken pixel, which must not count for
    the area around it. Nothing beyond ``farthest`` is left.
    """
    core = vs.core
    near = core.std.Limiter(correction, min=-small, max=small)
    width, height = correction.width, correction.height
    means = core.resize.Bilinear(near, math.ceil(width / area), math.ceil(height / area))
    correction = core.std.MakeDiff(correction, core.resize.Bilinear(means, width, height))
    return core.std.Limiter(correction, min=-farthest, max=farthest)


def of_damage(
    owner: str,
    clip: vs.VideoNode,
    network: models.Model,
    *,
    limit: float,
    scale: int = 1,
    backend: str,
    tile: int,
) -> list[vs.VideoNode]:
    """:func:`of` for what codecs, noise and blur did: no large area shifts, no sample by more than ``limit`` / 255."""
    found = of(owner, clip, network, scale=scale, backend=backend, tile=tile)
    return [limited(plane, area=_AREA, small=_SMALL, farthest=limit / 255) for plane in found]


def _repeat(plane: vs.VideoNode, luma: vs.VideoNode) -> vs.VideoNode:
    """Chroma at luma's size, as networks were trained to see it."""
    if (plane.width, plane.height) == (luma.width, luma.height):
        return plane
    return vs.core.resize.Point(plane, luma.width, luma.height)
