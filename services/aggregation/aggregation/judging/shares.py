"""Share test: whether a share of homes differs from what it was in the weeks before.

The beta-binomial distribution about the share of all these weeks, with their spread, and Student's t for how
little is known of it. The paired return test is this test on the homes that report again.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache, partial
from math import sqrt
from typing import Final

from aggregation.judging.calendar import Allowance
from aggregation.judging.dispersion import Dispersion, Part, design_factor, dispersion
from aggregation.judging.distributions import (
    beta_binomial_tails,
    normal_quantile,
    normal_tail,
    t_quantile,
    t_tail,
)
from aggregation.judging.need import smallest
from aggregation.judging.verdicts import Change, Rule, Score, Side, Verdict, unknown

WINDOW: Final = 52
"""Weeks before that are compared with."""
FEWEST_WEEKS: Final = 8
_MOST_SPREAD: Final = 0.9


def share_score(weeks: Sequence[Part], now: Part, allowance: float = 0.0) -> Score:
    """Return how far a share is off; `allowance` is further spread of its logarithm (standard deviation).

    Raises ValueError when fewer than two weeks have homes.
    """
    usual = dispersion(weeks[-WINDOW:])
    spread = _spread(usual, allowance)
    below, above = _tails(now.hits, now.homes, usual.share, spread)
    deviate = normal_quantile(below) if below < above else -normal_quantile(above)
    return Score(deviate, usual.share, t_tail(-deviate, usual.freedom), t_tail(deviate, usual.freedom))


def judge_share(weeks: Sequence[Part], now: Part, rule: Rule, allowance: Allowance) -> Verdict:
    """Return the verdict about a share of homes."""
    told = [week for week in weeks[-WINDOW:] if week.homes > 0]
    if len(told) < FEWEST_WEEKS or now.homes <= 0:
        return unknown(now.hits / max(1, now.homes), FEWEST_WEEKS - len(told))
    usual, score = dispersion(told), share_score(told, now, allowance.spread)
    needed = homes_needed(usual, rule, allowance.spread)
    low, high = _bounds(usual, now.homes, rule, allowance.spread)
    change = score.change(rule, is_enough=needed is not None and needed <= now.homes)
    return Verdict(
        change=change,
        value=now.hits / now.homes,
        expected=score.expected,
        low=low,
        high=high,
        chance=score.chance(rule.side),
        deviate=score.deviate,
        needed=needed if change is Change.UNKNOWN else None,
        wider=allowance.wider,
    )


def homes_needed(usual: Dispersion, rule: Rule, allowance: float) -> int | None:
    """Return how many homes a week let a change that is worth knowing be found; None when none do."""
    return smallest(partial(_power, usual, rule, allowance))


@lru_cache(maxsize=1024)
def _tails(count: int, homes: int, share: float, spread: float) -> tuple[float, float]:
    """Return the tails, remembered: bounds are searched by them."""
    return beta_binomial_tails(count, homes, share, spread)


def _spread(usual: Dispersion, allowance: float) -> float:
    """Return the spread of one more week: that of the weeks and their share, and the allowance."""
    about = design_factor(usual.homes / (usual.freedom + 1), usual.spread) / usual.homes
    beside = allowance**2 * usual.share / max(1e-9, 1.0 - usual.share)
    return min(_MOST_SPREAD, usual.spread + about + beside)


def _power(usual: Dispersion, rule: Rule, allowance: float, homes: int) -> float:
    """Return how often a change that is worth knowing would be found, by the normal approximation."""
    share = usual.share
    changed = min(0.999, share * (1 + rule.worth)) if rule.side is Side.HIGH else share * (1 - rule.worth)
    weeks = usual.freedom + 1
    not_sure = sqrt(2 / usual.freedom) / max(1.0, usual.homes / weeks - 1)
    as_many = usual._replace(spread=max(0.0, usual.spread - not_sure), homes=float(homes * weeks))
    factor = design_factor(homes, _spread(as_many, allowance)) / homes
    limit = t_quantile(rule.tail, usual.freedom) * sqrt(share * (1 - share) * factor)
    return normal_tail((limit - abs(changed - share)) / (sqrt(changed * (1 - changed) * factor) + 1e-12))


def _bounds(usual: Dispersion, homes: int, rule: Rule, allowance: float) -> tuple[float | None, float | None]:
    """Return the shares beyond which it is a change."""
    limit = normal_tail(t_quantile(rule.tail, usual.freedom))
    spread = _spread(usual, allowance)

    def fallen(count: int) -> bool:
        return _tails(count, homes, usual.share, spread)[0] <= limit

    def risen(count: int) -> bool:
        return _tails(count, homes, usual.share, spread)[1] <= limit

    numbers = range(homes + 1)
    low = bisect_left(numbers, True, key=lambda count: not fallen(count)) / homes
    high = (bisect_left(numbers, True, key=risen) - 1) / homes
    return None if rule.side is Side.HIGH else low, None if rule.side is Side.LOW else high
