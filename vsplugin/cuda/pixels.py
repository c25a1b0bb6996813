"""The launches of the kernels that work pixel by pixel: warp, merge, light histogram.

Their CPU twins and the meaning of every argument are in ``vsplugin/kernels.py``; results are equal to the last bit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vsplugin.errors import UserError

from .launch import NOTHING, Buffer, Launch, blocks, peak_of, require_size

_WARP_PIXELS = 128  # columns of a block (kernels/warp/warp.cu)
_HISTOGRAM_ROWS = 8  # rows of a block (kernels/histogram/histogram.cu)
_MOST_IN_SHARED = 4096  # codes of which a block keeps its own table
FLOAT_BINS = 1 << 18


def warp(
    image: Buffer,
    dx: Buffer,
    dy: Buffer,
    confidence: Buffer | None,
    out: Buffer,
    *,
    mode: str = "catmullrom",
    bits: int = 16,
    subsampling: tuple[int, int] = (0, 0),
) -> Launch:
    if mode not in ("catmullrom", "bilinear"):
        raise UserError(f"warp: mode must be catmullrom or bilinear; got {mode}")
    width, height = image.width << subsampling[0], image.height << subsampling[1]
    require_size("warp", "out", out, image.width, image.height, image.dtype)
    for name, plane in (("dx", dx), ("dy", dy), ("confidence", confidence)):
        if plane is not None:
            require_size("warp", name, plane, width, height)
    planes = (image, dx, dy, confidence or NOTHING, out)
    sizes = (image.width, image.height, *subsampling)
    return Launch(
        "warp/warp.cu",
        "warp",
        (blocks(image.width, _WARP_PIXELS), blocks(image.height, 8), 1),
        (32, 8, 1),
        (*(each for plane in planes for each in plane.arguments), *map(np.int32, sizes), peak_of(image, bits)),
        {"VSP_SAMPLE": image.sample, "VSP_BILINEAR": int(mode == "bilinear")},
    )


def code_of_nominal(dtype: np.dtype[Any], bits: int, full: bool, chroma: bool) -> tuple[float, float]:
    """Gain and bias of code = gain * nominal + bias (H.273; kernels/common/nominal.hpp)."""
    if dtype.kind == "f":
        return 1.0, 0.0
    bits = 8 if dtype == np.uint8 else bits
    step = float(1 << (bits - 8))
    if full:
        return float((1 << bits) - 1), 128.0 * step if chroma else 0.0
    return (224.0 * step, 128.0 * step) if chroma else (219.0 * step, 16.0 * step)


def code_to_code(of: tuple[float, float], to: tuple[float, float]) -> tuple[np.float32, np.float32]:
    """The line from one coding's values to another's; exactly 1 and 0 when they are coded alike."""
    gain = to[0] / of[0]
    return np.float32(gain), np.float32(to[1] - of[1] * gain)


def merge(
    base: Buffer,
    residual: Buffer | None,
    source: Buffer | None,
    out: Buffer,
    *,
    strength: float = 1.0,
    overshoot: float = -1.0,
    full_range: bool = False,
    chroma: bool = False,
    bits: int = 16,
    out_bits: int | None = None,
    source_bits: int | None = None,
) -> Launch:
    if not math.isfinite(strength):
        raise UserError(f"merge: strength must be a finite number; got {strength}")
    out_bits = bits if out_bits is None else out_bits
    source_bits = bits if source_bits is None else source_bits
    require_size("merge", "out", out, base.width, base.height, out.dtype)
    if residual is not None:
        require_size("merge", "residual", residual, base.width, base.height)
    limited = source if source is not None and overshoot >= 0 else None
    if limited is not None:
        scale = max(1, base.width // limited.width)
        if (limited.width * scale, limited.height * scale) != (base.width, base.height):
            raise UserError(
                f"merge: base must be a whole multiple of source; "
                f"got {base.width}x{base.height} and {limited.width}x{limited.height}"
            )
    under = limited or NOTHING
    target = code_of_nominal(out.dtype, out_bits, full_range, chroma)
    base_line = code_to_code(code_of_nominal(base.dtype, bits, full_range, chroma), target)
    source_line = code_to_code(code_of_nominal(under.dtype, source_bits, full_range, chroma), target)
    planes = (base, residual or NOTHING, under, out)
    return Launch(
        "merge/merge.cu",
        "merge",
        (blocks(base.width, 32), blocks(base.height, 8), 1),
        (32, 8, 1),
        (
            *(each for plane in planes for each in plane.arguments),
            *map(np.int32, (base.width, base.height)),
            *base_line,
            np.float32(strength * target[0]),
            *map(np.int32, (under.width, under.height)),
            *source_line,
            np.float32(max(overshoot, 0.0)),
            peak_of(out, out_bits),
        ),
        {"VSP_BASE": base.sample, "VSP_SOURCE": under.sample, "VSP_OUT": out.sample},
    )


def histogram_bins(dtype: np.dtype[Any], bits: int) -> int:
    """Codes that are counted: 2^bits for integers, 2^18 for half and float."""
    return FLOAT_BINS if dtype.kind == "f" else 1 << (8 if dtype == np.uint8 else bits)


def light_histogram(red: Buffer, green: Buffer, blue: Buffer, counts: int, maxima: int, *, bits: int = 16) -> Launch:
    """``counts`` and ``maxima`` are the addresses of zeroed 32-bit numbers."""
    if red.dtype == np.uint16 and not 1 <= bits <= 16:
        raise UserError(f"light_histogram: bits must be 1 to 16; got {bits}")
    for name, plane in (("green", green), ("blue", blue)):
        require_size("light_histogram", name, plane, red.width, red.height, red.dtype)
    bins = histogram_bins(red.dtype, bits)
    return Launch(
        "histogram/histogram.cu",
        "light_histogram",
        (blocks(red.width, 128), blocks(red.height, _HISTOGRAM_ROWS), 1),
        (128, 1, 1),
        (
            *red.arguments,
            *green.arguments,
            *blue.arguments,
            *map(np.int32, (red.width, red.height)),
            np.uint32(bins - 1 if red.dtype.kind == "u" else 0),
            np.uint64(counts),
            np.uint64(maxima),
        ),
        {"VSP_SAMPLE": red.sample, "VSP_TABLE": bins if bins <= _MOST_IN_SHARED else 0},
    )
