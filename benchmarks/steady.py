"""How much of known flicker and weave deflicker and stabilize take out, what they leave alone, and what they cost.

./run python benchmarks/steady.py [flicker|flicker_limits|weave|little|speed ...] writes results/steady.json.
plot_steady.py draws it.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import vapoursynth as vs
from common import RESULTS, write
from steady_material import (
    PAN,
    Pictures,
    block_offsets,
    clip_of,
    flicker,
    lit,
    lumas,
    source,
    through_ffmpeg,
    weave,
    woven,
)  # fmt: skip

import vsplugin
from vsplugin.filters.deflicker import _changes
from vsplugin.metrics import jitter as jitters
from vsplugin.metrics.flicker import local_means, residual_variation
from vsplugin.sample import film
from vsplugin.steady import flicker as flickers
from vsplugin.steady import path as paths
from vsplugin.steady import windows

ROUNDED = 5
SERIES = RESULTS / "series" / "steady.json"  # values of every frame: curves to draw
WALKER, CARS, PARKJOY = "video/walker_768x432.mkv", "video/cars_768x432.mkv", "video/parkjoy_480x270.mkv"
RADIUS = 20  # stabilize's default
LITTLE = 24  # frames
WEAVE, DIRT = "weave=0.15,weave.jitter=0.25", "flicker=5,grain=6,scratches=0.5,hair=0.5,dust=6"  # half a pixel of weave
LIMITED = (("mixed", 60), ("white", 60), ("mixed", 48), ("mixed", 36))  # kinds of weave, and frames of the clips


def rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [rounded(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return round(float(value), ROUNDED) if np.isfinite(value) else None  # JSON has no NaN
    return value


def slowly(values: np.ndarray) -> np.ndarray:
    """Differences from the truth under a Gaussian of 8 frames (the truth's own course is not in them)."""
    frames = np.arange(len(values))
    weights = np.exp(-0.5 * ((frames[:, None] - frames) / jitters.SIGMA) ** 2)
    return weights / weights.sum(axis=1, keepdims=True) @ values


# Flicker


def variation(pictures: Pictures, truth: Pictures) -> dict[str, Any]:
    """Of local means (8x8 cells) against the truth's: their course over the frames, as natural logarithms."""
    course = np.array([np.log(local_means(p - 16) / local_means(t - 16)) for p, t in zip(pictures, truth, strict=True)])
    slow = slowly(course)
    return {
        "frame_to_frame": np.diff(course, axis=0).std(),  # RMS
        "high_pass": (course - slow).std(),  # what a Gaussian of 8 frames leaves
        "all": (course - course.mean(axis=0)).std(),
        "metric": float(np.sqrt(np.nanmean(np.square(residual_variation([local_means(p - 16) for p in pictures]))))),
        "mean": course.mean(axis=1).tolist(),
    }


def less(before: dict[str, Any], after: dict[str, Any]) -> dict[str, float]:
    """By how many per cent each figure falls."""
    keys = [key for key, value in before.items() if isinstance(value, float) and key in after]
    return {key: 100 * (1 - after[key] / before[key]) for key in keys}


def flicker_case(name: str, exposure: np.ndarray | None = None) -> dict[str, Any]:
    """In 16 bit, where rounding does not flicker; ``in_8_bit`` the same with clip and result rounded to 8 bit."""
    film = source(name)
    if film.format.color_family == vs.GRAY:
        film = film.resize.Point(format=vs.YUV420P8, matrix=6)
    fine = film.resize.Point(format=vs.YUV420P16)
    gains = flicker(film.num_frames, film.height, film.width)
    steady = list(np.ones(film.num_frames) if exposure is None else exposure[: film.num_frames])
    lights = [gain * light for gain, light in zip(gains, steady, strict=True)]
    truth, bad = lit(fine, steady), lit(fine, lights)
    good, result, alone = (lumas(clip) for clip in (truth, vsplugin.deflicker(bad), vsplugin.deflicker(truth)))
    before, after = variation(lumas(bad), good), variation(result, good)
    out = {"before": before, "after": after, "less": less(before, after)}
    # Cameras flicker by themselves: what is left against what deflicker makes of the clip without the added flicker.
    out["less_of_what_was_added"] = less(before, variation(result, alone))
    out["own_flicker_taken_out"] = variation(alone, good)["frame_to_frame"]
    level = [float(local_means(t - 16).mean()) for t in good]
    off = [100 * abs(np.expm1(course)) * mean / 219 for course, mean in zip(after["mean"], level, strict=True)]
    out["level_off_percent_of_white"] = {"largest": max(off), "mean": float(np.mean(off))}
    coarse = lit(film, lights)
    rounded_before, done = variation(lumas(coarse), good), lumas(vsplugin.deflicker(coarse))
    out["in_8_bit"] = less(rounded_before, variation(done, good))
    # What rounding alone leaves: the known gains undone, but for the slow course that deflicker leaves.
    slow = np.exp(after["mean"])
    undone = [np.rint((p - 16) / g * s + 16) for p, g, s in zip(lumas(coarse), gains, slow, strict=True)]
    out["in_8_bit_known_gains"] = less(rounded_before, variation(undone, good))
    peers = {}
    for size in (5, 21, 41) if exposure is None else ():
        peer = through_ffmpeg(coarse, f"deflicker=size={size}:mode=am")
        if peer is not None:
            peers[size] = less(rounded_before, variation(lumas(peer), good))
    return {**out, "ffmpeg_deflicker": peers} if peers else out


def flicker_limits(name: str) -> dict[str, float]:
    """What deflicker's smoothing takes out, in per cent from frame to frame, where all gains are known exactly.

    Those of the flicker added alone, and times those of the clip's own exposure as measured without it.
    """
    clip = source(name).resize.Point(format=vs.YUV420P16)
    luma = clip.std.ShufflePlanes(0, vs.GRAY).resize.Point(format=vs.GRAYS)
    pairs = [windows.read(f) for f in _changes(luma, luma, RADIUS, 0.3, True).frames(close=True)][:-1]
    cells = [cv2.resize(g, (8, 6), interpolation=cv2.INTER_AREA).ravel() for g in flicker(len(clip), 96, 128)]
    known = np.log(np.array(cells))
    added = np.diff(known @ np.linalg.pinv(flickers._GRID).T, axis=0)
    own = np.array([np.zeros(added.shape[1] + 2) if pair is None else pair for pair in pairs])
    out = {}
    for what, steps in (("added", own * 0), ("added_and_own", own.copy())):
        steps[:, : added.shape[1]] += added
        steps[:, -1] = 0
        left = []
        for n in range(len(clip)):
            first = max(0, n - RADIUS)
            gain = flickers.correction(steps[first : n + RADIUS], n - first, RADIUS).gain
            left.append(known[n] + np.log1p(gain.ravel()))
        out[what] = 100 * (1 - np.diff(left, axis=0).std() / np.diff(known, axis=0).std())
    return out


def measure_flicker_limits() -> dict[str, Any]:
    return {Path(name).stem.split("_")[0]: flicker_limits(name) for name in (WALKER, CARS, PARKJOY)}


def kept_case(name: str, exposure: np.ndarray | None) -> dict[str, float]:
    """How far deflicker moves local means where there is no flicker, in per cent of the level (of 1 % at least)."""
    clip = source(name)
    if exposure is not None:
        clip = lit(clip, list(exposure[: clip.num_frames]))
    before, after = (np.array([local_means(p - 16) for p in lumas(c)]) for c in (clip, vsplugin.deflicker(clip)))
    moved = np.abs(after - before) / np.maximum(before, 2.19)
    return {
        "largest_percent": 100 * moved.max(),
        "mean_percent": 100 * moved.mean(),
        "range": np.ptp(before.mean(1)) / 219,
    }


def film_case(name: str) -> dict[str, float]:
    """Real old film, whose truth nobody knows: vsplugin.metrics before and after (after stabilize too)."""
    film = source(name)
    steps = {"source": film, "deflicker": vsplugin.deflicker(film), "stabilize": vsplugin.stabilize(film)}
    steps["both"] = vsplugin.deflicker(steps["stabilize"])
    out = {}
    for step, clip in steps.items():
        pictures = lumas(clip)
        shares = residual_variation([local_means(picture) for picture in pictures])
        moves = [jitters.displacement(a, b) for a, b in itertools.pairwise(pictures)]
        bends = jitters.acceleration([(np.nan, np.nan), *moves])
        out[f"{step}_flicker"] = float(np.sqrt(np.nanmean(np.square(shares))))
        out[f"{step}_jitter_acceleration"] = float(np.sqrt(np.nanmean(np.square(bends))))
    return out


FADE = np.interp(np.arange(60), [0, 24, 48, 60], [1, 1, 0.2, 0.2])


def measure_flicker() -> dict[str, Any]:
    return {
        "walker": flicker_case(WALKER),
        "cars": flicker_case(CARS),
        "drawn": flicker_case("drawn"),
        "parkjoy": flicker_case(PARKJOY),
        "market_street": film_case("oldfilm_pd/market_street_1906_480x368_24f.mkv"),
        "walker_with_a_fade": flicker_case(WALKER, FADE),
        "kept": {
            "walker": kept_case(WALKER, None),
            "walker_fade_to_a_fifth": kept_case(WALKER, FADE),
            "walker_flash": kept_case(WALKER, np.where(np.arange(60) == 30, 1.5, 1.0)),
            "cars_auto_exposure": kept_case(CARS, None),
        },
    }


# Weave


def path(pictures: Pictures, truth: Pictures) -> dict[str, Any]:
    """How the picture moves against the truth: by blocks, and as a whole by vsplugin.metrics."""
    blocks = np.array([block_offsets(t, p) for t, p in zip(truth, pictures, strict=True)])
    textured = np.isfinite(blocks).all(axis=(0, 2))
    whole = np.array([jitters.displacement(t, p) for t, p in zip(truth, pictures, strict=True)])
    out: dict[str, Any] = {"blocks": int(textured.sum()), "path": whole}
    for name, offsets in (("block_match", blocks[:, textured].reshape(len(blocks), -1)), ("phase", whole)):
        if offsets.shape[1]:
            slow = slowly(offsets)
            out[f"{name}_frame_to_frame"] = np.diff(offsets, axis=0).std()
            out[f"{name}_high_pass"] = (offsets - slow).std()
            out[f"{name}_pan_rms"] = slow.std()
            out[f"{name}_pan_largest"] = np.abs(slow - slow.mean(axis=0)).max()
    return out


def energy(pictures: Pictures) -> float:
    """Of gradients, 40 pixels from the edges."""
    inner = (slice(40, -40),) * 2
    return float(np.mean([sum((g[inner] ** 2).mean() for g in np.gradient(picture)) for picture in pictures]))


def weave_case(name: str, kind: str, size: tuple[int, int]) -> dict[str, Any]:
    pictures = lumas(source(name))
    truth = woven(pictures, size, np.zeros((len(pictures), 7)))
    bad = woven(pictures, size, weave(len(pictures), kind))
    clip = clip_of(bad)
    result = lumas(vsplugin.stabilize(clip))
    before, after = path(bad, truth), path(result, truth)
    out = {"before": before, "after": after, "less": less(before, after)}
    out["sharpness"] = energy(result) / energy(bad)
    detect = "vidstabdetect=shakiness=10:accuracy=15:result={}/transforms.trf"
    transform = "vidstabtransform=input={}/transforms.trf:smoothing=20:optzoom=0:crop=keep:interpol=bicubic"
    peer = through_ffmpeg(clip, detect, transform)
    if peer is not None:
        seen = lumas(peer)
        out["vidstab"] = {"less": less(before, path(seen, truth)), "sharpness": energy(seen) / energy(bad)}
    return out


def unwoven_case(name: str, size: tuple[int, int]) -> dict[str, Any]:
    """A pan that does not shake: how far stabilize moves it."""
    pictures = lumas(source(name))
    truth = woven(pictures, size, np.zeros((len(pictures), 7)))
    moved = path(lumas(vsplugin.stabilize(clip_of(truth))), truth)
    return {key: value for key, value in moved.items() if key != "path"}


def little_case(name: str, damage: str) -> dict[str, float]:
    """Half-size film with little weave that is known, or none: RMS from frame to frame, in pixels, before and after."""
    clip = source(name)[:LITTLE].std.ShufflePlanes(0, vs.GRAY)
    made = film.damaged(clip.resize.Bicubic(clip.width // 2, clip.height // 2), film.read(damage), 3)
    known = np.array([(frame["right"], frame["down"]) for frame in made.parameters()["frames"]])
    pairs = zip(lumas(made.clip), lumas(vsplugin.stabilize(made.clip, border="mirror")), strict=True)
    moved = np.array([jitters.displacement(*pair) for pair in pairs])
    return {"before": np.diff(known, axis=0).std(), "after": np.diff(known + moved, axis=0).std()}


def measure_little() -> dict[str, Any]:
    return {
        f"{Path(name).stem.split('_')[0]}_{what}": little_case(name, damage)
        for name in (WALKER, CARS, "drawn")
        for what, damage in (
            ("as_it_is", "grain=0.01"),
            ("dirty", DIRT),
            ("woven", WEAVE),
            ("woven_and_dirty", f"{WEAVE},{DIRT}"),
        )
    }


def pan_limits(frames: int, kind: str) -> dict[str, dict[str, float]]:
    """How far the slow part of x and y is off, in pixels, where the weave is known exactly: what no filter can see."""
    known = weave(frames, kind)[:, :2]
    line = np.stack([np.ones(frames), np.arange(frames)], axis=1)
    straight = line @ np.linalg.lstsq(line, known, rcond=None)[0]
    first = [max(0, n - RADIUS) for n in range(frames)]
    smooth = [paths.fitted(known[k : n + RADIUS + 1], n - k, RADIUS)[0] for n, k in enumerate(first)]
    out = {}
    for name, left in (("straight_line_over_the_clip", straight), ("smoothed_as_stabilize_does", np.array(smooth))):
        slow = slowly(left)
        out[name] = {"rms": slow.std(), "largest": np.abs(slow - slow.mean(axis=0)).max()}
    return out


def measure_weave() -> dict[str, Any]:
    small, drawn = (560, 320), (640, 360)
    out: dict[str, Any] = {"pan": PAN}
    for name, kind, size in (
        (WALKER, "mixed", small), (WALKER, "white", small), ("still", "mixed", small), ("drawn", "mixed", drawn),
    ):  # fmt: skip
        out[f"{Path(name).stem.split('_')[0]}_{kind}"] = weave_case(name, kind, size)
    out["cars_mixed"] = weave_case(CARS, "mixed", small)
    out["parkjoy_mixed"] = weave_case(PARKJOY, "mixed", (400, 230))
    out["pan_limits"] = {f"{kind}_{count}": pan_limits(count, kind) for kind, count in LIMITED}
    out["pan_alone_walker"] = unwoven_case(WALKER, small)
    out["pan_alone_still"] = unwoven_case("still", small)
    return out


# Speed


FILTERS: dict[str, Callable[[vs.VideoNode], vs.VideoNode]] = {
    "source": lambda clip: clip,
    "flow": lambda clip: vsplugin.flow(clip, 1),
    "deflicker": vsplugin.deflicker,
    "stabilize_fill": vsplugin.stabilize,
    "stabilize_mirror": lambda clip: vsplugin.stabilize(clip, border="mirror"),
}


def measure_speed(frames: int = 40) -> dict[str, Any]:
    """Medians of three rounds, each on a graph of its own: flow and frames of the last one may be cached."""
    wall: dict[str, list[float]] = {name: [] for name in FILTERS}
    work: dict[str, list[float]] = {name: [] for name in FILTERS}
    for _ in range(3):
        for name, function in FILTERS.items():
            clip = function(source(WALKER))
            clip.get_frame(0).close()
            start, busy = time.perf_counter(), time.process_time()
            for frame in clip[1 : frames + 1].frames(close=True):
                del frame
            wall[name].append(1000 * (time.perf_counter() - start) / frames)
            work[name].append(1000 * (time.process_time() - busy) / frames)
    return {
        "size": "768x432 YUV420P8",
        "ms_per_frame": {name: float(np.median(values)) for name, values in wall.items()},
        "cpu_ms_per_frame": {name: float(np.median(values)) for name, values in work.items()},
    }


PARTS = {
    "flicker": measure_flicker,
    "flicker_limits": measure_flicker_limits,
    "weave": measure_weave,
    "little": measure_little,
    "speed": measure_speed,
}


def courses(results: dict[str, Any]) -> dict[str, Any]:
    """Takes the values of every frame out of the results, for plot_steady.py."""
    found = {}
    for key, value in list(results.items()):
        if isinstance(value, (list, np.ndarray)) and key in ("mean", "path"):
            found[key] = results.pop(key)
        elif isinstance(value, dict) and (inner := courses(value)):
            found[key] = inner
    return found


def with_peers(results: Any, known: Any) -> Any:
    """Figures of FFmpeg's filters that this machine could not measure are those measured before: they do not change."""
    if not (isinstance(results, dict) and isinstance(known, dict)):
        return results
    missing = {key: known[key] for key in ("vidstab", "ffmpeg_deflicker") if key in known and key not in results}
    return {key: with_peers(value, known.get(key)) for key, value in results.items()} | missing


def stored(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text()) if file.exists() else {}


def main() -> None:
    known, curves = stored(RESULTS / "steady.json"), stored(SERIES)
    results = {part: known[part] for part in PARTS if part in known}
    for part in sys.argv[1:] or PARTS:
        results[part] = PARTS[part]()
        curves[part] = courses(results[part])
        results[part] = with_peers(results[part], known.get(part))
    SERIES.parent.mkdir(exist_ok=True)
    SERIES.write_text(json.dumps(rounded(curves)) + "\n")
    write("steady", rounded(results))


if __name__ == "__main__":
    main()
