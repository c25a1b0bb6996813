"""Grain for AV1 decoders to draw: the parameters of AV1 film grain synthesis, as the table that encoders read.

AV1 bitstream specification, 7.18.3: an auto-regressive filter over 24 neighbours makes a template of grain, and a
piecewise linear function of luma scales it. The table ("filmgrn1") is what ``aomenc --film-grain-table`` and SVT-AV1's
``--fgs-table`` take.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .model import GrainModel, PlaneGrain
from .spectrum import Array

_LAG = 3
_WHITE = 32.0  # deviation of the white noise that templates are made of, in steps of 8 bits
_PEAK = 127  # where templates are cut off
_NOMINAL = (219, 224, 224)  # 8-bit steps from black to white, and across chroma, in limited range
_FOREVER = 2**63 - 1
# Neighbours before a sample in reading order, as the specification lists them.
_BEFORE = [(dy, dx) for dy in range(-_LAG, 1) for dx in range(-_LAG, _LAG + 1) if dy < 0 or dx < 0]


@dataclass(frozen=True)
class _Filter:
    coefficients: Array  # (24,)
    gain: float  # deviation of the template over that of the white noise


def table(model: GrainModel, *, seed: int = 7391) -> str:
    """The text of a grain table for the whole of a video. Raises ``ValueError`` for a seed that is not of 16 bits."""
    if not 0 <= seed < 65536:
        raise ValueError(f"seed must be 0 to 65535; got {seed}")
    filters = [_filter(plane) for plane in model.planes]
    shrink = max(0, int(np.ceil(np.log2(3.5 * _WHITE * max(f.gain for f in filters) / _PEAK))))
    largest = max(float(np.abs(f.coefficients).max()) for f in filters)
    coefficient_shift = next((shift for shift in (9, 8, 7) if largest * 2**shift < 127.5), 6)
    wanted = [
        plane.sigma * nominal * 2**shrink / (_WHITE * f.gain)
        for plane, f, nominal in zip(model.planes, filters, _NOMINAL, strict=False)
    ]
    strongest = max(float(values.max()) for values in wanted)
    scaling_shift = next((shift for shift in (11, 10, 9) if strongest * 2**shift < 255.5), 8)
    points = [
        _points(plane.tones, values * 2**scaling_shift, 14 if index == 0 else 10)
        for index, (plane, values) in enumerate(zip(model.planes, wanted, strict=True))
    ]
    points += [[]] * (3 - len(points))
    numbers = [np.rint(f.coefficients * 2**coefficient_shift).clip(-128, 127).astype(int).tolist() for f in filters]
    numbers += [[0] * len(_BEFORE)] * (3 - len(numbers))
    lines = [
        "filmgrn1",
        f"E 0 {_FOREVER} 1 {seed} 1",
        # Chroma's scale is looked up by luma alone: multipliers 0 and 64, offset 0, each coded with its bias.
        f"\tp {_LAG} {coefficient_shift} {shrink} {scaling_shift} 0 1 128 192 256 128 192 256",
        *(f"\ts{name} {len(of)}" + "".join(f" {x} {y}" for x, y in of)
          for name, of in zip(("Y", "Cb", "Cr"), points, strict=True)),
        *(f"\tc{name} " + " ".join(map(str, of + [0] * (name != "Y")))
          for name, of in zip(("Y", "Cb", "Cr"), numbers, strict=True)),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _filter(plane: PlaneGrain) -> _Filter:
    """Yule and Walker's equations on the autocovariance of the grain, all tones together."""
    reach = 2 * _LAG
    size = 2 * max(plane.taps.shape[1], 2 * reach + 1)
    spectra = np.abs(np.fft.fft2(plane.taps / plane.sigma.clip(1e-9)[:, None, None], (size, size))) ** 2
    covariance = np.real(np.fft.ifft2(spectra.mean(0)))
    places = np.array(_BEFORE)
    apart = places[:, None] - places[None]
    matrix = covariance[apart[..., 0], apart[..., 1]] + 1e-3 * covariance[0, 0] * np.eye(len(places))
    vector = covariance[places[:, 0], places[:, 1]]
    coefficients = np.linalg.solve(matrix, vector)
    left = max(covariance[0, 0] - float(coefficients @ vector), 1e-3 * covariance[0, 0])
    return _Filter(coefficients, float(np.sqrt(covariance[0, 0] / left)))


def _points(tones: Array, values: Array, most: int) -> list[tuple[int, int]]:
    """Scaling points: 8-bit luma and scale, ascending, no luma twice."""
    if len(tones) > most:
        keep = np.unique(np.rint(np.linspace(0, len(tones) - 1, most)).astype(int))
        tones, values = tones[keep], values[keep]
    found: dict[int, int] = {}
    for tone, value in zip(tones, values, strict=True):
        found[int(np.clip(np.rint(16 + 219 * tone), 0, 255))] = int(np.clip(np.rint(value), 0, 255))
    return sorted(found.items())
