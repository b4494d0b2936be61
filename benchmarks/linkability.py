"""Try to link the weeks of homes with everything that a service sees of protocol 2.

Homes are simulated; their reports are made by the integration's own code. The attacker keeps everything,
breaks every promise of the service and knows how homes behave. For each report he names the one of the next
week that fits best; the table says how often he is right. Deterministic: one seed, one table.

Usage: benchmarks/run linkability [--homes N] [--weeks N]
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
import sys
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from linkability_attack import Scores, arrival, counts, fields, hits, keys, versions
from linkability_homes import Seen, settle, weekly
from linkability_wire import rows

from custom_components.printernizer_stats.core.sharing.report_bytes import canonical

HOMES: Final = 1000
WEEKS: Final = 8
SEED: Final = 20261122
KIB: Final = 1.2 * 1024
PRESENT: Final = 0.8
"""How often a home reports where it does not always."""
GAPS: Final = {1: (1,), 2: (2, 3, 4), 3: (2, 3, 4), 4: (2, 3, 4)}
"""The weeks that a gap of so many was told to be before it was told exactly."""
_OLD_AGES: Final = {"1-3m": "1-6m", "3-6m": "1-6m", "6-12m": "6m+", "1-2y": "6m+", "2y+": "6m+"}
_COARSE: Final = {"1-6m": "1-3m", "6m+": "6-12m"}

type Say = Callable[[Seen], dict[str, Any]]
"""What a report tells of what it could."""


class Choice(NamedTuple):
    """What reports tell, in a few words, and how."""

    name: str
    say: Say


def as_it_is(seen: Seen) -> dict[str, Any]:
    """Tell what the integration tells."""
    return seen.told


def nothing(seen: Seen) -> dict[str, Any]:
    """Tell the age only."""
    return {"age": seen.told["age"]}


def but_the_age(seen: Seen) -> dict[str, Any]:
    """Tell what fits weeks however far apart."""
    return {name: value for name, value in seen.told.items() if name not in {"age", "ha_version"}}


def as_before(seen: Seen) -> dict[str, Any]:
    """Tell country or printers, by a coin, and the age in four steps: before there were more fields."""
    told = "country" if _number(seen) % 2 else "printers"
    name = _OLD_AGES.get(seen.told["age"], seen.told["age"])
    return {"age": _COARSE.get(name, name), told: seen.all[told]}


def with_more(*names: str) -> Say:
    """Tell more every week than before."""
    return lambda seen: as_before(seen) | {name: seen.all[name] for name in names}


def every(seen: Seen) -> dict[str, Any]:
    """Tell everything every week, the age in steps."""
    return {name: value for name, value in seen.all.items() if name != "variant"} | {"age": seen.told["age"]}


def finer_age(seen: Seen) -> dict[str, Any]:
    """Tell the age in seven steps."""
    return as_before(seen) | {"age": seen.told["age"]}


def types_with_printers(seen: Seen) -> dict[str, Any]:
    """Tell outcomes by type in the weeks that tell the printers."""
    said = as_before(seen)
    return said | ({"by_type": seen.all["by_type"]} if "printers" in said else {})


def country_and_printers(seen: Seen) -> dict[str, Any]:
    """Tell country and printers, as reports of the first protocol do."""
    return as_before(seen) | {name: seen.all[name] for name in ("country", "printers")}


def with_variant(seen: Seen) -> dict[str, Any]:
    """Tell the variant of an experiment in the weeks that tell the features."""
    return seen.told | ({"variant": seen.all["variant"]} if "features" in seen.told else {})


CHOICES: Final = (
    Choice("country and printers, every week", country_and_printers),
    Choice("**before: the country or the printers, by a coin; the age in four steps**", as_before),
    Choice("+ the age in seven steps", finer_age),
    Choice("+ the age in weeks", with_more("age")),
    Choice("+ outcomes and errors by type, where the printers are told", types_with_printers),
    Choice("+ how Home Assistant is installed, every week", with_more("deployment")),
    Choice("+ the version of Home Assistant, every week", with_more("ha_version")),
    Choice("+ which Printernizer is connected and how it runs, every week", with_more("app")),
    Choice("+ the features in use, every week", with_more("features")),
    Choice("+ the variant of an experiment, every week", with_more("variant")),
    Choice("all of these every week, but weeks of age and variant", every),
    Choice("**now: country, printers, features or system, by turns**", as_it_is),
    Choice("+ a variant, where the features are told, while an experiment runs", with_variant),
)


def _number(seen: Seen) -> int:
    """Return a random number of the week and home."""
    return int(seen.content["installation"]["installation_id"][:8], 16)


def said(week: Sequence[Seen], say: Say) -> list[dict[str, Any]]:
    """Return what the reports of a week tell."""
    return [say(seen) for seen in week]


def attempts() -> dict[str, Callable[[Sequence[Seen], Sequence[Seen]], Scores]]:
    """Return what the attacker looks at, more and more."""

    def told(of: Say) -> Callable[[Sequence[Seen], Sequence[Seen]], Scores]:
        return lambda week, following: versions(week, following) + fields(said(week, of), said(following, of))

    return {
        "the ids and keys": keys,
        "+ version and age": told(nothing),
        "+ country, printers, features or system": told(as_it_is),
        "+ prints and hours": lambda *weeks: told(as_it_is)(*weeks) + counts(*weeks),
        "+ arrival, if a home kept its second of the week": lambda *weeks: (
            told(as_it_is)(*weeks) + counts(*weeks) + arrival(*weeks)
        ),
    }


def attacks(seen: Sequence[Sequence[Seen]]) -> str:
    """Return how far each attempt comes."""
    found = [
        [name, *shares(np.array([hits(scores(*pair), *pair) for pair in pairwise(seen)]))]
        for name, scores in attempts().items()
    ]
    return table(["the attacker looks at", "right for the next week", "right four times running"], found)


def choices(seen: Sequence[Sequence[Seen]]) -> str:
    """Return what other reports would give to one who looks at everything but the time."""
    right: dict[str, list[NDArray[Any]]] = {choice.name: [] for choice in CHOICES}
    for pair in pairwise(seen):
        version, count = versions(*pair), counts(*pair)
        for name, say in CHOICES:
            scores = version + fields(*(said(week, say) for week in pair)) + count
            right[name].append(hits(scores, *pair))
    found = [[name, *shares(np.array(each))] for name, each in right.items()]
    return table(["what a report tells", "right for the next week", "right four times running"], found)


def gaps(seen: Sequence[Sequence[Seen]]) -> str:
    """Return what the weeks since the report before give, of homes that do not always report."""
    random = np.random.default_rng(SEED)
    there = random.random((len(seen), len(seen[0]))) < PRESENT
    ways: dict[str, Callable[[int], Sequence[int]]] = {
        "in steps (1, 2 to 4, ...)": lambda gap: GAPS[gap],
        "exactly": lambda gap: (gap,),
    }
    found = []
    for name, weeks_of in ways.items():
        right = {
            (number, gap): _found_before(seen, there, number, gap, weeks_of(gap))
            for number in range(max(GAPS), len(seen))
            for gap in GAPS
        }
        silent = [chance for (_, gap), chance in right.items() if gap > 1]
        found.append([name, *(percent(np.concatenate(each).mean()) for each in ([*right.values()], silent))])
    head = ["a report tells the weeks since the one before", "the one before found", "after a silence"]
    return table(head, found)


def _found_before(
    seen: Sequence[Sequence[Seen]], there: NDArray[Any], number: int, gap: int, weeks: Sequence[int]
) -> NDArray[Any]:
    """Return how probably the report before is named for those of a week whose gap is this one."""
    late = [
        report
        for report in seen[number]
        if there[number][report.home]
        and there[number - gap][report.home]
        and not there[number - gap + 1 : number, report.home].any()
    ]
    early = [report for back in weeks for report in seen[number - back] if there[number - back][report.home]]
    if not late:
        return np.zeros(0)
    told = said(early, but_the_age), said(late, but_the_age)
    scores = fields(*told) + counts(early, late)
    is_right = np.array([report.home for report in early])
    own = (is_right[:, None] == np.array([report.home for report in late])[None, :]) & _of_week(
        early, seen[number - gap]
    )[:, None]
    best = scores >= scores.max(axis=0, keepdims=True) - 1e-9
    chance: NDArray[Any] = (best & own).sum(axis=0) / best.sum(axis=0)
    return chance


def _of_week(reports: Sequence[Seen], week: Sequence[Seen]) -> NDArray[Any]:
    """Tell which reports are of a week."""
    ids = {id(report) for report in week}
    return np.array([id(report) in ids for report in reports])


def study(homes: int, weeks: int) -> str:
    """Return what was found as Markdown."""
    random = np.random.default_rng(SEED)
    seen = list(weekly(random, [settle(random) for _ in range(homes)], weeks))
    return "\n\n".join([attacks(seen), choices(seen), gaps(seen), alone(seen[-1]), sizes(seen), wire(homes)])


def wire(homes: int) -> str:
    """Return what the wire gives, whatever is in the reports."""
    cells = [[row.name, percent(row.before), percent(row.now)] for row in rows(homes, SEED)]
    return table(["the attacker looks at, beside the reports", "right in version 0.1.0", "right now"], cells)


def alone(week: Sequence[Seen]) -> str:
    """Say how many homes nobody else looks like, by country and printers."""
    looks = Counter(str((seen.all["country"], seen.all["printers"])) for seen in week)
    ones, few = (sum(size for size in looks.values() if size <= most) / len(week) for most in (1, 4))
    return (
        f"Told together, country and printers would be like nobody else's in {percent(ones)} of the homes,"
        f" and like fewer than four others' in {percent(few)}."
    )


def sizes(seen: Sequence[Sequence[Seen]]) -> str:
    """Say how long the reports are."""
    lengths = np.array([len(canonical(report.content)) for week in seen for report in week])
    larger = int((lengths > KIB).sum())
    return (
        f"A report has {np.median(lengths):.0f} bytes in the middle, {np.percentile(lengths, 99):.0f} at most"
        f" in 99 of 100, {lengths.max()} in the largest; {larger} of {len(lengths)} have more than 1.2 KiB."
    )


def shares(right: NDArray[Any]) -> list[str]:
    """Return how often a guess is right for the next week, and four times running; by week and home."""
    return [percent(right.mean()), percent(right[:4].prod(axis=0).mean())]


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
