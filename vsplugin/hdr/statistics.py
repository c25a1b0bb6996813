"""How bright the pictures of a PQ clip are: MaxSCL, average, distribution; MaxCLL and MaxFALL; scenes.

    lights = list(measure(clip, active_area(clip)))
    content_light(lights).to_props(), [scene_light(lights[a:b]).window() for a, b in scenes(lights)]

Light is linear, in cd/m², of BT.2020 R, G, B after the PQ EOTF; a pixel's brightness is max(R, G, B). Only the active
picture counts: black borders would halve averages and percentiles. All numbers come from the histogram of PQ codes that
``core.vsplugin.LightHistogram`` counts (kernels/histogram): within 0.17 cd/m² of float64 light.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import vapoursynth as vs
from numpy.typing import NDArray

from .. import kernels, spread
from ..errors import UserError
from .hdr10plus import LUMINANCE_STEP, PERCENTAGES, Window
from .static import ContentLight
from .transfer import Floats, pq_eotf, pq_inverse_eotf

_PQ = 16
_SHAPE_BINS = 64
_BLACK = 0.05  # cd/m²: no pixel of a border is brighter
_CHANGED = 0.03  # of the PQ range, by which a cut moves the histogram on average
_ABRUPT = 4  # times faster than the frames around it

# What ST 2094-40 payloads hold under each percentage, as all known encoders and SDKs fill them in: "5" is the 99.99th
# percentile (DistributionY99), "10" the share of pixels up to 100 cd/m² (DistributionY100nit), "99" the 99.98th.
_PERCENTILES = {1: 1.0, 5: 99.99, 25: 25.0, 50: 50.0, 75: 75.0, 90: 90.0, 95: 95.0, 99: 99.98}


@dataclass(frozen=True, slots=True)
class Area:
    """Pixels at the borders that do not belong to the active picture."""

    left: int = 0
    right: int = 0
    top: int = 0
    bottom: int = 0

    def scaled(self, across: float, down: float) -> Area:
        """The same borders of a picture enlarged by these factors; a pixel that is partly border counts as border."""
        left, right = (math.ceil(side * across) for side in (self.left, self.right))
        top, bottom = (math.ceil(side * down) for side in (self.top, self.bottom))
        return Area(left, right, top, bottom)


@dataclass(frozen=True, slots=True)
class Light:
    """The light of one picture, or of a scene, in cd/m²."""

    maxscl: tuple[float, float, float]
    average: float
    distribution: tuple[float, ...]  # one value for each of PERCENTAGES; that of 10 is a share in percent
    shape: Floats  # share of pixels up to each 64th of the PQ range: how scenes are told apart

    @property
    def peak(self) -> float:
        """The brightest pixel, by which MaxCLL is defined."""
        return max(self.maxscl)

    @property
    def highlight(self) -> float:
        """The 99.99th percentile: the peak without a few outliers."""
        return self.distribution[PERCENTAGES.index(5)]

    def to_bytes(self) -> bytes:
        """All of it as float64, for a frame property."""
        return np.array([*self.maxscl, self.average, *self.distribution, *self.shape]).tobytes()

    @staticmethod
    def from_bytes(data: bytes) -> Light:
        red, green, blue, average, *rest = np.frombuffer(data).tolist()
        levels = len(PERCENTAGES)
        return Light((red, green, blue), average, tuple(rest[:levels]), np.array(rest[levels:]))

    def window(self) -> Window:
        """As ST 2094-40 stores it (profile A)."""
        values = [
            round(value if percentage == 10 else value / LUMINANCE_STEP)
            for percentage, value in zip(PERCENTAGES, self.distribution, strict=True)
        ]
        red, green, blue = (round(value / LUMINANCE_STEP) for value in self.maxscl)
        return Window(
            (red, green, blue),
            round(self.average / LUMINANCE_STEP),
            tuple(zip(PERCENTAGES, values, strict=True)),
        )


@functools.lru_cache(maxsize=4)
def _light_of_codes(bins: int) -> Floats:
    return pq_eotf(np.arange(bins) / (bins - 1))


def light_of_histogram(counts: NDArray[np.integer[Any]], maxima: Sequence[int]) -> Light:
    """From the number of pixels with max(R, G, B) of each PQ code, and the largest code of each component."""
    light, total = _light_of_codes(len(counts)), int(counts.sum())
    below = np.cumsum(counts, dtype=np.int64)
    at = np.searchsorted(below, np.ceil(np.array(list(_PERCENTILES.values())) / 100 * total))
    values = dict(zip(_PERCENTILES, light[np.minimum(at, len(counts) - 1)], strict=True))
    values[10] = 100 * below[np.searchsorted(light, 100, "right") - 1] / total
    red, green, blue = (float(light[code]) for code in maxima)
    ends = (np.arange(1, _SHAPE_BINS + 1) * len(counts)) // _SHAPE_BINS - 1
    return Light(
        maxscl=(red, green, blue),
        average=float(counts @ light / total),
        distribution=tuple(float(values[percentage]) for percentage in PERCENTAGES),
        shape=below[ends] / total,
    )


def light_of_props(props: Mapping[str, Any]) -> Light:
    """From a frame of :func:`histograms`."""
    return light_of_histogram(np.frombuffer(props["LightHistogram"], "<u4"), props["LightMax"])


def histograms(clip: vs.VideoNode, area: Area | None = None) -> vs.VideoNode:
    """The clip as RGBS, each frame with its histogram as properties (``LightHistogram``, ``LightMax``)."""
    area = area or Area()
    return kernels.plugin().LightHistogram(
        _rgb(clip), left=area.left, right=area.right, top=area.top, bottom=area.bottom
    )


def measure(clip: vs.VideoNode, area: Area | None = None) -> Iterator[Light]:
    """The light of every frame, in order; frames are computed ahead and in parallel.

    Raises ``UserError`` with the frame's number where a frame is not PQ.
    """
    for number, frame in enumerate(histograms(clip, area).frames(close=True)):
        transfer = frame.props.get("_Transfer")
        if transfer != _PQ:
            raise UserError(f"statistics: frame {number} must be PQ (_Transfer 16); its _Transfer is {transfer}")
        yield light_of_props(frame.props)


def active_area(clip: vs.VideoNode, frames: int = 24) -> Area:
    """The borders that are black (at most 0.05 cd/m²) in all of ``frames`` frames spread evenly over the clip.

    Decodes those frames now. A clip that is black in all of them has no borders.
    """
    rgb = _rgb(clip)
    rows, columns = np.zeros(clip.height, np.float32), np.zeros(clip.width, np.float32)
    for number in spread.evenly(frames, clip.num_frames):
        with rgb.get_frame(number) as frame:
            brightest = functools.reduce(np.fmax, (np.asarray(frame[p]) for p in range(3)))
        np.fmax(rows, np.fmax.reduce(brightest, 1), out=rows)
        np.fmax(columns, np.fmax.reduce(brightest, 0), out=columns)
    black = float(pq_inverse_eotf(_BLACK))
    lit_rows, lit_columns = np.flatnonzero(rows > black), np.flatnonzero(columns > black)
    if not len(lit_rows) or not len(lit_columns):
        return Area()
    return Area(
        left=int(lit_columns[0]),
        right=clip.width - 1 - int(lit_columns[-1]),
        top=int(lit_rows[0]),
        bottom=clip.height - 1 - int(lit_rows[-1]),
    )


def content_light(lights: Sequence[Light], *, robust: bool = False) -> ContentLight:
    """MaxCLL and MaxFALL (CTA-861.3) of all frames: the brightest pixel, and the brightest frame's mean.

    ``robust`` takes the 99.99th percentile of each frame for its brightest pixel, so that a few hot pixels do not count
    (Smith & Zink, SMPTE Motion Imaging Journal 2021).
    """
    if not lights:
        raise UserError("statistics: MaxCLL needs at least one frame")
    brightest = max(light.highlight if robust else light.peak for light in lights)
    return ContentLight(round(brightest), round(max(light.average for light in lights)))


def scene_light(lights: Sequence[Light]) -> Light:
    """One scene's light: that of its frame with the brightest highlights, with the scene's mean average and share
    of pixels up to 100 cd/m²."""
    if not lights:
        raise UserError("statistics: a scene needs at least one frame")
    brightest = max(lights, key=lambda light: light.highlight)
    distribution = list(brightest.distribution)
    share = PERCENTAGES.index(10)
    distribution[share] = float(np.mean([light.distribution[share] for light in lights]))
    average = float(np.mean([light.average for light in lights]))
    return Light(brightest.maxscl, average, tuple(distribution), brightest.shape)


def scenes(lights: Sequence[Light], shortest: int = 6) -> list[tuple[int, int]]:
    """Stretches ``(first, end)`` of frames whose light belongs together, none shorter than ``shortest`` frames.

    A cut is where the histogram jumps, against the frames around it and for good: fades and flashes are no cuts.
    Shots that look alike in light stay one scene, which is all that metadata per scene needs.
    """
    shapes = np.array([light.shape for light in lights]).reshape(len(lights), _SHAPE_BINS)
    jumps = np.abs(np.diff(shapes, axis=0)).mean(1)  # by how much of the PQ range light moved: earth mover's distance
    cuts: list[int] = []
    for at in np.argsort(-jumps, kind="stable"):
        cut = int(at) + 1
        if jumps[at] < _CHANGED:
            break
        if min(abs(cut - other) for other in [0, len(lights), *cuts]) >= shortest and _lasts(
            shapes, jumps, cut, shortest
        ):
            cuts.append(cut)
    edges = [0, *sorted(cuts), len(lights)]
    return [(first, end) for first, end in itertools.pairwise(edges) if first < end]


def _lasts(shapes: Floats, jumps: Floats, cut: int, reach: int) -> bool:
    """Whether the frames on both sides of ``cut`` differ, and change much less among themselves."""
    before, after = shapes[max(0, cut - reach) : cut], shapes[cut : cut + reach]
    difference = np.abs(np.median(before, 0) - np.median(after, 0)).mean()
    around = np.delete(jumps[max(0, cut - 1 - reach) : cut - 1 + reach + 1], min(cut - 1, reach))
    return bool(difference > _CHANGED and (not len(around) or jumps[cut - 1] > _ABRUPT * np.median(around)))


def _rgb(clip: vs.VideoNode) -> vs.VideoNode:
    if clip.format.color_family == vs.GRAY:
        raise UserError(f"statistics: clip must be YUV or RGB; got {clip.format.name}")
    return clip if clip.format.id == vs.RGBS else vs.core.resize.Bicubic(clip, format=vs.RGBS)
