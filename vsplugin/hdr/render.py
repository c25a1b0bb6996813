"""SDR frames with ST 2094-50 metadata as a display of some peak shows them, in PQ: the reference, not the fast way."""

from __future__ import annotations

import functools
import math

import numpy as np
import vapoursynth as vs

from .. import color
from ..errors import UserError
from . import headroom, props, st2094_50
from .frames import Given, listed
from .primaries import BT2020, CHROMATICITIES, D65
from .static import MasteringDisplay
from .transfer import PQ_PEAK, pq_inverse_eotf

_BT2020NCL = 9


def render(clip: vs.VideoNode, metadata: Given, peak: float) -> vs.VideoNode:
    """What a display of ``peak`` cd/m² shows of SDR frames with SMPTE ST 2094-50 (6.2): RGBS of PQ and BT.2020.

    ``clip`` is that file as a source filter gave it, ``metadata`` as for :func:`.frames.attach`. The display's headroom
    is log2(``peak`` / reference white); light beyond ``peak`` is limited to it. Float64 by numpy, about 0.4 s per
    million pixels. ``vs.Error`` for frames without metadata, with damaged metadata, and for clips that are not SDR.
    """
    frames = listed("render", metadata)
    if len(frames) != clip.num_frames:
        raise vs.Error(f"render: metadata of {len(frames)} frames for a clip of {clip.num_frames}")
    if not 0 < peak <= PQ_PEAK:
        raise vs.Error(f"render: peak must be in (0, 10000] cd/m²; got {peak:g}")
    primaries, signal = _signal(clip)
    parse = functools.lru_cache(st2094_50.parse)

    def show(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        payload = frames[n].st2094_50
        try:
            if payload is None:
                raise UserError("has no ST 2094-50 metadata")
            meta = parse(payload)
        except UserError as error:
            raise vs.Error(f"render: frame {n}: {error}") from None
        rgb = np.stack([np.asarray(f[plane]) for plane in range(3)], -1)
        light = headroom.show_sdr(rgb, meta, math.log2(peak / meta.reference_white), primaries)
        coded = pq_inverse_eotf(np.minimum(light, peak))
        out = f.copy()
        for plane in range(3):
            np.copyto(np.asarray(out[plane]), coded[..., plane].astype(np.float32))
        return out

    shown = signal.std.ModifyFrame(signal, show)
    return shown.std.SetFrameProps(_Matrix=0, _Transfer=props.PQ, _Primaries=BT2020, _Range=1)


def coded(shown: vs.VideoNode, format: int, peak: float) -> vs.VideoNode:
    """A rendered clip in a YUV format, tagged with the display it is for (BT.2020 primaries, black 0)."""
    red, green, blue, white = ((round(x * 50_000), round(y * 50_000)) for x, y in (*CHROMATICITIES[BT2020], D65))
    display = MasteringDisplay(red, green, blue, white, round(peak * 10_000), 0)
    out = shown.resize.Bicubic(format=format, matrix=_BT2020NCL, range=0, chromaloc=vs.CHROMA_TOP_LEFT)
    return out.std.SetFrameProps(**display.to_props())


def _signal(clip: vs.VideoNode) -> tuple[int, vs.VideoNode]:
    """The clip's primaries, and its signal as RGBS, not clamped. ``vs.Error`` for what is not SDR."""
    with clip.get_frame(0) as frame:
        tags = {name: int(frame.props.get(name, 2)) for name in ("_Matrix", "_Transfer", "_Primaries", "_Range")}
    coding = {name: usual if tags[name] == 2 else tags[name] for name, usual in color.usual_colour(clip).items()}
    if coding["_Transfer"] in (props.PQ, props.HLG):
        raise vs.Error(f"render: clip must be SDR; its _Transfer is {coding['_Transfer']}")
    if coding["_Primaries"] not in CHROMATICITIES:
        known = ", ".join(map(str, CHROMATICITIES))
        raise vs.Error(f"render: clip's _Primaries must be one of {known}; got {coding['_Primaries']}")
    tagged = clip.std.SetFrameProps(**coding)
    return coding["_Primaries"], vs.core.resize.Bicubic(tagged, format=vs.RGBS)
