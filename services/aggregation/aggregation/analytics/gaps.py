"""Homes over several weeks, each once: a report counts when the one before lies outside of them."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from aggregation.analytics.question import LONGEST_ONCE
from aggregation.analytics.rows import Week, told_of, values_of
from aggregation.rollups.facts import DERIVED_PROTOCOL
from aggregation.rollups.measures import Measure
from aggregation.rollups.properties import NONE

type Parts = Sequence[tuple[float, Week]]
"""The weeks of homes by their gap, with the share that has no earlier report in the weeks."""


@lru_cache(maxsize=8192)
def share_beyond(gap: str, weeks: int) -> float:
    """Return how much of a gap is longer than so many weeks."""
    if gap == NONE:
        return 1.0
    return float(int(gap.removesuffix("+")) > weeks)


def active_once(weeks: Mapping[int, Week]) -> float:
    """Return how many homes there are in weeks, each once."""
    first = min(weeks)
    return float(sum(beyond(sums)[week - first] for week, sums in weeks.items()))


def beyond(week: Week) -> Sequence[int]:
    """Return the homes whose report before is longer ago than 0, 1, 2 weeks and so on, new ones too."""
    return told_of(week, _beyond, Measure.GAP)


def _beyond(week: Week, measure: str) -> Sequence[int]:
    """Return them, of as many weeks as homes are counted once over."""
    homes = values_of(week, measure)
    return [
        sum(total for gap, total in homes.items() if share_beyond(gap, weeks))
        for weeks in range(LONGEST_ONCE)
    ]


def twice_at_most(weeks: Mapping[int, Week], of_1: Mapping[int, Week] | None) -> float:
    """Return how many homes may be counted twice: who goes over from 1.0 without its past is new with 2.0.

    As many as are new after the first week, and no more than have left 1.0, where its homes are known.
    """
    first, last = min(weeks), max(weeks)
    if not any(values_of(sums, Measure.PROTOCOL).get(DERIVED_PROTOCOL) for sums in weeks.values()):
        return 0.0
    new = sum(_one(sums, Measure.FIRST_REPORT) for week, sums in weeks.items() if week > first)
    if of_1 is None:
        return new
    new -= sum(_one(sums, Measure.FIRST_REPORT) for week, sums in of_1.items() if week > first)
    return max(0.0, min(new, active_once(of_1) - _one(of_1[last], Measure.ACTIVE)))


def _one(week: Week, measure: str) -> float:
    """Return a measure without values."""
    return values_of(week, measure).get("", 0)


def once(parts: Parts, measure: str) -> dict[str, float]:
    """Return the sums of a measure over homes of several weeks by value: each home with its first report."""
    sums: dict[str, float] = {}
    for share, week in parts:
        if not share:
            continue
        for value, total in values_of(week, measure).items():
            sums[value] = sums.get(value, 0.0) + share * total
    return sums


def versions_once(parts: Parts) -> dict[str, float]:
    """Return the versions of homes of several weeks: each home with its last report."""
    sums: dict[str, float] = {}
    for share, week in parts:
        for value, total in values_of(week, Measure.APP_VERSION).items():
            sums[value] = sums.get(value, 0.0) + total
        for value, total in values_of(week, Measure.PREVIOUS_VERSION).items():
            sums[value] = sums.get(value, 0.0) - (1 - share) * total
    return {value: total for value, total in sums.items() if total > 0}


def parts_of(gaps: Mapping[str, Mapping[int, Week]]) -> Parts:
    """Return for each week and gap the share of homes that have no earlier report in the weeks."""
    return [
        (share_beyond(gap, week - first), sums)
        for gap, weeks in gaps.items()
        for first in (min(weeks),)
        for week, sums in weeks.items()
        if sums
    ]
