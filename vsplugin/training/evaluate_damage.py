"""Score the undoing of damage: ``deartifact`` behind real encoders, and its harm to clean pictures.

Pictures are 8-bit 4:2:0 of BT.601 limited range, as the encoders take them. Figures are those of luma: PSNR against
255, output rounded to 8 bit; and blockiness, the blocking effect factor of PSNR-B (Yim & Bovik 2011, "Quality
assessment of deblocked images", IEEE TIP 20) on the grid of 8 pixels.

What is scored is a function on numpy planes, as in ``evaluate.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..metrics.blocks import blocking_effect
from .evaluate import psnr
from .pictures import crop_to_multiple, load_rgb, ycbcr

# Y (H, W), Cb and Cr (H/2, W/2), float32, Y 0..1 and chroma -0.5..0.5; a restored picture may be larger.
Planes = tuple[np.ndarray, np.ndarray, np.ndarray]
Restoring = Callable[[Planes], Planes]

# "Low rate": about 0.4 and 0.5 bits per pixel of Kodak, where the decoded luma has 31.6 and 31.5 dB.
ENCODINGS = (("x264", 37), ("mpeg2", 16))


def code_values(luma: np.ndarray) -> np.ndarray:
    """Y of 0..1 as 8-bit code values of limited range, rounded."""
    return np.rint(np.clip(16 + 219 * luma.astype(np.float64), 0, 255))


def clean_planes(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture as uint8 4:2:0, cut to a multiple of 16 pixels."""
    from .degrade.codecs import to_8bit

    return to_8bit(ycbcr(crop_to_multiple(load_rgb(path), 16)))


def as_floats(planes: tuple[np.ndarray, ...]) -> Planes:
    """uint8 code values of limited range as what a :data:`Restoring` takes."""
    luma, *chroma = (plane.astype(np.float32) for plane in planes)
    return (luma - 16) / 219, (chroma[0] - 128) / 224, (chroma[1] - 128) / 224


def nothing(planes: Planes) -> Planes:
    """The picture as it is."""
    return planes


@dataclass(frozen=True)
class Score:
    """Of luma: dB of the restored and of the decoded picture, blockiness of both and of the clean one."""

    psnr: float
    decoded_psnr: float
    blocks: float
    decoded_blocks: float
    clean_blocks: float


def decoded(restore: Restoring, folder: Path, codec: str, quality: int) -> dict[str, Score]:
    """Each picture encoded alone at one quantiser (an intra frame), decoded and restored."""
    from .degrade.codecs import round_trip

    scores = {}
    for path in sorted(folder.glob("*.png"), key=lambda p: (len(p.stem), p.stem)):
        clean = clean_planes(path)
        (planes,) = round_trip([clean], codec, quality)
        out = code_values(restore(as_floats(planes))[0])
        pictures = (out, planes[0], clean[0])
        scores[path.stem] = Score(psnr(out, clean[0]), psnr(planes[0], clean[0]), *map(blocking_effect, pictures))
    return scores


def harm(restore: Restoring, folder: Path) -> dict[str, float]:
    """PSNR (dB) of what a restoration makes of clean 8-bit pictures; 99 where nothing changed."""
    scores = {}
    for path in sorted(folder.glob("*.png"), key=lambda p: (len(p.stem), p.stem)):
        clean = clean_planes(path)
        out = code_values(restore(as_floats(clean))[0])
        scores[path.stem] = 99.0 if np.array_equal(out, clean[0]) else psnr(out, clean[0])
    return scores


def cut(scores: dict[str, Score]) -> float:
    """The share of the excess blockiness over the clean pictures' that is gone, over all pictures; 1 is all of it."""
    rest, before = (
        sum(getattr(score, name) - score.clean_blocks for score in scores.values())
        for name in ("blocks", "decoded_blocks")
    )
    return 1 - rest / before


def all_deartifacting(restore: Restoring, public: Path) -> dict[str, float]:
    """The ``[metrics]`` of a card: per encoder dB of luma before and after and per cent of blockiness cut; harm."""
    out = {}
    for codec, quality in ENCODINGS:
        scores = decoded(restore, public / "stills", codec, quality)
        name = f"{codec}_q{quality}"
        out[f"kodak_luma_psnr_{name}"] = _mean([score.psnr for score in scores.values()])
        out[f"kodak_luma_psnr_{name}_decoded"] = _mean([score.decoded_psnr for score in scores.values()])
        out[f"kodak_blockiness_cut_percent_{name}"] = round(100 * cut(scores), 1)
    out["kodak_luma_psnr_clean_input"] = _mean(list(harm(restore, public / "stills").values()))
    return out


def _mean(values: list[float]) -> float:
    return round(float(np.mean(values)), 3)
