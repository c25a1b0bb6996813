"""The kernels on NVIDIA GPUs: the same sources as on the CPU, compiled at run time (docs/cuda.md).

    out = cuda.warp(image, dx, dy)                              # numpy, CuPy or torch in, the same kind out
    big = cuda.TileSR("models/sr2-fast/model.onnx")(luma)

CuPy is the extra ``cuda``; nothing here imports it before it is used. Without it, or without a GPU, every call raises
``UserError`` in one line that says what is missing, and ``why_not()`` returns that line.

Read it along the way of a call: arrays.py, tile_sr.py -> pixels.py, plan.py, network.py, fused.py (what to start, as
plain data: launch.py) -> source.py (machine code) -> device.py (CuPy), pinned.py (copies beside the work).
"""

from .arrays import light_histogram, merge_plane, warp
from .device import why_not
from .network import refusal
from .tile_sr import TileSR

__all__ = ["TileSR", "light_histogram", "merge_plane", "refusal", "warp", "why_not"]
