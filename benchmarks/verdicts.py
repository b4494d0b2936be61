"""Measure how often release verdicts are wrong, and how often they find a doubled rate; peers beside them.

    benchmarks/run verdicts [--worlds 3000] [--seed 3] [--write]

Each world is a release with six kinds of error, and twelve earlier ones. A rule is wrong when it calls any
kind of a harmless release worse in any of three weeks. Then one kind, 10 % of homes, is twice as common. The
peers compare with the release before, in the same week. The rule was chosen on worlds of other seeds. --write
keeps the results; script/generate makes a table of them.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from itertools import product
import json
from math import exp, lgamma
from pathlib import Path
from random import Random
import sys
from typing import Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "services" / "aggregation"))

from release_worlds import KINDS, WATCHED, WORLDS, Release, World, releases  # noqa: E402

from aggregation.judging.dispersion import Part  # noqa: E402
from aggregation.judging.releases import Comparison, Kind, judge_release  # noqa: E402

RESULTS: Final = HERE / "results" / "verdicts.json"
HOMES: Final = (20, 50, 200, 1000)
MOST_WRONG: Final = 0.02
LEAST_FOUND: Final = 0.9
GOAL_HOMES: Final = 200
FISHER_LEVEL: Final = 0.01
SENTRY_HOMES: Final = 50
FACTOR: Final = 1.5

type Rule = Callable[[Part, Part], bool]


def fixed(now: Part, before: Part) -> bool:
    """Whether it is half as common again."""
    return now.hits / now.homes > FACTOR * before.hits / before.homes


def with_minimum(now: Part, before: Part) -> bool:
    """Whether it is half as common again, among enough homes, as Sentry's alerts do."""
    return now.homes >= SENTRY_HOMES and fixed(now, before)


def fisher(now: Part, before: Part) -> bool:
    """Whether Fisher's exact test finds more, one-sided."""
    total, hits = now.homes + before.homes, now.hits + before.hits
    chance = exp(
        _log_ways(hits, now.hits)
        + _log_ways(total - hits, now.homes - now.hits)
        - _log_ways(total, now.homes)
    )
    tail = 0.0
    for count in range(now.hits, min(hits, now.homes) + 1):
        tail += chance
        chance *= (hits - count) * (now.homes - count)
        chance /= (count + 1) * (total - hits - now.homes + count + 1)
    return tail < FISHER_LEVEL


def _log_ways(whole: int, part: int) -> float:
    """Return the logarithm of in how many ways a part can be chosen."""
    return lgamma(whole + 1) - lgamma(part + 1) - lgamma(whole - part + 1)


PEERS: Final[Mapping[str, Rule]] = {
    "+50 %": fixed,
    "+50 %, at least 50 homes (Sentry-like)": with_minimum,
    "Fisher 0.01": fisher,
}


def ours(found: Mapping[str, Release]) -> dict[str, Comparison]:
    """Return our verdict on each kind."""
    verdicts = judge_release({name: Kind(each.now, each.earlier) for name, each in found.items()})
    return {name: verdict.comparison for name, verdict in verdicts.items()}


def alarmed(rule: Rule, release: Release) -> bool:
    """Whether a peer calls a kind worse in any week."""
    return any(rule(now, before) for now, before in zip(release.now, release.meanwhile, strict=True))


def measure(world: World, homes: int, worlds: int, seed: int) -> dict[str, object]:
    """Return what the rules say in many worlds of a kind."""
    random = Random(f"{seed} {world.name} {homes}")
    count: Counter[str] = Counter()
    for _ in range(worlds):
        harmless, doubled = releases(world, homes, random), releases(world, homes, random, factor=2.0)
        said = ours(harmless)
        count["wrong ours"] += Comparison.WORSE in said.values()
        count["wrong of one kind ours"] += said[WATCHED] is Comparison.WORSE
        count["wrong better"] += Comparison.BETTER in said.values()
        count[f"said {said[WATCHED]}"] += 1
        count["found ours"] += ours(doubled)[WATCHED] is Comparison.WORSE
        for name, rule in PEERS.items():
            count[f"wrong {name}"] += any(alarmed(rule, each) for each in harmless.values())
            count[f"wrong of one kind {name}"] += alarmed(rule, harmless[WATCHED])
            count[f"found {name}"] += alarmed(rule, doubled[WATCHED])
    return {
        "world": world.name,
        "homes": homes,
        "worlds": worlds,
        "shares": {name: round(each / worlds, 4) for name, each in sorted(count.items())},
    }


def missed(cell: Mapping[str, object]) -> list[str]:
    """Return the goals that a cell misses."""
    shares = cell["shares"]
    assert isinstance(shares, dict)
    names = []
    if shares["wrong ours"] > MOST_WRONG:
        names.append("wrong too often")
    if cell["homes"] == GOAL_HOMES and cell["world"] == WORLDS[2].name and shares["found ours"] < LEAST_FOUND:
        names.append("a doubled rate is missed too often")
    return [f"{cell['world']}, {cell['homes']} homes: {name}" for name in names]


def main() -> int:
    """Measure all cells, on all cores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--worlds", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    cells = list(product(WORLDS, HOMES))
    with ProcessPoolExecutor() as pool:
        runs = [pool.submit(measure, world, homes, options.worlds, options.seed) for world, homes in cells]
        results = [run.result() for run in runs]
    failures = [failure for cell in results for failure in missed(cell)]
    for cell in results:
        print(cell["world"], cell["homes"], cell["shares"], sep=", ")
    for failure in failures:
        print("missed:", failure)
    if options.write:
        RESULTS.write_text(
            json.dumps({"kinds": KINDS, "seed": options.seed, "cells": results}, indent=1) + "\n",
            encoding="utf-8",
        )
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
