"""Quasi-Poisson regression: counts on a logarithmic scale, with weights, by iterated least squares."""

from collections.abc import Sequence
from math import exp, log
from typing import NamedTuple

type Columns = Sequence[Sequence[float]]
"""A row for each week."""

_STEPS = 25
_SMALL = 1e-8
_RIDGE = 1e-9
_FARTHEST = 30.0
"""Logarithms beyond are of no count that there is."""


class Fit(NamedTuple):
    """What was fitted."""

    coefficients: list[float]
    means: list[float]
    inverse: list[list[float]]
    """Of the information: the covariance of the coefficients, but for the dispersion."""
    dispersion: float
    """How many times the variance is that of independent events; at least 1."""

    def variance(self, row: Sequence[float]) -> float:
        """Return the variance of the logarithm of the mean at a row."""
        return self.dispersion * _product(row, self.inverse, row)

    def mean(self, row: Sequence[float]) -> float:
        """Return the mean at a row of exposure 1."""
        return exp(_bounded(_dot(row, self.coefficients)))


def fit(counts: Sequence[float], rows: Columns, exposures: Sequence[float], weights: Sequence[float]) -> Fit:
    """Return the regression of counts on the columns; exposures are above 0."""
    offsets = [log(exposure) for exposure in exposures]
    total = sum(weight * count for weight, count in zip(weights, counts, strict=True))
    exposed = sum(weight * exposure for weight, exposure in zip(weights, exposures, strict=True))
    coefficients = [log((total + 0.5) / exposed), *[0.0] * (len(rows[0]) - 1)]
    means, inverse = _information(rows, coefficients, offsets, weights)
    for _ in range(_STEPS):
        gradient = [
            sum(
                weight * row[i] * (count - mean)
                for weight, row, count, mean in zip(weights, rows, counts, means, strict=True)
            )
            for i in range(len(coefficients))
        ]
        step = [_dot(line, gradient) for line in inverse]
        longest = max(map(abs, step))
        short = min(1.0, 2.0 / longest) if longest > 0 else 1.0
        coefficients = [c + short * s for c, s in zip(coefficients, step, strict=True)]
        means, inverse = _information(rows, coefficients, offsets, weights)
        if longest < _SMALL:
            break
    return Fit(coefficients, means, inverse, _dispersion(counts, means, weights, len(coefficients)))


def _information(
    rows: Columns, coefficients: Sequence[float], offsets: Sequence[float], weights: Sequence[float]
) -> tuple[list[float], list[list[float]]]:
    """Return the means, and the inverse of the information."""
    means = [
        exp(_bounded(_dot(row, coefficients) + offset)) for row, offset in zip(rows, offsets, strict=True)
    ]
    size = len(coefficients)
    matrix = [[_RIDGE * (i == j) for j in range(size)] for i in range(size)]
    for row, mean, weight in zip(rows, means, weights, strict=True):
        for i in range(size):
            scaled = weight * mean * row[i]
            for j in range(i + 1):
                matrix[i][j] += scaled * row[j]
    for i in range(size):
        for j in range(i):
            matrix[j][i] = matrix[i][j]
    return means, inverted(matrix)


def inverted(matrix: list[list[float]]) -> list[list[float]]:
    """Return the inverse of a small matrix, by Gauss and Jordan with the largest pivot."""
    size = len(matrix)
    work = [[*line, *(float(i == j) for j in range(size))] for i, line in enumerate(matrix)]
    for i in range(size):
        best = max(range(i, size), key=lambda r: abs(work[r][i]))
        work[i], work[best] = work[best], work[i]
        pivot = work[i][i] or _RIDGE
        work[i] = [value / pivot for value in work[i]]
        for r in range(size):
            if r != i and work[r][i]:
                factor = work[r][i]
                work[r] = [a - factor * b for a, b in zip(work[r], work[i], strict=True)]
    return [line[size:] for line in work]


def _dispersion(
    counts: Sequence[float], means: Sequence[float], weights: Sequence[float], lost: int
) -> float:
    """Return Pearson's estimate of the dispersion."""
    chi = sum(
        weight * (count - mean) ** 2 / mean
        for weight, count, mean in zip(weights, counts, means, strict=True)
    )
    return max(1.0, chi / max(sum(weights) - lost, 1.0))


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the scalar product."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def _product(a: Sequence[float], matrix: Columns, b: Sequence[float]) -> float:
    """Return the bilinear form."""
    return sum(x * _dot(line, b) for x, line in zip(a, matrix, strict=True))


def _bounded(value: float) -> float:
    """Return a logarithm that exp can take."""
    return max(-_FARTHEST, min(_FARTHEST, value))
