"""Dense motion between the frames of a clip, found once and shared by every filter that asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal
from weakref import WeakKeyDictionary

import vapoursynth as vs

from .. import color, kernels
from ..hdr import gamma
from ..motion import dis, mvtools
from ..motion.pairs import CUT, chained, shifted
from ..motion.weighing import SOFTNESS
from ..spec import Parameter, Range, check_clip, check_progressive

Method = Literal["dis", "mvtools"]

_METHODS = {"dis": dis, "mvtools": mvtools}
_FARTHEST = 25  # frames
_LINEAR = 8  # transfer characteristics, H.273 table 3
_DELTA = Parameter("delta", int, 1, "", Range(-_FARTHEST, _FARTHEST, "frames"))
_HALF, _CHAIN = (Parameter(name, bool, False, "") for name in ("half", "chain"))
_TOLERANCE = Parameter("tolerance", float, 0.7, "", Range(0, 1000, "pixels"))
_METHOD = Parameter("method", str, "dis", "", choices=tuple(_METHODS))


def flow(
    clip: vs.VideoNode,
    delta: int = 1,
    *,
    method: Method = "dis",
    half: bool = False,
    chain: bool = False,
    tolerance: float = 0.7,
) -> vs.VideoNode:
    """Where each pixel of frame n is in frame n + delta: RGBS, as large and as long as the clip.

    R and G are dx and dy in pixels, B is confidence 0..1: ``core.vsplugin.Warp(clip[n + delta], flow)`` lies on
    ``clip[n]``. ``delta`` is -25..25 and not 0. Confidence is 0 where the flow back does not agree (hidden places,
    failed search) and where the flow leaves the picture. Flow and confidence are 0 in whole frames, and the frame
    property ``VSPluginFlowCut`` is 1, where frame n + delta shows another scene or lies beyond the clip's ends. The
    other properties are those of the clip; ``_Matrix`` is 0, the planes being RGB.

    ``method``: ``"dis"`` (OpenCV's dense inverse search, extra ``flow``) or ``"mvtools"`` (blocks of 8x8 every 4
    pixels, extra ``mvtools``). The search sees luma in 8 bit: PQ, HLG and linear light in gamma 2.4, clamped to 0..1.
    ``half`` searches on a picture of half the size, in a quarter of the time: enough for what moves as a whole, not for
    fine detail. ``chain`` composes the flow from those between the frames on the way, which costs no search where
    these are needed, too; it follows fast motion farther, but not past what the frames between hide. ``tolerance`` is
    by how many pixels the flow back may miss where nothing moves (more where it is fast); raise it where the pictures
    themselves are compared afterwards, as ``denoise`` does: under noise, flat areas have no flow to agree on.

    Equal requests return the same node for as long as the clip is there, so every pair of frames is searched once.
    Raises ``vs.Error`` for clips of varying format or size, interlaced clips, wrong arguments, and where the extra is
    not installed.
    """
    check_clip("flow", clip)
    check_progressive("flow", clip)
    delta, method = _DELTA.check("flow", delta), _METHOD.check("flow", method)
    tolerance = _TOLERANCE.check("flow", tolerance)
    half, chain = _HALF.check("flow", half), _CHAIN.check("flow", chain) and abs(delta) > 1
    if delta == 0:
        raise vs.Error("flow: delta must not be 0: a frame lies on itself")
    missing = _METHODS[method].missing()
    if missing:
        raise vs.Error(f"flow: {missing}")
    key = ("flow", delta, method, half, chain, tolerance)
    return _kept(clip, key, lambda: _checked(clip, delta, method, half, chain, tolerance))


def _checked(clip: vs.VideoNode, delta: int, method: Method, half: bool, chain: bool, tolerance: float) -> vs.VideoNode:
    """Forward flow, with the confidence that the flow back gives it, at the clip's size."""
    there, back = _raw(clip, delta, method, half, chain), shifted(_raw(clip, -delta, method, half, chain), delta)
    out = kernels.plugin().FlowConfidence(there, back, beta=tolerance**2, softness=SOFTNESS)
    if half:
        out = kernels.plugin().FlowResize(out, clip.width, clip.height)
    marked = vs.core.std.CopyFrameProps(clip, out, props=[CUT])  # the clip's properties and the cuts
    return vs.core.std.SetFrameProps(vs.core.std.CopyFrameProps(out, marked), _Matrix=0)


def _raw(clip: vs.VideoNode, delta: int, method: Method, half: bool, chain: bool) -> vs.VideoNode:
    if chain and abs(delta) > 1:
        step = 1 if delta > 0 else -1
        first, rest = (_raw(clip, part, method, half, chain) for part in (step, delta - step))
        return _kept(clip, ("chain", delta, method, half), lambda: chained(first, shifted(rest, step)))
    luma = _kept(clip, ("luma", half), lambda: _luma(clip, half))
    return _kept(clip, ("raw", delta, method, half), lambda: _METHODS[method].raw(luma, delta))


def _luma(clip: vs.VideoNode, half: bool) -> vs.VideoNode:
    """What the search sees: GRAY8, full range, display gamma."""
    working = color.to_yuv(clip)
    hdr = gamma.of(working)
    if hdr or clip.format.color_family == vs.RGB or clip.format.sample_type == vs.FLOAT:
        plane = vs.core.std.Limiter(hdr.luma if hdr else color.plane(working, 0), min=0.0, max=1.0)  # NaN becomes 0
        if color.transfer(working) == _LINEAR:
            plane = vs.core.std.Expr(plane, f"x {1 / 2.4} pow")
    else:
        plane = color.plane(clip, 0)
    width, height = (-(-clip.width // 2), -(-clip.height // 2)) if half else (clip.width, clip.height)
    return vs.core.resize.Bilinear(plane, width, height, format=vs.GRAY8, range=vs.RANGE_FULL)


# Nodes by clip and by (what, settings). They live as long as the clip does in some script: nobody can ask again after.
_nodes: WeakKeyDictionary[vs.VideoNode, dict[tuple[Any, ...], vs.VideoNode]] = WeakKeyDictionary()
_core_is_watched = False


def _kept(clip: vs.VideoNode, key: tuple[Any, ...], make: Callable[[], vs.VideoNode]) -> vs.VideoNode:
    global _core_is_watched
    if not _core_is_watched:
        vs.register_on_destroy(_forget)
        _core_is_watched = True
    known = _nodes.setdefault(clip, {})
    if key not in known:
        known[key] = make()
    return known[key]


def _forget() -> None:
    global _core_is_watched
    _nodes.clear()
    _core_is_watched = False
