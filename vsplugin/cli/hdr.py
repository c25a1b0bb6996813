"""``vsplugin hdr``: show, check and export HDR metadata; :mod:`.hdr_write` has the rest of its commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..disk import disk_error, write_whole
from ..errors import UserError
from ..hdr import check as checks
from ..hdr import dolbyvision, hdr10plus, hdr10plus_json, packets, plot, report, sidecar, x265
from ..hdr.metadata import Metadata, changes
from . import hdr_write
from .output import count, json_option, note, print_json

_MOST_LINES = 200  # differences that are printed one by one


@click.group()
def hdr() -> None:
    """HDR metadata: HDR10+, Dolby Vision, ST 2094-50, mastering display, content light."""


def _stream(name: str) -> packets.Stream:
    path = Path(name).expanduser()
    sidecar.check_file(path)
    return packets.read(path)


@hdr.command()
@click.argument("file", metavar="FILE")
@click.option("--plot", "picture", metavar="PNG", help="Draw peaks and averages of all frames.")
@json_option
def show(file: str, picture: str | None, as_json: bool) -> None:
    """What FILE's packets say of every frame, in order of display; runs of equal frames in one line."""
    stream = _stream(file)
    if picture:
        plot.draw(stream.frames, Path(picture).expanduser(), Path(file).name)
    whole = report.summary(stream)
    if as_json:
        print_json(
            {"file": file, **whole, "metadata": [report.frame_as_dict(*pair) for pair in enumerate(stream.frames)]}
        )
        return
    for line in _summary(stream, whole):
        print(line)
    if broken := report.cut_off(stream):
        note(f"warning: {broken}")
    rows = [list(report.HEADS), *report.table(stream.frames)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(report.HEADS))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _summary(stream: packets.Stream, whole: dict[str, Any]) -> list[str]:
    colour = ", ".join(f"{name} {value}" for name, value in whole["colour"].items()) or "not tagged"
    lines = [f"{stream.path.name}: {stream.codec}, {count(len(stream.frames), 'frame')}; colour: {colour}"]
    there = {"HDR10+": whole["hdr10plus"], "Dolby Vision RPU": whole["rpu"], "ST 2094-50": whole["st2094_50"]}
    lines += [f"{name} on {number} of {len(stream.frames)} frames" for name, number in there.items() if number]
    if (payload := stream.first("st2094_50")) is not None:
        lines.append(f"ST 2094-50, first: {_gains(report.gains(payload))}")
    for title, name in (("mastering display", "mastering"), ("content light", "light")):
        if isinstance(whole[name], str):
            lines.append(f"wrong: {whole[name]}")
        elif whole[name]:
            moved = changes(stream.frames, name)[1:]
            later = f" (changes at frame {moved[0]})" if moved else ""
            lines.append(f"{title}: {getattr(stream, name).to_x265()}{later}")
    return lines


def _gains(found: dict[str, Any]) -> str:
    if "damaged" in found:
        return f"damaged: {found['damaged']}"
    peaks = ", ".join(f"{peak:g}" for peak in found["peaks"]) or "no other"
    return f"reference white {found['reference_white']:g} cd/m², made for {peaks} cd/m²"


@hdr.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@json_option
def check(a: str, b: str, as_json: bool) -> int:
    """Which frame of B lost or changed metadata that A has. Ends with 1 if any did, with 0 if none."""
    found = report.differences(_stream(a), _stream(b))
    if as_json:
        print_json({"a": a, "b": b, "same": not found, "differences": found})
        return bool(found)
    for one in found[:_MOST_LINES]:
        where = "" if one["frame"] is None else f"frame {one['frame']}: "
        print(f"{where}{one['what']} {one['how']}" if where else f"{one['what']}: {one['how']}")
    if len(found) > _MOST_LINES:
        print(f"and {len(found) - _MOST_LINES} more")
    if not found:
        print("the same metadata on every frame")
    return bool(found)


@hdr.command()
@click.argument("source", metavar="CLIP|SCRIPT")
@click.option("--x265", "options", metavar="FILE", help="Write x265's options: colour, mastering display, MaxCLL.")
@click.option("--nalu", metavar="FILE", help="Write HDR10+ for x265's --nalu-file.")
@click.option("--json", "json_file", metavar="FILE", help="Write HDR10+ as JSON of hdr10plus_tool and x265.")
@click.option("--rpu", metavar="FILE", help="Write Dolby Vision RPUs for x265's --dolby-vision-rpu.")
@click.option("-a", "--arg", "arguments", multiple=True, metavar="NAME=VALUE", help="For the script, as vspipe has it.")
def export(
    source: str,
    options: str | None,
    nalu: str | None,
    json_file: str | None,
    rpu: str | None,
    arguments: tuple[str, ...],
) -> int:
    """Write the metadata of a video file, or of a script's frames, which are rendered for it, for an encoder.

    Everything is checked before anything is written: a frame without metadata is an error that names it. Of a file that
    is cut off, what is there is written, and the exit code is 2.
    """
    if not (options or nalu or json_file or rpu):
        raise UserError("export: give at least one of --x265, --nalu, --json, --rpu")
    frames, props, broken = _read_for_export(Path(source).expanduser(), arguments)
    checks.complete(frames, source)
    texts: dict[str, str | bytes] = {}
    if nalu:
        checks.one_profile(frames, source)
        texts[nalu] = x265.nalu_text(_payloads(source, frames))
    if json_file:
        texts[json_file] = hdr10plus_json.write([hdr10plus.parse(payload) for payload in _payloads(source, frames)])
    if rpu:
        texts[rpu] = dolbyvision.write_file(_rpus(source, frames))
    if options:
        texts[options] = " ".join(x265.arguments(props, rpu)) + "\n"
    for name, content in texts.items():
        _write(Path(name).expanduser(), content)
    note(f"{source}: {count(len(frames), 'frame')}; written: {', '.join(texts)}")
    if broken:
        note(f"vsplugin: {source}: {broken}")
    return 2 if broken else 0


def _read_for_export(path: Path, arguments: tuple[str, ...]) -> tuple[tuple[Metadata, ...], dict[str, Any], str | None]:
    """Metadata of every frame, colour and static metadata as properties, and why a file ends too early."""
    if path.suffix.lower() not in sidecar.SCRIPTS:
        stream = _stream(str(path))
        _say_changes([frame for name in ("mastering", "light") for frame in changes(stream.frames, name)[1:]])
        return stream.frames, stream.props(), report.cut_off(stream)
    pairs = [argument.partition("=") for argument in arguments]
    for argument, (name, equals, _) in zip(arguments, pairs, strict=True):
        if not (equals and name.isidentifier()):
            raise UserError(f"--arg must be NAME=VALUE; got '{argument}'")
    clip = sidecar.script_clip(path, {name: value for name, _, value in pairs})
    try:
        frames, static = sidecar.of_clip(clip)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    _say_changes([props["frame"] for props in static[1:]])
    return frames, static[0], None


def _say_changes(numbers: list[int]) -> None:
    if numbers:
        note(f"warning: static metadata or colour changes at frame {min(numbers)}; an encoder takes the first only")


def _payloads(source: str, frames: tuple[Metadata, ...]) -> list[bytes]:
    found = [frame.hdr10plus for frame in frames if frame.hdr10plus is not None]
    if not found:
        raise UserError(f"{source}: has no HDR10+ metadata")
    return found


def _rpus(source: str, frames: tuple[Metadata, ...]) -> list[bytes]:
    found = [frame.rpu for frame in frames if frame.rpu is not None]
    if not found:
        raise UserError(f"{source}: has no Dolby Vision RPU")
    return found


def _write(path: Path, content: str | bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise disk_error(error, path) or UserError(f"cannot write {path}: {error.strerror}") from None


for _command in (hdr_write.inject_command, hdr_write.lift_command, hdr_write.render_command):
    hdr.add_command(_command)
