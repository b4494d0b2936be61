"""Paired return test: the share of last week's homes that report again.

A report says how many weeks ago the one before was, so the homes of a week are compared with themselves,
without any id: who has joined, or left long ago, does not blur it.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from aggregation.judging.calendar import HOMES, Allowance, allowance
from aggregation.judging.dispersion import Part
from aggregation.judging.drift import Drift, drift
from aggregation.judging.shares import FEWEST_WEEKS, judge_share, share_score
from aggregation.judging.verdicts import Rule, Score, Side, Verdict

QUARTER: Final = 13
"""A drift is seen from so many weeks away: it does not become the usual meanwhile."""
FEWEST_DRIFT_WEEKS: Final = FEWEST_WEEKS + QUARTER
"""So many weeks before are needed to see a drift."""
RULE: Final = Rule(Side.LOW, worth=0.2, level=0.018)


class Returning(NamedTuple):
    """A week, as it was known when it had settled."""

    iso_week: int
    again: int
    before: int
    """Homes that reported the week before."""

    @property
    def part(self) -> Part:
        """Return it as a share."""
        return Part(self.again, self.before)


def judge_return(weeks: Sequence[Returning], now: Returning, rule: Rule = RULE) -> Verdict:
    """Return whether fewer homes came back than usual."""
    return judge_share([week.part for week in weeks], now.part, rule, _allowance(now, len(weeks)))


def return_score(weeks: Sequence[Returning], now: Returning) -> Score:
    """Return how far a week is off; raises ValueError without history."""
    return share_score([week.part for week in weeks], now.part, _allowance(now, len(weeks)).spread)


def return_drift(weeks: Sequence[Returning]) -> Drift:
    """Return how far the share has drifted."""
    return drift(return_deviates(weeks))


def return_deviates(weeks: Sequence[Returning]) -> Iterator[float]:
    """Yield how far each week is off those that are a quarter of a year and more before it."""
    for number in range(FEWEST_DRIFT_WEEKS, len(weeks)):
        if weeks[number].before > 0:
            yield return_score(weeks[: number - QUARTER], weeks[number]).deviate


def _allowance(week: Returning, history: int) -> Allowance:
    """Return by how much the bounds of a week are wider."""
    return allowance(HOMES, week.iso_week, history)
