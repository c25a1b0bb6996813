"""``vsplugin measure REF DIST``."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import click
import vapoursynth as vs

from .. import metrics
from ..disk import check_target, write_target
from ..errors import UserError
from ..metrics.offset import find_offset
from ..metrics.registry import AS_REFERENCE, LOWER
from ..script import open_script
from ..source import open_source
from .options import json_option
from .output import note, print_json
from .progress import counting


@click.command()
@click.argument("reference", metavar="REF")
@click.argument("distorted", metavar="[DIST]", required=False)
@click.option("--metrics", "names", metavar="NAMES", help="Separated by commas, or 'all'. `--list` shows them.")
@click.option("--list", is_flag=True, is_eager=True, expose_value=False, callback=lambda c, p, v: _list(c, v),
              help="The metrics: what they say, unit, direction.")  # fmt: skip
@click.option("--start", type=click.IntRange(0), default=0, metavar="FRAME", help="First frame (of REF).")
@click.option("--frames", type=click.IntRange(1), metavar="N", help="How many frames; all if not given.")
@click.option("--offset", metavar="N|auto",
              help="Frame n of DIST belongs to frame n + N of REF; auto looks for it within 48 frames. "
              "Without it both must be equally long.")  # fmt: skip
@click.option("--lpips", "network", metavar="FILE", help="ONNX file of LPIPS, for the metric lpips.")
@click.option("--csv", "csv_path", metavar="FILE", help="Write one row per frame.")
@click.option("--plot", "plot_path", metavar="PNG", help="Draw the metrics over the frames.")
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def measure(
    reference: str,
    distorted: str | None,
    names: str | None,
    start: int,
    frames: int | None,
    offset: str | None,
    network: str | None,
    csv_path: str | None,
    plot_path: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Measure how far DIST is from REF, frame by frame; or a single clip by what needs no reference.

    REF and DIST are video files, scripts (.vpy) or samples (sample:film).
    """
    asked = {"--csv": csv_path, "--plot": plot_path}
    targets = {option: check_target(path, option) for option, path in asked.items() if path}
    if "--plot" in targets:
        _need_matplotlib(targets["--plot"])
    clips = [open_clip(spec) for spec in (reference, distorted) if spec is not None]
    shift = _offset(offset, clips)
    other, second, shift = _excerpt(clips, start, frames, shift)
    wanted = _names(names, network, other, second)
    files = {"lpips": Path(network).expanduser()} if network else {}
    with counting("measuring", quiet=quiet or as_json) as progress:
        result = metrics.measure(other, second, wanted, offset=shift, files=files, progress=progress)
    _save(targets, result, (reference, distorted))
    if as_json:
        print_json(_as_dict(result, reference, distorted, shift))
    else:
        print(_table(result))
        for target in targets.values():
            note(str(target))


def open_clip(spec: str) -> vs.VideoNode:
    """A video file, a script or a sample as a clip."""
    if Path(spec).suffix.lower() == ".vpy":
        return open_script(Path(spec).expanduser())
    return open_source(spec).clip


def _offset(text: str | None, clips: list[vs.VideoNode]) -> int | None:
    if text is None:
        return None
    if text == "auto":
        if len(clips) < 2:
            raise UserError("--offset auto needs two clips")
        found = find_offset(*clips)
        note(f"offset: frame n of the second clip belongs to frame n {'+' if found >= 0 else '-'} {abs(found)}")
        return found
    try:
        return int(text)
    except ValueError:
        raise UserError(f"--offset must be a whole number or auto; got '{text}'") from None


def _excerpt(
    clips: list[vs.VideoNode], start: int, frames: int | None, offset: int | None
) -> tuple[vs.VideoNode | None, vs.VideoNode, int | None]:
    """Reference (None for a single clip), distorted and offset, of ``frames`` frames from ``start`` of the first on."""
    first, second = clips[0], clips[-1]
    if start >= first.num_frames:
        raise UserError(f"--start must be in [0, {first.num_frames - 1}]; got {start}")
    if len(clips) == 1:
        return None, first[start : None if frames is None else start + frames], None
    if not start and frames is None:
        return first, second, offset
    offset = offset or 0
    begin = max(start, offset)
    end = min(first.num_frames, second.num_frames + offset)
    end = end if frames is None else min(end, begin + frames)
    if begin >= end:
        raise UserError(
            f"measure: from frame {start} on with an offset of {offset} no frame is left in common: reference "
            f"{first.num_frames}, distorted {second.num_frames} frames"
        )
    return first[begin:end], second[begin - offset : end - offset], 0


def _names(
    text: str | None, network: str | None, reference: vs.VideoNode | None, distorted: vs.VideoNode
) -> list[str] | None:
    if text is None and reference is not None:
        if not network:
            return None
        return [*(metric.name for metric in metrics.suitable(reference, distorted)), "lpips"]
    if text is None:
        return [name for name, metric in metrics.METRICS.items() if metric.default_alone]
    if text == "all":
        every = metrics.suitable(reference, distorted, every=True, files={"lpips": Path(network)} if network else {})
        return [metric.name for metric in every]
    return [part.strip() for part in text.split(",") if part.strip()]


def _need_matplotlib(target: Path) -> None:
    if target.suffix.lower() != ".png":
        raise UserError(f"--plot must end in .png; got '{target}'")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise UserError(
            "--plot needs matplotlib, of the extra 'report': pip install 'vapoursynth-vsplugin[report]'"
        ) from None


def _save(targets: dict[str, Path], result: metrics.Measurement, specs: tuple[str, str | None]) -> None:
    for option, target in targets.items():
        content = (
            _csv(result)
            if option == "--csv"
            else _plot(result, " against ".join(Path(spec).name for spec in specs[::-1] if spec))
        )
        write_target(target, content, option)


def _columns(result: metrics.Measurement) -> dict[str, list[float]]:
    columns = {}
    for name, values in result.items():
        columns[name] = values
        if name in result.reference:
            columns[f"{name} of the reference"] = result.reference[name]
    return columns


def _csv(result: metrics.Measurement) -> str:
    columns = _columns(result)
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["frame", *columns])
    for frame, values in enumerate(zip(*columns.values(), strict=True)):
        rows.writerow([frame, *("" if math.isnan(value) else f"{value:.9g}" for value in values)])
    return out.getvalue()


def _plot(result: metrics.Measurement, title: str) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1 + 1.8 * len(result)), layout="constrained")
    rows = figure.subplots(len(result), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (name, values) in zip(rows, result.items(), strict=True):
        curves = {"distorted": values} | ({"reference": result.reference[name]} if name in result.reference else {})
        for label, curve in curves.items():
            shown = [value if math.isfinite(value) else math.nan for value in curve]
            axes.plot(shown, linewidth=1.2, label=label, marker="." if len(curve) < 30 else "")
        if len(curves) > 1:
            axes.legend(fontsize=7, frameon=False)
        if not any(map(math.isfinite, values)):
            axes.text(0.5, 0.5, "infinite: equal" if math.inf in values else "no value", transform=axes.transAxes)
        unit = metrics.METRICS[name].unit
        axes.set_ylabel(name if unit == "1" else f"{name}\n{unit}", fontsize=8)
        axes.ticklabel_format(axis="y", useOffset=False)
        axes.grid(alpha=0.25)
    rows[-1].set_xlabel("frame")
    rows[-1].xaxis.get_major_locator().set_params(integer=True)
    figure.suptitle(title, fontsize=9)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110)
    return out.getvalue()


def _table(result: metrics.Measurement) -> str:
    rows = [("metric", "value", "reference", "worst frame", "better", "unit")]
    for name in result:
        metric = metrics.METRICS[name]
        worst = worst_frame(result, name)
        rows.append(
            (
                name,
                _number(result.pooled[name]),
                _number(result.reference_pooled[name]) if name in result.reference_pooled else "",
                "" if worst is None else f"{_number(result[name][worst])} at {worst}",
                metric.better.value,
                "" if metric.unit == "1" else metric.unit,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def worst_frame(result: metrics.Measurement, name: str) -> int | None:
    """The frame to look at first; None where all are equal or have no value."""
    better = metrics.METRICS[name].better
    values = result[name]
    if better is AS_REFERENCE and name in result.reference:
        values = [abs(value - other) for value, other in zip(values, result.reference[name], strict=True)]
    sign = -1 if better in (LOWER, AS_REFERENCE) else 1
    known = [(sign * value, frame) for frame, value in enumerate(values) if not math.isnan(value)]
    if not known or min(known)[0] == max(known)[0]:
        return None
    return min(known)[1]


def _number(value: float) -> str:
    if math.isnan(value):
        return "none"
    return f"{value:.4f}" if abs(value) >= 0.01 or value == 0 else f"{value:.3e}"


def _plain(value: float) -> float | str | None:
    """JSON has neither NaN (null here) nor infinity ("inf")."""
    return None if math.isnan(value) else value if math.isfinite(value) else str(value)


def _as_dict(result: metrics.Measurement, reference: str, distorted: str | None, offset: int | None) -> dict[str, Any]:
    found = {}
    for name, values in result.items():
        metric = metrics.METRICS[name]
        found[name] = {
            "value": _plain(result.pooled[name]),
            "unit": metric.unit,
            "better": metric.better.value,
            "worst_frame": worst_frame(result, name),
            "frames": [_plain(value) for value in values],
        }
        if name in result.reference:
            found[name]["reference"] = _plain(result.reference_pooled[name])
            found[name]["reference_frames"] = [_plain(value) for value in result.reference[name]]
    return {
        "reference": reference if distorted is not None else None,
        "distorted": distorted if distorted is not None else reference,
        "offset": offset,
        "frames": len(next(iter(result.values()))),
        "metrics": found,
    }


def _list(context: click.Context, asked: bool) -> None:
    if not asked or context.resilient_parsing:
        return
    for metric in metrics.METRICS.values():
        unit = "" if metric.unit == "1" else f", {metric.unit}"
        needs = "" if metric.needs_reference else ", no reference needed"
        print(f"{metric.name}: {metric.summary} ({metric.better.value} is better{unit}{needs})")
    context.exit()
