"""Faded pictures corrected, against what white balance and levels can do: mean CIEDE2000 to the picture before fading.

./run python benchmarks/unfade.py [--corpus DIR] [--quick] [--sheet docs/images/unfade.jpg]

Pictures: the 24 of Kodak and the three stills held back from training, on 256 pixels, faded by
``vsplugin/fade/decay.py`` at three strengths, in three kinds (cyan, yellow or magenta goes first), by the model the
network was trained on and by one it never saw, and rounded to 8 bits. Rivals: nothing; grey-world; the gain of each
channel that a search with the true picture at hand finds best ("oracle gain"). Ours: each picture alone, as it comes
and told that it has faded (``sure=0``); one point that was grey, and a grey, a white and a black one, picked by the
truth as a person would; and all pictures as one reel faded alike (``by="clip"``), of which every fourth is scored.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import common
import numpy as np
import vapoursynth as vs
from PIL import Image

import vsplugin
from vsplugin.fade import decay, density
from vsplugin.hdr.primaries import BT709, BT2020, conversion
from vsplugin.metrics.colour import delta_e_2000, lab

SIDE = 256
STRENGTHS = (0.4, 0.7, 1.0)
MODELS = ("power", "kinetic")
_EVERY = 5  # pixels judged
_TO_BT2020 = 100 * conversion(BT709, BT2020).T


@dataclass
class Case:
    group: str
    fresh: np.ndarray
    faded: np.ndarray


def picture(path: Path) -> np.ndarray:
    with Image.open(path) as still:
        shrink = SIDE / max(still.size)
        small = still.convert("RGB").resize([round(side * shrink) for side in still.size], Image.LANCZOS)
    return np.asarray(small) / 255


def seen(signal: np.ndarray) -> np.ndarray:
    """Lab of every few pixels."""
    flat = np.clip(signal, 0, 1).reshape(-1, 3)[::_EVERY]
    return lab(density.light(flat, density.SRGB) @ _TO_BT2020)


def apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(delta_e_2000(seen(one), seen(other)).mean())


def grey_world(signal: np.ndarray) -> np.ndarray:
    light = density.light(signal, density.SRGB)
    mean = light.reshape(-1, 3).mean(0)
    return density.signal(np.clip(light * (mean.mean() / mean), 0, 1), density.SRGB)


def oracle(faded: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """With the best gain of each channel's light, by a simplex search on the truth."""

    def applied(gains: np.ndarray, signal: np.ndarray) -> np.ndarray:
        light = density.light(signal, density.SRGB) * np.exp(gains)
        return density.signal(np.clip(light, 0, 1), density.SRGB)

    flat, wanted = faded.reshape(-1, 3)[:: _EVERY * 6], seen(fresh)[::6]

    def cost(gains: np.ndarray) -> float:
        light = density.light(applied(gains, flat), density.SRGB)
        return float(delta_e_2000(lab(light @ _TO_BT2020), wanted).mean())

    return applied(_simplex(cost, np.zeros(3), 120), faded)


def _simplex(cost, start: np.ndarray, rounds: int) -> np.ndarray:
    """Nelder and Mead (1965), twice: the second time from what the first found."""
    for _ in range(2):
        points = np.vstack([start, start + 0.15 * np.eye(len(start))])
        values = np.array([cost(p) for p in points])
        for _ in range(rounds // 2):
            order = np.argsort(values)
            points, values = points[order], values[order]
            if values[-1] - values[0] < 1e-3:
                break
            middle, worst = points[:-1].mean(0), points[-1]
            tries = [middle + k * (middle - worst) for k in (1.0, 2.0, -0.5)]
            value = cost(tries[0])
            if value < values[0]:
                further = cost(tries[1])
                points[-1], values[-1] = (tries[1], further) if further < value else (tries[0], value)
            elif value < values[-2]:
                points[-1], values[-1] = tries[0], value
            elif (inner := cost(tries[2])) < values[-1]:
                points[-1], values[-1] = tries[2], inner
            else:
                points[1:] = (points[1:] + points[0]) / 2
                values[1:] = [cost(p) for p in points[1:]]
        start = points[np.argmin(values)]
    return start


def clip_of(pictures: list[np.ndarray]) -> vs.VideoNode:
    """RGB24, sRGB, one frame each, on a canvas as large as the largest (black around)."""
    height, width = (max(p.shape[axis] for p in pictures) for axis in (0, 1))
    blank = vs.core.std.BlankClip(format=vs.RGB24, width=width, height=height, length=len(pictures), keep=True)
    blank = blank.std.SetFrameProps(_Matrix=0, _Transfer=13, _Primaries=1)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out, values = f.copy(), np.round(pictures[n] * 255).astype(np.uint8)
        for p in range(3):
            np.asarray(out[p])[:] = 0
            np.asarray(out[p])[: values.shape[0], : values.shape[1]] = values[..., p]
        return out

    return vs.core.std.ModifyFrame(blank, blank, fill)


def frames_of(clip: vs.VideoNode, like: list[np.ndarray]) -> list[np.ndarray]:
    out = []
    for frame, p in zip(clip.frames(close=True), like, strict=True):
        whole = np.stack([np.asarray(frame[plane]) for plane in range(3)], -1) / 255
        out.append(whole[: p.shape[0], : p.shape[1]])
    return out


def unfaded(faded: np.ndarray, **options) -> np.ndarray:
    return frames_of(vsplugin.unfade(clip_of([faded]), **options), [faded])[0]


def anchors(fresh: np.ndarray) -> dict[str, str]:
    """A grey, a white and a black place, as far as the picture has them: of 5x5 pixels, far from the edges."""
    blocks = np.lib.stride_tricks.sliding_window_view(fresh, (5, 5), axis=(0, 1))[::3, ::3].mean((-1, -2))
    colours = lab(density.light(blocks, density.SRGB) @ _TO_BT2020)
    light, chroma = colours[..., 0], np.hypot(colours[..., 1], colours[..., 2])

    def best(cost: np.ndarray) -> str:
        y, x = np.unravel_index(np.argmin(cost), cost.shape)
        return f"{3 * x + 2},{3 * y + 2}"

    found = {"grey": best(chroma + 10 * (np.abs(light - 50) > 20))}
    white, black = chroma / 4 + (95 - light).clip(0), chroma / 4 + (light - 5).clip(0)
    if white.min() < 3:
        found["white"] = best(white)
    if black.min() < 4:
        found["black"] = best(black)
    return found


Rows = dict[str, list[dict[str, float]]]


def cases(pictures: list[np.ndarray], model: str) -> Iterator[Case]:
    rng = np.random.default_rng([20, MODELS.index(model)])
    kinds = list(decay.KINDS)
    for strength in STRENGTHS:
        for index, fresh in enumerate(pictures):
            truth = decay.draw(rng, kinds[index % len(kinds)], strength, model)
            yield Case(f"{model} {strength:g}", fresh, decay.faded(fresh, truth, density.SRGB))


def alone(pictures: list[np.ndarray], model: str) -> Rows:
    rows: Rows = {}
    for case in cases(pictures, model):
        points = anchors(case.fresh)
        results = {
            "nothing": case.faded,
            "grey_world": grey_world(case.faded),
            "oracle_gain": oracle(case.faded, case.fresh),
            "unfade": unfaded(case.faded),
            "unfade_known_to_be_faded": unfaded(case.faded, sure=0.0),
            "unfade_grey_point": unfaded(case.faded, grey=points["grey"]),
            "unfade_grey_white_black": unfaded(case.faded, **points),
        }
        rows.setdefault(case.group, []).append({name: apart(out, case.fresh) for name, out in results.items()})
    return rows


def reel(pictures: list[np.ndarray], model: str) -> Rows:
    rows: Rows = {}
    rng = np.random.default_rng([21, MODELS.index(model)])
    for strength in STRENGTHS:
        for kind in decay.KINDS:
            truth = decay.draw(rng, kind, strength, model)
            faded = [decay.faded(fresh, truth, density.SRGB) for fresh in pictures]
            clip = clip_of(faded)
            ours = frames_of(vsplugin.unfade(clip, by="clip"), faded)
            told = frames_of(vsplugin.unfade(clip, by="clip", sure=0.0), faded)
            for fresh, before, after, best in list(zip(pictures, faded, ours, told, strict=True))[::4]:
                rows.setdefault(f"{model} {strength:g}", []).append({
                    "nothing": apart(before, fresh),
                    "grey_world": apart(grey_world(before), fresh),
                    "oracle_gain": apart(oracle(before, fresh), fresh),
                    "unfade": apart(after, fresh),
                    "unfade_known_to_be_faded": apart(best, fresh),
                })  # fmt: skip
    return rows


def both(measure: Callable[[list[np.ndarray], str], Rows], pictures: list[np.ndarray]) -> Rows:
    """Of both models of decay, at the same time."""
    with ProcessPoolExecutor(len(MODELS), mp_context=multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(measure, pictures, model) for model in MODELS]
        return {group: found for job in jobs for group, found in job.result().items()}


def summary(rows: Rows) -> dict:
    every = [row for group in rows.values() for row in group]
    names = list(every[0])

    def means(group: list[dict[str, float]]) -> dict[str, float]:
        return {name: round(float(np.mean([row[name] for row in group])), 2) for name in names}

    total = means(every)
    ours = [name for name in names if name.startswith("unfade")]
    return {
        "cases": len(every),
        "mean": total,
        "median": {name: round(float(np.median([row[name] for row in every])), 2) for name in names},
        "worst": {name: round(max(row[name] for row in every), 1) for name in names},
        "by_model_and_strength": {group: means(found) for group, found in rows.items()},
        "lower_than_percent": {
            name: {rival: round(100 * (1 - total[name] / total[rival]), 1) for rival in ("grey_world", "oracle_gain")}
            for name in ours
        },
    }


def sheet(kodak: list[Path], path: Path) -> None:
    """Rows of pictures: faded, ``unfade`` by itself, with a grey, a white and a black point, as it was."""
    rng = np.random.default_rng(8)
    rows = []
    for number, kind in zip((4, 23, 8), decay.KINDS, strict=True):
        fresh = picture(next(file for file in kodak if file.stem == str(number)))[:170, :170]
        faded = decay.faded(fresh, decay.draw(rng, kind, 0.8), density.SRGB)
        rows.append(np.hstack([faded, unfaded(faded, sure=0.0), unfaded(faded, **anchors(fresh)), fresh]))
    Image.fromarray(np.round(np.vstack(rows) * 255).astype(np.uint8)).save(path, quality=85)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path(__file__).parents[2] / "shared/corpus")
    parser.add_argument("--quick", action="store_true", help="every fourth picture, and nothing is written")
    parser.add_argument("--sheet", type=Path, metavar="JPG", help="only draw before and after")
    arguments = parser.parse_args()
    kodak = sorted((arguments.corpus / "public" / "stills").glob("*.png"), key=lambda path: int(path.stem))
    if arguments.sheet:
        sheet(kodak, arguments.sheet)
        return
    clic = sorted((arguments.corpus / "train" / "stills").glob("*.png"))[-3:]
    pictures = [picture(path) for path in [*kodak, *clic]]
    if arguments.quick:
        pictures = pictures[::4]
    moved = [apart(unfaded(fresh), fresh) for fresh in pictures]
    results = {
        "bar": "mean CIEDE2000 at least 45 % below grey_world and oracle_gain; unfaded pictures move by less than 1",
        "unfaded_moves": {"mean": round(float(np.mean(moved)), 2), "median": round(float(np.median(moved)), 2),
                          "worst": round(max(moved), 2), "untouched": sum(value == 0 for value in moved),
                          "pictures": len(moved)},
        "unfaded_reel_moves": round(float(np.mean([apart(after, fresh) for after, fresh in zip(
            frames_of(vsplugin.unfade(clip_of(pictures), by="clip"), pictures), pictures, strict=True)])), 2),
        "each_alone": summary(both(alone, pictures)),
        "one_reel": summary(both(reel, pictures)),
    }  # fmt: skip
    if arguments.quick:
        print(json.dumps(results, indent=1))
    else:
        common.write("unfade", results)


if __name__ == "__main__":
    main()
