"""What the pictures look like that a model was trained on, in a few numbers, and how far a clip is from that.

Both sides are measured here, on luma patches, with numpy alone: the training room writes the numbers into the model's
card (``[domain]``), ``vsplugin models check-domain`` compares a clip with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

_FLAT = 2.0  # 8-bit steps of contrast under which a patch shows nothing
_QUANTILES = (0.01, 0.05, 0.5, 0.95, 0.99)
_BEYOND = 0.2  # part of a clip's patches further out than 99 % of the training's; single photographs reach 0.19
_BIAS = 0.8  # what the flattest quarter of blocks shows of white noise; tests/training/test_domain.py
_FEWEST = 20  # patches under which nothing can be said


@dataclass(frozen=True)
class Statistic:
    """A number per patch. ``log`` where its scale is one of ratios; ``floor`` where a small one is never a worry."""

    name: str
    meaning: str
    log: bool = False
    digits: int = 1
    floor: bool = False


STATISTICS = (
    Statistic("brightness", "mean of luma, 0 to 255", digits=0),
    Statistic("contrast", "standard deviation of luma, 8-bit steps", log=True),
    Statistic("sharpness", "Laplacian over contrast: small when blurred or enlarged", log=True, digits=2),
    Statistic("slope", "how fast the spectrum falls: about -2 to -3 in photographs", digits=2),
    Statistic("edges", "kurtosis of the gradient: large for drawings, 3 for noise", log=True),
    Statistic("noise", "standard deviation where the patch is flattest, 8-bit steps", log=True, floor=True),
    Statistic(
        "blocks", "jumps at an 8x8 grid over those beside it: 1 without compression", log=True, digits=2, floor=True
    ),
)
NAMES = tuple(one.name for one in STATISTICS)


def measure(patches: np.ndarray) -> np.ndarray:
    """``(N, 7)`` statistics of ``(N, H, W)`` luma patches (1 = white); patches that show nothing are left out."""
    x = np.asarray(patches, np.float64) * 255
    x = x[np.isfinite(x).all(axis=(1, 2))]
    x = x[x.std(axis=(1, 2)) > _FLAT]
    if not len(x):
        return np.empty((0, len(STATISTICS)))
    contrast = x.std(axis=(1, 2))
    columns = (x.mean(axis=(1, 2)), contrast, _laplacian(x) / contrast, _slope(x), _kurtosis(x), _noise(x), _blocks(x))
    return np.stack(columns, axis=1)


def _laplacian(x: np.ndarray) -> np.ndarray:
    inner = x[:, 1:-1, 1:-1]
    return (4 * inner - x[:, :-2, 1:-1] - x[:, 2:, 1:-1] - x[:, 1:-1, :-2] - x[:, 1:-1, 2:]).std(axis=(1, 2))


def _slope(x: np.ndarray) -> np.ndarray:
    """Exponent of power over radial frequency, fitted between 1/16 and 1/2.2 cycles per pixel."""
    size = min(x.shape[1:])
    window = np.hanning(size)[:, None] * np.hanning(size)
    square = x[:, :size, :size]
    power = np.abs(np.fft.fft2((square - square.mean(axis=(1, 2), keepdims=True)) * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size))
    edges = np.geomspace(1 / 16, 1 / 2.2, 9)
    rings = [(frequency >= low) & (frequency < high) for low, high in pairwise(edges)]
    rings = [ring for ring in rings if ring.any()]
    where = np.log([frequency[ring].mean() for ring in rings])
    level = np.log(np.stack([power[:, ring].mean(axis=1) for ring in rings], axis=1) + 1e-3)
    where = where - where.mean()
    return (level * where).sum(axis=1) / (where**2).sum()


def _kurtosis(x: np.ndarray) -> np.ndarray:
    gradient = np.concatenate([np.diff(x, axis=1).reshape(len(x), -1), np.diff(x, axis=2).reshape(len(x), -1)], axis=1)
    variance = (gradient**2).mean(axis=1)
    return (gradient**4).mean(axis=1) / np.maximum(variance**2, 1e-12)


def _noise(x: np.ndarray) -> np.ndarray:
    """The mask of Immerkaer (1996), averaged over 8x8 blocks; the flattest quarter of them is believed."""
    rows = x[:, :-2] - 2 * x[:, 1:-1] + x[:, 2:]
    response = np.abs(rows[:, :, :-2] - 2 * rows[:, :, 1:-1] + rows[:, :, 2:]) * np.sqrt(np.pi / 2) / 6
    height, width = (size // 8 for size in response.shape[1:])
    blocks = response[:, : height * 8, : width * 8].reshape(len(x), height, 8, width, 8).mean(axis=(2, 4))
    flattest = np.sort(blocks.reshape(len(x), -1), axis=1)
    return flattest[:, : max(1, height * width // 4)].mean(axis=1) / _BIAS


def _blocks(x: np.ndarray) -> np.ndarray:
    """Across and down, the strongest of the eight places where a grid may lie, over the average place; their mean."""
    ratios = []
    for axis in (1, 2):
        jumps = np.abs(np.diff(x, axis=axis)).mean(axis=3 - axis)
        places = np.stack([jumps[:, place::8].mean(axis=1) for place in range(8)], axis=1)
        ratios.append((places.max(axis=1) + 0.05) / (places.mean(axis=1) + 0.05))
    return np.mean(ratios, axis=0)


def _even(values: np.ndarray) -> np.ndarray:
    """Statistics on scales where equal steps mean about as much."""
    logs = np.array([one.log for one in STATISTICS])
    return np.where(logs, np.log(np.maximum(values, 0) + 0.1), values)


def _distance(values: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Mahalanobis distance of each patch's statistics."""
    away = _even(values) - mean
    return np.sqrt(np.einsum("ni,ij,nj->n", away, np.linalg.inv(covariance), away))


def describe(patches: np.ndarray) -> dict[str, Any]:
    """The ``[domain]`` table for ``(N, H, W)`` training patches."""
    values = measure(patches)
    if len(values) < 10 * _FEWEST:
        raise ValueError(f"a domain needs {10 * _FEWEST} patches that show something; got {len(values)}")
    even = _even(values)
    low, high = np.quantile(even, (0.005, 0.995), axis=0)
    kept = np.clip(even, low, high)  # a few odd patches must not stretch the covariance
    mean, covariance = kept.mean(axis=0), np.cov(kept.T) + np.diag(kept.var(axis=0) * 1e-3 + 1e-9)
    table: dict[str, Any] = {"patch": int(patches.shape[1]), "patches": len(values)}
    quantiles = np.quantile(values, _QUANTILES, axis=0).T
    table |= {one.name: _rounded(row) for one, row in zip(STATISTICS, quantiles, strict=True)}
    table["mean"], table["covariance"] = _rounded(mean), [_rounded(row) for row in covariance]
    table["distance"] = _rounded(np.quantile(_distance(values, mean, covariance), _QUANTILES))
    return table


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def as_toml(table: dict[str, Any]) -> str:
    """The table as text of a card."""
    lines = [
        "# The network's input patches in training: 1, 5, 50, 95 and 99 % quantiles of each statistic (domain.py).",
        "[domain]",
    ]
    return "\n".join([*lines, *(f"{key} = {value}" for key, value in table.items())]) + "\n"


@dataclass(frozen=True)
class Finding:
    """One statistic of a clip beside the training's: medians outside what 90 % of its patches have are off."""

    name: str
    meaning: str
    clip: float
    low: float
    high: float
    digits: int

    @property
    def off(self) -> bool:
        return not self.low <= self.clip <= self.high

    @property
    def words(self) -> str:
        clip, low, high = (f"{value:.{self.digits}f}" for value in (self.clip, self.low, self.high))
        return f"{self.name} {clip}, trained {low} to {high}"


@dataclass(frozen=True)
class Comparison:
    """``beyond``: the part of the clip's patches that is further from the training's centre than 99 % of its own.

    ``typical``: the part of the training's patches that are nearer to it than the clip's median patch, at most 0.99.
    """

    beyond: float
    typical: float
    patches: int
    findings: tuple[Finding, ...]

    @property
    def off(self) -> list[Finding]:
        return [one for one in self.findings if one.off]

    @property
    def far(self) -> bool:
        return bool(self.off) or self.beyond > _BEYOND

    @property
    def words(self) -> str:
        far = (
            f"{self.beyond:.0%} of its patches are further out than 99 % of the training's, the typical one further "
            f"than {self.typical:.0%}"
        )
        return "; ".join([*(one.words for one in self.off), far])

    def as_dict(self) -> dict[str, Any]:
        statistics = {
            one.name: {"clip": round(one.clip, 3), "low": one.low, "high": one.high, "off": one.off}
            for one in self.findings
        }
        return {"far": self.far, "beyond": round(self.beyond, 4), "typical": round(self.typical, 4)} | {
            "patches": self.patches,
            "statistics": statistics,
        }


def compare(patches: np.ndarray, table: dict[str, Any]) -> Comparison | None:
    """How far ``(N, H, W)`` patches are from a ``[domain]`` table; None if too few of them show anything."""
    values = measure(patches)
    if len(values) < _FEWEST:
        return None
    distance = _distance(values, np.array(table["mean"]), np.array(table["covariance"]))
    findings = tuple(
        Finding(
            one.name,
            one.meaning,
            float(median),
            0.0 if one.floor else table[one.name][1],
            table[one.name][3],
            one.digits,
        )
        for one, median in zip(STATISTICS, np.median(values, axis=0), strict=True)
    )
    typical = float(np.interp(np.median(distance), [0.0, *table["distance"]], [0.0, *_QUANTILES]))
    return Comparison(float((distance > table["distance"][-1]).mean()), typical, len(values), findings)


def cut(plane: np.ndarray, size: int, most: int) -> np.ndarray:
    """Up to ``most`` patches ``(N, size, size)`` of a luma plane, spread evenly, on multiples of eight pixels."""
    step = max(8, size // 8 * 8)
    places = [
        (y, x) for y in range(0, plane.shape[0] - size + 1, step) for x in range(0, plane.shape[1] - size + 1, step)
    ]
    chosen = [places[i] for i in np.unique(np.linspace(0, len(places) - 1, most).astype(int))] if places else []
    if not chosen:
        return np.empty((0, size, size), plane.dtype)
    return np.stack([plane[y : y + size, x : x + size] for y, x in chosen])
