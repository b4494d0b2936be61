"""Measure how far the active homes over several weeks are off, beside the truth and what others would count.

    benchmarks/run actives [--homes 600] [--weeks 40] [--seeds 3] [--first-seed 1] [--write]

Simulated fleets tell what real homes tell: 2.0 the weeks since its report before, under an id that changes
each week. The service adds up who has no earlier report in the span. The truth is how many homes have a
report in it. Errors are in percent of the truth, over all spans of all seeds: their mean (bias), the lowest
and the highest, and how often the interval that is told beside the figure holds the truth. The peer counts
ids, as the first service did. Exits with 1 where an answer is off by more than 1 %.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
import json
from pathlib import Path
from statistics import fmean
import sys
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "services" / "aggregation"))

from msgspec.json import decode  # noqa: E402

from aggregation.analytics.gaps import active_once, twice_at_most  # noqa: E402
from aggregation.analytics.question import Weeks  # noqa: E402
from aggregation.fleet.course import courses  # noqa: E402
from aggregation.fleet.plan import Plan, all_versions  # noqa: E402
from aggregation.fleet.shard import folded_rows  # noqa: E402
from aggregation.protocol.fields import V1  # noqa: E402
from aggregation.rollups.scopes import Scope  # noqa: E402
from aggregation.rollups.totals import RollupKey, Sums, Tally, Totals, with_changes  # noqa: E402
from aggregation.rollups.values import known_versions  # noqa: E402

RESULTS = HERE / "results" / "actives.json"
UNTIL = date(2026, 11, 26)
SPANS = (1, 4, 13)
FIRST = 13
"""So many weeks of a fleet are only history."""
MOST = 1.0
"""Percent that an answer may be off."""
SLACK = 0.01
MIXES: dict[str, dict[str, Any]] = {
    "2.0 only": {"app_share": 0.0, "switching": 0.0},
    "2.0 only, at home every other week": {"app_share": 0.0, "switching": 0.0, "silence": 0.35},
    "both protocols, some change": {},
    "1.0 only": {"app_share": 1.0, "switching": 0.0},
}


@dataclass(frozen=True, slots=True)
class Fleet:
    """What a fleet sent: the sums of all homes by week, and who is in each week."""

    sums: dict[int, Sums]
    of_1: dict[int, Sums]
    """Those of the homes with protocol 1.0."""
    homes: dict[int, set[int]]
    ids: dict[int, set[str]]


class Error(NamedTuple):
    """How far an answer and a count of ids are off, in percent; whether the interval holds the truth."""

    ours: float
    ids: float
    is_held: bool


def simulated(plan: Plan) -> Fleet:
    """Return a fleet; the sums are those of the functions that fold."""
    tally, known = Tally(), known_versions(frozenset(all_versions(plan)))
    homes: defaultdict[int, set[int]] = defaultdict(set)
    ids: defaultdict[int, set[str]] = defaultdict(set)
    for course in courses(plan):
        for row in folded_rows(course, known, tally):
            if not row["is_apart"]:
                homes[row["week"]].add(course.home.number)
                ids[row["week"]].add(row["installation_id"])
    totals = tally.totals()
    return Fleet(_sums(totals, plan, Scope.ALL, ""), _sums(totals, plan, Scope.PROTOCOL, V1), homes, ids)


def _sums(totals: Totals, plan: Plan, scope: str, value: str) -> dict[int, Sums]:
    """Return the sums of some homes by week."""
    weeks = range(plan.first_week, plan.last_week + 1)
    rows = {week: with_changes(None, totals.get(RollupKey(scope, week, value), {})) for week in weeks}
    return {week: decode(text, type=Sums) for week, text in rows.items()}


def errors(fleet: Fleet, plan: Plan, span: int) -> Iterator[Error]:
    """Yield how far the answer is off in each span of a fleet."""
    for last in range(plan.first_week + FIRST, plan.last_week + 1):
        weeks = list(Weeks.up_to(last, span))
        truth = len(set().union(*(fleet.homes[week] for week in weeks)))
        ids = len(set().union(*(fleet.ids[week] for week in weeks)))
        sums, of_1 = ({week: source[week] for week in weeks} for source in (fleet.sums, fleet.of_1))
        found = active_once(sums)
        low = found - twice_at_most(sums, of_1)
        is_held = low - SLACK * truth <= truth <= found + SLACK * truth
        yield Error(100 * (found / truth - 1), 100 * (ids / truth - 1), is_held)


def measured(name: str, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield what a mix of homes gives, by span, over all seeds."""
    found: defaultdict[int, list[Error]] = defaultdict(list)
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        plan = Plan(homes=options.homes, weeks=options.weeks, seed=seed, until=UNTIL, **MIXES[name])
        fleet = simulated(plan)
        for span in SPANS:
            found[span] += errors(fleet, plan, span)
    for span, some in found.items():
        ours = [each.ours for each in some]
        yield {
            "mix": name,
            "span": span,
            "spans": len(some),
            "bias": round(fmean(ours), 2),
            "lowest": round(min(ours), 2),
            "highest": round(max(ours), 2),
            "held": round(fmean(each.is_held for each in some), 3),
            "ids": round(fmean(each.ids for each in some), 1),
        }


def main() -> int:
    """Measure and print; return 1 where a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for option, default in (("homes", 600), ("weeks", 40), ("seeds", 3), ("first-seed", 1)):
        parser.add_argument(f"--{option}", type=int, default=default)
    parser.add_argument("--write", action="store_true", help="keep the figures for the documentation")
    options = parser.parse_args()
    rows = [row for name in MIXES for row in measured(name, options)]
    for row in rows:
        print(", ".join(f"{name} {value}" for name, value in row.items()))
    if options.write:
        found = {"homes": options.homes, "weeks": options.weeks, "seeds": options.seeds, "rows": rows}
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    is_met = all(row["lowest"] >= -MOST and row["highest"] <= MOST for row in rows)
    print(f"at most {MOST} % off: {'met' if is_met else 'MISSED'}")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
