"""A grain as data: how strong and how coarse it is at each tone, in each plane; a JSON file or a frame property."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import spectrum
from .spectrum import Array

PROPERTY = "VSPluginGrainModel"  # of frames: this model as JSON
LAYER = "VSPluginGrain"  # of frames: the grain that was taken off, a frame of differences
_KIND = "vsplugin-grain-1"


@dataclass(frozen=True)
class PlaneGrain:
    """Grain of one plane: ``taps`` ``(T, S, S)`` filter white noise into it at the levels ``tones`` ``(T,)``.

    Samples are nominal (luma 0..1, chroma -0.5..0.5); the levels are those of luma.
    """

    tones: Array
    taps: Array

    @property
    def sigma(self) -> Array:
        """``(T,)`` standard deviation at each tone, nominal units."""
        return np.sqrt((self.taps**2).sum((1, 2)))

    @property
    def size(self) -> Array:
        """``(T,)`` diameter of the grains in samples: of a disc with the area over which neighbours are alike."""
        alike = self.taps.sum((1, 2)) ** 2 / np.maximum((self.taps**2).sum((1, 2)), 1e-12)
        return np.sqrt(alike * 4 / np.pi)

    def at_width(self, factor: float) -> PlaneGrain:
        """The same grain where the picture has ``factor`` times as many samples a side."""
        if factor == 1:
            return self
        return PlaneGrain(self.tones, spectrum.padded([spectrum.rescaled(taps, factor) for taps in self.taps]))

    def times(self, strength: float) -> PlaneGrain:
        return PlaneGrain(self.tones, self.taps * strength)


@dataclass(frozen=True)
class GrainModel:
    """Grain of a picture ``width`` samples wide: one :class:`PlaneGrain` for Y or for Y, Cb and Cr."""

    width: int
    planes: tuple[PlaneGrain, ...]
    chroma_correlation: float = 0.0  # between the grains of Cb and Cr
    about: dict[str, Any] = dataclasses.field(default_factory=dict, compare=False)

    def for_width(self, width: int) -> GrainModel:
        """The same grain on film, scanned ``width`` samples wide."""
        factor = width / self.width
        return dataclasses.replace(self, width=width, planes=tuple(plane.at_width(factor) for plane in self.planes))

    def to_json(self) -> str:
        planes = [
            {"tones": np.round(plane.tones, 5).tolist(), "side": plane.taps.shape[1],
             "taps": [[float(f"{tap:.6g}") for tap in taps.ravel()] for taps in plane.taps]}
            for plane in self.planes
        ]  # fmt: skip
        return json.dumps(
            {"kind": _KIND, "width": self.width, "chroma_correlation": round(self.chroma_correlation, 4),
             "about": self.about, "planes": planes}
        )  # fmt: skip


def from_json(text: str) -> GrainModel:
    """The model written by :meth:`GrainModel.to_json`; ``ValueError`` says what is wrong with the text."""
    try:
        data = json.loads(text)
        if data.get("kind") != _KIND:
            raise ValueError(f"kind must be '{_KIND}'; got {data.get('kind')!r}")
        planes = tuple(_plane(entry) for entry in data["planes"])
        width, correlation = int(data["width"]), float(data["chroma_correlation"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a grain model: {error}") from None
    if len(planes) not in (1, 3) or width < 1 or not -1 <= correlation <= 1:
        raise ValueError("a grain model has one or three planes, a width, and a correlation of -1 to 1")
    return GrainModel(width, planes, correlation, dict(data.get("about", {})))


def _plane(entry: dict[str, Any]) -> PlaneGrain:
    tones, side = np.array(entry["tones"], np.float64), int(entry["side"])
    if tones.ndim != 1 or not len(tones) or (np.diff(tones) <= 0).any():
        raise ValueError("tones must ascend")
    if not 1 <= side <= 63 or side % 2 == 0:
        raise ValueError(f"side must be odd, 1 to 63; got {side}")
    taps = np.array(entry["taps"], np.float64)
    if taps.shape != (len(tones), side * side) or not np.isfinite(taps).all() or np.abs(taps).max() > 1:
        raise ValueError("taps must be side * side numbers within ±1 for each tone")
    return PlaneGrain(tones, taps.reshape(len(tones), side, side))


def given(text: str) -> GrainModel:
    """The model that an argument names: its JSON, or the path of a file of it; ``ValueError`` says what is wrong."""
    return from_json(text) if text.lstrip().startswith("{") else read(text)


def read(path: str | Path) -> GrainModel:
    """The model in a JSON file; ``ValueError`` with the file's name."""
    try:
        return from_json(Path(path).read_text())
    except FileNotFoundError:
        raise ValueError(f"no such file: {path}; `vsplugin grain FILE -o {path}` would write it") from None
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from None
