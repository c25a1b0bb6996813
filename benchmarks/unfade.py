"""Faded pictures corrected, against what white balance and levels can do: mean CIEDE2000 to the picture before fading.

./run python benchmarks/unfade.py [--corpus DIR] [--quick]

Pictures: the 24 of Kodak and the three stills held back from training, on 384 pixels, faded by
``vsplugin/fade/decay.py`` at three strengths, in three kinds (cyan, yellow or magenta goes first), by the model the
network was trained on and by one it never saw, and rounded to 8 bits. Rivals: nothing; grey-world; the gain of each
channel that a search with the true picture at hand finds best ("oracle gain"), and the same with an offset ("oracle
levels", for comparison). Ours: each picture alone; one point that was grey, and a grey, a white and a black one,
picked by the truth as a person would; and all pictures as one reel faded alike (``by="clip"``).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
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

SIDE = 384
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


def oracle(faded: np.ndarray, fresh: np.ndarray, *, levels: bool) -> np.ndarray:
    """The best gain of each channel's light, or gain and offset of its signal, by a simplex search on the truth."""
    target = seen(fresh)

    def applied(p: np.ndarray, signal: np.ndarray) -> np.ndarray:
        if levels:
            return signal * np.exp(p[:3]) + p[3:]
        light = density.light(signal, density.SRGB) * np.exp(p)
        return density.signal(np.clip(light, 0, 1), density.SRGB)

    flat = faded.reshape(-1, 3)[:: _EVERY * 8]
    wanted = target[::8]

    def cost(p: np.ndarray) -> float:
        light = density.light(np.clip(applied(p, flat), 0, 1), density.SRGB)
        return float(delta_e_2000(lab(light @ _TO_BT2020), wanted).mean())

    return np.clip(applied(_simplex(cost, np.zeros(6 if levels else 3), 600 if levels else 250), faded), 0, 1)


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
    if white.min() < 8:
        found["white"] = best(white)
    if black.min() < 12:
        found["black"] = best(black)
    return found


def cases(pictures: list[np.ndarray]) -> Iterator[Case]:
    rng = np.random.default_rng(20)
    kinds = list(decay.KINDS)
    for model in MODELS:
        for strength in STRENGTHS:
            for index, fresh in enumerate(pictures):
                kind = kinds[index % len(kinds)]
                truth = decay.draw(rng, kind, strength, model)
                yield Case(f"{model} {strength:g}", fresh, decay.faded(fresh, truth, density.SRGB))


def alone(pictures: list[np.ndarray]) -> dict[str, list[dict[str, float]]]:
    rows: dict[str, list[dict[str, float]]] = {}
    for case in cases(pictures):
        points = anchors(case.fresh)
        results = {
            "nothing": case.faded,
            "grey_world": grey_world(case.faded),
            "oracle_gain": oracle(case.faded, case.fresh, levels=False),
            "oracle_levels": oracle(case.faded, case.fresh, levels=True),
            "unfade": unfaded(case.faded),
            "unfade_grey_point": unfaded(case.faded, grey=points["grey"]),
            "unfade_grey_white_black": unfaded(case.faded, **points),
        }
        rows.setdefault(case.group, []).append({name: apart(out, case.fresh) for name, out in results.items()})
    return rows


def reel(pictures: list[np.ndarray]) -> dict[str, list[dict[str, float]]]:
    rows: dict[str, list[dict[str, float]]] = {}
    rng = np.random.default_rng(21)
    for model in MODELS:
        for strength in STRENGTHS:
            for kind in decay.KINDS:
                truth = decay.draw(rng, kind, strength, model)
                faded = [decay.faded(fresh, truth, density.SRGB) for fresh in pictures]
                ours = frames_of(vsplugin.unfade(clip_of(faded), by="clip"), faded)
                for fresh, before, after in zip(pictures, faded, ours, strict=True):
                    rows.setdefault(f"{model} {strength:g}", []).append({
                        "nothing": apart(before, fresh),
                        "grey_world": apart(grey_world(before), fresh),
                        "oracle_gain": apart(oracle(before, fresh, levels=False), fresh),
                        "unfade": apart(after, fresh),
                    })  # fmt: skip
    return rows


def summary(rows: dict[str, list[dict[str, float]]]) -> dict:
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path(__file__).parents[2] / "shared/corpus")
    parser.add_argument("--quick", action="store_true", help="every fourth picture, and nothing is written")
    arguments = parser.parse_args()
    kodak = sorted((arguments.corpus / "public" / "stills").glob("*.png"), key=lambda path: int(path.stem))
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
        "each_alone": summary(alone(pictures)),
        "one_reel": summary(reel(pictures)),
    }  # fmt: skip
    if arguments.quick:
        import json

        print(json.dumps(results, indent=1))
    else:
        common.write("unfade", results)


if __name__ == "__main__":
    main()
