"""Smooth fields over a picture: sums of products of Legendre polynomials of its coordinates."""

from __future__ import annotations

import numpy as np
from numpy.polynomial import legendre

from ..hdr.transfer import Floats


def terms(degree: int) -> list[tuple[int, int]]:
    """Degrees in x and y of each term, those of lower total degree first."""
    return [(total - y, y) for total in range(degree + 1) for y in range(total + 1)]


def basis(x: Floats, y: Floats, degree: int) -> Floats:
    """``(points, terms)``: every term at the points, given in -1..1 over the picture's width and height."""
    in_x, in_y = legendre.legvander(x, degree), legendre.legvander(y, degree)
    return np.stack([in_x[..., i] * in_y[..., j] for i, j in terms(degree)], axis=-1)


def grid(width: int, height: int, margin: int = 0) -> tuple[Floats, Floats]:
    """Centres of ``width`` x ``height`` cells that cover the picture, and of ``margin`` more around, in -1..1."""
    x = (np.arange(-margin, width + margin) + 0.5) / width * 2 - 1
    y = (np.arange(-margin, height + margin) + 0.5) / height * 2 - 1
    columns, rows = np.meshgrid(x, y)
    return columns, rows


def fit(
    terms_at: Floats, values: Floats, weights: Floats, ridge: Floats, scale: float, rounds: int = 8
) -> tuple[Floats, Floats]:
    """Coefficients of ``values`` (points, or points x several) that most of the points agree on.

    Iteratively reweighted least squares with Tukey's biweight (Beaton and Tukey, Technometrics 16, 1974), whose scale
    is the points' median deviation, but at least ``scale``. ``ridge`` holds back each term, per unit of weight.
    Several values per point are rejected together. Also returns the weights that were left.
    """
    columns = values if values.ndim == 2 else values[:, None]
    start = np.zeros((terms_at.shape[1], columns.shape[1]))
    start[0] = [weighted_median(column, weights) for column in columns.T]
    coefficients, left = start, weights
    for _ in range(rounds):
        distance = np.sqrt(((columns - terms_at @ coefficients) ** 2).mean(axis=1))
        size = max(1.4826 * weighted_median(distance, weights), scale)
        left = weights * np.clip(1 - (distance / (4.685 * size)) ** 2, 0, 1) ** 2
        weighted = terms_at.T * left
        coefficients = np.linalg.solve(weighted @ terms_at + np.diag(ridge) * left.sum(), weighted @ columns)
    return (coefficients if values.ndim == 2 else coefficients[:, 0]), left


def weighted_median(values: Floats, weights: Floats) -> float:
    """The value with half of the weight below it."""
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(total, total[-1] / 2)]]) if total[-1] > 0 else 0.0
