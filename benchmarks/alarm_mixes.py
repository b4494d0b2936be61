"""Measure the composition guard: a jump in the mix of countries, and years in which it only drifts."""

from collections import Counter
from random import Random
from typing import Any, Final

from alarm_peers import opened
from alarm_worlds import WEEKS_A_YEAR

from aggregation.judging.mixes import judge_mix
from aggregation.judging.verdicts import Change

COUNTRIES: Final = 12
HISTORY: Final = 60
STAYS: Final = 0.97
"""Share of homes that are the same the week after."""
JUMP: Final = 0.2
QUIET_YEARS: Final = 20
FEWER: Final = 20
"""One in so many worlds has 20 quiet years."""


def measure_mixes(homes: int, worlds: int, seed: str) -> dict[str, Any]:
    """Return stops in 20 quiet years, and how often a jump of 20 points is found in its first week."""
    random = Random(f"{seed} mixes {homes}")
    found = sum(_jump_is_found(homes, random) for _ in range(worlds))
    number = max(1, worlds // FEWER)
    stops = sum(_stops(homes, random) for _ in range(number))
    return {
        "homes": homes,
        "worlds": worlds,
        "found": round(found / worlds, 3),
        "stops in 20 years": round(stops / number, 3),
    }


def _history(homes: int, random: Random) -> list[Counter[str]]:
    """Return a year and more of weeks."""
    weeks = [_drawn(Counter(), homes, random)]
    while len(weeks) < HISTORY:
        weeks.append(_next(weeks[-1], homes, random))
    return weeks


def _jump_is_found(homes: int, random: Random) -> bool:
    """Tell whether a jump is found in its first week."""
    weeks = _history(homes, random)
    return _is_jump(weeks, _jumped(_next(weeks[-1], homes, random), homes))


def _stops(homes: int, random: Random) -> int:
    """Return how often a mix that only drifts is stopped."""
    weeks, alarms = _history(homes, random), []
    for _ in range(QUIET_YEARS * WEEKS_A_YEAR):
        now = _next(weeks[-1], homes, random)
        alarms.append(_is_jump(weeks, now))
        weeks = [*weeks[1:], now]
    return opened(alarms)


def _is_jump(weeks: list[Counter[str]], now: Counter[str]) -> bool:
    """Whether the guard stops a week."""
    return judge_mix(weeks, now).change is Change.RISEN


def _next(week: Counter[str], homes: int, random: Random) -> Counter[str]:
    """Return the mix a week later: most homes stay, some leave, as many come."""
    return _drawn(
        Counter({name: random.binomialvariate(count, STAYS) for name, count in week.items()}), homes, random
    )


def _drawn(week: Counter[str], homes: int, random: Random) -> Counter[str]:
    """Return a mix filled up with new homes; countries are of different sizes."""
    names = [f"C{number}" for number in range(COUNTRIES)]
    sizes = [1 / (number + 1) for number in range(COUNTRIES)]
    week.update(random.choices(names, sizes, k=max(0, homes - week.total())))
    return week


def _jumped(week: Counter[str], homes: int) -> Counter[str]:
    """Return a mix in which one country has 20 points more, all others alike less."""
    others = {name: round(count * (1 - JUMP)) for name, count in week.items()}
    others["C5"] = others.get("C5", 0) + homes - sum(others.values())
    return Counter(others)
