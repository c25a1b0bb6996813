"""Score inpainting on single pictures: Kodak under dirt of the corpus' public overlays, a tenth of the area hidden.

Pictures are Y, Cb, Cr of BT.601, full range, 4:4:4; the hole is where any overlay's alpha is over 8 % and a pixel
around. The inpainter is told the hole and sees black in it. Figures are those of luma, in the holes alone: the mean
over the pictures of the PSNR of all hidden samples (peak 1), and the share of the regions (what hangs together, of six
pixels or more) with at least 30 dB, or with a mean SSIM of at least 0.9 over the region (Wang et al. 2004: 11x11
Gaussian, sigma 1.5).

What is scored is a function on numpy planes, as in ``evaluate.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from .pictures import load_rgb, ycbcr

# (3, H, W) float32 Y 0..1, Cb and Cr -0.5..0.5, and (H, W) bool -> the planes with the hole filled
Inpainting = Callable[[np.ndarray, np.ndarray], np.ndarray]
KINDS = ("dirt", "dots", "hair", "hair-short", "lint", "scratches", "smut", "spots", "sprinkles")
AREA = 0.10  # of each picture that is hidden, at least
_SMALLEST = 6  # pixels of a region that is counted


def overlays(public: Path) -> list[np.ndarray]:
    """Masks of the public overlays, ``(H, W)`` bool, without those that alone would hide half of what is wanted."""
    from .degrade.holes import load_overlays

    masks = [mask for kind in KINDS for mask in load_overlays(public / "dirt" / kind)]
    return [mask for mask in masks if mask.mean() < 0.5 * AREA]


def holes(overlays: list[np.ndarray], shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """``(H, W)`` bool, a little more than :data:`AREA` true: overlays at random places and turns."""
    hole = np.zeros(shape, bool)
    while hole.mean() < AREA:
        mask = np.rot90(overlays[rng.integers(len(overlays))], rng.integers(4))
        y, x = (int(rng.integers(-side // 2, of - side // 2)) for side, of in zip(mask.shape, shape, strict=True))
        rows, columns = (slice(max(a, 0), max(a, 0) + side) for a, side in zip((y, x), mask.shape, strict=True))
        part = mask[max(-y, 0) :, max(-x, 0) :]
        target = hole[rows, columns]
        height, width = (min(sides) for sides in zip(target.shape, part.shape, strict=True))
        target[:height, :width] |= part[:height, :width]
    return hole


def pictures(public: Path, seed: int = 0) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, planes and hole of each Kodak picture."""
    rng, masks = np.random.default_rng(seed), overlays(public)
    for path in sorted((public / "stills").glob("*.png"), key=lambda p: (len(p.stem), p.stem)):
        planes = ycbcr(load_rgb(path))
        yield path.stem, planes, holes(masks, planes.shape[1:], rng)


def decibels(out: np.ndarray, truth: np.ndarray, where: np.ndarray) -> float:
    """PSNR of the samples ``where`` is true, peak 1, at most 100."""
    return float(-10 * np.log10(max(float(((out - truth)[where].astype(np.float64) ** 2).mean()), 1e-10)))


def restored(out: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> list[bool]:
    """For each region of the hole, whether it has 30 dB or an SSIM of 0.9. Luma ``(H, W)``, 0..1."""
    import cv2

    count, labels, boxes, _ = cv2.connectedComponentsWithStats(hole.astype(np.uint8), connectivity=8)
    error = np.bincount(labels.ravel(), ((out - truth).astype(np.float64) ** 2).ravel(), count) / boxes[:, 4]
    similar = np.bincount(labels.ravel(), _ssim(out, truth).ravel(), count) / boxes[:, 4]
    good = (error <= 1e-3) | (similar >= 0.9)
    return [bool(one) for one in good[1:][boxes[1:, 4] >= _SMALLEST]]


def _ssim(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    import cv2

    def blur(plane: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5))

    a, b = one.astype(np.float64), other.astype(np.float64)
    mean_a, mean_b = blur(a), blur(b)
    var_a, var_b, both = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2, blur(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    return ((2 * mean_a * mean_b + c1) * (2 * both + c2)) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))


def opencv(method: int) -> Inpainting:
    """OpenCV's inpainting of 8-bit luma, radius 3 (``cv2.INPAINT_TELEA``, ``cv2.INPAINT_NS``); chroma is left black."""
    import cv2

    def fill(planes: np.ndarray, hole: np.ndarray) -> np.ndarray:
        codes = np.rint(np.clip(planes[0], 0, 1) * 255).astype(np.uint8)
        luma = cv2.inpaint(codes, hole.astype(np.uint8), 3, method).astype(np.float32) / 255
        return np.concatenate([luma[None], np.zeros_like(planes[1:])])

    return fill


def smooth(planes: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """The smooth filling alone: what the network begins with."""
    from ..damage.smooth import closed

    return closed(planes, hole[None].astype(np.float32))


def all_inpainting(fill: Inpainting, public: Path) -> dict[str, float]:
    """The ``[metrics]`` of a card: the network, the smooth filling, and OpenCV's two methods."""
    import cv2

    candidates = {"": fill, "_smooth": smooth, "_telea": opencv(cv2.INPAINT_TELEA), "_ns": opencv(cv2.INPAINT_NS)}
    scores: dict[str, list[float]] = {name: [] for name in candidates}
    regions: dict[str, list[bool]] = {name: [] for name in candidates}
    for _, planes, hole in pictures(public):
        seen = np.where(hole, np.float32(0), planes)
        for name, candidate in candidates.items():
            luma = np.where(hole, np.clip(candidate(seen, hole)[0], 0, 1), planes[0])
            scores[name].append(decibels(luma, planes[0], hole))
            regions[name] += restored(luma, planes[0], hole)
    out = {}
    for name in candidates:
        out[f"kodak_luma_psnr_in_holes{name}"] = round(float(np.mean(scores[name])), 3)
        out[f"kodak_percent_of_regions_restored{name}"] = round(100 * float(np.mean(regions[name])), 1)
    return out
