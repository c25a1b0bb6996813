"""Samples for the network of ``repair``: ``python -m vsplugin.training.degrade.dirt_scenes --help``.

Scenes of stills in motion, filmed (grain, flicker, noise, codec) and dirtied; neighbours are laid onto each frame by
the same search as the filter's, on the dirty frames, so that what it gets wrong is in the samples. Each sample is one
grey PNG: the frame, its neighbours 1, -1, 2 and -2 frames away laid onto it, and where it is dirty, one below another.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ...damage.evidence import NEIGHBOURS
from ...motion import dis_search
from ..pictures import ycbcr
from .blur import blur, gaussian
from .codecs import round_trip, to_8bit
from .dirt_shapes import Cover, load_overlays, random_cover, under
from .grain import filtered_grain
from .motion import random_scene
from .patches import some
from .warp import warp

SIDE, LENGTH = 224, 7  # pixels and frames of a scene; the frames with two neighbours on each side become samples
VISIBLE = 0.025  # of full scale: what dirt must change to be dirt
_SCALES = [0.6, 0.4, 0.25]  # of the stills: small copies have the sharp detail of film scans


def _smooth(rng: np.random.Generator, size: float, *shape: int) -> np.ndarray:
    """Noise of variance 1 with a Gaussian of ``size`` pixels."""
    noise = blur(rng.standard_normal(shape), gaussian(size))
    return np.asarray(noise / noise.std())


def _wobbled(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Leaves in the wind, water: a part of the picture is bent anew in every frame."""
    size = rng.uniform(3, 16)
    where = np.clip(_smooth(rng, 30, SIDE, SIDE) + rng.uniform(-0.5, 1), 0, 1)
    amount = where * rng.uniform(0.3, 3.0)
    return np.stack([warp(frame, amount * _smooth(rng, size, 2, SIDE, SIDE)) for frame in frames])


def _mirrored(frames: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Reflections and glints: two pictures seen through one another, moving each on its own."""
    where = np.clip(_smooth(rng, 25, SIDE, SIDE), 0, 1) * rng.uniform(0.2, 0.7)
    return np.asarray(frames + where * (other - other.mean()))


def _moving(stills: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """``(LENGTH, SIDE, SIDE)``: a scene; some blurred by their motion."""
    speed = float(np.exp(rng.uniform(np.log(0.15), np.log(12.0))))
    sizes = (4.0, 70.0) if rng.random() < 0.7 else (25.0, 250.0)  # things, or trees passing in front
    scene = random_scene(stills, SIDE, SIDE, rng, leaves=int(rng.poisson(6)), motion=speed, sizes=sizes)
    shutter = np.linspace(0, rng.uniform(0.2, 0.5), 3) if rng.random() < 0.2 else [0.0]
    return np.stack([np.mean([scene.frame(n + part)[0] for part in shutter], 0) for n in range(LENGTH)])


def clean_frames(stills: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """What was in front of the camera, with grain and flicker."""
    frames = _moving(stills, rng)
    if rng.random() < 0.3:
        frames = _wobbled(frames, rng)
    if rng.random() < 0.2:
        frames = _mirrored(frames, _moving(stills, rng), rng)
    if rng.random() < 0.5:  # contrast and level of other film stocks
        frames = 0.5 + rng.uniform(0.5, 1.1) * (frames - 0.5) + rng.uniform(-0.1, 0.1)
    if rng.random() < 0.6:
        strength, size = rng.uniform(0.005, 0.07), rng.uniform(0.45, 1.3)
        frames = np.stack([filtered_grain(frame, strength, size, rng) for frame in frames])
    if rng.random() < 0.4:
        frames = frames * (1 + rng.normal(0, rng.uniform(0.005, 0.04), (LENGTH, 1, 1)))
    if rng.random() < 0.3:
        frames = frames + rng.normal(0, rng.uniform(0.003, 0.03), frames.shape)
    return np.clip(frames, 0, 1).astype(np.float32)


def _coded(frames: np.ndarray, quality: int, b_frames: int) -> np.ndarray:
    planes = np.stack([frames, np.zeros_like(frames), np.zeros_like(frames)], 1)
    decoded = round_trip([to_8bit(picture) for picture in planes], "x264", quality, b_frames=b_frames)
    return np.stack([(luma.astype(np.float32) - 16) / 219 for luma, *_ in decoded])


def _eight_bit(picture: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(255 * picture), 0, 255).astype(np.uint8)


def _laid(frames: np.ndarray, number: int) -> list[np.ndarray]:
    seen = [_eight_bit(frame) for frame in frames]
    flows = [np.stack(dis_search.find(seen[number], seen[number + away])) for away in NEIGHBOURS]
    return [warp(frames[number + away], flow) for away, flow in zip(NEIGHBOURS, flows, strict=True)]


def samples(stills: list[np.ndarray], overlays: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """A few ``(6 * SIDE, SIDE)`` uint8 pictures of one scene.

    Half of them as in the second pass of ``repair``, which searches and compares where the first has cleaned: there a
    part of the dirt is left over.
    """
    clean = clean_frames(stills, rng)
    amount = rng.choice([0.0, 0.7, 2.0])
    covers = [[random_cover(overlays, SIDE, SIDE, rng) for _ in range(rng.poisson(amount))] for _ in clean]
    left: list[list[Cover]] = [[cover for cover in each if rng.random() < 0.15] for each in covers]
    dirty, cleaned = (np.stack([under(*pair) for pair in zip(clean, each, strict=True)]) for each in (covers, left))
    where = np.abs(dirty - clean) > VISIBLE
    if rng.random() < 0.35:
        coding = int(rng.integers(12, 34)), int(rng.integers(0, 3))
        dirty, cleaned = _coded(dirty, *coding), _coded(cleaned, *coding)
    out = []
    for number in range(2, LENGTH - 2):
        neighbours = _laid(dirty if rng.random() < 0.5 else cleaned, number)
        out.append(np.vstack([_eight_bit(p) for p in (dirty[number], *neighbours, where[number].astype(np.float32))]))
    return out


@dataclass(frozen=True)
class Work:
    """Makes the samples of a part of the scenes, those that are not there yet."""

    stills: list[Path]
    overlays: list[Path]
    folder: Path

    def __call__(self, part: tuple[int, int]) -> None:
        first, last = part
        # The last of a scene's samples is written last.
        missing = [n for n in range(first, last) if not (self.folder / f"{n:05d}_{LENGTH - 5}.png").exists()]
        if not missing:
            return
        rng = np.random.default_rng(first)
        stills = [ycbcr(rgb)[:1] for rgb in some(self.stills, _SCALES, rng)]
        overlays = load_overlays(self.overlays)
        for scene in missing:
            made = samples(stills, overlays, np.random.default_rng([1, scene]))
            for index, sample in enumerate(made):
                Image.fromarray(sample).save(self.folder / f"{scene:05d}_{index}.png", compress_level=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stills", type=Path, required=True, help="folder of .png photographs")
    parser.add_argument("--overlays", type=Path, required=True, help="folder of .png dirt with an alpha plane")
    parser.add_argument("--to", type=Path, required=True, help="folder for the samples")
    parser.add_argument("--scenes", type=int, default=800)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    arguments.to.mkdir(parents=True, exist_ok=True)
    stills, overlays = (sorted(folder.glob("*.png")) for folder in (arguments.stills, arguments.overlays))
    parts = [(first, min(first + 20, arguments.scenes)) for first in range(0, arguments.scenes, 20)]
    with ProcessPoolExecutor(arguments.jobs) as pool:
        list(pool.map(Work(stills[:-3], overlays, arguments.to), parts))


if __name__ == "__main__":
    main()
