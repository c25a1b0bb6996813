"""Samples for ``denoise-t``: ``python -m vsplugin.training.degrade.noise_scenes --help``.

Scenes of stills in motion with noise of known strength, averaged along the motion as ``denoise(radius)`` does it
(aligned.py; so this needs the built kernels, and OpenCV). What a sample holds: noise_samples.py.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ..pictures import ycbcr
from .aligned import Aligned
from .motion import random_scene
from .noise_samples import write
from .patches import some
from .vivid import recoloured
from .warp import warp

SIDE, REACH = 208, 3  # pixels; frames on each side of the one that becomes samples
DRAWS = 3  # samples of one scene, each with noise and neighbours of its own
HELD_BACK = 3  # stills, the last by name, for the last scenes
_SCALES = [0.7, 0.5, 0.35]  # of the stills
_SIGMA, _CHROMA = (0.0, 0.2), (0.4, 1.2)  # as denoise-fast's recipe has them
_SUBSAMPLED, _GREY, _GRAIN, _VIVID, _BRIGHT = 0.6, 0.1, 0.25, 0.3, 0.3


def _wobbled(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Leaves in the wind, water: a part of the picture is bent anew in every frame."""
    size, side = rng.uniform(4, 16), frames.shape[-1]

    def smooth(size: float) -> np.ndarray:
        noise = cv2.GaussianBlur(rng.standard_normal((side, side)), (0, 0), size)
        return np.asarray(noise / noise.std())

    amount = np.clip(smooth(30), 0, 1) * rng.uniform(0.3, 2.0)
    return np.stack([warp(frame, amount * np.stack([smooth(size), smooth(size)])) for frame in frames])


def clean_frames(stills: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """``(2 * REACH + 1, 3, SIDE, SIDE)``: a scene in front of a camera, some of it blurred by its motion."""
    speed = float(np.exp(rng.uniform(np.log(0.1), np.log(8.0))))
    sizes = (4.0, 70.0) if rng.random() < 0.7 else (25.0, 250.0)  # things, or trees passing in front
    scene = random_scene(stills, SIDE, SIDE, rng, leaves=int(rng.poisson(5)), motion=speed, sizes=sizes)
    shutter = (0.0, rng.uniform(0.2, 0.5)) if rng.random() < 0.15 else (0.0,)
    frames = np.stack([np.mean([scene.frame(n + part) for part in shutter], 0) for n in range(2 * REACH + 1)])
    return _wobbled(frames, rng) if rng.random() < 0.25 else frames


def _noise(shape: tuple[int, ...], smooth: float, rng: np.random.Generator) -> np.ndarray:
    """Of variance 1: white, or each sample mixed with its neighbours by ``smooth``, 0 to 1/3, along both axes."""
    white = rng.standard_normal((shape[0] + 2, shape[1] + 2), dtype=np.float32)
    middle = 1 - 2 * smooth
    rows = smooth * (white[:-2] + white[2:]) + middle * white[1:-1]
    both = smooth * (rows[:, :-2] + rows[:, 2:]) + middle * rows[:, 1:-1]
    return np.asarray(both / (middle**2 + 2 * smooth**2), np.float32)


def _neighbours(rng: np.random.Generator) -> list[int]:
    """Mostly as many on each side, as ``radius`` says; some with fewer on one side, as at cuts and ends."""
    radius = int(rng.integers(1, REACH + 1))
    before = after = radius
    if rng.random() < 0.2:
        before, after = int(rng.integers(0, radius + 1)), int(rng.integers(0, radius + 1))
    return [*range(-before, 0), *range(1, after + 1)]


def sample(clean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """``noise_samples.PLANES``, float32: the middle of ``clean`` ``(2 * REACH + 1, 3, H, W)`` with noise drawn anew."""
    sigma = float(rng.uniform(*_SIGMA))
    sigmas = [sigma, *[sigma * float(rng.uniform(*_CHROMA))] * 2]
    step = 2 if rng.random() < _SUBSAMPLED else 1
    smooth = float(rng.uniform(0, 1 / 3)) if rng.random() < _GRAIN else 0.0
    grey = rng.random() < _GREY
    frames = [[frame[0]] if grey else [frame[0], *(_shrunk(plane, step) for plane in frame[1:])] for frame in clean]
    noisy = [
        [plane + level * _noise(plane.shape, smooth, rng) for plane, level in zip(planes, sigmas, strict=False)]
        for planes in frames
    ]
    aligned = Aligned(noisy, (step - 1, step - 1))
    mean, left = aligned.mean(REACH, _neighbours(rng), sigmas[: len(noisy[0])])
    maps = [left * sigma, left * (0.0 if grey else sigmas[1])]
    own = np.full_like(left, sigma)
    return np.stack([*_full(frames[REACH], step), *_full(mean, step), *maps, *_full(noisy[REACH], step), own])


def _shrunk(plane: np.ndarray, step: int) -> np.ndarray:
    height, width = plane.shape
    means = plane.reshape(height // step, step, width // step, step).mean((1, 3), dtype=np.float32)
    return np.ascontiguousarray(means, np.float32)


def _full(planes: list[np.ndarray], step: int) -> list[np.ndarray]:
    """Three planes of luma's size: chroma repeated as the filter does, 0 where there is none."""
    if len(planes) == 1:
        return [planes[0], *[np.zeros_like(planes[0])] * 2]
    return [planes[0], *(plane.repeat(step, 0).repeat(step, 1) for plane in planes[1:])]


@dataclass(frozen=True)
class Work:
    """Makes the samples of scenes ``first`` to ``last``, those that are not there yet."""

    stills: list[Path]
    folder: Path

    def __call__(self, part: tuple[int, int]) -> None:
        first, last = part
        # The last of a scene's samples is written last.
        missing = [n for n in range(first, last) if not (self.folder / f"{n:05d}_{DRAWS - 1}.png").exists()]
        if not missing:
            return
        rng = np.random.default_rng([2, first])
        stills = [ycbcr(rgb) for rgb in some(self.stills, _SCALES, rng)]
        for scene in missing:
            rng = np.random.default_rng([3, scene])
            clean = clean_frames([recoloured(still[None], rng, _VIVID, _BRIGHT)[0] for still in stills], rng)
            for draw in range(DRAWS):
                write(sample(clean, rng), self.folder / f"{scene:05d}_{draw}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stills", type=Path, required=True, help="folder of .png photographs")
    parser.add_argument("--to", type=Path, required=True, help="folder for the samples")
    parser.add_argument("--scenes", type=int, default=300)
    parser.add_argument("--held-back", type=int, default=16, help="the last scenes, made of the last three stills")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    arguments.to.mkdir(parents=True, exist_ok=True)
    stills = sorted(arguments.stills.glob("*.png"))
    border = arguments.scenes - arguments.held_back
    with ProcessPoolExecutor(arguments.jobs) as pool:
        kept = pool.submit(Work(stills[-HELD_BACK:], arguments.to), (border, arguments.scenes))
        parts = [(first, min(first + 20, border)) for first in range(0, border, 20)]
        list(pool.map(Work(stills[:-HELD_BACK], arguments.to), parts))
        kept.result()


if __name__ == "__main__":
    main()
