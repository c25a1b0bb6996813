"""Measure how strong the noise of a clip is."""

from __future__ import annotations

import numpy as np
import vapoursynth as vs

from . import color
from .hdr import gamma

_BLOCK = 16
_FLATTEST = 0.1  # part of the blocks taken as free of texture
# Ratio of the level found on the flattest tenth of 16x16 blocks to the true one, for white Gaussian noise on a flat
# picture: taking the smallest tenth of estimates that each scatter biases the mean. Computed by tests/test_noise.py.
_BIAS = 0.857
_NONE = 0.05  # 8-bit steps; whatever is done about less no code of 10 bits would show


def plane_sigma(plane: np.ndarray, where: np.ndarray | None = None) -> float:
    """Standard deviation of white noise in ``(H, W)`` float samples, in the unit of the samples.

    The mask of Immerkaer (Fast noise variance estimation, CVIU 1996) removes the picture up to planes and edges; its
    response is averaged over 16x16 blocks and the flattest tenth is believed, so texture hardly counts. Blocks
    without any noise (letterbox, clipped sky) are left out, and those not for the larger part ``where`` it is true. 0
    for planes smaller than 3x3.
    """
    x = np.nan_to_num(plane.astype(np.float64), posinf=0.0, neginf=0.0)
    if min(x.shape) < 3:
        return 0.0
    rows = x[:-2] - 2 * x[1:-1] + x[2:]
    response = np.abs(rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]) * np.sqrt(np.pi / 2) / 6
    height, width = response.shape
    if height < _BLOCK or width < _BLOCK:
        return float(response.mean())
    blocks = _block_means(response)
    if where is not None:
        blocks = blocks[_block_means(where[1:-1, 1:-1]) > 0.5]
    blocks = np.sort(blocks[blocks > 1e-5])
    if not len(blocks):
        return 0.0
    return float(blocks[: max(1, round(len(blocks) * _FLATTEST))].mean() / _BIAS)


def _block_means(plane: np.ndarray) -> np.ndarray:
    height, width = (side // _BLOCK for side in plane.shape)
    blocks = plane[: height * _BLOCK, : width * _BLOCK].reshape(height, _BLOCK, width, _BLOCK)
    return np.asarray(blocks.mean(axis=(1, 3))).ravel()


def measure(clip: vs.VideoNode, frames: int = 5) -> tuple[float, float]:
    """Noise of luma and of chroma in 8-bit steps (255 = full scale): medians over ``frames`` frames spread evenly.

    Decodes those frames now. Limited-range samples are measured after scaling to full scale, PQ and HLG in gamma 2.4,
    where 255 is 400 cd/m² (:mod:`.hdr.gamma`), in which ``denoise`` works on them.
    """
    wanted = sorted({int((index + 0.5) * clip.num_frames / frames) for index in range(frames)})
    working = color.to_yuv(clip)
    hdr = gamma.of(working)
    working = hdr.clip if hdr else working
    luma, chroma = [], []
    for number in wanted:
        with working.get_frame(number) as frame:
            luma.append(plane_sigma(np.asarray(frame[0])))
            chroma += [plane_sigma(np.asarray(frame[p])) for p in range(1, frame.format.num_planes)]
    # More than 60 is no noise level but a picture of texture only; the filters' range ends there.
    levels = (float(np.median(values)) * 255 if values else 0.0 for values in (luma, chroma))
    first, second = (round(min(level, 60.0), 2) for level in levels)
    return first, second


def complete(clip: vs.VideoNode, sigma: float | None, sigma_chroma: float | None) -> tuple[float, float]:
    """Both levels: given ones kept, chroma as luma where only luma is given, everything else measured.

    Measured levels below 0.05 are 0: of clean clips ``denoise`` then returns the frames as they are, at no cost.
    """
    if sigma is not None:
        return sigma, sigma if sigma_chroma is None else sigma_chroma
    luma, chroma = (level if level >= _NONE else 0.0 for level in measure(clip))
    return luma, chroma if sigma_chroma is None else sigma_chroma
