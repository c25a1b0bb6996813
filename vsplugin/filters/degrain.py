"""Take film grain off, and keep it: on every frame, as a layer and as a model, for ``regrain`` to lay back."""

from __future__ import annotations

from typing import Annotated, Any

import vapoursynth as vs

from ..grain import analyse, argument
from ..grain.model import LAYER, PROPERTY
from ..spec import Range, restoration
from .denoise import denoise


def _measured(clip: vs.VideoNode, values: dict[str, Any]) -> dict[str, Any]:
    if values["grain"] is not None or values["strength"] == 0:
        return {}
    return {"grain": argument.text_of(analyse.find(clip))}


@restoration(measures=_measured)
def degrain(
    clip: vs.VideoNode,
    *,
    strength: Annotated[float, Range(0, 1), "0 keeps the source, 1 takes all the grain found."] = 1.0,
    radius: Annotated[
        int, Range(0, 3, "frames"), "Neighbours on each side that tell picture from grain; 0: each frame alone."
    ] = 2,
    keep: Annotated[bool, "Keep the grain on the frames, for regrain."] = True,
    grain: Annotated[
        str | None,
        "The grain to take: the path of a model (.json, of vsplugin grain), its JSON, or none. Measured if None.",
    ] = None,
) -> vs.VideoNode:
    """Take film grain off as a stored layer.

    Any constant YUV, GRAY or RGB format goes in (8-16 bit, half, float) and the same comes out. With ``keep``, each
    frame has two more properties: ``VSPluginGrain``, a frame with the grain that was taken (the difference in the
    source's own samples, so that ``regrain(grain="layer")`` gives the source back to the bit, where nothing clips), and
    ``VSPluginGrainModel``, how strong and coarse the grain is at each tone (JSON). They follow the frames through
    trimming, splicing and every filter that keeps properties, at the cost of a second frame's memory.

    Grain is measured on the source while the script loads (:mod:`vsplugin.grain.analyse`), and :func:`vsplugin.denoise`
    takes noise of that strength off. Coarse grain looks like picture to a single frame: ``radius`` tells them apart, as
    grain is new in every frame (extra ``flow``). A clip without grain, or smaller than 64 pixels, comes back as it is.
    With ``grain`` nothing is measured: of a reel, measure the scene that shows it best. Raises ``vs.Error`` for a file
    that is no model of grain.
    """
    if strength == 0:
        return clip
    model = argument.model_of("degrain", grain)
    if model is None:
        return clip
    model = model.for_width(clip.width)
    luma, *chroma = (255 * float(plane.sigma.mean()) for plane in model.planes)
    sigma_chroma = max(chroma, default=0.0)
    clean = denoise(clip, sigma=min(luma, 60.0), sigma_chroma=min(sigma_chroma, 60.0), strength=strength, radius=radius)
    if not keep:
        return clean
    layer = vs.core.std.Expr([clip, clean], ["x y -" + offset for offset in _offsets(clip.format)])
    clean = vs.core.std.ClipToProp(clean, layer, prop=LAYER)
    return vs.core.std.SetFrameProps(clean, **{PROPERTY: model.to_json()})


def _offsets(kind: vs.VideoFormat) -> list[str]:
    """Integer differences are stored around the middle of the range."""
    middle = "" if kind.sample_type == vs.FLOAT else f" {1 << (kind.bits_per_sample - 1)} +"
    return [middle] * kind.num_planes
