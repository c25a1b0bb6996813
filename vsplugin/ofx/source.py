"""``vsplugin.ofx_source()``: the clip a node is on, for scripts that serve as the graph of a Restoration node."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import vapoursynth as vs

from ..errors import UserError

_current: list[vs.VideoNode] = []


def ofx_source(file: str | None = None) -> vs.VideoNode:
    """The clip that the OpenFX node is on: RGBS with frame properties, frame 0 the clip's first.

    Outside a host, such as under ``vspipe``, ``file`` is opened instead and converted to RGBS, so that one script
    serves both. Raises ``vs.Error`` where there is neither.
    """
    if _current:
        return _current[-1]
    if file is None:
        raise vs.Error("ofx_source: no OpenFX host here; give a file to be opened instead: ofx_source('clip.mov')")
    from .. import source

    try:
        clip = source.open_source(file).clip  # with colour properties
    except UserError as error:
        raise vs.Error(f"ofx_source: {error}") from None
    return vs.core.resize.Bicubic(clip, format=vs.RGBS)


@contextmanager
def serving(clip: vs.VideoNode) -> Iterator[None]:
    """While a script runs, :func:`ofx_source` returns ``clip``. Graphs are built one at a time."""
    _current.append(clip)
    try:
        yield
    finally:
        _current.pop()
