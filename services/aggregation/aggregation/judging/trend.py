"""Trend test: whether a weekly count or rate leaves the trend of the weeks before.

Farrington's method as Noufaily et al. (2013) made it better: a quasi-Poisson regression with a trend,
outbreaks of the past weighted down, bounds by 2/3 powers, Student's t for how little is known of the
dispersion. A season is fitted from 104 weeks on; until then the caller's allowance is for what it may do.
"""

from collections.abc import Sequence
from functools import partial
from math import cos, pi, sin, sqrt
from typing import Final, NamedTuple

from aggregation.judging.calendar import SEASON_WEEKS, Allowance
from aggregation.judging.distributions import normal_tail, power_deviate, t_quantile, t_tail
from aggregation.judging.need import smallest
from aggregation.judging.regression import Fit, fit
from aggregation.judging.verdicts import Change, Rule, Score, Side, Verdict, unknown

WINDOW: Final = 26
"""Weeks before that a trend is taken from; a season needs more."""
MOST_WEEKS: Final = 156
FEWEST_WEEKS: Final = 8
YEAR: Final = 365.25 / 7
_UNUSUAL: Final = 2.58
_LEAST: Final = 1e-9


class Weekly(NamedTuple):
    """A count of a week, and of how many homes or hours (1 where that is no matter)."""

    events: float
    exposure: float = 1.0


class Outlook(NamedTuple):
    """What is expected of the next week."""

    mean: float
    dispersion: float
    """How many times the variance of a count is its mean."""
    fitted: float
    """Variance of the logarithm of the mean."""
    beside: float
    """What the logarithm may be off by beside that: its variance."""
    freedom: int

    @property
    def variance(self) -> float:
        """Return the variance of the count."""
        return self.dispersion * self.mean + (self.fitted + self.beside) * self.mean**2


def outlook(weeks: Sequence[Weekly], exposure: float = 1.0, allowance: float = 0.0) -> Outlook:
    """Return what weeks without a gap lead to expect; `allowance` is further spread of the logarithm."""
    seasonal = len(weeks) >= SEASON_WEEKS
    told = weeks[-(MOST_WEEKS if seasonal else WINDOW) :]
    rows = [_row(number - len(told), seasonal) for number in range(len(told))]
    ahead = _row(0, seasonal)
    fitted = _reweighted(told, rows)
    return Outlook(
        fitted.mean(ahead) * exposure,
        fitted.dispersion,
        fitted.variance(ahead),
        allowance**2,
        len(told) - len(ahead),
    )


def trend_score(weeks: Sequence[Weekly], now: Weekly, allowance: float = 0.0) -> Score:
    """Return how far a count is off the trend."""
    return _score(outlook(weeks, now.exposure, allowance), now)


def judge_trend(weeks: Sequence[Weekly], now: Weekly, rule: Rule, allowance: Allowance) -> Verdict:
    """Return the verdict about a count, by weeks without a gap."""
    if len(weeks) < FEWEST_WEEKS or now.exposure <= 0:
        return unknown(now.events, FEWEST_WEEKS - len(weeks))
    ahead = outlook(weeks, now.exposure, allowance.spread)
    score = _score(ahead, now)
    needed = smallest(partial(_power, ahead, rule))
    change = score.change(rule, is_enough=needed is not None and needed <= ahead.mean)
    low, high = _bounds(ahead, rule)
    return Verdict(
        change=change,
        value=now.events,
        expected=ahead.mean,
        low=low,
        high=high,
        chance=score.chance(rule.side),
        deviate=score.deviate,
        needed=needed if change is Change.UNKNOWN else None,
        wider=allowance.wider,
    )


def _score(ahead: Outlook, now: Weekly) -> Score:
    """Return how far a count is off what is expected."""
    deviate = power_deviate(now.events, ahead.mean, ahead.variance)
    return Score(deviate, ahead.mean, t_tail(-deviate, ahead.freedom), t_tail(deviate, ahead.freedom))


def _row(week: int, seasonal: bool) -> list[float]:
    """Return the columns of a week, counted from the one that is judged."""
    if not seasonal:
        return [1.0, week / WINDOW]
    angle = 2 * pi * week / YEAR
    return [1.0, week / WINDOW, sin(angle), cos(angle)]


def _reweighted(weeks: Sequence[Weekly], rows: Sequence[Sequence[float]]) -> Fit:
    """Return the regression in which outbreaks of the past count less."""
    counts = [week.events for week in weeks]
    exposures = [max(week.exposure, _LEAST) for week in weeks]
    first = fit(counts, rows, exposures, [1.0] * len(weeks))
    off = (
        abs(count - mean) / sqrt(first.dispersion * mean)
        for count, mean in zip(counts, first.means, strict=True)
    )
    weights = [1.0 if each <= _UNUSUAL else (_UNUSUAL / each) ** 2 for each in off]
    return first if min(weights) == 1.0 else fit(counts, rows, exposures, weights)


def _bounds(ahead: Outlook, rule: Rule) -> tuple[float | None, float | None]:
    """Return the counts beyond which it is a change."""
    off = t_quantile(rule.tail, ahead.freedom)
    middle = ahead.mean ** (2 / 3)
    half = off * (2 / 3) * ahead.mean ** (-1 / 3) * sqrt(ahead.variance)
    low, high = max(0.0, middle - half) ** 1.5, (middle + half) ** 1.5
    return None if rule.side is Side.HIGH else low, None if rule.side is Side.LOW else high


def _power(ahead: Outlook, rule: Rule, events: int) -> float:
    """Return how often a change that is worth knowing would be found with so many events a week."""
    changed = events * (1 - rule.worth if rule.side is Side.LOW else 1 + rule.worth)
    beside = ahead.fitted * ahead.mean * events + ahead.beside * events**2
    limit = t_quantile(rule.tail, ahead.freedom) * sqrt(ahead.dispersion * events + beside)
    return normal_tail((limit - abs(changed - events)) / sqrt(ahead.dispersion * changed + beside + _LEAST))
