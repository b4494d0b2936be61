"""Measure the alarm about active homes: paired return test and drift."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Final

from alarm_peers import first_service, opened, z_score
from alarm_worlds import WEEKS_A_YEAR, Kind, Week, World

from aggregation.judging.drift import LIMIT, drift
from aggregation.judging.returns import QUARTER, RULE, Returning, return_score
from aggregation.judging.verdicts import Score

type Rule = Callable[[Sequence[Week]], bool]

HISTORY: Final = 66
DROPS: Final = (0.1, 0.2)
SAG: Final = 0.05
"""By so much the logit of returning falls each week in a slow decline: from 0.93 to 0.87 in a quarter."""


def score(weeks: Sequence[Week], away: int = 0) -> Score:
    """Return how far the latest week is off those that are so many weeks away."""
    pairs = [Returning(week.iso_week, week.again, week.before) for week in weeks[-HISTORY:]]
    return return_score(pairs[: -1 - away], pairs[-1])


def fell(weeks: Sequence[Week]) -> bool:
    """Whether the paired test finds a drop in the latest week."""
    return score(weeks).fallen <= RULE.level


def drifted(deviates: Sequence[float]) -> bool:
    """Whether the latest weeks have drifted down."""
    return drift(deviates).fallen > LIMIT


def _on_weeks(rule: Callable[[Sequence[int]], bool]) -> Rule:
    """Return a rule on active homes as one on weeks."""
    return lambda weeks: rule([week.active for week in weeks[-QUARTER:]])


RULES: Final[Mapping[str, Rule]] = {
    "": fell,
    " first service": _on_weeks(first_service),
    " z-score": _on_weeks(z_score),
}


def measure_homes(kind: Kind, homes: int, worlds: int, seed: str) -> dict[str, Any]:
    """Return false alarms a year, and shares of drops that are found, by rule."""
    random = Random(f"{seed} {kind.name} {homes}")
    total: Counter[str] = Counter()
    for _ in range(worlds):
        world = World(kind, homes, random)
        weeks = [world.week() for _ in range(HISTORY)]
        total.update(_year(world, weeks))
        total.update(_drops(world, weeks))
        total.update(_decline(world, weeks))
    figures = {name: round(each / worlds, 3) for name, each in sorted(total.items())}
    return {"kind": kind.name, "homes": homes, "worlds": worlds, **figures}


def _year(world: World, weeks: list[Week]) -> dict[str, int]:
    """Return the alarms of a year in which nothing happens; the year is added to the weeks."""
    found: dict[str, list[bool]] = {"return": [], "drift": [], "first service": [], "z-score": []}
    deviates = []
    for _ in range(WEEKS_A_YEAR):
        weeks.append(world.week())
        here = score(weeks)
        deviates.append(score(weeks, QUARTER).deviate)
        active = [week.active for week in weeks[-QUARTER:]]
        found["return"].append(here.fallen <= RULE.level)
        found["drift"].append(drifted(deviates))
        found["first service"].append(first_service(active))
        found["z-score"].append(z_score(active))
    found[""] = [a or b for a, b in zip(found["return"], found["drift"], strict=True)]
    return {f"false {name}".strip(): opened(each) for name, each in found.items()}


def _drops(world: World, weeks: Sequence[Week]) -> Counter[str]:
    """Return which drops are found, in the first week and in two."""
    found: Counter[str] = Counter()
    for drop in DROPS:
        after = world.fork()
        one = [*weeks, after.week(drop)]
        two = [*one, after.week()]
        for name, rule in RULES.items():
            first = rule(one)
            found[f"found {drop} in 1{name}"] = first
            found[f"found {drop} in 2{name}"] = first or rule(two)
    return found


def _decline(world: World, weeks: Sequence[Week]) -> dict[str, int]:
    """Return whether a slow decline is found within a quarter."""
    after, seen, deviates = world.fork(), list(weeks), []
    fallen = False
    for number in range(1, QUARTER + 1):
        seen.append(after.week(sag=SAG * number))
        deviates.append(score(seen, QUARTER).deviate)
        fallen = fallen or fell(seen)
        if drifted(deviates):
            return {"decline": 1, "decline by return": fallen}
    return {"decline": fallen, "decline by return": fallen}
