"""Homes over several weeks, each once: a report counts when the one before lies outside of them."""

from collections.abc import Mapping

from aggregation.analytics.sums import Week, values_of
from aggregation.rollups.measures import Measure
from aggregation.rollups.properties import NONE


def share_beyond(gap: str, weeks: int) -> float:
    """Return how much of a gap is longer than so many weeks."""
    if gap == NONE:
        return 1.0
    return float(int(gap.removesuffix("+")) > weeks)


def active_once(weeks: Mapping[int, Week]) -> float:
    """Return how many homes there are in weeks, each once."""
    first = min(weeks)
    return sum(
        total * share_beyond(gap, week - first)
        for week, sums in weeks.items()
        for gap, total in values_of(sums, Measure.GAP).items()
    )


def once(gaps: Mapping[str, Mapping[int, Week]], measure: str) -> dict[str, float]:
    """Return the sums of a measure over homes of several weeks by value: each home with its first report."""
    sums: dict[str, float] = {}
    for share, week in _shares(gaps):
        for value, total in values_of(week, measure).items():
            sums[value] = sums.get(value, 0.0) + share * total
    return sums


def versions_once(gaps: Mapping[str, Mapping[int, Week]]) -> dict[str, float]:
    """Return the versions of homes of several weeks: each home with its last report."""
    sums: dict[str, float] = {}
    for share, week in _shares(gaps):
        for value, total in values_of(week, Measure.APP_VERSION).items():
            sums[value] = sums.get(value, 0.0) + total
        for value, total in values_of(week, Measure.PREVIOUS_VERSION).items():
            sums[value] = sums.get(value, 0.0) - (1 - share) * total
    return {value: total for value, total in sums.items() if total > 0}


def _shares(gaps: Mapping[str, Mapping[int, Week]]) -> list[tuple[float, Week]]:
    """Return for each week and gap the share of homes that have no earlier report in the weeks."""
    return [
        (share_beyond(gap, week - min(weeks)), sums)
        for gap, weeks in gaps.items()
        for week, sums in weeks.items()
        if sums
    ]
