"""Score a network on the public sets, by the protocols of the literature.

Super-resolution: antialiased bicubic shrinking to 8-bit RGB (MATLAB's imresize), Y of BT.601 limited range of both
pictures, output clipped to 0..255, a border of ``scale`` pixels cut, PSNR against 255. Y is not rounded, before or
after, as in what networks of this size publish (ECBSR, EDSR, SPAN): in 8-bit luma the same network scores 0.12 dB less
on Set5. Ringing is the energy beyond the local range of the truth, as a share of Lanczos'.

Denoising: Y of BT.601 limited range and 4:2:0 chroma, white Gaussian noise of the same sigma (in 8-bit steps) in all
planes and not clipped, PSNR of luma against 255. Full-range luma has 255/219 of the contrast at the same noise and
scores about 0.7 dB lower; ``full_range`` tells.

What is scored is a function on numpy planes, so that the same protocol judges a network in training and the released
file through VapourSynth (``benchmarks/models.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ..metrics.halo import halo_energy
from .pictures import crop_to_multiple, imresize, lanczos3, load_rgb, luma_of, ycbcr

# (h, w) float luma, 1 = nominal white -> (scale * h, scale * w)
Enlarge = Callable[[np.ndarray], np.ndarray]
# Y, Cb and Cr as floats, chroma at half size; sigma in their units -> denoised Y
Denoise = Callable[[list[np.ndarray], float], np.ndarray]


def psnr(out: np.ndarray, reference: np.ndarray, border: int = 0) -> float:
    """dB for samples in 8-bit steps, of any type; both ``(H, W)``."""
    cut = slice(border, -border or None)
    return float(10 * np.log10(255.0**2 / np.mean((out[cut, cut].astype(np.float64) - reference[cut, cut]) ** 2)))


def bicubic(scale: int) -> Enlarge:
    """Catmull-Rom enlargement, the one that MATLAB's and VapourSynth's bicubic make."""
    return lambda low: imresize(low, low.shape[0] * scale, low.shape[1] * scale)


def lanczos(scale: int) -> Enlarge:
    """Enlargement with three lobes of Lanczos: the sharpest of the common ones, and the one with most ringing."""
    return lambda low: imresize(low, low.shape[0] * scale, low.shape[1] * scale, lanczos3)


def nothing(noisy: list[np.ndarray], sigma: float) -> np.ndarray:
    """The noisy luma as it is."""
    return noisy[0]


def planes(noisy: list[np.ndarray], sigma: float) -> np.ndarray:
    """What a denoising network takes: Y, Cb and Cr repeated to full size as the filter does, and two maps of sigma."""
    luma, *chroma = noisy
    return np.stack([luma, *(plane.repeat(2, 0).repeat(2, 1) for plane in chroma), *[np.full_like(luma, sigma)] * 2])


def _enlarged(enlarge: Enlarge, folder: Path, scale: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, luma of the shrunk and enlarged picture and of the picture, in 8-bit steps of limited range."""
    for path in sorted(folder.glob("*.png")):
        rgb = crop_to_multiple(load_rgb(path), scale)
        height, width = rgb.shape[0] // scale, rgb.shape[1] // scale
        small = np.clip(np.rint(imresize(rgb, height, width)), 0, 255).astype(np.uint8)
        out = enlarge(((luma_of(small) - 16) / 219).astype(np.float32))
        yield path.stem, np.clip(out.astype(np.float64) * 219 + 16, 0, 255), luma_of(rgb)


def super_resolution(enlarge: Enlarge, folder: Path, scale: int) -> dict[str, float]:
    """Y-PSNR per picture."""
    return {name: psnr(out, truth, border=scale) for name, out, truth in _enlarged(enlarge, folder, scale)}


def halos(enlarge: Enlarge, folder: Path, scale: int) -> float:
    """Mean energy of ringing over a folder; the range is that of the pixels within reach of one source pixel."""
    return float(np.mean([halo_energy(out, truth, scale) for _, out, truth in _enlarged(enlarge, folder, scale)]))


def denoising(
    clean: Denoise, folder: Path, sigma: float, *, full_range: bool = False, seed: int = 0
) -> dict[str, float]:
    """Luma PSNR per picture. ``sigma`` in 8-bit steps."""
    scores = {}
    rng = np.random.default_rng(seed)
    span = 255 if full_range else 219
    for path in sorted(folder.glob("*.png"), key=lambda p: (len(p.stem), p.stem)):
        picture = ycbcr(crop_to_multiple(load_rgb(path), 2))
        luma = np.round(picture[0] * span) / span
        height, width = luma.shape
        chroma = picture[1:].reshape(2, height // 2, 2, width // 2, 2).mean((2, 4))
        noise = [rng.normal(0, sigma / span, x.shape).astype(np.float32) for x in (luma, chroma)]
        out = clean([luma + noise[0], *(chroma + noise[1])], sigma / span)
        scores[path.stem] = psnr(out * span, luma * span)
    return scores


def all_super_resolution(enlarge: Enlarge, public: Path, scale: int) -> dict[str, float]:
    """The ``[metrics]`` of a card: mean Y-PSNR on each set, and bicubic's; ringing over Lanczos'."""
    out = {}
    for name, folder in (("set5", "set5"), ("set14", "set14"), ("kodak", "stills")):
        for label, candidate in (("", enlarge), ("_bicubic", bicubic(scale))):
            scores = super_resolution(candidate, public / folder, scale)
            out[f"{name}_y_psnr{label}"] = _mean(scores)
    set14 = public / "set14"
    out["set14_halo_over_lanczos"] = round(halos(enlarge, set14, scale) / halos(lanczos(scale), set14, scale), 3)
    return out


def all_denoising(clean: Denoise, public: Path) -> dict[str, float]:
    """The ``[metrics]`` of a card: mean luma PSNR on Kodak by sigma, and the noisy pictures'."""
    out = {}
    for sigma, full in ((10, False), (25, False), (50, False), (25, True)):
        for label, candidate in (("", clean), ("_noisy", nothing)):
            scores = denoising(candidate, public / "stills", sigma, full_range=full)
            out[f"kodak_luma_psnr_sigma{sigma}{'_full_range' if full else ''}{label}"] = _mean(scores)
    return out


def _mean(scores: dict[str, float]) -> float:
    return round(float(np.mean(list(scores.values()))), 3)
