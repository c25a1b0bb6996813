"""HDR metadata on a clip's frames: put there from the source's packets, kept, checked, taken away.

It travels as frame properties, so it follows Trim, Splice, SelectEvery, Reverse and retiming by itself. What
VapourSynth does not do is to notice when it becomes false: for that there are :func:`guard` and :mod:`.policy`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

import vapoursynth as vs

from ..disk import located
from ..errors import UserError
from . import hdr10plus, packets, props, rpu_area
from .metadata import Metadata, Stream

Given = str | Path | Stream | Sequence[Metadata]  # a file, what was read from it, or one entry per frame


def attach(clip: vs.VideoNode, metadata: Given) -> vs.VideoNode:
    """Put every frame's exact metadata on it: a file's, read from its packets, or a list with one entry per frame.

    ``clip`` must be that file as a source filter gave it, from its first to its last frame. Sets ``HDR10Plus``,
    ``DolbyVisionRPU``, ``VSPluginST2094_50``, ``VSPluginSourceFrame`` and ``VSPluginSourceSize``, and removes the first
    three where the bitstream has none (decoders repeat the last they saw). Static metadata stays as the source filter
    set it. ``vs.Error`` if counts differ.
    """
    frames = listed("attach", metadata)
    if len(frames) != clip.num_frames:
        raise vs.Error(f"attach: metadata of {len(frames)} frames for a clip of {clip.num_frames}")

    def put(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        out.props[props.SOURCE_FRAME] = n
        out.props[props.SOURCE_SIZE] = [f.width, f.height]
        for name, value in props.to_props(frames[n]).items():
            if value is not None:
                out.props[name] = value
            elif name in out.props:
                del out.props[name]
        return out

    return clip.std.ModifyFrame(clip, put)


def listed(owner: str, metadata: Given) -> Sequence[Metadata]:
    """One entry per frame. ``vs.Error`` in the name of ``owner`` if the file cannot be read."""
    if isinstance(metadata, str | Path):
        try:
            metadata = packets.read(located(metadata))
        except UserError as error:
            raise vs.Error(f"{owner}: {error}") from None
    return metadata.frames if isinstance(metadata, Stream) else metadata


def carry(clip: vs.VideoNode, source: vs.VideoNode) -> vs.VideoNode:
    """The HDR metadata of ``source`` on the frames of ``clip``: for filters that lose it.

    Filters with several inputs keep the properties of the first only, others make new frames. ``vs.Error`` if the
    clips have different numbers of frames.
    """
    if clip.num_frames != source.num_frames:
        raise vs.Error(f"carry: clip has {clip.num_frames} frames, source {source.num_frames}; they must be the same")
    return clip.std.CopyFrameProps(source, props=[*props.of(tuple(props.NAMES)), props.SOURCE_FRAME, props.SOURCE_SIZE])


def strip(clip: vs.VideoNode, kinds: Sequence[str] = tuple(props.NAMES)) -> vs.VideoNode:
    """Without these kinds of metadata: ``hdr10plus``, ``dolby_vision``, ``mastering_display``, ``content_light``,
    ``st2094_50``."""
    for kind in kinds:
        if kind not in props.NAMES:
            raise vs.Error(f"strip: kinds must be among {', '.join(props.NAMES)}; got {kind!r}")
    return clip.std.RemoveFrameProps(props.of(tuple(kinds))) if kinds else clip


def guard(clip: vs.VideoNode, mode: Literal["strip", "error"] = "strip") -> vs.VideoNode:
    """Catch metadata that other filters have made meaningless, as ``resize`` to BT.709 does, frame by frame.

    HDR10+ belongs to PQ, everything else to PQ or HLG; a Dolby Vision RPU belongs to a picture of the shape it had in
    :func:`attach`, as it holds the edges of the active picture in pixels. ``mode="strip"`` removes it, ``"error"``
    raises ``vs.Error`` naming frame and metadata. The edges in an RPU of a picture that was scaled are scaled too.
    """
    if mode not in ("strip", "error"):
        raise vs.Error(f"guard: mode must be one of strip, error; got {mode!r}")

    def judge(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        wrong, why = _wrong(f)
        if not wrong:
            return _fitted(f)
        if mode == "error":
            raise vs.Error(f"guard: frame {n} carries {', '.join(wrong)}, but {why}")
        out = f.copy()
        for name in props.of(wrong):
            if name in out.props:
                del out.props[name]
        return out

    return clip.std.ModifyFrame(clip, judge)


def fit(clip: vs.VideoNode) -> vs.VideoNode:
    """Scale the active picture in Dolby Vision RPUs (level 5, in pixels) with the picture, as :func:`guard` does."""
    return clip.std.ModifyFrame(clip, lambda n, f: _fitted(f))


def _fitted(f: vs.VideoFrame) -> vs.VideoFrame:
    size = props.size(f.props)
    if "DolbyVisionRPU" not in f.props or size is None or size == (f.width, f.height):
        return f
    out = f.copy()
    across, down = Fraction(f.width, size[0]), Fraction(f.height, size[1])
    out.props["DolbyVisionRPU"] = rpu_area.scaled(bytes(f.props["DolbyVisionRPU"]), across, down)
    out.props[props.SOURCE_SIZE] = [f.width, f.height]
    return out


def _wrong(f: vs.VideoFrame) -> tuple[tuple[str, ...], str]:
    """The kinds of metadata that cannot be this frame's, and why."""
    wrong = props.stale(f.props)
    if wrong:
        return wrong, f"its _Transfer is {f.props.get('_Transfer', 'not set')}"
    if "DolbyVisionRPU" in f.props and props.reframed(f.props, f.width, f.height):
        width, height = f.props[props.SOURCE_SIZE]
        return ("dolby_vision",), f"it was cropped or got borders: {width}x{height} became {f.width}x{f.height}"
    return (), ""


def verify(clip: vs.VideoNode, source: Given | None = None) -> vs.VideoNode:
    """Raise ``vs.Error`` for a frame whose metadata is missing, damaged or someone else's.

    Every frame must have HDR10+ that can be read and that its transfer allows. With ``source``, the same that
    :func:`attach` was given, it must be, zero bytes at the end aside, that of the frame in ``VSPluginSourceFrame``.
    """
    expected = None if source is None else listed("verify", source)

    def judge(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        wrong = props.stale(f.props)
        if wrong:
            raise vs.Error(
                f"verify: frame {n} carries {', '.join(wrong)}, but its _Transfer is {f.props.get('_Transfer')}"
            )
        try:
            payload = props.from_props(f.props).hdr10plus
            if payload is None:
                raise UserError("has no HDR10+ metadata")
            hdr10plus.parse(payload)
        except UserError as error:
            raise vs.Error(f"verify: frame {n}: {error}") from None
        if expected is not None:
            _compare(n, f.props.get(props.SOURCE_FRAME), payload, expected)
        return f

    return clip.std.ModifyFrame(clip, judge)


def _compare(n: int, number: object, payload: bytes, expected: Sequence[Metadata]) -> None:
    if not isinstance(number, int) or not 0 <= number < len(expected):
        raise vs.Error(f"verify: frame {n} does not say of which source frame its metadata is")
    if not hdr10plus.same(payload, expected[number].hdr10plus or b""):
        raise vs.Error(f"verify: the HDR10+ metadata of frame {n} is not that of source frame {number}")
