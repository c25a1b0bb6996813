"""Smooth fields over a picture: sums of products of Legendre polynomials of its coordinates."""

from __future__ import annotations

import functools

import numpy as np

from ..hdr.transfer import Floats


@functools.cache
def terms(degree: int) -> list[tuple[int, int]]:
    """Degrees in x and y of each term, those of lower total degree first."""
    return [(total - y, y) for total in range(degree + 1) for y in range(total + 1)]


def basis(x: Floats, y: Floats, degree: int) -> Floats:
    """``(points, terms)``: every term at the points, given in -1..1 over the picture's width and height."""
    in_x, in_y = _legendre(x, degree), _legendre(y, degree)
    out = np.empty((*x.shape, len(terms(degree))))
    for index, (i, j) in enumerate(terms(degree)):
        np.multiply(in_x[i], in_y[j], out=out[..., index])
    return out


def _legendre(x: Floats, degree: int) -> list[Floats]:
    """By Bonnet's recursion."""
    out = [np.ones_like(x), x]
    for k in range(2, degree + 1):
        out.append(((2 * k - 1) * x * out[-1] - (k - 1) * out[-2]) / k)
    return out


def grid(width: int, height: int, margin: int = 0) -> tuple[Floats, Floats]:
    """Centres of ``width`` x ``height`` cells that cover the picture, and of ``margin`` more around, in -1..1."""
    x = (np.arange(-margin, width + margin) + 0.5) / width * 2 - 1
    y = (np.arange(-margin, height + margin) + 0.5) / height * 2 - 1
    columns, rows = np.meshgrid(x, y)
    return columns, rows


def fit(
    terms_at: Floats, values: Floats, weights: Floats, ridge: Floats, scale: float, rounds: int = 8
) -> tuple[Floats, Floats]:
    """Coefficients ``(terms, several)`` of ``values`` ``(points, several)`` that most of the points agree on.

    Iteratively reweighted least squares with Tukey's biweight (Beaton and Tukey, Technometrics 16, 1974), whose scale
    is the points' median deviation, but at least ``scale``. ``ridge`` holds back each term, per unit of weight. The
    values of a point are rejected together. Also returns the weights that were left.
    """
    coefficients = np.zeros((terms_at.shape[1], values.shape[1]))
    coefficients[0] = np.median(values, axis=0)
    left = weights
    for _ in range(rounds):
        distance = np.sqrt(((values - terms_at @ coefficients) ** 2).mean(axis=1))
        size = max(1.4826 * float(np.median(distance)), scale)
        left = weights * np.clip(1 - (distance / (4.685 * size)) ** 2, 0, 1) ** 2
        normal, right = normal_equations(terms_at, left, values)
        coefficients = np.linalg.solve(normal + np.diag(ridge) * left.sum(), right)
    return coefficients, left


_AT_ONCE = 512  # rows: products this small stay on one thread, where many at once would wait for each other


def normal_equations(matrix: np.ndarray, weights: np.ndarray, values: np.ndarray) -> tuple[Floats, Floats]:
    """Both sides of the weighted least squares of ``matrix`` (points, unknowns) and ``values`` (points, several)."""
    normal = np.zeros((matrix.shape[1], matrix.shape[1]))
    right = np.zeros((matrix.shape[1], values.shape[1]))
    for start in range(0, len(matrix), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        weighted = (matrix[part] * weights[part, None]).T
        normal += weighted @ matrix[part]
        right += weighted @ values[part]
    return normal, right
