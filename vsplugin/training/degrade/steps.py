"""The steps a recipe's chain is made of. Each takes ``(N, 3, H, W)`` float32 Y, Cb, Cr of 4:4:4 and returns the same.

A step is a dataclass: its fields are the options of its table in the recipe, with range and unit; values are drawn
anew for every patch unless it says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ...errors import UserError
from ..keys import Key, names, span
from . import blur, grain, interlace, sensor, tones
from .codecs import CODECS, Encoding, compress
from .colour import to_rgb, to_ycbcr
from .resize import CENTRED, resize

Rng = np.random.Generator


@dataclass(frozen=True, kw_only=True)
class Step:
    """What all steps share."""

    chance: Annotated[float, Key(float, 0, 1)] = 1.0  # that a patch goes through the step

    def apply(self, patches: np.ndarray, rng: Rng) -> np.ndarray:
        """Damage every patch. Steps that treat patches one by one define :meth:`one` instead."""
        return np.stack([self.one(patch, rng) for patch in patches]).astype(np.float32, copy=False)

    def one(self, patch: np.ndarray, rng: Rng) -> np.ndarray:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Blur(Step):
    """Convolution with one of several point-spread functions."""

    kernels: Annotated[
        tuple[str, ...], names("gaussian", "anisotropic", "motion", "defocus", "airy", "low-pass")
    ] = ("gaussian",)  # fmt: skip
    sigma: Annotated[tuple[float, float], span(0.2, 8, "pixels")] = (0.2, 1.5)
    length: Annotated[tuple[float, float], span(0, 32, "pixels of motion")] = (1.0, 8.0)
    radius: Annotated[tuple[float, float], span(0.3, 12, "pixels of defocus")] = (0.5, 2.0)
    spread: Annotated[tuple[float, float], span(0.2, 8, "pixels: wavelength * f-number")] = (0.4, 1.5)
    cutoff: Annotated[tuple[float, float], span(0.5, 3.1416, "radians per pixel")] = (1.1, 3.1416)

    def kernel(self, rng: Rng) -> np.ndarray:
        name, angle = rng.choice(self.kernels), rng.uniform(0, np.pi)
        if name == "gaussian":
            return blur.gaussian(rng.uniform(*self.sigma))
        if name == "anisotropic":
            return blur.gaussian(rng.uniform(*self.sigma), rng.uniform(*self.sigma), angle)
        if name == "motion":
            return blur.motion(rng.uniform(*self.length), angle)
        if name == "defocus":
            return blur.defocus(rng.uniform(*self.radius))
        return blur.airy(rng.uniform(*self.spread)) if name == "airy" else blur.low_pass(rng.uniform(*self.cutoff))

    def one(self, patch: np.ndarray, rng: Rng) -> np.ndarray:
        return blur.blur(patch, self.kernel(rng))


@dataclass(frozen=True, kw_only=True)
class Resize(Step):
    """To another size, the same for the patches of a group, and stays there."""

    factor: Annotated[tuple[float, float], span(0.25, 4)] = (0.5, 1.5)
    kernels: Annotated[tuple[str, ...], names(*CENTRED)] = CENTRED
    aliased: Annotated[float, Key(float, 0, 1)] = 0.0  # chance of no antialiasing filter

    def apply(self, patches: np.ndarray, rng: Rng) -> np.ndarray:
        factor = rng.uniform(*self.factor)
        return self.to(patches, [max(2 * round(size * factor / 2), 8) for size in patches.shape[-2:]], rng)

    def to(self, patches: np.ndarray, sides: list[int], rng: Rng) -> np.ndarray:
        return resize(patches, *sides, str(rng.choice(self.kernels)), antialias=bool(rng.random() >= self.aliased))


@dataclass(frozen=True, kw_only=True)
class Shrink(Resize):
    """Down to the size of the network's input, with a kernel drawn for each group of patches."""

    factor: Annotated[tuple[float, float], span(1, 1)] = (1.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Noise(Step):
    """White Gaussian noise in Y, Cb and Cr, not clipped."""

    sigma: Annotated[tuple[float, float], span(0, 0.5, "of full scale")] = (0.0, 0.1)
    chroma: Annotated[tuple[float, float], span(0, 4, "times sigma")] = (0.4, 1.2)

    def one(self, patch: np.ndarray, rng: Rng) -> np.ndarray:
        sigma, share = rng.uniform(*self.sigma), rng.uniform(*self.chroma)
        levels = np.array([1, share, share], np.float32)[:, None, None] * np.float32(sigma)
        return patch + levels * rng.standard_normal(patch.shape, np.float32)


@dataclass(frozen=True, kw_only=True)
class SensorNoise(Step):
    """Photon and read noise of a Bayer sensor in linear light."""

    gain: Annotated[tuple[float, float], span(0, 0.1, "of full scale per photo-electron")] = (1e-4, 0.01)
    read: Annotated[tuple[float, float], span(0, 0.2, "of full scale")] = (0.0, 0.02)
    balance: Annotated[tuple[float, float], span(1, 4, "white-balance gain of R and B")] = (1.0, 2.0)

    def one(self, patch: np.ndarray, rng: Rng) -> np.ndarray:
        red, blue = rng.uniform(*self.balance, 2)
        gain, read = rng.uniform(*self.gain), rng.uniform(*self.read)
        return to_ycbcr(sensor.sensor_noise(to_rgb(patch), gain, read, rng, balance=(red, 1.0, blue)))


@dataclass(frozen=True, kw_only=True)
class ChromaNoise(Step):
    """Coloured blotches."""

    sigma: Annotated[tuple[float, float], span(0, 0.3, "of full scale")] = (0.0, 0.04)
    size: Annotated[tuple[float, float], span(0, 8, "pixels")] = (0.5, 3.0)

    def one(self, patch: np.ndarray, rng: Rng) -> np.ndarray:
        return sensor.chroma_noise(patch, rng.uniform(*self.sigma), rng.uniform(*self.size), rng)


@dataclass(frozen=True, kw_only=True)
class Grain(Step):
    """Film grain in luma."""

    models: Annotated[tuple[str, ...], names("filtered", "boolean")] = ("filtered",)
    strength: Annotated[tuple[float, float], span(0, 0.3, "of full scale at mid grey")] = (0.0, 0.08)
    size: Annotated[tuple[float, float], span(0.3, 4, "pixels")] = (0.4, 1.5)
    radius: Annotated[tuple[float, float], span(0.2, 2, "pixels of a grain of the Boolean model")] = (0.2, 0.5)

    def one(self, patch: np.ndarray, rng: Rng) -> np.ndarray:
        strength, size = rng.uniform(*self.strength), rng.uniform(*self.size)
        if rng.choice(self.models) == "filtered":
            luma = grain.filtered_grain(patch[0], strength, size, rng)
        else:
            luma = grain.boolean_grain(np.clip(patch[0], 0, 1), rng.uniform(*self.radius), size, rng)
        return np.concatenate([luma[None], patch[1:]])


@dataclass(frozen=True, kw_only=True)
class Clip(Step):
    """Crushed blacks and blown highlights."""

    black: Annotated[tuple[float, float], span(0, 0.5, "of full scale")] = (0.0, 0.05)
    white: Annotated[tuple[float, float], span(0.5, 1, "of full scale")] = (0.9, 1.0)

    def one(self, patch: np.ndarray, rng: Rng) -> np.ndarray:
        return tones.clip_tones(patch, rng.uniform(*self.black), rng.uniform(*self.white))


@dataclass(frozen=True, kw_only=True)
class Band(Step):
    """Fewer bits without dither."""

    bits: Annotated[tuple[float, float], span(2, 12, "bits")] = (5.0, 8.0)

    def one(self, patch: np.ndarray, rng: Rng) -> np.ndarray:
        return tones.band(patch, rng.uniform(*self.bits))


@dataclass(frozen=True, kw_only=True)
class Interlace(Step):
    """What deinterlacing leaves."""

    modes: Annotated[tuple[str, ...], names("comb", "blend", "drop")] = ("comb", "blend", "drop")
    motion: Annotated[tuple[float, float], span(0, 16, "pixels between fields")] = (0.0, 4.0)
    share: Annotated[tuple[float, float], span(0, 1)] = (0.1, 1.0)

    def one(self, patch: np.ndarray, rng: Rng) -> np.ndarray:
        mode, angle = rng.choice(self.modes), rng.uniform(0, 2 * np.pi)
        speed, share = rng.uniform(*self.motion), rng.uniform(*self.share)
        # What moves on screen moves mostly sideways.
        dx, dy = speed * np.cos(angle), 0.3 * speed * np.sin(angle)
        if mode == "drop":
            return interlace.drop_field(patch)
        return interlace.comb(patch, dx, dy, share) if mode == "comb" else interlace.blend_fields(patch, dx, dy, share)


@dataclass(frozen=True, kw_only=True)
class Encode(Step):
    """A real encoder at a random quantiser; one encoder and quantiser for the patches of a group.

    The encoders whose quantiser is given are drawn from, all with the same chance.
    """

    x264: Annotated[tuple[float, float] | None, span(1, 51, "QP")] = None
    x265: Annotated[tuple[float, float] | None, span(1, 51, "QP")] = None
    mpeg2: Annotated[tuple[float, float] | None, span(1, 31, "quantiser scale")] = None
    mpeg4: Annotated[tuple[float, float] | None, span(1, 31, "quantiser scale")] = None
    mjpeg: Annotated[tuple[float, float] | None, span(1, 31, "quantiser scale")] = None
    frames: Annotated[int, Key(int, 1, 8, "frames per clip")] = 3
    b_frames: Annotated[int, Key(int, 0, 3, "at most")] = 1
    deblock: Annotated[float, Key(float, 0, 1)] = 0.8  # chance of the loop filter of x264 and x265
    motion: Annotated[float, Key(float, 0, 8, "pixels per frame")] = 1.0

    def __post_init__(self) -> None:
        if not self.given():
            raise UserError(f"codec needs the quantiser range of at least one of {', '.join(CODECS)}")

    def given(self) -> list[str]:
        return [name for name in CODECS if getattr(self, name) is not None]

    def draw(self, rng: Rng) -> Encoding:
        name = str(rng.choice(self.given()))
        low, high = getattr(self, name)
        frames = self.frames if CODECS[name].between else 1
        return Encoding(
            name,
            min(round(rng.uniform(low - 0.5, high + 0.5)), round(high)) if high > low else round(low),
            frames,
            int(rng.integers(frames)),
            int(rng.integers(self.b_frames + 1)),
            bool(rng.random() < self.deblock),
            self.motion,
        )

    def apply(self, patches: np.ndarray, rng: Rng) -> np.ndarray:
        return compress(patches, self.draw(rng), rng)


STEPS: dict[str, type[Step]] = {
    "blur": Blur,
    "resize": Resize,
    "shrink": Shrink,
    "noise": Noise,
    "sensor-noise": SensorNoise,
    "chroma-noise": ChromaNoise,
    "grain": Grain,
    "clip": Clip,
    "band": Band,
    "interlace": Interlace,
    "codec": Encode,
}
