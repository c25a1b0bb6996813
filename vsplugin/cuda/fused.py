"""The launches of TileSR: a network on one plane, pass by pass. ``vsplugin/kernels.py`` has the CPU's twin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import network as net
from .launch import NOTHING, Buffer, Launch, blocks, peak_of, require_size
from .pixels import code_of_nominal, code_to_code
from .plan import Limits, Pass


@dataclass(frozen=True)
class Tables:
    """A pass's weights as bytes for the GPU: fragments, lanes and head (kernels/tile_sr/cuda_shape.hpp, Weights)."""

    fragments: net.Array
    lanes: net.Array
    head: net.Array


def tables(each: Pass) -> Tables:
    layers, channels = each.network.layers, each.network.channels
    parts = []
    for stage in range(1, each.stages):
        layer = layers[each.layer_of(stage)]
        last = each.tail and stage == each.stages - 1
        groups = -(-(each.network.scale**2) // 8) if last else channels // 8
        parts.append(net.fragments(layer, channels, groups).ravel())
    of: list[net.Layer | None] = [layers[each.layer_of(stage)] for stage in range(each.stages)]
    if not each.head:
        of[0] = None
    head = net.head_weights(layers[0], channels) if each.head else np.zeros(1, np.float32)
    return Tables(np.concatenate(parts), net.lanes(of, channels), head)


@dataclass(frozen=True)
class Addresses:
    """Where a pass finds its tables, what the pass before made, and where it puts its own layer."""

    fragments: int
    lanes: int
    head: int
    before: int = 0
    after: int = 0


def layer_bytes(each: Pass, width: int, height: int) -> int:
    """Memory for the layer that this pass leaves to the next one."""
    return 0 if each.tail else 2 * each.network.channels * width * height


def launch(
    each: Pass,
    places: Addresses,
    image: Buffer,
    out: Buffer,
    limits: Limits,
    *,
    strength: float | None = None,
    overshoot: float = -1.0,
    full_range: bool = False,
    bits: int = 16,
) -> Launch:
    """One pass on one plane. ``out`` matters to the last one only: float32, or, with ``strength``, like ``image``."""
    scale = each.network.scale
    samples = np.float32 if strength is None else image.dtype
    require_size("TileSR", "out", out, image.width * scale, image.height * scale, samples)
    coding = code_of_nominal(image.dtype, bits, full_range, chroma=False)
    band = each.best_band(image.width, image.height, limits)
    arguments = (
        *image.arguments,
        np.uint64(places.before),
        np.uint64(places.after),
        *(out if each.tail else NOTHING).arguments,
        *map(np.uint64, (places.fragments, places.lanes, places.head)),
        *map(np.int32, (image.width, image.height, band)),
        *code_to_code(coding, (1.0, 0.0)),
        *code_to_code((1.0, 0.0), coding),
        np.float32((strength or 0.0) * coding[0]),
        np.float32(overshoot),
        peak_of(image, bits),
    )
    return Launch(
        "tile_sr/tile_sr.cu",
        "tile_sr",
        (blocks(image.width, each.width), blocks(image.height, band), 1),
        (each.threads, 1, 1),
        arguments,
        each.macros(image.sample, strength is not None),
        each.shared,
        exact=False,
    )
