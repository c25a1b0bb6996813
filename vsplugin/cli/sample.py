"""``vsplugin sample SRC OUT``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import vapoursynth as vs

from .. import job
from .. import sample as samples
from ..disk import write_target
from ..errors import UserError, one_line
from ..job.run import check_output
from ..sample import film
from ..source import Source, open_source
from .options import json_option
from .output import print_json
from .restore import execute


@click.command()
@click.argument("source", metavar="SRC")
@click.argument("output", metavar="OUT")
@click.option(
    "--damage",
    metavar="KIND[=AMOUNT],...",
    help=f"Damage of film to lay over SRC: all, or of {', '.join(film.KINDS)}; KIND.PARAMETER=VALUE for the rest. "
    "If not given: all but fade, tears and gate.",
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Another seed, other damage of the same kinds.")
@click.option("--start", type=int, default=0, metavar="FRAME", help="First frame.")
@click.option("--frames", type=int, metavar="N", help="How many frames; all if not given.")
@click.option("--truth", "truth_folder", metavar="DIR", help="Also write what is known: clean clip, masks, numbers.")
@click.option("--codec", default="ffv1", show_default=True, help="Of OUT; truths of damage are always ffv1.")
@click.option("--overwrite", is_flag=True)
@json_option
def sample(
    source: str,
    output: str,
    damage: str | None,
    seed: int | None,
    start: int,
    frames: int | None,
    truth_folder: str | None,
    codec: str,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write a damaged clip and what is known about it, to test restorations.

    SRC is film, video or hdr, which are drawn, or a video file. A file, or `film`, is damaged as old film is; --damage
    says how. Of what is drawn, --truth also writes the picture twice as large.
    """
    name = source.removeprefix("sample:")
    drawn = name in samples.names()
    opened, made = _opened(name if drawn else source, drawn, damage, seed)
    options = {"first": start, "frames": frames}
    target = Path(output).expanduser()
    check_output(target, opened, overwrite)
    if truth_folder is None:
        written = [_write(opened, target, codec, overwrite, options)]
    else:
        folder = _made_folder(truth_folder)
        written = [_write(opened, target, codec, overwrite, options)]
        if drawn:
            large = _other(opened, f"truth:{name}", samples.truth(name))
            written.append(_write(large, folder / f"{name}.mkv", codec, overwrite, options))
        if made:
            written += _write_truths(opened, made, folder, overwrite, options)
    if as_json:
        print_json({"written": written})
    else:
        print("\n".join(written))


def _opened(name: str, drawn: bool, damage: str | None, seed: int | None) -> tuple[Source, film.Damaged | None]:
    """The source with its damaged clip, and what is known about the damage."""
    plain = damage is None and seed is None
    if drawn and plain:
        return open_source(f"sample:{name}"), samples.film_damage() if name == "film" else None
    opened = open_source(f"sample:{name}" if drawn else name)
    clean = samples.clean(name) if drawn else opened.clip
    chosen = samples.FILM_SEED if drawn and seed is None else seed or 0
    try:
        made = film.damaged(clean, film.read(samples.FILM_DAMAGE if damage is None else damage), chosen)
    except vs.Error as error:
        words = one_line(error)
        raise UserError(f"--{words}" if words.startswith("damage") else f"--damage: {words}") from None
    values = made.parameters(range(0))
    return _other(opened, f"{opened.spec} {json.dumps(values)}", made.clip, sound=True), made


def _other(opened: Source, what: str, clip: vs.VideoNode, *, sound: bool = False) -> Source:
    """The source with another clip of the same times; truths go without sound and subtitles."""
    mark = f"{what} {opened.fingerprint} {samples.REVISION}"
    return replace(opened, spec=what, clip=clip, path=opened.path if sound else None, fingerprint=mark)


def _made_folder(path: str) -> Path:
    folder = Path(path).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--truth: cannot make {folder}: {error.strerror}") from None
    return folder


def _write_truths(
    opened: Source, made: film.Damaged, folder: Path, overwrite: bool, options: dict[str, Any]
) -> list[str]:
    """Every layer as a video, losslessly, and ``damage.json``."""
    written = []
    for name, layer in made.layers().items():
        truth = _other(opened, f"{name} of {opened.spec}", layer)
        written.append(_write(truth, folder / f"{name}.mkv", "ffv1", overwrite, options))
    last = made.clip.num_frames if options["frames"] is None else options["first"] + options["frames"]
    told = made.parameters(range(options["first"], min(last, made.clip.num_frames)))
    write_target(folder / "damage.json", json.dumps(told, indent=1), "--truth")
    return [*written, str(folder / "damage.json")]


def _write(opened: Source, target: Path, codec: str, overwrite: bool, options: dict[str, Any]) -> str:
    check_output(target, opened, overwrite)
    plan = job.make_plan(opened, [], codec=codec, **options)
    return execute(opened, plan, target, opened.clip, discard=False, quiet=True).output
