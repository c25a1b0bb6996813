"""How near measured noise is to the truth, and what that means for `denoise`, for the kinds of noise that footage has.

    ./run python benchmarks/noise.py --corpus ../shared/corpus

Kodak (never trained on), 4:4:4 of 16 bits, gets Gaussian noise of a known standard deviation at every luma: white; as
shot noise, which grows with light; as film's, which is strongest in the middle; as a sensor's behind a tone curve,
strongest in the shadows; and white noise under highlights that are blown (luma times 1.5, then clipped). Chroma has 0.7
of luma's. `denoise` measures by itself, or is told the truth, one true level (the root of the mean square), or the
level of the flattest places. A clip shows the same with `radius=2`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import vapoursynth as vs
from clips import clip_of, first_plane
from common import write

import vsplugin
from vsplugin import noise
from vsplugin.training.evaluate import psnr
from vsplugin.training.pictures import crop_to_multiple, load_rgb, ycbcr

TONES = np.linspace(0, 1, 17)
CHROMA = 0.7
KINDS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float]] = {  # 8-bit steps at each luma; gain of luma
    "white": (lambda x: np.full_like(x, 8.0), 1.0),
    "shot": (lambda x: np.sqrt(2.0**2 + 14.0**2 * x), 1.0),
    "film": (lambda x: 2 + 8 * 4 * x * (1 - x), 1.0),
    "shadows": (lambda x: 3 + 9 * (1 - x) ** 4, 1.0),
    "white, blown": (lambda x: np.full_like(x, 8.0), 1.5),
}


def noisy(planes: list[np.ndarray], kind: str, rng: np.random.Generator) -> tuple[list[np.ndarray], np.ndarray]:
    """Clean nominal planes (luma 0..1, chroma around 0) with noise, and its true standard deviation, in 8-bit steps."""
    law, _ = KINDS[kind]
    sigma = law(np.clip(planes[0], 0, 1))
    every = planes[0].shape[0] // planes[1].shape[0]
    levels = (sigma, *[CHROMA * sigma[::every, ::every]] * 2)
    out = [p + rng.normal(0, 1, p.shape) * level / 255 for p, level in zip(planes, levels, strict=True)]
    return [np.clip(out[0], 0, 1), *(np.clip(p, -0.5, 0.5) for p in out[1:])], sigma


def coded(planes: list[np.ndarray]) -> list[np.ndarray]:
    """16-bit limited range."""
    luma, *chroma = planes
    scaled = [256 * (16 + 219 * luma), *(256 * (128 + 224 * p) for p in chroma)]
    return [np.rint(p).astype(np.uint16) for p in scaled]


def one(level: float) -> dict[str, float]:
    """One level as arguments."""
    return {"sigma": level, "sigma_chroma": CHROMA * level}


def told(kind: str, level: float) -> dict[str, float | str]:
    """The truth as arguments; ``level`` is the root of the mean square."""
    profile = ",".join(f"{factor:.3f}" for factor in KINDS[kind][0](TONES) / level)
    return {**one(level), "profile": profile, "profile_chroma": profile}


def still_scores(folder: Path, kind: str) -> dict[str, float]:
    rng, found = np.random.default_rng(7), dict[str, list[float]]()
    errors: dict[str, list[float]] = {}
    for path in sorted(folder.glob("*.png"))[::2]:
        y, *chroma = ycbcr(crop_to_multiple(load_rgb(path), 4))
        clean = [np.minimum(y * KINDS[kind][1], 1.0), *chroma]
        planes, sigma = noisy(clean, kind, rng)
        clip, truth = clip_of(coded(planes), vs.YUV444P16), coded(clean)[0] / 256
        level, flattest = float(np.sqrt((sigma**2).mean())), 255 * noise.plane_sigma(planes[0])
        for name, options in {
            "measured": {},
            "told the truth": told(kind, level),
            "told one level": one(level),
            "the flattest places": one(flattest),
        }.items():
            out = first_plane(vsplugin.denoise(clip, **options)) / 256
            found.setdefault(name, []).append(psnr(out, truth))
        found.setdefault("noisy", []).append(psnr(coded(planes)[0] / 256, truth))
        at = noise.measure(clip)
        levels = at.sigma * np.interp(np.clip(clean[0], 0, 1), np.linspace(0, 1, len(at.profile)), at.profile)
        errors.setdefault("measured", []).append(float(np.median(np.abs(levels / sigma - 1))))
        errors.setdefault("the flattest places", []).append(float(np.median(np.abs(flattest / sigma - 1))))
    out = {name: round(float(np.mean(values)), 3) for name, values in found.items()}
    return out | {f"error of sigma, {name}": round(float(np.mean(values)), 3) for name, values in errors.items()}


def clip_scores(path: Path, kind: str, frames: int = 7) -> dict[str, float]:
    """Luma PSNR of the middle frame with ``radius=2``."""
    rng = np.random.default_rng(8)
    source = vs.core.bs.VideoSource(str(path), cachemode=0)[:frames]
    full = vs.core.resize.Bicubic(source, format=vs.YUV444P16)
    clean, dirty = [], []
    for frame in full.frames(close=True):
        luma, *chroma = (np.asarray(frame[p]).astype(float) / 256 for p in range(3))
        planes = [(luma - 16) / 219, *((p - 128) / 224 for p in chroma)]
        clean.append(luma)
        made, sigma = noisy(planes, kind, rng)
        dirty.append(coded(made))
    clip = vs.core.std.Splice([clip_of(planes, vs.YUV444P16) for planes in dirty])
    level = float(np.sqrt((sigma**2).mean()))
    middle, out = frames // 2, {}
    for name, options in {
        "measured": {},
        "told the truth": told(kind, level),
        "told one level": one(level),
    }.items():
        with vsplugin.denoise(clip, radius=2, **options).get_frame(middle) as frame:
            out[name] = round(psnr(np.asarray(frame[0]) / 256, clean[middle]), 3)
    return out


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
    public = parser.parse_args().corpus / "public"
    results = {
        "Kodak, every second picture, luma PSNR": {kind: still_scores(public / "stills", kind) for kind in KINDS},
        "walker, radius=2, luma PSNR": {
            kind: clip_scores(public / "video/walker_768x432.mkv", kind) for kind in ("white", "shot", "film")
        },
    }
    write("noise", results)


if __name__ == "__main__":
    main()
