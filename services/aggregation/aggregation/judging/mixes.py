"""Composition guard: whether the mix of homes (countries, versions, printers) has jumped.

The distance of a week's mix from that of the weeks before is half the sum of all differences of shares: how
much of it would have to be others. It is judged against its own history: a mix that always moves, as that of
versions does, may move.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import exp, log
from statistics import fmean, stdev
from typing import Final, NamedTuple

import msgspec

from aggregation.judging.distributions import t_quantile, t_tail
from aggregation.judging.verdicts import Change

REFERENCE: Final = 8
"""Weeks whose mix a week is compared with."""
WINDOW: Final = 52
"""Distances of weeks before that it is judged by."""
FEWEST: Final = 8
LEVEL: Final = 0.001
SMALLEST: Final = 0.05
"""A jump is at least this far, however still a mix has been."""
_FLOOR: Final = 1e-4
_MOVED: Final = 3
_UNUSUAL: Final = 2.58
_LEAST_SPREAD: Final = 0.2

type Mix = Mapping[str, int]
"""Homes by value."""


class Moved(msgspec.Struct, frozen=True):
    """A value whose share has changed."""

    value: str
    before: float
    now: float


class MixVerdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of the mix of a week."""

    change: Change
    """RISEN when it has jumped."""
    distance: float
    expected: float
    limit: float
    chance: float
    moved: tuple[Moved, ...] = ()
    """Those that have moved most, the farthest first."""
    weeks_needed: int = 0


class _Usual(NamedTuple):
    """Logarithms of the distances of the weeks before."""

    middle: float
    spread: float
    freedom: int


def judge_mix(weeks: Sequence[Mix], now: Mix, level: float = LEVEL) -> MixVerdict:
    """Return whether a mix has jumped; the weeks are without a gap, the latest last."""
    told = [week for week in weeks[-(WINDOW + REFERENCE) :] if sum(week.values()) > 0]
    missing = REFERENCE + FEWEST - len(told)
    if missing > 0 or not sum(now.values()):
        return MixVerdict(
            change=Change.UNKNOWN,
            distance=0.0,
            expected=0.0,
            limit=1.0,
            chance=1.0,
            weeks_needed=max(0, missing),
        )
    before, here = _shares(told[-REFERENCE:]), _shares([now])
    distance = _distance(before, here)
    usual = _usual(told)
    limit = max(SMALLEST, exp(usual.middle + t_quantile(level, usual.freedom) * usual.spread))
    return MixVerdict(
        change=Change.RISEN if distance > limit else Change.USUAL,
        distance=distance,
        expected=exp(usual.middle),
        limit=limit,
        chance=t_tail((log(_FLOOR + distance) - usual.middle) / usual.spread, usual.freedom),
        moved=_moved(before, here),
    )


def _usual(weeks: Sequence[Mix]) -> _Usual:
    """Return the logarithms of the distances that there were; outbreaks of the past are pulled in."""
    history = [
        log(_FLOOR + _distance(_shares(weeks[number - REFERENCE : number]), _shares([weeks[number]])))
        for number in range(REFERENCE, len(weeks))
    ]
    middle, spread = fmean(history), max(_LEAST_SPREAD, stdev(history))
    bound = _UNUSUAL * spread
    history = [max(middle - bound, min(middle + bound, each)) for each in history]
    return _Usual(fmean(history), max(_LEAST_SPREAD, stdev(history)), len(history) - 1)


def _shares(weeks: Sequence[Mix]) -> defaultdict[str, float]:
    """Return the shares of all weeks, each counting the same."""
    shares: defaultdict[str, float] = defaultdict(float)
    for week in weeks:
        homes = sum(week.values())
        for value, count in week.items():
            shares[value] += count / homes / len(weeks)
    return shares


def _distance(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """Return how much of the one would have to move to be the other."""
    return sum(abs(a.get(value, 0.0) - b.get(value, 0.0)) for value in sorted(a.keys() | b.keys())) / 2


def _moved(before: Mapping[str, float], now: Mapping[str, float]) -> tuple[Moved, ...]:
    """Return what has moved most."""
    values = (
        Moved(value, before.get(value, 0.0), now.get(value, 0.0)) for value in before.keys() | now.keys()
    )
    return tuple(sorted(values, key=lambda each: (-abs(each.now - each.before), each.value))[:_MOVED])
