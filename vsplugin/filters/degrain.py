"""Take film grain off, and keep it: on every frame, as a layer and as a model, for ``regrain`` to lay back."""

from __future__ import annotations

from typing import Annotated

import vapoursynth as vs

from ..grain import analyse
from ..grain.model import LAYER, PROPERTY
from ..spec import Range, restoration
from .denoise import denoise


@restoration()
def degrain(
    clip: vs.VideoNode,
    *,
    strength: Annotated[float, Range(0, 1), "0 keeps the source, 1 takes all the grain found."] = 1.0,
    sigma: Annotated[
        float | None,
        Range(0, 60, "8-bit steps"),
        "Strength of the grain (255 = full scale). None: measured on a few frames of the clip.",
    ] = None,
    keep: Annotated[bool, "Keep the grain on the frames, for regrain."] = True,
) -> vs.VideoNode:
    """Take film grain off as a stored layer.

    Any constant YUV, GRAY or RGB format goes in (8-16 bit, half, float) and the same comes out. With ``keep``, each
    frame has two more properties: ``VSPluginGrain``, a frame with the grain that was taken (the difference in the
    source's own samples, so that ``regrain(grain="layer")`` gives the source back to the bit, where nothing clips), and
    ``VSPluginGrainModel``, how strong and coarse the grain is at each tone (JSON). They follow the frames through
    trimming, splicing and every filter that keeps properties, at the cost of a second frame's memory.

    The model is measured on the source while the script loads (:mod:`vsplugin.grain.analyse`). Raises ``vs.Error`` with
    ``keep`` for pictures smaller than 64 pixels and for clips that have no grain.
    """
    if strength == 0:
        return clip
    clean = denoise(clip, sigma=sigma, strength=strength)
    if not keep:
        return clean
    model = analyse.measure(clip)
    layer = vs.core.std.Expr([clip, clean], ["x y -" + offset for offset in _offsets(clip.format)])
    clean = vs.core.std.ClipToProp(clean, layer, prop=LAYER)
    return vs.core.std.SetFrameProps(clean, **{PROPERTY: model.to_json()})


def _offsets(kind: vs.VideoFormat) -> list[str]:
    """Integer differences are stored around the middle of the range."""
    middle = "" if kind.sample_type == vs.FLOAT else f" {1 << (kind.bits_per_sample - 1)} +"
    return [middle] * kind.num_planes
