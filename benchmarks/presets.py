"""What each preset does to material of its kind, against the truth, and what it would be without each of its steps.

./run python benchmarks/presets.py [--corpus DIR] [--frames N] [--preset NAME ...]
The results of presets that are not named stay. Measures are those of vsplugin.metrics. Film is restored
to a place and a brightness of its own: for it the truth is moved by one shift, and the result multiplied by one gain,
the same for all frames of a variant.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import common
import numpy as np
import preset_material
import vapoursynth as vs

from vsplugin import chain as chains
from vsplugin import metrics

PRESETS = ("film", "film-colour", "vhs", "dvd", "web", "anime")
METRICS = ("psnr_y", "ssim")
OF_COLOUR = ("psnr_cb", "ssimulacra2", "cambi")  # cambi: how visible bands are, 0 is none
HEADS = {"psnr_y": "PSNR luma", "psnr_cb": "PSNR Cb", "ssim": "SSIM", "ssimulacra2": "SSIMULACRA2", "cambi": "CAMBI"}
BORDER = 16  # pixels that weave brings in from outside
core = vs.core


def variants(preset: str) -> dict[str, chains.Chain]:
    """Nothing but the enlargement, the preset, and the preset without each step that does something here."""
    whole = chains.preset(preset)
    enlarging = [step for step in whole if step[0] == "upscale"]
    out = {"source": [], preset: whole}
    for name, _ in whole:
        if name != "bt709":  # it recodes large pictures; these are small
            out[f"without {name}"] = [step for step in whole if step[0] != name]
    return out if not enlarging else {"source, enlarged by bicubic": out.pop("source"), **out}


def luma(clip: vs.VideoNode, n: int) -> np.ndarray:
    with clip.resize.Point(format=clip.format.id).get_frame(n) as frame:
        return np.asarray(frame[0]).astype(np.float32)


def laid_over(out: vs.VideoNode, truth: vs.VideoNode) -> tuple[vs.VideoNode, vs.VideoNode]:
    """The result at one gain, the truth moved by one shift: what restorers are free to choose."""
    pairs = [(luma(truth, n) - 16, luma(out, n) - 16) for n in range(0, out.num_frames, 3)]
    inner = (slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    gain = float(np.mean([t[inner].mean() for t, _ in pairs]) / np.mean([o[inner].mean() for _, o in pairs]))
    right, down = shift([(t, gain * o) for t, o in pairs])
    truth = truth.resize.Bicubic(src_left=-right, src_top=-down)
    chroma = [f"x 128 - {gain} * 128 +"] if out.format.num_planes > 1 else []
    out = out.std.Expr([f"x 16 - {gain} * 16 +", *chroma])
    cut, moved = (clip.std.Crop(BORDER, BORDER, BORDER, BORDER) for clip in (out, truth))
    return cut, moved


def shift(pairs: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """(right, down) of the second pictures from the first that leaves the least square error over all of them."""
    far = 5
    height, width = pairs[0][0].shape
    errors = np.zeros((2 * far + 1, 2 * far + 1))
    for first, second in pairs:
        middle = first[BORDER:-BORDER, BORDER:-BORDER]
        for y in range(-far, far + 1):
            for x in range(-far, far + 1):
                moved = second[BORDER + y : height - BORDER + y, BORDER + x : width - BORDER + x]
                errors[y + far, x + far] += ((moved - middle) ** 2).mean()
    y, x = (int(np.clip(at, 1, 2 * far - 1)) for at in np.unravel_index(int(errors.argmin()), errors.shape))

    def vertex(before: float, least: float, after: float) -> float:
        return 0.5 * (before - after) / (before - 2 * least + after)

    return x - far + vertex(*errors[y, x - 1 : x + 2]), y - far + vertex(*errors[y - 1 : y + 2, x])


def judged(material: preset_material.Material, chain: chains.Chain, of_film: bool) -> dict[str, float]:
    start = time.perf_counter()
    source = material.source
    if all(name != "deinterlace" for name, _ in chain):
        source = source.std.SetFrameProps(_FieldBased=0)  # as who does not see the combs would
    out = chains.apply(source, chain)
    truth = material.truth
    if out.width != truth.width:
        out = out.resize.Bicubic(truth.width, truth.height)
    out = preset_material.stored(preset_material.planes(out), truth, _FieldBased=0)  # made once, read often
    seconds = (time.perf_counter() - start) / out.num_frames
    if of_film:
        out, truth = laid_over(out, truth)
    names = [*METRICS, *(OF_COLOUR if out.format.num_planes > 1 else ())]
    pooled = metrics.measure(truth.std.SetFrameProps(_FieldBased=0), out, names).pooled
    return {**{name: round(float(pooled[name]), 3) for name in names}, "seconds_per_frame": round(seconds, 2)}


def markdown(results: dict[str, dict]) -> str:
    """Tables for docs/presets.md."""
    lines = []
    for preset, found in results.items():
        for clip, one in found["clips"].items():
            names = [name for name in HEADS if all(name in scores for scores in one["variants"].values())]
            lines += ["", f"**{preset}**, {clip} ({one['about']}):", "", f"| | {' | '.join(HEADS[n] for n in names)} |"]
            lines.append("|---" * (len(names) + 1) + "|")
            for name, scores in one["variants"].items():
                words = f"**{name}**" if name == preset else name
                lines.append(f"| {words} | {' | '.join(f'{scores[n]:.4g}' for n in names)} |")
    return "\n".join(lines[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path(__file__).parents[2] / "shared/corpus")
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--preset", nargs="+", choices=PRESETS, default=PRESETS)
    parser.add_argument("--table", action="store_true", help="Print the tables of the stored results.")
    arguments = parser.parse_args()
    if arguments.table:
        print(markdown(stored()))
        return
    for preset in arguments.preset:
        found = measured(preset, arguments.corpus, arguments.frames)
        results = {**stored(), preset: found}  # read anew: another run may have written meanwhile
        common.write("presets", {"presets": {name: results[name] for name in PRESETS if name in results}})


def stored() -> dict[str, dict]:
    path = common.RESULTS / "presets.json"
    return json.loads(path.read_text())["presets"] if path.is_file() else {}


def measured(preset: str, corpus: Path, frames: int) -> dict:
    clips = {}
    for clip, material in preset_material.materials(corpus, preset, frames).items():
        scores = {}
        for name, chain in variants(preset).items():
            scores[name] = judged(material, chain, preset.startswith("film"))
            print(preset, clip, name, scores[name], flush=True)
        clips[clip] = {"about": material.about, "variants": scores}
    chain = [list(step) for step in chains.preset(preset)]
    return {"chain": chain, "left_out": chains.left_out(preset), "clips": clips}


if __name__ == "__main__":
    main()
