"""Filters that the nodes of this project do not have yet, for a bundle and a worker of the tests: ``python
extra_filters.py FILE`` writes their table of nodes; extra_worker.py renders with them.
"""

from pathlib import Path
from typing import Annotated, Literal

import vapoursynth as vs

from vsplugin import chain, filters
from vsplugin.spec import Range, restoration


@restoration()
def mean(
    clip: vs.VideoNode,
    *,
    radius: Annotated[int, Range(0, 8, "frames"), "Frames looked at on each side."] = 2,
    strength: Annotated[float, Range(0, 1), "0 keeps the source."] = 1.0,
    show: Annotated[Literal["result", "mask"], "The result, or where it differs."] = "result",
    gain_file: Annotated[str | None, "Text file with a factor. None: no factor."] = None,
    plane: Annotated[Literal[0, 1, 2] | None, "Plane of the mask. None: the first, red."] = None,
    halve: Annotated[bool | None, "Half of it. None: as it is."] = None,
) -> vs.VideoNode:
    """The mean of neighbouring frames, times a factor."""
    out = vs.core.std.AverageFrames(clip, [1] * (2 * radius + 1)) if radius else clip
    gain = float(Path(gain_file).read_text()) if gain_file is not None else 1.0
    if show == "mask":
        difference = vs.core.std.Expr([out, clip], "x y - abs")
        return vs.core.std.ShufflePlanes(difference, plane or 0, vs.GRAY)
    return vs.core.std.Expr(out, f"x {gain} * {0.5 if halve else 1} *")


@restoration(temporal=1)
def behind(clip: vs.VideoNode) -> vs.VideoNode:
    """The frame before."""
    return _earlier(clip, 1)


@restoration(temporal=1)
def peaks(
    clip: vs.VideoNode,
    *,
    radius: Annotated[int | None, Range(1, 4, "frames"), "Frames looked at on each side. None: one."] = None,
) -> vs.VideoNode:
    """The brightest of neighbouring frames."""
    around = [clip]
    for away in range(1, (radius or 1) + 1):
        around += [_earlier(clip, away), _later(clip, away)]
    for other in around[1:]:
        around[0] = vs.core.std.Expr([around[0], other], "x y max")
    return around[0]


def _earlier(clip: vs.VideoNode, frames: int) -> vs.VideoNode:
    return vs.core.std.DuplicateFrames(clip, [0] * frames)[: clip.num_frames]


def _later(clip: vs.VideoNode, frames: int) -> vs.VideoNode:
    return vs.core.std.DuplicateFrames(clip, [clip.num_frames - 1] * frames)[frames:]


def register() -> None:
    for name, function in {"mean": mean, "behind": behind, "peaks": peaks}.items():
        setattr(filters, name, function)
    chain._PRESETS = Path(__file__).parent / "presets"


if __name__ == "__main__":
    import sys

    from vsplugin.ofx import table

    register()
    Path(sys.argv[1]).write_text(table.text())
