"""Weigh rules by which a made-up home would count for less in a share: what each wards off, what it costs.

    benchmarks/run attack_rules [--homes 1000] [--weeks 65] [--seeds 3]

Simulated fleets live for some weeks. In each week somebody adds one made-up home, which is what one network
is worth on a day, to those of the newest version: on the first day, and again once he has waited for as long
as the rule asks for. What a rule costs is how far it moves the same share while nobody attacks, and how much
wider the interval gets. Numbers are points of percent.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from pathlib import Path
import random
from statistics import fmean, median, pstdev
import sys
import time
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "services" / "aggregation"))

from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: E402

from aggregation.fleet.homes import settle  # noqa: E402
from aggregation.fleet.life import live  # noqa: E402
from aggregation.fleet.plan import INTEGRATION_MAJOR, Plan, newest, releases  # noqa: E402

UNTIL = date(2026, 11, 26)
FIRST = 13
"""So many weeks of a fleet are only history."""
GROUPS = 25
DRAWS = 40
TOKEN_WEEKS = 13
SIGNED = 50

type Week = Sequence[Home]
type Estimate = Callable[[Sequence[bool], random.Random], float]
"""Takes whether each home has the version and returns the share, in percent."""


class Home(NamedTuple):
    """A home in a week."""

    has_newest: bool
    before: int | None
    """How many weeks ago it reported before, if it did."""


@dataclass(frozen=True)
class Rule:
    """Which homes are in the share, and how it is reckoned."""

    name: str
    counts: Callable[[Home], bool]
    costs_a_word: bool
    """Whether a made-up home that tells what the rule wants to hear is in at once."""
    estimate: Estimate | None = None


def plain(told: Sequence[bool], _: random.Random) -> float:
    """Return the share of homes."""
    return 100 * sum(told) / len(told)


def rounded(told: Sequence[bool], chance: random.Random) -> float:
    """Return the share in whole percents."""
    return round(plain(told, chance))


def of_groups(told: Sequence[bool], chance: random.Random) -> float:
    """Return the share of the group in the middle; the last home comes last into its group."""
    groups: list[list[bool]] = [[] for _ in range(GROUPS)]
    for has_newest in told:
        groups[chance.randrange(GROUPS)].append(has_newest)
    return median(plain(group, chance) for group in groups if group)


def _any(_: Home) -> bool:
    return True


def _told(home: Home) -> bool:
    return home.before is not None


def _token(home: Home) -> bool:
    return home.before is not None and home.before <= TOKEN_WEEKS


def _last_week(home: Home) -> bool:
    return home.before == 1


RULES = (
    Rule("every home, as now", _any, costs_a_word=True),
    Rule("homes that say they reported before", _told, costs_a_word=True),
    Rule("homes with a token of an earlier report, of 13 weeks", _token, costs_a_word=False),
    Rule("homes with a token of the week before", _last_week, costs_a_word=False),
    Rule("every home, in whole percents", _any, costs_a_word=True, estimate=rounded),
    Rule(f"the middle one of {GROUPS} groups", _any, costs_a_word=True, estimate=of_groups),
)


def weeks_of(plan: Plan) -> Iterator[Week]:
    """Yield the weeks of a fleet, each with its homes."""
    lived: dict[int, list[Home]] = {}
    known = releases(plan, INTEGRATION_MAJOR)
    for number in range(plan.homes):
        before: int | None = None
        home = settle(plan, number)
        if home.begin < plan.first_week:
            before = plan.first_week - 1
        for week in live(plan, home):
            has_newest = week.version == newest(known, week.week).version
            since = None if before is None else week.week - before
            lived.setdefault(week.week, []).append(Home(has_newest, since))
            before = week.week
    for week_ in sorted(lived)[FIRST:]:
        yield lived[week_]


class Weighed(NamedTuple):
    """What a rule does to the share of a week."""

    on_the_day: float
    later: float
    off: float
    left_out: float
    width: float


def weigh(rule: Rule, week: Week, chance: random.Random) -> Weighed:
    """Return what a rule does to the share of a week."""
    every = [home.has_newest for home in week]
    here = [home.has_newest for home in week if rule.counts(home)]
    estimate = rule.estimate or plain
    moves, values = [], []
    for _ in range(DRAWS if rule.estimate is of_groups else 1):
        seed = chance.random()
        value = estimate(here, random.Random(seed))
        moves.append(abs(estimate([*here, True], random.Random(seed)) - value))
        values.append(value)
    share = sum(here) / len(here)
    width = 196 * sqrt(share * (1 - share) / len(here))
    if rule.estimate is of_groups:
        draws = [chance.choices(here, k=len(here)) for _ in range(DRAWS)]
        width = 1.96 * pstdev(estimate(draw, chance) for draw in draws)
    later = fmean(moves)
    return Weighed(
        on_the_day=later if rule.costs_a_word else 0.0,
        later=later,
        off=fmean(values) - plain(every, chance),
        left_out=100 * (1 - len(here) / len(every)),
        width=width,
    )


def signing() -> tuple[float, float]:
    """Return milliseconds of a blind signature (RSA, 2,048 bits), for who gives it and for who takes it."""
    numbers = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_numbers()
    modulus = numbers.public_numbers.n
    blinded = random.Random(1).randrange(2, modulus)
    halves = ((numbers.dmp1, numbers.p), (numbers.dmq1, numbers.q))
    begin = time.perf_counter()
    for _ in range(SIGNED):
        for exponent, prime in halves:
            pow(blinded, exponent, prime)
    between = time.perf_counter()
    for _ in range(SIGNED):
        pow(blinded, -1, modulus)
        pow(blinded, 65537, modulus)
    end = time.perf_counter()
    return (between - begin) / SIGNED * 1000, (end - between) / SIGNED * 1000


def main() -> int:
    """Weigh each rule over the weeks of some fleets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--homes", type=int, default=1000)
    parser.add_argument("--weeks", type=int, default=65)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    plans = [
        Plan(homes=options.homes, weeks=options.weeks, until=UNTIL, seed=seed, app_share=0.0, switching=0.0)
        for seed in range(1, options.seeds + 1)
    ]
    weeks = [week for plan in plans for week in weeks_of(plan)]
    print(f"{fmean(map(len, weeks)):.0f} homes a week, {len(weeks)} weeks")
    print("| rule | on its day | later | off without attack | at most | left out, % | interval |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for rule in RULES:
        chance = random.Random(1)
        found = [weigh(rule, week, chance) for week in weeks]
        means = Weighed(*map(fmean, zip(*found, strict=True)))
        worst = max((each.off for each in found), key=abs)
        print(
            f"| {rule.name} | {means.on_the_day:.2f} | {means.later:.2f} | {means.off:+.2f} | {worst:+.1f}"
            f" | {means.left_out:.1f} | {means.width:.1f} |",
            flush=True,
        )
    print("a token: {:.2f} ms to give, {:.2f} ms to take".format(*signing()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
