"""Simulated weekly counts for the alarms: prints, errors, anything that homes do."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, pi, sin
from random import Random
from typing import Any, Final

from alarm_peers import first_service, opened, z_score
from alarm_worlds import SUMMER, TURN_OF_THE_YEAR, WEEKS_A_YEAR

from aggregation.judging.calendar import USE, allowance
from aggregation.judging.trend import Weekly, trend_score
from aggregation.judging.verdicts import Rule, Side

MOST: Final = 1 << 20
HISTORY: Final = 52
RULE: Final = Rule(Side.BOTH, worth=0.5)
CHANGES: Final = (0.5, 1.5, 2.0)
"""How many times as much there is in one week."""


@dataclass(frozen=True)
class CountKind:
    """What a count is like; nothing at all is one of independent events."""

    name: str
    shock: float = 0.0
    """Standard deviation of the logarithm, each week anew."""
    season: float = 0.0
    """How far the yearly wave goes, up and down."""
    growth: float = 0.0
    """A week."""
    holidays: float = 0.0
    """How much less when people are away; half of it in summer."""
    late: float = 0.0
    """Mean share that comes when a week is settled already."""
    factor: float = 1.0
    """How many times the variance is that of independent events."""


COUNT_KINDS: Final = (
    CountKind("quiet"),
    CountKind("yearly dip", season=0.15, factor=2.0),
    CountKind("common shock", shock=0.1),
    CountKind("growth", growth=0.02),
    CountKind("holidays", holidays=0.25),
    CountKind("late reports", late=0.03),
    CountKind("overdispersion", factor=6.0),
)


def counts(kind: CountKind, mean: float, weeks: int, random: Random) -> list[tuple[int, int]]:
    """Return ISO weeks and counts; the last one is about the mean."""
    start, phase = random.randrange(WEEKS_A_YEAR), random.random() * 2 * pi
    found = []
    for number in range(weeks):
        season = (start + number) % WEEKS_A_YEAR
        level = mean * exp(kind.growth * (number - weeks) + random.gauss(0.0, kind.shock))
        level *= 1 + kind.season * sin(2 * pi * season / WEEKS_A_YEAR + phase)
        away = 1.0 if season in TURN_OF_THE_YEAR else 0.5 if season in SUMMER else 0.0
        level *= (1 - kind.holidays * away) * (1 - _late(kind, random))
        found.append((season + 1, drawn(level, kind.factor, random)))
    return found


def drawn(mean: float, factor: float, random: Random) -> int:
    """Return a count with that mean, and a variance of so many times it."""
    if factor > 1.0:
        mean = random.gammavariate(mean / (factor - 1), factor - 1)
    return random.binomialvariate(MOST, min(1.0, mean / MOST))


def _late(kind: CountKind, random: Random) -> float:
    """Return the share that is not there yet."""
    return random.betavariate(4, 4 / kind.late - 4) if kind.late else 0.0


def measure_counts(kind: CountKind, mean: int, worlds: int, seed: str) -> dict[str, Any]:
    """Return false alarms a year, and shares of changes that are found, by rule."""
    random = Random(f"{seed} {kind.name} {mean}")
    total: Counter[str] = Counter()
    for _ in range(worlds):
        series = counts(kind, mean, HISTORY + WEEKS_A_YEAR, random)
        weeks, numbers = [week for week, _ in series], [count for _, count in series]
        ends = range(HISTORY + 1, len(series) + 1)
        total["false"] += opened(changed(weeks[:end], numbers[:end]) for end in ends)
        total["false first service"] += opened(first_service(numbers[:end]) for end in ends)
        total["false z-score"] += opened(z_score(numbers[:end]) for end in ends)
        for factor in CHANGES:
            other = [*numbers[:-1], drawn(max(0.1, numbers[-1] * factor), 1.0, random)]
            total[f"found {factor}"] += changed(weeks, other)
            total[f"found {factor} first service"] += first_service(other)
            total[f"found {factor} z-score"] += z_score(other)
    figures = {name: round(each / worlds, 3) for name, each in sorted(total.items())}
    return {"kind": kind.name, "homes": mean, "worlds": worlds, **figures}


def changed(weeks: Sequence[int], numbers: Sequence[int]) -> bool:
    """Whether the trend test finds a change in the latest week."""
    history = [Weekly(number) for number in numbers[-HISTORY - 1 : -1]]
    beside = allowance(USE, weeks[-1], len(history)).spread
    return trend_score(history, Weekly(numbers[-1]), beside).chance(Side.BOTH) <= RULE.level
