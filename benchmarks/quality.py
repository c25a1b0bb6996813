"""PSNR of the filters as shipped, through VapourSynth, on sets and clips never trained on."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import vapoursynth as vs
from clips import clip_of, first_plane
from common import write

import vsplugin
from vsplugin.metrics.halo import halo_energy
from vsplugin.training.evaluate import psnr
from vsplugin.training.pictures import crop_to_multiple, imresize, load_rgb, luma_8bit

core = vs.core


def grey_clip(plane: np.ndarray, kind: int = vs.GRAY8) -> vs.VideoNode:
    return clip_of([plane], kind)


def stills(folder: Path) -> dict[str, float]:
    """Mean Y-PSNR, x2, MATLAB-like shrinking, luma rounded to 8 bit before and after, 2 pixels cut; ringing."""
    ringing: dict[str, list[float]] = {"upscale": [], "upscale, overshoot=None": [], "lanczos": []}
    scores: dict[str, list[float]] = {}
    for path in sorted(folder.glob("*.png")):
        rgb = crop_to_multiple(load_rgb(path), 2)
        height, width = rgb.shape[:2]
        small = np.clip(np.rint(imresize(rgb, height // 2, width // 2)), 0, 255).astype(np.uint8)
        clip, truth = grey_clip(luma_8bit(small).astype(np.uint8)), luma_8bit(rgb)
        for name, out in {
            "upscale": vsplugin.upscale(clip),
            "upscale, overshoot=None": vsplugin.upscale(clip, overshoot=None),
            "upscale, overshoot=None, ensemble=8": vsplugin.upscale(clip, overshoot=None, ensemble=8),
            "bicubic": core.resize.Bicubic(clip, width, height),
            "lanczos": core.resize.Lanczos(clip, width, height),
        }.items():
            plane = first_plane(out)
            scores.setdefault(name, []).append(psnr(plane, truth, border=2))
            if name in ringing:
                ringing[name].append(halo_energy(plane.astype(float), truth, 2))
    out = {name: round(float(np.mean(values)), 3) for name, values in scores.items()}
    lanczos = np.mean(ringing.pop("lanczos"))
    return out | {f"ringing, {name} / lanczos": round(np.mean(v) / lanczos, 3) for name, v in ringing.items()}


def clip_scores(path: Path, frames: int) -> dict[str, float]:
    """Mean luma PSNR over at most ``frames`` frames when the clip is halved (``resize.Bicubic``) and enlarged again."""
    truth = core.bs.VideoSource(str(path), cachemode=0)[:frames]
    frames = truth.num_frames
    half = core.resize.Bicubic(truth, truth.width // 2 // 2 * 2, truth.height // 2 // 2 * 2,
                               src_width=truth.width // 4 * 4, src_height=truth.height // 4 * 4)  # fmt: skip
    out: dict[str, float] = {}
    for name, big in {
        "upscale": vsplugin.upscale(half),
        "upscale, overshoot=None": vsplugin.upscale(half, overshoot=None),
        "lanczos": core.resize.Lanczos(half, half.width * 2, half.height * 2),
    }.items():
        reference = truth.std.CropAbs(big.width, big.height, 0, 0)
        scores = [psnr(first_plane(big, n), first_plane(reference, n)) for n in range(frames)]
        out[name] = round(float(np.mean(scores)), 3)
    out["gain over lanczos"] = round(out["upscale"] - out["lanczos"], 3)
    return out


def noise(folder: Path, sigma: float) -> dict[str, float]:
    """Luma PSNR of ``denoise`` on Kodak, limited-range luma as float with unclipped noise, grey clips."""
    rng, scores = np.random.default_rng(0), {"noisy": [], "denoise": [], "denoise, sigma measured": []}
    for path in sorted(folder.glob("*.png")):
        truth = luma_8bit(load_rgb(path))
        noisy = truth + rng.normal(0, sigma, truth.shape)
        clip = grey_clip(((noisy - 16) / 219).astype(np.float32), vs.GRAYS)
        level = sigma * 255 / 219  # `sigma` is in 8-bit steps of full scale
        scores["noisy"].append(psnr(noisy, truth))
        scores["denoise"].append(psnr(first_plane(vsplugin.denoise(clip, sigma=level)) * 219 + 16, truth))
        scores["denoise, sigma measured"].append(psnr(first_plane(vsplugin.denoise(clip)) * 219 + 16, truth))
    return {name: round(float(np.mean(values)), 3) for name, values in scores.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, nargs="?", default=Path(__file__).parents[2] / "shared/corpus")
    public = parser.parse_args().corpus / "public"
    if not public.is_dir():
        sys.exit(f"quality: no corpus at {public.parent}")
    sets = {"Set5": "set5", "Set14": "set14", "Kodak": "stills"}
    clips = {"walker": "walker_768x432.mkv", "parkjoy": "parkjoy_480x270.mkv", "cars": "cars_768x432.mkv"}
    results = {
        "super-resolution x2, Y-PSNR dB": {name: stills(public / folder) for name, folder in sets.items()},
        "clips halved and enlarged, luma PSNR dB, 12 frames": {
            name: clip_scores(public / "video" / file, 12) for name, file in clips.items()
        },
        "denoising Kodak luma, sigma 25, PSNR dB": noise(public / "stills", 25),
    }
    write("quality", results)


if __name__ == "__main__":
    main()
