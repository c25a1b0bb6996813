"""What a metric is: one function whose signature and docstring are its only declaration.

Its parameters say what it looks at: ``reference`` and ``distorted``, or one ``picture`` where no reference is needed;
with ``_before`` the frame before; ``low`` and ``enlarged`` are a small source and what was made of it. Their types say
as what: :data:`Luma`, :data:`Rgb`, ... on numpy arrays, or whole clips (:data:`Clip`) where native filters do the work.
Its return type names unit and direction, its docstring the definition and, after "Source:", where that comes from.
"""

from __future__ import annotations

import difflib
import enum
import importlib
import inspect
import math
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from ..errors import UserError


class Better(enum.Enum):
    """Which way a metric points."""

    HIGHER = "higher"
    LOWER = "lower"
    AS_REFERENCE = "as the reference"  # two-sided: a clip that beats its reference has lost something


HIGHER, LOWER, AS_REFERENCE = Better


@dataclass(frozen=True)
class View:
    """What of a frame a metric sees (views.py makes it)."""

    name: str


Luma = Annotated[np.ndarray, View("luma")]  # (H, W) float32, nominal: black 0, white 1; of RGB, that of BT.709
Rgb = Annotated[np.ndarray, View("rgb")]  # (H, W, 3) float32 R'G'B', nominal, chroma enlarged bicubically
Light = Annotated[np.ndarray, View("light")]  # (H, W, 3) float64 linear light of BT.2020 primaries, cd/m²
Flow = Annotated[Any, View("motion")]  # motion.Motion between the frame before and this one
Displacement = Annotated[Any, View("displacement")]  # (dx, dy) in pixels of the picture since the frame before
File = Annotated[Path, View("file")]  # a file the user names for this metric
Clip = Annotated[Any, View("clip")]  # the whole vs.VideoNode: the metric builds a graph
Graph = tuple[Any, str]  # vs.VideoNode and the frame property that holds the metric


class Stream(typing.Protocol):
    """Another program that is fed with the clips' frames and knows the values at the end."""

    format: Any  # vs.VideoFormat it takes

    def push(self, reference: Any, distorted: Any) -> None:
        """The next pair of vs.VideoFrame."""

    def finish(self) -> list[float]:
        """The value of each frame."""

    def close(self) -> None:
        """End the program, finished or not."""


_BETWEEN = ("motion", "displacement")  # views of a frame and the one before it


class NotSuitableError(UserError):
    """The metric is not defined for clips like these, or what it needs is not installed."""


def mean(values: Sequence[float]) -> float:
    """Mean of the frames that have a value; NaN if none has."""
    known = [value for value in values if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else math.nan


def root_mean_square(values: Sequence[float]) -> float:
    """Root of the mean square of the frames that have a value; NaN if none has."""
    return math.sqrt(mean([value * value for value in values]))


def decibel_mean(values: Sequence[float]) -> float:
    """Decibels of the mean error, not the mean of decibels: what FFmpeg calls the average."""
    error = mean([10 ** (-value / 10) for value in values])
    return -10 * math.log10(error) if error > 0 else error if math.isnan(error) else math.inf


def as_they_are(raw: Sequence[Any]) -> list[float]:
    """The frames' values need nothing of each other."""
    return [float(value) for value in raw]


@dataclass(frozen=True)
class Metric:
    """A metric as data: all that a command line, a page of docs or a report needs to know."""

    name: str
    function: Callable[..., Any]
    summary: str
    definition: str  # the docstring without summary and source
    source: str
    unit: str
    better: Better
    views: Mapping[str, str]  # parameter -> view
    series: Callable[[Sequence[Any]], list[float]] = as_they_are  # what the function gave per frame -> values
    pool: Callable[[Sequence[float]], float] = mean
    sdr_only: bool = False
    default: bool = False  # among what is measured where nothing is named

    @property
    def needs_reference(self) -> bool:
        """Whether it compares two clips."""
        return "distorted" in self.views or self.of_enlargements

    @property
    def default_alone(self) -> bool:
        """Whether it is measured where there is one clip and nothing is named."""
        return not self.needs_reference and not self.whole_clips and "motion" not in self.views.values()

    @property
    def of_enlargements(self) -> bool:
        """Whether it compares an enlargement with its smaller source."""
        return "enlarged" in self.views

    @property
    def temporal(self) -> bool:
        """Whether it looks at the frame before; the first frame has no value then."""
        return any(name.endswith("_before") or view in _BETWEEN for name, view in self.views.items())

    @property
    def whole_clips(self) -> bool:
        """Whether it takes clips, not frames: VapourSynth filters or another program do the work."""
        return "clip" in self.views.values()


# Where metrics live, in the order in which people read them.
_MODULES = (
    *("psnr", "ssim", "ssimulacra2", "native", "vmaf", "lpips", "colour"),
    *("halo", "blocks", "grain", "flicker", "jitter", "warping"),
    "invention",
)


class _Registry(Mapping[str, Metric]):
    """Name -> metric; the modules are imported on first use, so that each can be imported alone."""

    def __init__(self) -> None:
        self.entries: dict[str, Metric] = {}
        self._complete = False

    def _loaded(self) -> dict[str, Metric]:
        if not self._complete:
            for module in _MODULES:
                importlib.import_module(f".{module}", __package__)
            places = {name: place for place, name in enumerate(_MODULES)}
            ordered = sorted(self.entries.values(), key=lambda entry: places[entry.function.__module__.split(".")[-1]])
            self.entries = {entry.name: entry for entry in ordered}
            self._complete = True
        return self.entries

    def __getitem__(self, name: str) -> Metric:
        return self._loaded()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())


METRICS = _Registry()


def find(name: str) -> Metric:
    """The metric of this name. ``UserError`` names the nearest one, or all."""
    if name not in METRICS:
        near = difflib.get_close_matches(name, METRICS, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(METRICS)}"
        raise UserError(f"measure: no metric '{name}'; {hint}")
    return METRICS[name]


def metric(
    *,
    series: Callable[[Sequence[Any]], list[float]] = as_they_are,
    pool: Callable[[Sequence[float]], float] = mean,
    sdr_only: bool = False,
    default: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a metric, without changing the function."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        hints = typing.get_type_hints(function, include_extras=True)
        _, unit, better = typing.get_args(hints.pop("return"))
        views = {
            name: extra.name
            for name, hint in hints.items()
            for extra in typing.get_args(hint)
            if isinstance(extra, View)
        }
        text, _, source = (inspect.getdoc(function) or "").partition("Source:")
        summary, _, definition = text.partition("\n\n")
        name = function.__name__
        METRICS.entries[name] = Metric(
            name, function, _joined(summary), _joined(definition), _joined(source).rstrip("."), unit, better, views,
            series, pool, sdr_only, default,
        )  # fmt: skip
        return function

    return register


def _joined(text: str) -> str:
    return " ".join(text.split())
