"""The kernels on arrays: the same names, arguments and results as in ``vsplugin/kernels.py``, on a GPU.

Planes are numpy, CuPy or torch arrays (anything with DLPack); those in the GPU's memory are used where they are, and
results are of the same kind. Work is queued on ``stream`` (None: CuPy's current one) and not waited for, but for numpy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import device, pixels


def warp(
    image: Any,
    dx: Any,
    dy: Any,
    confidence: Any = None,
    *,
    mode: str = "catmullrom",
    bits: int = 16,
    subsampling: tuple[int, int] = (0, 0),
    out: Any = None,
    stream: Any = None,
) -> Any:
    """image(x + dx, y + dy), mixed with image(x, y) where confidence is below 1; see ``kernels.warp``."""
    with device.stream(stream):
        given = {"image": image, "dx": dx, "dy": dy, "confidence": confidence}
        held = {name: device.adopt("warp", name, array) for name, array in given.items() if array is not None}
        result = device.memory_for("warp", out, held["image"].shape, held["image"].dtype)
        planes = {name: device.plane("warp", name, array) for name, array in held.items()}
        target = device.plane("warp", "out", result)
        device.run(
            pixels.warp(
                planes["image"],
                planes["dx"],
                planes["dy"],
                planes.get("confidence"),
                target,
                mode=mode,
                bits=bits,
                subsampling=subsampling,
            )
        )
        return device.give(image, out, result)


def merge_plane(
    base: Any,
    residual: Any = None,
    *,
    strength: float = 1.0,
    source: Any = None,
    overshoot: float = -1.0,
    full_range: bool = False,
    chroma: bool = False,
    bits: int = 16,
    dtype: Any = None,
    out_bits: int | None = None,
    source_bits: int | None = None,
    out: Any = None,
    stream: Any = None,
) -> Any:
    """base + strength * residual, kept near ``source``'s local extremes; see ``kernels.merge_plane``."""
    with device.stream(stream):
        given = {"base": base, "residual": residual, "source": source}
        held = {name: device.adopt("merge", name, array) for name, array in given.items() if array is not None}
        result = device.memory_for("merge", out, held["base"].shape, held["base"].dtype if dtype is None else dtype)
        planes = {name: device.plane("merge", name, array) for name, array in held.items()}
        device.run(
            pixels.merge(
                planes["base"],
                planes.get("residual"),
                planes.get("source"),
                device.plane("merge", "out", result),
                strength=strength,
                overshoot=overshoot,
                full_range=full_range,
                chroma=chroma,
                bits=bits,
                out_bits=out_bits,
                source_bits=source_bits,
            )
        )
        return device.give(base, out, result)


def light_histogram(
    red: Any, green: Any, blue: Any, *, bits: int = 16, stream: Any = None
) -> tuple[np.ndarray[Any, np.dtype[np.uint32]], tuple[int, int, int]]:
    """How many pixels have max(R, G, B) of each code, and the largest code of each component, on the host."""
    cp = device.cupy()
    with device.stream(stream):
        given = {"red": red, "green": green, "blue": blue}
        held = {name: device.adopt("light_histogram", name, array) for name, array in given.items()}
        planes = {name: device.plane("light_histogram", name, array) for name, array in held.items()}
        counts = cp.zeros(pixels.histogram_bins(planes["red"].dtype, bits), np.uint32)
        maxima = cp.zeros(3, np.uint32)
        places = int(counts.data.ptr), int(maxima.data.ptr)
        device.run(pixels.light_histogram(planes["red"], planes["green"], planes["blue"], *places, bits=bits))
        largest = cp.asnumpy(maxima)
        return cp.asnumpy(counts), (int(largest[0]), int(largest[1]), int(largest[2]))
