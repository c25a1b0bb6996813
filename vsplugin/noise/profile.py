"""How noise depends on brightness: factors of its level from black to white.

Sensors, scanners and film do not add the same noise to black and to white: shot noise, the tone curve and clipping
see to that. A profile is a list of factors of sigma at lumas spread evenly from 0 to 1 (nominal), straight lines
between them, the nearest of them beyond; a single 1 is noise that is the same everywhere.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import vapoursynth as vs

from .. import color
from .blocks import NOTHING, Blocks

Profile = tuple[float, ...]

FLAT: Profile = (1.0,)
_KNOTS = 9
_WHITE = 1.25  # times as much as Immerkaer's mask finds that a block with nothing but white noise may vary
_LEAST = 0.05 / 255  # blocks with less noise have none
_ENOUGH = 40  # blocks, to say anything at all
_SHARE = 0.05  # of all blocks: where fewer are noise alone, they are chance among textures
_EACH = 12  # blocks, to say something of one brightness
# Texture that passes for noise is stronger: the lower third is believed, and what that is of the mean (of white noise).
_LOWER = 1 / 3
_LOWER_IS = 0.957  # computed by tests/test_noise_profile.py
_LEAP = 2.0  # times as much noise as at the next knot
_EVEN = 0.1  # factors this near 1 are 1
_MOST = 20.0  # times sigma
_FINER = 4  # straight lines for one of a profile, where their slopes must follow its factors


def parse(owner: str, name: str, text: str) -> Profile:
    """The factors in a text such as ``"1.6,1.1,0.8"``; ``vs.Error`` if it holds anything else."""
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(0 <= factor <= _MOST for factor in found):
        raise vs.Error(
            f"{owner}: {name} must be factors of sigma in [0, {_MOST:g}] from black to white, such as 1.6,1.1,0.8; "
            f"got {text!r}"
        )
    return found


def text(profile: Profile) -> str:
    """What :func:`parse` reads."""
    return ",".join(f"{factor:g}" for factor in profile)


def of(luma: np.ndarray, blocks: Blocks) -> tuple[float, Profile] | None:
    """Level and profile of the noise in blocks of a picture whose luma is ``(N)`` there; None where too few show any.

    Only blocks that vary as white noise alone does count: a picture varies more between far samples than between near
    ones. Where as many blocks are cleaner, it is a part of the picture; blocks of one value (borders, titles) say
    nothing. Each knot takes what most blocks about as bright have, or lies between its neighbours. The level is the
    root of the mean square over all blocks.
    """
    noisy = blocks.whole & (blocks.sigma > _LEAST)
    clean = blocks.whole & ~noisy & (blocks.sigma > NOTHING)
    alone = noisy & (blocks.spread < _WHITE * blocks.sigma)
    if int(alone.sum()) < max(_ENOUGH, _SHARE * float(noisy.sum()), int(clean.sum())):
        return None
    tones = np.linspace(0, 1, _KNOTS)
    near = [alone & (np.abs(luma - tone) <= tones[1] / 2) for tone in tones]
    known = np.array([knot for knot, chosen in enumerate(near) if chosen.sum() >= _EACH])
    if not len(known):
        return None
    found = np.array([_level(blocks.sigma[near[knot]]) for knot in known])
    levels = np.interp(tones, tones[known], _without_leaps(known, found))
    sigma = float(np.sqrt((np.interp(luma, tones, levels) ** 2).mean()))
    factors = levels / sigma
    if np.abs(factors - 1).max() <= _EVEN:
        return _level(blocks.sigma[alone]), FLAT
    return sigma, tuple(round(float(factor), 2) for factor in factors)


def _without_leaps(knots: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """No brightness with more than ``_LEAP`` times the noise of the next: that is a texture like noise."""
    return np.asarray((levels * _LEAP ** np.abs(np.subtract.outer(knots, knots))).min(1))


def _level(sigmas: np.ndarray) -> float:
    return float(np.quantile(sigmas, _LOWER)) / _LOWER_IS


def factors_at(luma: vs.VideoNode, profile: Profile) -> vs.VideoNode:
    """GRAYS: the factor at every pixel, by what the luma around it (GRAYS, nominal) is on average.

    ``profile`` has two factors at least. The mean over some 13 pixels across takes the noise itself out of it.
    """
    core = vs.core
    smooth = core.std.BoxBlur(core.std.Limiter(luma, min=0, max=1), hradius=3, hpasses=2, vradius=3, vpasses=2)
    return core.std.Expr(smooth, _lines(profile))


def evened(clip: vs.VideoNode, profile: Profile) -> vs.VideoNode:
    """A float32 YUV or GRAY clip with luma bent so that its noise is sigma everywhere: to compare frames in.

    Of a slope of 1 / factor; factors below a quarter are taken as that, or the bend would be a step.
    """
    if len(profile) == 1:
        return clip
    tones = np.linspace(0, 1, _FINER * (len(profile) - 1) + 1)
    factors = np.interp((tones[1:] + tones[:-1]) / 2, np.linspace(0, 1, len(profile)), profile)
    bent = np.concatenate([[0.0], np.cumsum(tones[1] / np.maximum(factors, 0.25))])
    luma = vs.core.std.Expr(color.plane(clip, 0), _lines(tuple(bent)) + " x 0 min + x 1 - 0 max +")
    if clip.format.num_planes == 1:
        return luma
    return vs.core.std.ShufflePlanes([luma, clip, clip], [0, 1, 2], vs.YUV)


def _lines(values: tuple[float, ...]) -> str:
    """An RPN expression: straight lines between two values and more, at places spread evenly over 0..1."""
    width = 1 / (len(values) - 1)
    out = f"{values[0]:.9g}"
    for place, (first, last) in enumerate(pairwise(values)):
        out += f" x {place * width:.9g} - 0 max {width:.9g} min {(last - first) / width:.9g} * +"
    return out
