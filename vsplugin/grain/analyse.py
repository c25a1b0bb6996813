"""Measure the grain of a clip: strength, coarseness and shape at each tone, on places without picture detail.

Two frames in a row show the same picture under two grains. Their difference holds grain alone where the picture is flat
or still, and for Gaussian grain it is independent of their mean, which says where the picture is flat: choosing places
by the mean does not choose places whose grain happens to be weak. The difference to a denoised picture would lack what
the denoiser left in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import vapoursynth as vs

from .. import color
from . import spectrum
from .kind import kind_of
from .model import GrainModel, PlaneGrain
from .spectrum import BLOCK, Array

Planes = list[Array]  # of one frame
Picks = list[np.ndarray[Any, np.dtype[np.intp]]]  # of one pair: which blocks, for each tone

_STEP = BLOCK // 2
_TONES = 6  # at most
_ENOUGH = 40  # blocks that make a tone
_FLATTEST = 0.08  # part of the blocks of a tone, over all pairs, believed to hold no detail
_OUTLIER = 2.5  # times the median variance: something moved there
_TEXTURE = 2.0  # times the median deviation of the tones: a tone beyond it has no place without moving texture
_FARTHEST = 24  # pixels that a picture may move between two frames and still be laid over itself
_NOTHING = 1e-9  # variance below which there is no grain at all: the frame was repeated, or the place is clipped


class NoGrainError(vs.Error):
    """A clip on which no grain can be measured."""


@dataclass(frozen=True)
class _Pair:
    """Blocks of two frames in a row, each plane's at its own size, that of luma given a level and a roughness."""

    level: Array  # mean of luma
    roughness: Array  # variance of the frames' mean
    octaves: Array  # (N, 4): power of the frames' mean
    grain: list[Array]  # (N, 32, 32) per plane: the difference over the root of two, as strong as one frame's grain


def find(clip: vs.VideoNode) -> GrainModel | None:
    """:func:`measure`; None where it finds none: cartoons, titles, thumbnails."""
    try:
        return measure(clip)
    except NoGrainError:
        return None


def measure(clip: vs.VideoNode, pairs: int = 9) -> GrainModel:
    """The grain of a clip in any YUV, GRAY or RGB format (RGB as BT.709 Y'CbCr), in code values as they are, PQ too.

    Decodes ``pairs`` places of two frames each, now. Of a clip of one frame, the flattest places of that very frame are
    taken, which makes grain seem a little weaker. Raises ``NoGrainError`` for pictures smaller than 64
    pixels, and where no place shows grain.
    """
    working = color.to_yuv(clip)
    return of_frames([[arrays(working, number) for number in pair] for pair in places(working.num_frames, pairs)])


def places(length: int, pairs: int) -> list[list[int]]:
    """Which frames of a clip are looked at: pairs in a row, or the one there is."""
    firsts = sorted({round((index + 0.5) / pairs * max(length - 2, 0)) for index in range(pairs)})
    return [[first, first + 1][:length] for first in firsts]


def of_frames(pairs: list[list[Planes]]) -> GrainModel:
    """:func:`measure` from the frames at :func:`places`, of float YUV or GRAY."""
    height, width = pairs[0][0][0].shape
    if min(width, height) < 2 * BLOCK:
        raise NoGrainError(f"grain: pictures must be at least {2 * BLOCK} pixels wide and high; got {width}x{height}")
    found = [_pair(*pair) for pair in pairs]
    edges = _tone_edges(np.concatenate([pair.level for pair in found]))
    chosen = _choose(found, edges)
    measured = [_spectra(found, chosen, plane) for plane in range(len(pairs[0][0]))]
    if not measured[0][0]:
        raise NoGrainError("grain: no place of the clip shows grain to measure; name a model or a stock instead")
    planes = tuple(
        PlaneGrain(np.array(tones), spectrum.padded([spectrum.filter_for(s) for s in spectra]))
        for tones, spectra in measured
    )
    correlation = _related(*(_pooled(found, chosen, plane) for plane in (1, 2))) if len(planes) == 3 else 0.0
    return GrainModel(width, planes, correlation, _about(found, chosen, measured[0], planes[0]))


def arrays(clip: vs.VideoNode, number: int) -> Planes:
    """A frame of a float clip, decoded now."""
    with clip.get_frame(number) as frame:
        return planes_of(frame)


def planes_of(frame: vs.VideoFrame) -> Planes:
    return [np.nan_to_num(np.asarray(frame[p]).astype(np.float64)) for p in range(frame.format.num_planes)]


def _cut(plane: Array, corners: Array, ratio: tuple[int, int]) -> Array:
    """Blocks of 32 samples a side of a plane whose samples are ``ratio`` (down, right) times coarser than luma's."""
    windows = np.lib.stride_tricks.sliding_window_view(plane, (BLOCK, BLOCK))
    y = np.minimum(corners[:, 0] // ratio[0], windows.shape[0] - 1)
    x = np.minimum(corners[:, 1] // ratio[1], windows.shape[1] - 1)
    return windows[y, x]


def _pair(here: Planes, after: Planes | None = None) -> _Pair:
    if after:
        other = _laid_over(here, after)
        mean, root = (here[0] + other[0]) / 2, np.sqrt(2)
    else:
        other = [np.zeros_like(plane) for plane in here]
        mean, root = here[0], 1.0
    height, width = mean.shape
    y, x = np.mgrid[0 : height - BLOCK + 1 : _STEP, 0 : width - BLOCK + 1 : _STEP]
    corners = np.stack([y.ravel(), x.ravel()], 1)
    ratios = [(-(-height // plane.shape[0]), -(-width // plane.shape[1])) for plane in here]
    grain = [
        spectrum.detrended(_cut((first - second) / root, corners, ratio))
        for first, second, ratio in zip(here, other, ratios, strict=True)
    ]
    blocks = _cut(mean, corners, (1, 1))
    level, blocks = blocks.mean((1, 2)), spectrum.detrended(blocks)
    return _Pair(level, blocks.var((1, 2)), _octaves(blocks), grain)


def _octaves(blocks: Array) -> Array:
    return spectrum.octave_power(spectrum.power(blocks))


def _laid_over(here: list[Array], other: list[Array]) -> list[Array]:
    """The other frame moved by the whole pixels that its picture is away: gate weave and pans.

    Phase correlation (Kuglin and Hines 1975). Whole pixels, because any interpolation would change the grain.
    """
    height, width = here[0].shape
    cross = np.fft.rfft2(here[0] - here[0].mean()) * np.fft.rfft2(other[0] - other[0].mean()).conj()
    peak = int(np.argmax(np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-12), here[0].shape)))
    away = [(at + size // 2) % size - size // 2 for at, size in zip(divmod(peak, width), (height, width), strict=True)]
    if max(map(abs, away)) > _FARTHEST:
        return other
    steps = [[round(a * p.shape[i] / here[0].shape[i]) for i, a in enumerate(away)] for p in other]
    return [np.roll(plane, step, (0, 1)) for plane, step in zip(other, steps, strict=True)]


def _tone_edges(levels: Array) -> Array:
    """Limits between up to six tones, equally wide over the levels there are."""
    low, high = np.quantile(levels, [0.01, 0.99])
    count = max(1, min(_TONES, round((high - low) / 0.1)))
    return np.linspace(low, high, count + 1)[1:-1]


def _choose(found: list[_Pair], edges: Array) -> list[Picks]:
    """For each pair and tone, which blocks are among the flattest of that tone in the whole clip.

    Clipped places and repeated frames, which show no grain, are left out.
    """
    tones = [
        np.where(
            (pair.level > 0.01) & (pair.level < 0.99) & (pair.grain[0].var((1, 2)) > _NOTHING),
            np.searchsorted(edges, pair.level),
            -1,
        )
        for pair in found
    ]
    chosen: list[Picks] = [[] for _ in found]
    for tone in range(len(edges) + 1):
        rough = np.sort(np.concatenate([pair.roughness[of == tone] for pair, of in zip(found, tones, strict=True)]))
        wanted = min(max(_ENOUGH, round(len(rough) * _FLATTEST)), len(rough))
        limit = rough[wanted - 1] if wanted else -1.0
        for picks, pair, of in zip(chosen, found, tones, strict=True):
            picks.append(np.flatnonzero((of == tone) & (pair.roughness <= limit)))
    return chosen


def _gather(found: list[_Pair], chosen: list[Picks], tone: int, plane: int) -> tuple[Array, Array]:
    """Blocks of one tone and plane from all pairs and their levels, without those where something moved."""
    parts = [(pair, picks[tone]) for pair, picks in zip(found, chosen, strict=True)]
    luma = np.concatenate([pair.grain[0][pick] for pair, pick in parts]).var((1, 2))
    keep = luma < _OUTLIER * np.median(luma) if len(luma) else np.zeros(0, bool)
    blocks = np.concatenate([pair.grain[plane][pick] for pair, pick in parts])
    return blocks[keep], np.concatenate([pair.level[pick] for pair, pick in parts])[keep]


def _spectra(found: list[_Pair], chosen: list[Picks], plane: int) -> tuple[list[float], list[Array]]:
    """Tones with blocks enough and the spectrum of each; of a small picture, the tone with most blocks."""
    gathered = [_gather(found, chosen, tone, plane) for tone in range(len(chosen[0]))]
    most = max(len(blocks) for blocks, _ in gathered)
    usable = [(blocks, level) for blocks, level in gathered if len(blocks) >= min(_ENOUGH // 2, max(most, 1))]
    usable = [usable[index] for index in _believable([np.sqrt((blocks**2).mean()) for blocks, _ in usable])]
    tones = [round(float(level.mean()), 5) for _, level in usable]
    return tones, [spectrum.symmetric(spectrum.power(blocks).mean(0)) for blocks, _ in usable]


def _believable(deviations: list[float]) -> list[int]:
    """Which tones to keep: grain differs between tones, but not as much as grain and the leaves of a tree."""
    if not deviations:
        return []
    limit = _TEXTURE * sorted(deviations)[len(deviations) // 2]
    return [index for index, deviation in enumerate(deviations) if deviation <= limit]


def _related(first: Array, second: Array) -> float:
    power = np.sqrt((first**2).sum() * (second**2).sum())
    return float((first * second).sum() / power) if power > 0 else 0.0


def _pooled(found: list[_Pair], chosen: list[Picks], plane: int) -> Array:
    return np.concatenate([p.grain[plane][np.concatenate(c)] for p, c in zip(found, chosen, strict=True)])


def _over_time(found: list[_Pair]) -> float:
    """Correlation of two frames on flat places, in the octave where it is least: near 0 for grain.

    Picture detail is repeated too, but not in all octaves as strongly as the grain; what is high in all of them is
    noise that is repeated: fixed patterns, and what codecs leave and copy.
    """
    correlations = []
    for pair in found:
        flattest = np.argsort(pair.roughness)[: max(1, len(pair.roughness) // 10)]
        mean, half = pair.octaves[flattest].mean(0), _octaves(pair.grain[0][flattest]).mean(0) / 2
        correlations.append(((mean - half) / np.maximum(mean + half, 1e-12)).min())
    return float(np.median(correlations))


def _about(
    found: list[_Pair], chosen: list[Picks], luma: tuple[list[float], list[Array]], plane: PlaneGrain
) -> dict[str, Any]:
    """What a person wants to know, and what tells grain from other noise."""
    tones, spectra = luma
    over_white = spectrum.octave_power(np.mean(spectra, 0)) / np.mean(spectra)
    facts: dict[str, Any] = {
        "blocks": int(sum(len(np.concatenate(picks)) for picks in chosen)),
        "tones": tones,
        "sigma_8bit": [round(float(sigma) * 255, 2) for sigma in plane.sigma],
        "octaves_over_white": [round(float(value), 3) for value in over_white],
        "correlation_over_time": round(_over_time(found), 3),
    }
    return {**facts, "kind": kind_of(facts)}
