"""Dispersion: how much more homes vary together than independent ones would.

Stated as `spread`, the correlation of two homes of one week: the variance of a count of n homes with the
share p is n p (1 - p) (1 + (n - 1) spread).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

_UNUSUAL = 2.58
"""A week that is so many standard deviations off is an outbreak and counts less (Noufaily et al. 2013)."""


class Part(NamedTuple):
    """How many homes of how many."""

    hits: int
    homes: int


class Dispersion(NamedTuple):
    """What weeks have in common."""

    share: float
    spread: float
    freedom: int
    """How many weeks it rests on, less what was estimated."""
    homes: float
    """Of all weeks, by how much they count."""


def dispersion(weeks: Sequence[Part]) -> Dispersion:
    """Return the share of all weeks and their spread, by moments; outbreaks of the past count less.

    Raises ValueError with fewer than two weeks that have homes.
    """
    told = [week for week in weeks if week.homes > 0]
    if len(told) < 2:  # noqa: PLR2004 - one week does not vary
        raise ValueError("one week has no dispersion")
    weights = [1.0] * len(told)
    first = _weighted(told, weights)
    weights = [_weight(week, first) for week in told]
    return _weighted(told, weights)


def design_factor(homes: float, spread: float) -> float:
    """Return how many times the variance is that of independent homes."""
    return 1.0 + max(0.0, homes - 1.0) * spread


def pooled(parts: Iterable[Part]) -> Part:
    """Return all as one."""
    counts = list(parts)
    return Part(sum(part.hits for part in counts), sum(part.homes for part in counts))


def excess(weeks: Sequence[Part], share: float, weights: Sequence[float], lost: float) -> float:
    """Return the spread for which weeks vary as they do about a share; `lost` degrees went into the share."""
    inner = share * (1.0 - share)
    if inner <= 0.0:
        return 0.0
    chi = sum(
        weight * (week.hits - week.homes * share) ** 2 / (week.homes * inner)
        for week, weight in zip(weeks, weights, strict=True)
    )
    free = sum(weights) - lost
    room = sum(weight * (week.homes - 1) for week, weight in zip(weeks, weights, strict=True))
    return min(0.99, max(0.0, (chi / free - 1.0) * sum(weights) / room)) if free > 0 and room > 0 else 0.0


def _weighted(weeks: Sequence[Part], weights: Sequence[float]) -> Dispersion:
    """Return what weeks have in common, each by its weight."""
    homes = sum(weight * week.homes for week, weight in zip(weeks, weights, strict=True))
    share = sum(weight * week.hits for week, weight in zip(weeks, weights, strict=True)) / homes
    return Dispersion(share, excess(weeks, share, weights, 1.0), len(weeks) - 1, homes)


def _weight(week: Part, usual: Dispersion) -> float:
    """Return how much a week counts."""
    variance = week.homes * usual.share * (1 - usual.share) * design_factor(week.homes, usual.spread)
    if variance <= 0.0:
        return 1.0
    off = abs(week.hits - week.homes * usual.share) / variance**0.5
    return 1.0 if off <= _UNUSUAL else (_UNUSUAL / off) ** 2
