"""``vsplugin hdr inject``, ``lift`` and ``render``: metadata into encoded files; SDR with ST 2094-50 shown."""

from __future__ import annotations

import mmap
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import click
import vapoursynth as vs

from .. import container
from ..disk import Outlet, disk_error, outlet, rename, write_whole
from ..errors import UserError, one_line
from ..hdr import inject, lift, nal, packets, props, remux, report, sidecar, st2094_50, x265
from ..hdr import render as rendering
from ..hdr.metadata import Metadata
from ..hdr.static import ContentLight, MasteringDisplay
from ..source import open_source
from .output import count, json_option, note, print_json

_overwrite = click.option("--overwrite", is_flag=True, help="Replace OUT.")
_FORMATS = [f"YUV{sampling}P{bits}" for sampling in (420, 422, 444) for bits in (10, 12, 16)]


@click.command(name="inject")
@click.argument("stream", metavar="IN")
@click.argument("metadata", metavar="META")
@click.argument("output", metavar="OUT")
@click.option("--master-display", metavar="TEXT", help="Mastering display as x265 writes it, instead of META's.")
@click.option("--max-cll", metavar="CLL,FALL", help="Content light in cd/m², instead of META's.")
@_overwrite
@json_option
def inject_command(
    stream: str,
    metadata: str,
    output: str,
    master_display: str | None,
    max_cll: str | None,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Put metadata into an encoded file; pictures stay as they are, bit for bit.

    IN is a raw HEVC stream, or HEVC or AV1 in .mkv, .mp4, .mov, .ts, .webm, .ivf or .obu; OUT is of the same kind. META
    is HDR10+ JSON (.json), x265's NALU file (.nalu, .txt), RPUs (.rpu, .bin), or a video file that has them.
    """
    source, target = _places(stream, output, overwrite)
    frames: Sequence[Metadata] = sidecar.load(Path(metadata).expanduser())
    if master_display:
        display = MasteringDisplay.from_x265(master_display).to_sei()
        frames = [replace(frame, mastering=display) for frame in frames]
    if max_cll:
        light = ContentLight.from_x265(max_cll).to_sei()
        frames = [replace(frame, light=light) for frame in frames]
    return _write(source, frames, target, as_json)


@click.command(name="lift")
@click.argument("stream", metavar="IN")
@click.argument("output", metavar="OUT")
@click.option("--peak", type=float, default=10_000, show_default=True, help="Where SDR white goes, in cd/m².")
@_overwrite
@json_option
def lift_command(stream: str, output: str, peak: float, overwrite: bool, as_json: bool) -> int:
    """Let an encoded SDR file be shown in HDR: ST 2094-50 metadata on every picture, as `lift_hdr` (maxrgb) makes it.

    Files are as for inject; OUT may also end in .nalu, for x265's --nalu-file. Displays that do not know ST 2094-50
    show the SDR pictures, which stay as they are.
    """
    source, target = _places(stream, output, overwrite)
    payload = st2094_50.pack(lift.metadata(peak))
    inside = packets.read(source)
    transfer = inside.colour.get("_Transfer")
    if transfer in (props.PQ, props.HLG):
        raise UserError(f"lift: {source} must be SDR; it is {'PQ' if transfer == props.PQ else 'HLG'}")
    frames = [Metadata(st2094_50=payload)] * len(inside.frames)
    if target.suffix.lower() in sidecar.NALU:
        _written(target, x265.nalu_text([payload] * len(frames)))
        return _say(source, target, len(frames), [], as_json)
    return _write(source, frames, target, as_json)


@click.command(name="render")
@click.argument("source", metavar="IN")
@click.argument("output", metavar="OUT.y4m|-")
@click.option("--peak", type=float, required=True, help="The display's brightest light in cd/m².")
@click.option("--format", "kind", type=click.Choice(_FORMATS), default="YUV420P12", show_default=True)
@_overwrite
def render_command(source: str, output: str, peak: float, kind: str, overwrite: bool) -> None:
    """Show SDR with ST 2094-50 metadata as a display of --peak does: PQ, BT.2020, as y4m into a file or a pipe.

    This is the standard's reference renderer in float64, for looking and comparing: about a frame per second in HD.
    """
    opened = open_source(source)
    if opened.path is None:
        raise UserError(f"render: {source} has no ST 2094-50 metadata")
    try:
        shown = rendering.render(opened.clip, packets.read(opened.path, opened.track), peak)
        clip = rendering.coded(shown, getattr(vs, kind), peak)
        with clip.get_frame(0) as frame:
            note(f"for x265: -D {min(frame.format.bits_per_sample, 12)} {' '.join(x265.arguments(frame.props))}")
        if output == "-":
            clip.output(sys.stdout.buffer, y4m=True)
            return
        target = Path(output).expanduser()
        _check(opened.path, target, overwrite)
        _into(target, lambda file: clip.output(file, y4m=True))
    except vs.Error as error:
        raise UserError(one_line(error)) from None
    note(f"{output}: {count(clip.num_frames, 'frame')}")


def _places(stream: str, output: str, overwrite: bool) -> tuple[Path, Path]:
    source, target = Path(stream).expanduser(), Path(output).expanduser()
    sidecar.check_file(source)
    _check(source, target, overwrite)
    return source, target


def _check(source: Path, target: Path, overwrite: bool) -> None:
    if target.exists() and target.samefile(source):
        raise UserError(f"output: {target} exists; it is the input")
    if target.exists() and not overwrite:
        raise UserError(f"output: {target} exists; --overwrite replaces it")


def _write(source: Path, frames: Sequence[Metadata], target: Path, as_json: bool) -> int:
    with source.open("rb") as handle:
        raw = handle.read(4).startswith((nal.START_CODE, nal.START_CODE[1:]))
    kind = remux.FORMATS.get(target.suffix.lower())
    if raw and kind:
        raise UserError(f"output: {source} is a raw HEVC stream, so is OUT; mkvmerge packs it; got '{target.name}'")
    if not raw and not kind:
        known = ", ".join(remux.FORMATS)
        raise UserError(f"output: {source} is no raw HEVC stream: OUT must end in {known}; got '{target.name}'")
    if kind:
        pictures, dropped = _into(target, lambda file: remux.into_file(source, frames, file, kind))
    else:
        pictures, dropped = _into(target, lambda file: _into_raw(source, frames, file)), []
    return _say(source, target, pictures, dropped, as_json)


def _into_raw(source: Path, frames: Sequence[Metadata], file: Outlet) -> int:
    with source.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return inject.into_stream(data, frames, file.write)


def _into[T](target: Path, write: Callable[[Outlet], T]) -> T:
    """What ``write`` returns, after it has written the file: whole, or not there."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with outlet(part) as file:
            found = write(file)
        rename(part, target)
        return found
    except OSError as error:
        raise disk_error(error, target) or UserError(f"cannot write {target}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def _written(target: Path, text: str) -> None:
    try:
        write_whole(target, text)
    except OSError as error:
        raise disk_error(error, target) or UserError(f"cannot write {target}: {error.strerror}") from None


def _say(source: Path, target: Path, pictures: int, dropped: list[str], as_json: bool) -> int:
    """What was written; exit code 2 if the source is cut off, so that this is not all of it."""
    broken = None if _is_whole(source) else report.cut_off(packets.read(source))
    if as_json:
        print_json({"output": str(target), "frames": pictures, "dropped": dropped, "broken": broken})
    else:
        note(f"{target}: {count(pictures, 'frame')}")
        for one in dropped:
            note(f"not kept: {one}")
        if broken:
            note(f"vsplugin: {source}: {broken}")
    return 2 if broken else 0


def _is_whole(source: Path) -> bool:
    """Where the container says it at once; others are read for it."""
    inside = container.inspect(source)
    return not inside.cut and any(name in inside.format for name in ("matroska", "mp4", "hevc"))
