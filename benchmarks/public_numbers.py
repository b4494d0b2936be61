"""Measure what public numbers tell of one home, and how far they are from the truth.

    benchmarks/run public_numbers [--draws 100000] [--repeats 60] [--write]

Privacy: two weeks that differ in one home (it is added, it reports something else, it is a farm with a
thousand printers) are drawn many times, and whoever looks at them tells them apart as well as can be, by the
likelihood ratio. The measured epsilon is the largest logarithm of a ratio of frequencies. Only buckets in
which the weeks differ tell anything, so only these are drawn.
Utility: the mean absolute error of a share that is shown, in percentage points, over simulated homes.
--write keeps the results; script/generate makes a table of them.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain, product
import json
from math import log, sqrt
from pathlib import Path
from random import Random
from statistics import fmean
import sys
from typing import Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "services" / "aggregation"))

from aggregation.fleet.course import courses  # noqa: E402
from aggregation.fleet.plan import Plan, all_versions  # noqa: E402
from aggregation.fleet.shard import folded_rows  # noqa: E402
from aggregation.public.homes import PublicHome, homes  # noqa: E402
from aggregation.public.noise import HOMES_SCALE, PRINTS_SCALE, TABLE_SCALE, Noise, discrete_laplace  # noqa: E402
from aggregation.public.numbers import draw, histogram, prints_of  # noqa: E402
from aggregation.public.shares import WHOLE  # noqa: E402
from aggregation.public.tables import REST, TURNS, PublicTable, tables  # noqa: E402
from aggregation.rollups.totals import Tally  # noqa: E402
from aggregation.rollups.values import KnownVersions  # noqa: E402

RESULTS: Final = HERE / "results" / "public_numbers.json"
STATED: Final = 1.0
GOALS: Final = {200: 4.0, 1000: 1.0, 10_000: 0.2}
RELEASED: Final = ["0.1.0", "0.2.0"]
CERTAIN: Final = 4
"""So many standard errors above the stated epsilon is no chance."""
RARE: Final = 200
"""Outcomes that were seen less often are not compared."""

_USUAL: Final = PublicHome("0.2.0", "homeassistant", "DE", frozenset({"prusa"}), 9, 9, 30, frozenset())
_OTHER: Final = PublicHome(
    "0.1.0", "docker", "SE", frozenset({"klipper"}), 9, 5, 3, frozenset({"print_failed"})
)
_FARM: Final = _OTHER._replace(ended=30_000, completed=1, hours=168_000)
CHANGES: Final[dict[str, tuple[list[PublicHome], list[PublicHome]]]] = {
    "one home more": ([], [_USUAL]),
    "a home reports something else": ([_USUAL], [_OTHER]),
    "a farm with a thousand printers": ([], [_FARM]),
}


def differing(turn: int, one: list[PublicHome], other: list[PublicHome]) -> list[tuple[int, int, float]]:
    """Return the counts in which two weeks differ, each with the scale of its noise."""
    found = [
        (len(one), len(other), HOMES_SCALE),
        (prints_of(one), prints_of(other), PRINTS_SCALE),
    ]
    for table in tables(RELEASED):
        if table.turn == turn:
            before, after = histogram(table, one), histogram(table, other)
            found += [(before[name], after[name], TABLE_SCALE) for name in table.buckets]
    return [each for each in found if each[0] != each[1]]


def epsilon(counts: Sequence[tuple[int, int, float]], draws: int, noise: Noise) -> tuple[float, float]:
    """Return the largest logarithm of a ratio of frequencies, and its standard error."""
    looks = [evidence(counts, draws, noise, which) for which in (0, 1)]
    best = (0.0, 0.0)
    for least in sorted({round(look, 2) for look in looks[0]}):
        seen = [sum(look >= least - 1e-6 for look in side) for side in looks]
        for hits, others in (seen, [draws - hits for hits in reversed(seen)]):
            if min(hits, others) >= RARE:
                best = max(best, (log(hits / others), sqrt(1 / hits + 1 / others)))
    return best


def evidence(counts: Sequence[tuple[int, int, float]], draws: int, noise: Noise, which: int) -> list[float]:
    """Return for each draw the logarithm of the likelihoods' ratio: how much it looks like the first week."""
    total = [0.0] * draws
    for before, after, scale in counts:
        for number, seen in enumerate(noise([(before, after)[which]] * draws, scale)):
            total[number] += (abs(seen - after) - abs(seen - before)) / scale
    return total


def week_of_homes(size: int) -> tuple[list[PublicHome], tuple[PublicTable, ...]]:
    """Return that many homes of the last week of a simulated fleet, with the tables of its versions."""
    plan = Plan(homes=size * 3, weeks=12, until=date(2026, 11, 23), seed=7, made_up=0)
    known = KnownVersions(all_versions(plan))
    found: list[PublicHome] = []
    for course in courses(plan):
        rows = [row for row in folded_rows(course, known, Tally()) if row["week"] == plan.last_week - 1]
        found += homes(sorted(rows, key=lambda row: row["installation_id"]))
    if len(found) < size:
        raise SystemExit(f"The fleet has only {len(found)} homes in that week")
    return Random(1).sample(found, size), tables(all_versions(plan))


def errors(size: int, repeats: int, noise: Noise) -> Iterator[tuple[str, float]]:
    """Yield the error of each share that is shown, in points."""
    found, all_tables = week_of_homes(size)
    truth = {table.name: histogram(table, found) for table in all_tables}
    for week in range(3000, 3000 + TURNS * repeats):
        for name, drawn in draw(week, found, all_tables, noise).document["tables"].items():
            shown = drawn["permille"]
            hidden = size - sum(truth[name][each] for each in shown if each != REST)
            for bucket, share in shown.items():
                true = hidden if bucket == REST else truth[name][bucket]
                yield name, abs(100 * share / WHOLE - 100 * true / size)


def measure_privacy(draws: int, noise: Noise) -> Iterator[dict[str, object]]:
    """Yield the measured epsilon of each change in each turn."""
    for (name, (one, other)), turn in product(CHANGES.items(), range(TURNS)):
        measured, error = epsilon(differing(turn, one, other), draws, noise)
        print(f"{name}, turn {turn}: epsilon {measured:.3f} (standard error {error:.3f}), stated {STATED}")
        yield {
            "change": name,
            "turn": turn,
            "epsilon": round(measured, 3),
            "error": round(error, 3),
            "is_missed": measured - CERTAIN * error > STATED,
        }


def measure_utility(repeats: int, noise: Noise) -> Iterator[dict[str, object]]:
    """Yield the mean error for each number of homes."""
    for size, most in GOALS.items():
        by_table: dict[str, list[float]] = defaultdict(list)
        for name, error in errors(size, repeats, noise):
            by_table[name].append(error)
        mean = fmean(chain(*by_table.values()))
        means = {table: round(fmean(found), 2) for table, found in sorted(by_table.items())}
        print(f"{size} homes: mean error {mean:.2f} points (at most {most}); {means}")
        yield {
            "homes": size,
            "mean": round(mean, 2),
            "most": most,
            "tables": means,
            "is_missed": mean > most,
        }


def main() -> int:
    """Measure both, and compare with what is stated."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--draws", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=60)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    noise = discrete_laplace()
    privacy = list(measure_privacy(options.draws, noise))
    utility = list(measure_utility(options.repeats, noise))
    missed = [each for each in (*privacy, *utility) if each["is_missed"]]
    print(f"{len(missed)} goals missed")
    if options.write:
        results = {"draws": options.draws, "repeats": options.repeats, "privacy": privacy, "utility": utility}
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return bool(missed)


if __name__ == "__main__":
    raise SystemExit(main())
