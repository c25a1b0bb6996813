"""Put grain back: the layer that was taken off, or new grain drawn by a measured model or after a film stock."""

from __future__ import annotations

from typing import Annotated, Any

import vapoursynth as vs

from .. import color, kernels
from ..grain import model as models
from ..grain import stocks
from ..grain.model import LAYER, PROPERTY, GrainModel
from ..grain.synthesis import grain as drawn
from ..spec import Range, restoration


def _measured(clip: vs.VideoNode, values: dict[str, Any]) -> dict[str, Any]:
    """The model that the frames carry: else a frame of everything before would be made for it at each start."""
    return {"grain": _carried(clip)} if values["grain"] == "model" and values["strength"] else {}


@restoration(measures=_measured)
def regrain(
    clip: vs.VideoNode,
    *,
    grain: Annotated[
        str,
        "model: drawn as degrain measured it, at this picture's size. layer: what degrain took off, to the bit. Or the "
        "name of a film stock, or a model: the path of its file (.json) or its JSON.",
    ] = "model",
    strength: Annotated[float, Range(0, 4), "0 adds none, 1 as much as was measured."] = 1.0,
    gate: Annotated[stocks.Gate, "Film a stock's grain is shown on: narrower is coarser."] = "35mm",
    seed: Annotated[int, Range(0, 2147483647), "Another seed draws other grain of the same kind."] = 0,
) -> vs.VideoNode:
    """Lay film grain over the picture.

    Any constant YUV, GRAY or RGB format goes in (8-16 bit, half, float) and the same comes out; integers are rounded
    once. Drawn grain depends on the seed and on the frame's number alone: it is new in every frame and the same on
    every machine, and it follows the brightness of the picture. A model is stretched with the picture: after
    ``upscale(scale=2)`` grains are twice as many pixels wide, as on film. RGB is worked on as BT.709 Y'CbCr.

    ``layer`` needs the format and size that ``degrain`` had. Raises ``vs.Error`` where the frames carry no grain, and
    for unknown stocks.
    """
    if strength == 0:
        return clip
    if grain == "layer":
        return _laid_back(clip, strength)
    working = color.to_yuv(clip)
    residual = drawn(working, _model(grain, gate, clip.width), strength=strength, seed=seed)
    if clip.format.color_family == vs.RGB:
        residual = color.rgb_residual(residual)
    return kernels.plugin().Merge(clip, residual)


def _props(clip: vs.VideoNode) -> vs.FrameProps:
    with clip.get_frame(0) as frame:
        return frame.props.copy()


def _model(grain: str, gate: stocks.Gate, width: int) -> GrainModel:
    try:
        if grain.endswith(".json") or grain.lstrip().startswith("{"):
            return models.given(grain)
        return stocks.find(grain, gate, width)
    except ValueError as error:
        raise vs.Error(f"regrain: grain: {error}") from None


def _carried(clip: vs.VideoNode) -> str:
    text = _props(clip).get(PROPERTY)
    if text is None:
        raise vs.Error(
            "regrain: grain: the frames carry no model of grain: degrain puts it there; or name a stock or a file"
        )
    return text if isinstance(text, str) else bytes(text).decode()


def _laid_back(clip: vs.VideoNode, strength: float) -> vs.VideoNode:
    layer = _props(clip).get(LAYER)
    if layer is None:
        raise vs.Error("regrain: grain: the frames carry no layer of grain: degrain(keep=True) puts it there")
    if (layer.width, layer.height, layer.format.id) != (clip.width, clip.height, clip.format.id):
        raise vs.Error(
            f"regrain: grain: the layer is {layer.format.name} {layer.width}x{layer.height}, the clip "
            f"{clip.format.name} {clip.width}x{clip.height}; grain='model' fits any size and format"
        )
    taken = vs.core.std.PropToClip(clip, prop=LAYER)
    middle = 0 if clip.format.sample_type == vs.FLOAT else 1 << (clip.format.bits_per_sample - 1)
    return vs.core.std.Expr([clip, taken], f"x y {middle} - {strength} * +")
