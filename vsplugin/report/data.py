"""All that a page shows, gathered: metrics, pictures, facts."""

from __future__ import annotations

import base64
import functools
import math
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import vapoursynth as vs

from .. import __version__, metrics
from ..errors import UserError
from ..metrics.pairing import pair
from ..metrics.registry import AS_REFERENCE, LOWER
from ..preview import picture, shown_size
from . import pictures
from .entry import Entry, distinct_names
from .recorder import SLICES, Recorder

Progress = Callable[[int, int], None]  # frames looked at, in all
_OVER_TIME = ("noise", "flicker", "temporal_difference_error")  # shown besides what is measured by default
_GLOW = 8  # an eighth of the way from black to white shines fully in the maps
_WORST = 12  # frames kept without loss, if they fit


@dataclass(frozen=True)
class Report:
    """What the page is made of."""

    data: dict[str, Any]  # as the viewer reads it, without pictures
    previews: list[list[str]]  # clip -> frame -> base64 WebP
    lossless: dict[str, str]  # "clip/frame" -> base64 WebP
    maps: dict[str, str]  # the same of the chosen frames: where an enlargement shows what its source does not explain


def gather(
    entries: list[Entry],
    names: list[str] | None,
    *,
    megabytes: float,
    settings: dict[str, Any],
    progress: Progress,
) -> Report:
    """Measure every clip against the first and keep its pictures. ``UserError`` names clips that do not fit."""
    pictures.pillow()
    frames = _common_length(entries)
    for entry in entries[1:]:
        _check_pair(entries[0].clip, entry.clip)
    size = max((entry.clip.width, entry.clip.height) for entry in entries)
    store = pictures.plan([entry.clip for entry in entries], size, frames, megabytes)
    passes = max(1, len(entries) - 1)
    total = passes * frames + _WORST
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        recorders = [Recorder(entry.clip, store, pool) for entry in entries]
        began = time.monotonic()
        measured = _measure(entries, recorders, names, lambda place, done: progress(place * frames + done, total))
        seconds = time.monotonic() - began
        previews = [[_text(one) for one in recorder.previews()] for recorder in recorders]
    plots = _plots(measured, len(entries))
    chosen = _chosen(plots, frames)
    lossless = _lossless(entries, chosen, size, store.lossless_bytes)
    progress(total, total)
    kept = sorted({int(key.split("/")[1]) for key in lossless})
    maps = _maps(entries, chosen)
    data = {
        **viewer_data(entries),
        "served": False,
        "plots": plots,
        "slices": [_slices(recorder) for recorder in recorders],
        "lossless": kept,
        "maps": list(maps),
        "stored": store.describe(size)
        + (f"; {len(kept)} frames without loss at full size" if kept else "; none without loss"),
        "settings": {**settings, "measured in": f"{seconds:.1f} s"},
    }
    return Report(data, previews, lossless, maps)


def viewer_data(entries: list[Entry]) -> dict[str, Any]:
    """What the viewer needs in any case; frames come from the server."""
    first = entries[0].clip
    return {
        "clips": [
            {"name": name, "spec": entry.spec, "facts": entry.facts, "audit": entry.audit}
            for name, entry in zip(distinct_names(entries), entries, strict=True)
        ],
        "size": list(max(shown_size(entry.clip) for entry in entries)),
        "frames": min(entry.clip.num_frames for entry in entries),
        "fps": float(first.fps) if first.fps else 25.0,
        "served": True,
        "plots": [],
        "slices": [],
        "lossless": [],
        "maps": [],
        "stored": "frames rendered when they are looked at",
        "settings": {},
        "versions": {"vsplugin": __version__, "vapoursynth": str(vs.core.core_version)},
    }


def _common_length(entries: list[Entry]) -> int:
    lengths = {entry.clip.num_frames for entry in entries}
    if len(lengths) > 1:
        told = ", ".join(f"{entry.name} {entry.clip.num_frames}" for entry in entries)
        raise UserError(f"compare: the clips differ in length: {told} frames; --start and --frames cut them alike")
    return lengths.pop()


def _measure(
    entries: list[Entry],
    recorders: list[Recorder],
    names: list[str] | None,
    progress: Callable[[int, int], None],  # pass, frames done in it
) -> list[metrics.Measurement]:
    """Each clip but the first against the first; that one's own recorder is only in the first pass."""
    out = []
    reference = recorders[0].clip
    for place in range(1, len(entries)):
        first = reference if place == 1 else entries[0].clip
        show = functools.partial(_told, progress, place - 1)
        out.append(_against(first, recorders[place].clip, names, show))
    if len(entries) == 1:
        show = functools.partial(_told, progress, 0)
        out.append(metrics.measure(None, reference, _alone(names), progress=show))
    return out


def _told(progress: Callable[[int, int], None], place: int, done: int, total: int) -> None:
    progress(place, done)


def _alone(names: list[str] | None) -> list[str]:
    if names is not None:
        return names
    return [name for name, metric in metrics.METRICS.items() if metric.default_alone]


def _check_pair(first: vs.VideoNode, second: vs.VideoNode) -> None:
    """``UserError`` names what does not fit, before any work is done."""
    scale = second.width / first.width
    if scale < 1 or scale != int(scale) or second.height != first.height * scale:
        raise UserError(
            f"compare: sizes must be equal or a whole multiple of the first: "
            f"{first.width}x{first.height}, {second.width}x{second.height}"
        )
    pair(first, second, enlarged=scale > 1)


def _against(
    first: vs.VideoNode, second: vs.VideoNode, names: list[str] | None, progress: Callable[[int, int], None]
) -> metrics.Measurement:
    """Of an enlargement against its source, what is defined for that and what needs no reference."""
    if (first.width, first.height) == (second.width, second.height):
        if names is None:
            fitting = metrics.suitable(first, second, every=True)
            names = [metric.name for metric in fitting if metric.default or metric.name in _OVER_TIME]
        return metrics.measure(first, second, names or None, progress=progress)
    enlargement = [name for name, metric in metrics.METRICS.items() if metric.of_enlargements]
    found = metrics.measure(first, second, names or enlargement, progress=progress)
    if names is None:
        alone = metrics.measure(None, second, _alone(None), progress=progress)
        found.update(alone)
        found.pooled.update(alone.pooled)
    return found


def _plots(measured: list[metrics.Measurement], clips: int) -> list[dict[str, Any]]:
    """One plot for each metric: a line per clip (None for the reference of a full-reference metric)."""
    out = []
    for name in dict.fromkeys(name for found in measured for name in found):
        metric = metrics.METRICS[name]
        lines: list[list[float | None] | None] = [None] * clips
        pooled: list[float | None] = [None] * clips
        for place, found in enumerate(measured, 1 if clips > 1 else 0):
            if name in found:
                lines[place], pooled[place] = [_plain(value) for value in found[name]], _plain(found.pooled[name])
            if name in found.reference:
                lines[0] = [_plain(value) for value in found.reference[name]]
                pooled[0] = _plain(found.reference_pooled[name])
        out.append(
            {
                "name": name,
                "summary": metric.summary,
                "unit": "" if metric.unit == "1" else metric.unit,
                "better": metric.better.value,
                "lines": lines,
                "pooled": pooled,
                "worst": _worst(lines, metric, clips),
            }
        )
    return out


def _worst(lines: list[list[float | None] | None], metric: metrics.Metric, clips: int) -> list[int]:
    """Frames from the worst on, judged by the worst clip."""
    judged = [line for line in lines[1:] if line] if clips > 1 else [line for line in lines if line]
    if not judged:
        return []
    if metric.better is AS_REFERENCE and lines[0]:
        reference = lines[0]
        judged = [
            [None if a is None or b is None else abs(a - b) for a, b in zip(line, reference, strict=True)]
            for line in judged
        ]
    sign = -1 if metric.better in (LOWER, AS_REFERENCE) else 1
    scores = []
    for frame, values in enumerate(zip(*judged, strict=True)):
        known = [sign * value for value in values if value is not None]
        if known:
            scores.append((min(known), frame))
    return [frame for _, frame in sorted(scores)]


def _chosen(plots: list[dict[str, Any]], frames: int) -> list[int]:
    """Frames worth keeping as they are: the worst of each metric in turn, and the middle one."""
    out = dict.fromkeys([plot["worst"][0] for plot in plots if plot["worst"]])
    out.setdefault(frames // 2)
    for place in range(1, _WORST):
        out |= dict.fromkeys(plot["worst"][place] for plot in plots if len(plot["worst"]) > place)
    return list(out)[:_WORST]


def _lossless(entries: list[Entry], chosen: list[int], size: tuple[int, int], budget: int) -> dict[str, str]:
    """As many of the chosen frames as fit, of all clips each."""
    out: dict[str, str] = {}
    for frame in chosen:
        images = [pictures.encode(picture(entry.clip, frame, *_own(entry, size)), None) for entry in entries]
        budget -= sum(map(len, images))
        if budget < 0:
            break
        out |= {f"{clip}/{frame}": _text(image) for clip, image in enumerate(images)}
    return out


def _maps(entries: list[Entry], chosen: list[int]) -> dict[str, str]:
    """What `metrics.invented` finds on the chosen frames of enlargements: dark where all is explained by the source."""
    source = entries[0].clip
    out = {}
    for place, entry in enumerate(entries[1:], 1):
        if entry.clip.width == source.width:
            continue
        found = metrics.invented(source, entry.clip)[0].std.Expr(f"x {_GLOW} * 1 min")
        for frame in chosen:
            out[f"{place}/{frame}"] = _text(pictures.encode(picture(found, frame, found.width, found.height), 80))
    return out


def _own(entry: Entry, size: tuple[int, int]) -> tuple[int, int]:
    """Pictures keep their own size: the page enlarges smaller ones."""
    return min(entry.clip.width, size[0]), min(entry.clip.height, size[1])


def _slices(recorder: Recorder) -> dict[str, list[str]]:
    return {
        "rows": [_text(pictures.encode(rows, 85)) for rows in recorder.rows],
        "columns": [_text(pictures.encode(columns, 85)) for columns in recorder.columns],
        "at": [str(share) for share in SLICES],
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _plain(value: float) -> float | None:
    """Short numbers; what is no number is None, infinity (equal pictures) too."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
