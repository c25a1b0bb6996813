"""What networks that draw texture gain and cost: x4 of Kodak in 4:2:0, by what sees as people do and by PSNR.

LPIPS is that of the corpus' SqueezeNet: nothing was trained by it; of two stages the second was chosen by it, on stills
held back. Kodak's pictures are shrunk by four with ``resize.Bicubic``, in 8 bits.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import vapoursynth as vs
from clips import clip_of
from common import write

import vsplugin
from vsplugin import metrics
from vsplugin.training.evaluate_damage import clean_planes

SCALE = 4
METRICS = ["psnr", "ssimulacra2", "lpips"]
MODELS = ("sr2-fast", "sr4-fast", "sr4-perceptual")


def candidates(small: vs.VideoNode) -> dict[str, vs.VideoNode]:
    width, height = small.width * SCALE, small.height * SCALE
    out = {"bicubic": small.resize.Bicubic(width, height), "lanczos": small.resize.Lanczos(width, height)}
    for name in MODELS:
        out[name] = vsplugin.upscale(small, scale=SCALE, model=name)
        out[f"{name}, mode=fidelity"] = vsplugin.upscale(small, scale=SCALE, model=name, mode="fidelity")
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, nargs="?", default=Path(__file__).parents[2] / "shared/corpus")
    corpus = parser.parse_args().corpus
    files = {"lpips": corpus / "metrics/lpips_squeeze.onnx"}
    scores: dict[str, list[list[float]]] = {}
    for path in sorted((corpus / "public/stills").glob("*.png")):
        truth = clip_of(list(clean_planes(path)), vs.YUV420P8).std.SetFrameProps(_Matrix=6, _Range=1)
        small = truth.resize.Bicubic(truth.width // SCALE, truth.height // SCALE)
        for name, clip in candidates(small).items():
            found = metrics.measure(truth, clip, METRICS, files=files).pooled
            scores.setdefault(name, []).append([found[each] for each in METRICS])
    means = {
        name: dict(zip(METRICS, np.mean(values, axis=0).round(4).tolist(), strict=True))
        for name, values in scores.items()
    }
    write("perceptual", {"what": "Kodak x4, 4:2:0 8 bit, mean of 24 pictures", "results": means})


if __name__ == "__main__":
    main()
