"""Try to link the weeks of homes with everything that a service sees of protocol 2.

Homes are simulated; their reports are made by the integration's own code. The attacker keeps everything,
breaks every promise of the service and knows how homes behave. For each report he names the one of the next
week that fits best; the table says how often he is right. Deterministic: one seed, one table.

Usage: benchmarks/run linkability [--homes N] [--weeks N]
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from itertools import chain, pairwise
from pathlib import Path
import sys
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from linkability_homes import WEEK_SECONDS, Seen, settle, weekly
from linkability_wire import rows

HOMES: Final = 1000
WEEKS: Final = 8
SEED: Final = 20261122
_SOME: Final = 1e-9
_SPREAD: Final = 0.02  # gives the attacker the most
_CHANGES: Final = 6.0  # a home seldom moves, or buys a printer
_STEPS: Final = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500)

type Scores = NDArray[Any]
"""How well each report of one week (rows) fits each of the next (columns); -inf: cannot be."""


class Attempt(NamedTuple):
    """What the attacker looks at."""

    name: str
    scores: Callable[[Sequence[Seen], Sequence[Seen]], Scores]


def by_keys(week: Sequence[Seen], following: Sequence[Seen]) -> Scores:
    """Look at the weekly ids only."""
    return np.where(
        _equal(week, following, lambda seen: seen.content["installation"]["installation_id"]), 1.0, 0.0
    )


def by_place(week: Sequence[Seen], following: Sequence[Seen]) -> Scores:
    """Look at the country, the version, which only rises, and the age."""
    places = _evidence(week, following, lambda seen: seen.content["installation"]["country_code"], "XX")
    return np.where(_versions_rise(week, following) & _grow_older(week, following), places, -np.inf)


def by_fleet(week: Sequence[Seen], following: Sequence[Seen]) -> Scores:
    """Look at the printers too, which seldom change."""
    fleets = _evidence(week, following, lambda seen: str(seen.content["printer_fleet"]), "{}")
    return by_place(week, following) + fleets


def by_counts(week: Sequence[Seen], following: Sequence[Seen]) -> Scores:
    """Look at prints and hours too, which are alike from week to week."""
    difference = np.zeros((len(week), len(following)))
    for name in ("completed_count", "failed_count", "print_hours"):
        now, then = (
            np.sqrt([seen.content["usage_stats"][name] for seen in seen_week])
            for seen_week in (week, following)
        )
        difference += (now[:, None] - then[None, :]) ** 2
    return by_fleet(week, following) - _SPREAD * difference


def by_arrival(week: Sequence[Seen], following: Sequence[Seen]) -> Scores:
    """Look at the second of arrival too, as if each home always sent at the same one."""
    now, then = (np.array([seen.arrival for seen in each]) for each in (week, following))
    apart = np.abs(now[:, None] - then[None, :])
    scores: Scores = by_counts(week, following) - np.minimum(apart, WEEK_SECONDS - apart) / 10.0
    return scores


BY_COUNTS: Final = Attempt("+ prints and hours", by_counts)
ATTEMPTS: Final = (
    Attempt("the ids and keys", by_keys),
    Attempt("+ country, version, age", by_place),
    Attempt("+ printers by type", by_fleet),
    BY_COUNTS,
    Attempt("+ arrival, if a home kept its second of the week", by_arrival),
)


def _equal(week: Sequence[Seen], following: Sequence[Seen], of: Callable[[Seen], Any]) -> NDArray[Any]:
    known: dict[Any, int] = {}
    now, then = (
        np.array([known.setdefault(of(seen), len(known)) for seen in each]) for each in (week, following)
    )
    equal: NDArray[Any] = now[:, None] == then[None, :]
    return equal


def _evidence(
    week: Sequence[Seen], following: Sequence[Seen], of: Callable[[Seen], str], untold: str
) -> Scores:
    """How much it tells that two reports say the same: more, the rarer it is; nothing, if one is silent."""
    now, then = ([of(seen) for seen in each] for each in (week, following))
    shares = Counter(then)
    weights = np.array([np.log(len(then) / shares[each]) for each in then])
    silent = np.array([each == untold for each in now])[:, None] | np.array([each == untold for each in then])
    differing = np.where(_equal(week, following, of), weights[None, :], -_CHANGES)
    told: Scores = np.where(silent, 0.0, differing)
    return told


def _versions_rise(week: Sequence[Seen], following: Sequence[Seen]) -> NDArray[Any]:
    """A later report has the same version, or says that it was upgraded from the earlier one's."""
    now = np.array([seen.content["installation"]["app_version"] for seen in week])
    then = np.array([seen.content["installation"]["app_version"] for seen in following])
    before = np.array([seen.content["history"]["previous_app_version"] or "" for seen in following])
    rises: NDArray[Any] = np.where(before == "", then, before)[None, :] == now[:, None]
    return rises


def _grow_older(week: Sequence[Seen], following: Sequence[Seen]) -> NDArray[Any]:
    ages = ("0-1w", "1-4w", "1-6m", "6m+")
    now, then = (
        np.array([ages.index(seen.content["history"]["age_bucket"]) for seen in each])
        for each in (week, following)
    )
    older: NDArray[Any] = (then[None, :] >= now[:, None]) & (then[None, :] <= now[:, None] + 1)
    return older


def hits(scores: Scores, week: Sequence[Seen], following: Sequence[Seen]) -> NDArray[Any]:
    """How probably the best guess for each report is right: one over the number of equally good ones."""
    best = scores.max(axis=1, keepdims=True)
    good = (scores >= best - _SOME) & np.isfinite(best)
    own = (
        np.array([seen.home for seen in week])[:, None]
        == np.array([seen.home for seen in following])[None, :]
    )
    chance: NDArray[Any] = (good & own).sum(axis=1) / np.maximum(1, good.sum(axis=1))
    return chance


def as_it_is(_seen: Seen) -> None:
    """Leave the report as it is."""


def both(seen: Seen) -> None:
    """Tell the country and the printers, as reports of the first protocol do."""
    seen.content["installation"]["country_code"] = seen.both["country_code"]
    seen.content["printer_fleet"] = deepcopy(seen.both["printer_fleet"])


def rounded(seen: Seen) -> None:
    """Tell both, with all counts rounded to few steps."""
    both(seen)
    usage, fleet = seen.content["usage_stats"], seen.content["printer_fleet"]
    for name in ("completed_count", "failed_count", "print_hours"):
        usage[name] = _step(usage[name])
    counts = {kind: _step(count) for kind, count in fleet["printer_type_counts"].items()}
    fleet.update(printer_type_counts=counts, printer_count=sum(counts.values()))


def without_country(seen: Seen) -> None:
    """Always tell the printers, never the country."""
    both(seen)
    seen.content["installation"]["country_code"] = "XX"


def without_printers(seen: Seen) -> None:
    """Always tell the country, never the printers."""
    both(seen)
    seen.content["printer_fleet"] = {}


CHOICES: Final = (
    ("country and printers, every week", both),
    ("the same, counts rounded to 1, 2, 5, 10, 20 ...", rounded),
    ("printers, never the country", without_country),
    ("country, never the printers (a choice that people have)", without_printers),
    ("**the country or the printers, by the week's coin**", as_it_is),
)


def _step(count: int) -> int:
    return min(_STEPS, key=lambda step: abs(step - count))


def rates(attempt: Attempt, seen: Sequence[Sequence[Seen]]) -> NDArray[Any]:
    """Return the chance of a right guess by week and home."""
    return np.array([hits(attempt.scores(*pair), *pair) for pair in pairwise(seen)])


def study(homes: int, weeks: int) -> str:
    """Return what was found as Markdown."""
    random = np.random.default_rng(SEED)
    seen = list(weekly(random, [settle(random) for _ in range(homes)], weeks))
    found_by = []
    for attempt in ATTEMPTS:
        found = rates(attempt, seen)
        found_by.append([attempt.name, percent(found.mean()), percent(found[:4].prod(axis=0).mean())])
    attacks = table(
        ["the attacker looks at", "right for the next week", "right four times running"], found_by
    )
    return "\n\n".join([attacks, choices(seen), alone(seen[-1]), wire(homes)])


def wire(homes: int) -> str:
    """Return what the wire gives, whatever is in the reports."""
    cells = [[row.name, percent(row.before), percent(row.now)] for row in rows(homes, SEED)]
    return table(["the attacker looks at, beside the reports", "right in version 0.1.0", "right now"], cells)


def choices(seen: Sequence[Sequence[Seen]]) -> str:
    """Return what other reports would give to one who looks at everything but the time."""
    found_by = []
    for name, change in CHOICES:
        changed = deepcopy(seen)
        for report in chain.from_iterable(changed):
            change(report)
        found = rates(BY_COUNTS, changed)
        found_by.append([name, percent(found.mean()), percent(found[:4].prod(axis=0).mean())])
    return table(["what a report tells", "right for the next week", "right four times running"], found_by)


def alone(week: Sequence[Seen]) -> str:
    """Say how many homes nobody else looks like, by country and printers."""
    looks = Counter(str(seen.both) for seen in week)
    ones, few = (sum(size for size in looks.values() if size <= most) / len(week) for most in (1, 4))
    return (
        f"Told together, country and printers would be like nobody else's in {percent(ones)} of the homes,"
        f" and like fewer than four others' in {percent(few)}."
    )


def percent(share: float) -> str:
    """Return a share for people."""
    return f"{100 * share:.1f} %"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


def main() -> None:
    """Print the study."""
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=formatter)
    parser.add_argument("--homes", type=int, default=HOMES)
    parser.add_argument("--weeks", type=int, default=WEEKS)
    options = parser.parse_args()
    blind = percent(1 / options.homes)
    print(f"{options.homes} homes, {options.weeks} weeks; a blind guess is right in {blind}.\n")
    print(study(options.homes, options.weeks))


if __name__ == "__main__":
    main()
