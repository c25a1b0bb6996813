"""A path, or ``sample:NAME``, becomes a clip with known facts: BestSource decodes, PyAV reads the container."""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import vapoursynth as vs

from . import color, container, sample
from .disk import located
from .errors import UserError, one_line
from .hdr import props as hdr

_UNKNOWN = 2  # "unspecified" in H.273, for matrix, transfer and primaries alike
_NO_TIME = -(1 << 63)  # FFmpeg's AV_NOPTS_VALUE
_MIB = 1 << 20
_FASTEST = 10_000  # frames per second; more is a damaged header
# Code points that H.273 gives a meaning; others are reserved, and no encoder takes them.
_MEANT = {"_Matrix": {0, 1, *range(4, 16)}, "_Transfer": {1, *range(4, 19)}, "_Primaries": {1, *range(4, 13), 22}}


@dataclass(frozen=True)
class Facts:
    """What the source is, for people and for JSON. Colour values are the code points of H.273."""

    format: str
    width: int
    height: int
    fps: str
    frames: int
    matrix: int
    transfer: int
    primaries: int
    full_range: bool
    assumed: tuple[str, ...]  # colour tags the file lacks, filled in by the usual rule
    hdr: str  # "SDR", "HDR10", "HDR10+", "Dolby Vision", "HLG", "PQ"
    field_order: str
    vfr: bool
    rotation: int
    sar: str
    audio: tuple[str, ...] = ()
    subtitles: tuple[str, ...] = ()
    chapters: int = 0
    attachments: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Source:
    """An opened source. ``timestamps`` are in units of ``time_base``, one per frame, in order of display."""

    spec: str
    path: Path | None
    clip: vs.VideoNode
    facts: Facts
    time_base: Fraction
    timestamps: list[int]
    rate: Fraction  # frames per second on average; what the encoder is told
    first_props: dict[str, Any]
    broken: str | None = None  # why the file ends before its container says it does
    track: int | None = None  # number of the video stream in the container
    fingerprint: str = field(default="", compare=False)


def open_source(spec: str) -> Source:
    """Open a video file or a procedural sample. Raises ``UserError`` naming what is wrong with it."""
    if spec.startswith("sample:"):
        return _open_sample(spec)
    path = located(spec)
    _check_readable(path)
    inside = container.inspect(path)
    fingerprint = hash_file(path)
    clip, time_base, timestamps, track = _decode(path, inside, fingerprint)
    clip, props, assumed = _complete_colour(clip)
    fps = Fraction(clip.fps_num, clip.fps_den) if clip.fps_num else Fraction(0)
    vfr = _varies(timestamps, time_base, fps)
    rate = _average_rate(timestamps, time_base) if vfr or not fps else fps
    return Source(
        spec=spec,
        path=path,
        clip=clip,
        facts=_facts(clip, props, assumed, rate, vfr, inside),
        time_base=time_base,
        timestamps=timestamps,
        rate=rate,
        first_props=props,
        broken=inside.cut_off(clip.num_frames, timestamps[-1] * time_base, track),
        track=track,
        fingerprint=fingerprint,
    )


def _open_sample(spec: str) -> Source:
    clip = sample.clip(spec.removeprefix("sample:"))
    clip, props, assumed = _complete_colour(clip)
    rate = Fraction(clip.fps_num, clip.fps_den)
    return Source(
        spec=spec,
        path=None,
        clip=clip,
        facts=_facts(clip, props, assumed, rate, False, None),
        time_base=1 / rate,
        timestamps=list(range(clip.num_frames)),
        rate=rate,
        first_props=props,
        fingerprint=hashlib.sha256(f"{spec} {sample.REVISION}".encode()).hexdigest(),
    )


def _check_readable(path: Path) -> None:
    if not path.exists():
        raise UserError(f"input: no such file: {path}")
    if path.is_dir():
        raise UserError(f"input: {path} is a folder, not a video file")
    try:
        with path.open("rb") as handle:
            if not handle.read(1):
                raise UserError(f"input: {path} is empty")
    except OSError as error:
        raise UserError(f"input: cannot read {path}: {error.strerror}") from None


def hash_file(path: Path, full: bool = False) -> str:
    """SHA-256 of the size and of the first and last MiB, or of everything: tells files apart, whatever their dates."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as handle:
        if full:
            while block := handle.read(8 * _MIB):
                digest.update(block)
        else:
            digest.update(handle.read(_MIB))
            if size > _MIB:
                handle.seek(max(_MIB, size - _MIB))
                digest.update(handle.read(_MIB))
    return digest.hexdigest()


def cache_folder() -> Path:
    """Where frame indexes are kept: never beside the source, which may be read-only or someone else's."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vsplugin" / "index"


def _quiet_about_timestamps(record: logging.LogRecord) -> bool:
    # BestSource 22 returns more than its signature declares; VapourSynth logs that, and it is what we ask for.
    return "no return value(s) named" not in record.getMessage()


logging.getLogger("vapoursynth").addFilter(_quiet_about_timestamps)


def _decode(path: Path, inside: container.Container, fingerprint: str) -> tuple[vs.VideoNode, Fraction, list[int], int]:
    """The first video track that has frames."""
    if not hasattr(vs.core, "bs"):
        raise UserError("input: BestSource is missing; pip install vapoursynth-bestsource")
    # The fingerprint in the path: a changed file of the same name and size never meets a stale index.
    cache = cache_folder() / fingerprint[:16]
    problem = ""
    for track in inside.video_tracks:
        try:
            found = vs.core.bs.VideoSource(
                str(path), track=track, variableformat=-1, cachemode=1, cachepath=str(cache), exporttimestamps=1,
                apply_rotation=0,
            )  # fmt: skip
        except vs.Error as error:
            problem = problem or one_line(error).removeprefix("VideoSource: ")
            continue
        clip = found["clip"]
        _check_constant(path, clip)
        time_base = Fraction(found["timebasenum"], found["timebaseden"])
        stamps = found["timestamps"]
        stamps = [stamps] if isinstance(stamps, int) else list(stamps)
        if _NO_TIME in stamps:  # a bare stream has no times: a constant rate
            time_base = Fraction(clip.fps_den, clip.fps_num) if clip.fps_num else Fraction(1, 25)
            stamps = list(range(clip.num_frames))
        return clip, time_base, stamps, track
    raise UserError(f"input: no frame of {path} can be decoded ({problem or 'its video stream is empty'})")


def _check_constant(path: Path, clip: vs.VideoNode) -> None:
    if clip.width and clip.height and clip.format.id:
        return
    shapes: list[str] = []
    for number, frame in enumerate(clip.frames(close=True)):
        shape = f"{frame.format.name} {frame.width}x{frame.height}"
        if shapes and shape != shapes[0]:
            raise UserError(f"input: {path} changes from {shapes[0]} to {shape} at frame {number}; split it there")
        shapes.append(shape)
    raise UserError(f"input: {path} has frames of no constant format")


def _complete_colour(clip: vs.VideoNode) -> tuple[vs.VideoNode, dict[str, Any], tuple[str, ...]]:
    """Fill in colour tags that are missing, by the rule players use, on the *source's* size.

    They must be written out: a player guesses by size, and our output may be larger than the source.
    """
    try:
        with clip.get_frame(0) as frame:
            props = dict(frame.props)
    except vs.Error as error:
        raise UserError(f"input: the first frame cannot be decoded ({one_line(error)})") from None
    missing: dict[str, int] = {}
    for name, value in color.usual_colour(clip).items():
        if int(props.get(name, _UNKNOWN)) not in _MEANT.get(name, {0, 1}):
            missing[name] = value
    if missing:
        clip = clip.std.SetFrameProps(**missing)
        props.update(missing)
    return clip, props, tuple(name.lstrip("_").lower() for name in missing)


def _varies(timestamps: list[int], time_base: Fraction, fps: Fraction) -> bool:
    """Whether frames leave a constant raster by more than the container's rounding (one tick each way)."""
    if len(timestamps) < 3:
        return False
    step = _average_step(timestamps) if not fps else 1 / (fps * time_base)
    first = timestamps[0]
    slack = max(Fraction(2), step / 50)
    return any(abs(stamp - first - n * step) > slack for n, stamp in enumerate(timestamps)) and any(
        abs(stamp - first - n * _average_step(timestamps)) > slack for n, stamp in enumerate(timestamps)
    )


def _average_step(timestamps: list[int]) -> Fraction:
    return Fraction(timestamps[-1] - timestamps[0], max(1, len(timestamps) - 1))


def _average_rate(timestamps: list[int], time_base: Fraction) -> Fraction:
    step = _average_step(timestamps) * time_base
    rate = (1 / step).limit_denominator(1001) if step > 0 else Fraction(0)
    return rate if 0 < rate <= _FASTEST else Fraction(25)


def _facts(
    clip: vs.VideoNode,
    props: dict[str, Any],
    assumed: tuple[str, ...],
    rate: Fraction,
    vfr: bool,
    inside: container.Container | None,
) -> Facts:
    return Facts(
        format=clip.format.name,
        width=clip.width,
        height=clip.height,
        fps=str(rate),
        frames=clip.num_frames,
        matrix=int(props["_Matrix"]) if "_Matrix" in props else _UNKNOWN,
        transfer=int(props["_Transfer"]) if "_Transfer" in props else _UNKNOWN,
        primaries=int(props["_Primaries"]) if "_Primaries" in props else _UNKNOWN,
        full_range=int(props.get("_Range", 0)) == 1,
        assumed=assumed,
        hdr=hdr.kind(props),
        field_order={0: "progressive", 1: "bottom field first", 2: "top field first"}.get(
            int(props.get("_FieldBased", 0)), "unknown"
        ),
        vfr=vfr,
        rotation=int(props.get("Rotation", 0)),
        sar=f"{props.get('_SARNum', 1)}:{props.get('_SARDen', 1)}",
        audio=inside.audio if inside else (),
        subtitles=inside.subtitles if inside else (),
        chapters=inside.chapters if inside else 0,
        attachments=inside.attachments if inside else 0,
    )
