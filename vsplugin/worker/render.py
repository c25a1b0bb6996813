"""One frame: find the graph, let VapourSynth work, put the result where the host's bundle reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import vapoursynth as vs

from .. import kernels
from . import request as requests
from .frames import Frames, pixels
from .graph import Graph, Graphs
from .protocol import Render
from .sidecars import Sidecars

_CACHE_MIB = 2048  # hosts keep what they rendered themselves, and need the memory more

_graphs = Graphs()
vs.core.max_cache_size = min(vs.core.max_cache_size, _CACHE_MIB)
sidecars = Sidecars()


def render(told: Render, frames: Frames, memory: Any, rendering: Callable[[], None]) -> None:
    """Write the frame into ``memory``. ``rendering`` is called when the graph is ready.

    Raises ``vs.Error``, ``UserError``, ``MemoryError``, or ``CancelledError``.
    """
    image, _ = frames.get(told.frame)
    request = requests.parse(told, image.colour.width, image.colour.height)
    graph = _graphs.of(request)
    while not graph.lock.acquire(timeout=0.05):
        frames.check()
    try:
        graph.begin(frames)
        out = _mixed(graph, request)
        frames.check()
        rendering()
        index = graph.index(told.frame)
        with out.get_frame(index) as result, _alpha(graph, request).get_frame(index) as alpha:
            frames.check()
            red, green, blue, beside = (np.asarray(plane) for plane in (*result, alpha[0]))
            kernels.pack_rgba(red, green, blue, beside, pixels(memory, told.out), swapped=bool(told.out.swapped))
            if request.hdr_out:
                sidecars.add(request.hdr_out, told.frame, result.props)
    finally:
        graph.end()
        graph.lock.release()


def _mixed(graph: Graph, request: requests.Request) -> vs.VideoNode:
    """The result, partly the source where the node's mix is below 1."""
    out, mix = graph.output(request), request.render.mix
    if mix == 1:
        return out
    source = graph.source
    if (source.width, source.height) != request.size:
        source = vs.core.resize.Bicubic(source, *request.size)
    return vs.core.std.Expr([out, source], f"x y - {mix:.9g} * y +")


def _alpha(graph: Graph, request: requests.Request) -> vs.VideoNode:
    """Alpha never goes through a filter; where the picture grows it is interpolated, which stays within its range."""
    alpha = graph.alpha
    if (alpha.width, alpha.height) != request.size:
        alpha = vs.core.resize.Bilinear(alpha, *request.size)
    return alpha
