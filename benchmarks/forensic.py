"""What fidelity costs and gains: PSNR, ringing and the residual of every pixel, judged by numpy; and time per frame."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import vapoursynth as vs
from clips import clip_of, first_plane
from common import RESULTS, write

import vsplugin
import vsplugin.sample
from vsplugin.metrics.halo import halo_energy
from vsplugin.training.evaluate import psnr
from vsplugin.training.pictures import crop_to_multiple, imresize, load_rgb, luma_8bit

SPEED = "x2 of 960x540, YUV420P8"
MODES = {
    "free": {},
    "fidelity": {"mode": "fidelity"},
    "fidelity, area": {"mode": "fidelity", "reduction": "area"},
}


def reduced(plane: np.ndarray, scale: int) -> np.ndarray:
    """The promise's own reduction, in float64, written from its definition (not how the kernel does it)."""
    for axis in (0, 1):
        wide = np.moveaxis(np.pad(plane.astype(np.float64), 3 * scale, mode="symmetric"), axis, 0)
        size = plane.shape[axis] // scale
        t = np.abs((np.arange(-2 * scale, 3 * scale) - (scale - 1) / 2) / scale)
        taps = np.where(t < 1, 1.5 * t**3 - 2.5 * t**2 + 1, np.where(t < 2, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2, 0))
        sums = sum(w / scale * wide[scale + k : scale + k + scale * size : scale] for k, w in enumerate(taps) if w)
        plane = np.moveaxis(sums[:, 3 * scale : -3 * scale], 0, axis)
    return plane


def means(plane: np.ndarray, scale: int) -> np.ndarray:
    height, width = plane.shape
    return plane.astype(np.float64).reshape(height // scale, scale, width // scale, scale).mean((1, 3))


def stills(folder: Path, scale: int) -> dict[str, dict[str, float]]:
    """Mean Y-PSNR (MATLAB-like shrinking to 8 bit, as in the literature), ringing, worst residual over all pixels."""
    found: dict[str, dict[str, list[float]]] = {name: {} for name in MODES}
    for path in sorted(folder.glob("*.png")):
        rgb = crop_to_multiple(load_rgb(path), scale)
        height, width = rgb.shape[:2]
        small = np.clip(np.rint(imresize(rgb, height // scale, width // scale)), 0, 255).astype(np.uint8)
        luma, truth = luma_8bit(small).astype(np.uint8), luma_8bit(rgb)
        for name, options in MODES.items():
            out = first_plane(vsplugin.upscale(clip_of([luma], vs.GRAY8), scale=scale, **options))
            scores = found[name]
            scores.setdefault("PSNR dB", []).append(psnr(out, truth, border=scale))
            back = means(out, scale) if options.get("reduction") == "area" else reduced(out, scale)
            residual = float(np.abs(back.clip(0, 255) - luma).max())
            scores.setdefault("residual codes", []).append(residual)
            if scale == 2:
                scores.setdefault("ringing", []).append(halo_energy(out.astype(float), truth, 2))
    return {
        name: {
            key: round(float(max(values) if key == "residual codes" else np.mean(values)), 3)
            for key, values in scores.items()
        }
        for name, scores in found.items()
    }


def processor_ms(clip: vs.VideoNode, frames: int) -> float:
    """Milliseconds of all cores together per frame, after a warm-up frame: other work on the machine counts little."""
    clip.get_frame(0).close()
    began = time.process_time()
    for frame in clip[1 : frames + 1].frames(close=True):
        frame.close()
    return 1000 * (time.process_time() - began) / frames


def speed(width: int, height: int, frames: int, rounds: int) -> dict[str, float]:
    """Median processor time of x2, free and with fidelity, in turns."""
    clip = vsplugin.sample.clip("film").resize.Bicubic(width, height)[: frames + 1]
    clips = {name: vsplugin.upscale(clip, **MODES[name]) for name in ("free", "fidelity")}
    times: dict[str, list[float]] = {name: [] for name in clips}
    for _ in range(rounds):
        for name, one in clips.items():
            times[name].append(processor_ms(one, frames))
    free, fidelity = (statistics.median(times[name]) for name in clips)
    return {"free, processor ms": round(free, 1), "fidelity, processor ms": round(fidelity, 1),
            "fidelity / free": round(fidelity / free, 3)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, nargs="?", default=Path(__file__).parents[2] / "shared/corpus")
    parser.add_argument("--speed", action="store_true", help="Only time again, on an idle machine; keep the scores.")
    arguments = parser.parse_args()
    if arguments.speed:
        kept = json.loads((RESULTS / "forensic.json").read_text())
        kept.pop("machine")
        write("forensic", {**kept, SPEED: speed(960, 540, 6, 5)})
        return
    public = arguments.corpus / "public"
    if not public.is_dir():
        sys.exit(f"forensic: no corpus at {public.parent}")
    sets = {"Set5": "set5", "Set14": "set14", "Kodak": "stills"}
    results = {
        f"x{scale}": {name: stills(public / folder, scale) for name, folder in sets.items()} for scale in (2, 3, 4)
    }
    results[SPEED] = speed(960, 540, 6, 5)
    write("forensic", results)


if __name__ == "__main__":
    main()
