"""Measure the alarms: false ones a year, and how soon a drop is found, by homes and kind of world.

    benchmarks/run alarms [--worlds 60] [--seed NAME] [--write] [--mails SEED ...]

Each world is a year of weeks that are judged, after 60 weeks of history. False alarms are alarms that open
in a year in which nothing happens. Then homes fall silent for good, all in one week, and it is found in that
week or in the next. Beside it the first service's rule and a plain z-score. --write keeps the results;
script/generate makes tables of them. Exits with 1 when a goal is missed.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from itertools import product
import json
from pathlib import Path
from statistics import fmean
import sys
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "services" / "aggregation"))

from alarm_budget import measure_budget  # noqa: E402
from alarm_counts import COUNT_KINDS, measure_counts  # noqa: E402
from alarm_homes import DROPS, measure_homes  # noqa: E402
from alarm_mixes import measure_mixes  # noqa: E402
from alarm_worlds import KINDS  # noqa: E402

RESULTS: Final = HERE / "results" / "alarms.json"
HOMES: Final = (30, 100, 500, 3000)
MOST_FALSE: Final = 0.7
MOST_FALSE_ANYWHERE: Final = 1.0
GOALS: Final = ((0.2, 100, 1, 0.95), (0.2, 30, 1, 0.55), (0.1, 500, 1, 0.8), (0.1, 500, 2, 0.9))
"""A drop, among so many homes, is found within so many weeks at least so often."""
MOST_MAILS: Final = 1
"""In a month, in each of the quiet years."""
BUDGETS: Final = 4
"""So many times 20 quiet years."""
LEAST_JUMPS: Final = 0.99
FEWEST_HOMES: Final = 100
"""A mix of fewer is not expected to tell."""

type Cell = dict[str, Any]


def mean(cells: list[Cell], name: str, homes: int) -> float:
    """Return a figure over all kinds of world but the last, which is two at once, for so many homes."""
    return fmean(cell[name] for cell in cells if cell["homes"] == homes and cell["kind"] != KINDS[-1].name)


def missed(results: dict[str, Any]) -> list[str]:
    """Return the goals that are missed."""
    found = []
    for metric in ("homes", "counts"):
        cells = results[metric]
        for kind in {cell["kind"]: None for cell in cells}:
            false = fmean(cell["false"] for cell in cells if cell["kind"] == kind)
            if false > MOST_FALSE_ANYWHERE:
                found.append(f"{metric}, {kind}: {false:.2f} false alarms a year")
        if (false := fmean(cell["false"] for cell in cells)) > MOST_FALSE:
            found.append(f"{metric}: {false:.2f} false alarms a year")
    for drop, homes, weeks, least in GOALS:
        share = mean(results["homes"], f"found {drop} in {weeks}", homes)
        if share < least:
            found.append(f"a drop of {drop} at {homes} homes in {weeks} weeks: {share:.2f}")
    found += missed_mails(results["budget"])
    mixes = [cell for cell in results["mixes"] if cell["homes"] >= FEWEST_HOMES]
    found += [f"a jump at {cell['homes']} homes" for cell in mixes if cell["found"] < LEAST_JUMPS]
    return found


def missed_mails(budgets: list[Cell]) -> list[str]:
    """Return the quiet years in which there were two mails in a month."""
    too_many = [budget["seed"] for budget in budgets if budget["most mails in five weeks"] > MOST_MAILS]
    return [f"two mails in a month: {seed}" for seed in too_many]


def measure_mails(seeds: list[str], *, write: bool) -> int:
    """Measure the mails of quiet years with seeds."""
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(measure_budget, seeds))
    for budget in found:
        print(budget)
    if write:
        results = json.loads(RESULTS.read_text(encoding="utf-8")) | {"budget": found}
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return int(bool(missed_mails(found)))


def main() -> int:
    """Measure everything, on all cores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--worlds", type=int, default=60)
    parser.add_argument("--seed", default="first", help="another one draws other worlds")
    parser.add_argument("--processes", type=int, help="as many as there are cores unless given")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--mails", nargs="+", metavar="SEED", help="only the mails, once with each seed")
    options = parser.parse_args()
    if options.mails:
        return measure_mails(options.mails, write=options.write)
    worlds, seed = options.worlds, options.seed
    with ProcessPoolExecutor(options.processes) as pool:
        runs = {
            "homes": [pool.submit(measure_homes, *each, worlds, seed) for each in product(KINDS, HOMES)],
            "counts": [
                pool.submit(measure_counts, *each, worlds, seed) for each in product(COUNT_KINDS, HOMES)
            ],
            "mixes": [pool.submit(measure_mixes, homes, worlds, seed) for homes in HOMES],
        }
        runs["budget"] = [pool.submit(measure_budget, f"{seed}-{number}") for number in range(1, BUDGETS + 1)]
        results: dict[str, Any] = {name: [run.result() for run in each] for name, each in runs.items()}
    for name, cells in results.items():
        for cell in cells:
            print(name, *(f"{key}: {value}" for key, value in cell.items() if "service" not in key), sep=", ")
    failures = missed(results)
    for failure in failures:
        print("missed:", failure)
    if options.write:
        RESULTS.write_text(
            json.dumps({"seed": seed, "drops": DROPS, **results}, indent=1) + "\n", encoding="utf-8"
        )
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
