"""What recounts of tables have in common: rows by week, by value, and of homes that belong together."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.dashboard.recount.truth import (
    Told,
    Truth,
    of_homes,
    percents,
    shares,
)

type Record = Mapping[str, Any]
type Recount = Callable[[Truth, Record], Record]
"""What a row should say, given the row that names its week, version and so on."""
OUTCOMES = ("completed", "failed", "cancelled")
AGE_NAMES = {
    "0 to 1 weeks": "0-1w",
    "1 to 4 weeks": "1-4w",
    "1 to 3 months": "1-3m",
    "3 to 6 months": "3-6m",
    "6 to 12 months": "6-12m",
    "1 to 2 years": "1-2y",
    "2 years or more": "2y+",
}
BANDS = (0, 50, 70, 80, 90, 95, 100)
GROUPS: Mapping[str, Callable[[Told], Iterable[str]]] = {
    "deployment": lambda one: [one.mode] if one.mode else [],
    "country": lambda one: [one.country] if one.country else [],
    "version": lambda one: [one.version],
    "printer type": lambda one: one.types,
}


def in_group(name: str) -> Callable[[Told], bool]:
    """Return what tells whether a home belongs to a group, by how the pages call it."""
    title = next(title for title in GROUPS if name.startswith(f"{title} "))
    return lambda one: name.removeprefix(f"{title} ") in GROUPS[title](one)


def by_week(count: Callable[[Truth, int], Record]) -> Recount:
    """Return the recount of a table of weeks."""

    def recount(truth: Truth, row: Record) -> Record:
        week = truth.named(row["week"])
        return {"week": row["week"], "state": truth.state(week), **count(truth, week)}

    return recount


def by_value(column: str, value: Callable[[Told], str], whose: str = "homes") -> Recount:
    """Return the recount of shares of the homes of the week that have a value."""

    def recount(truth: Truth, row: Record) -> Record:
        found = of_homes(truth.at(truth.week), lambda one: value(one) == row[column])
        return {column: row[column], whose: found[0], **shares(found)}

    return recount


def over_weeks(value: Callable[[Told], str | None], rest: str = "others") -> Recount:
    """Return the recount of shares of values week by week, those without a column together."""

    def recount(truth: Truth, row: Record) -> Record:
        week = truth.named(row["week"])
        homes = Counter(told for one in truth.at(week) if (told := value(one)) is not None)
        named = [name for name in row if name not in {"week", "state", rest}]
        parts = {name: homes[name] for name in named}
        if rest in row:
            parts[rest] = homes.total() - sum(parts.values())
        found = {name: percents((part, homes.total(), homes.total()))[0] for name, part in parts.items()}
        return {"week": row["week"], "state": truth.state(week), **found}

    return recount


def told_by(column: str, value: Callable[[Told], str | None]) -> Recount:
    """Return the recount of shares of the homes that tell something."""

    def recount(truth: Truth, row: Record) -> Record:
        told = [one for one in truth.at(truth.week) if value(one) is not None]
        found = of_homes(told, lambda one: value(one) == row[column])
        return {column: row[column], "homes": found[0], **shares(found)}

    return recount


def middle_success(told: Iterable[Told]) -> float:
    """Return how many percent of its prints the middle home completed: within its band homes lie evenly."""
    ended = ([sum(row.get(f"{name}_count") or 0 for row in one.rows) for name in OUTCOMES] for one in told)
    rates = sorted(100 * done // (done + sum(others)) for done, *others in ended if done + sum(others))
    if not rates:
        return 0.0
    low = max(band for band in BANDS if band <= rates[(len(rates) - 1) // 2])
    high = next((band for band in BANDS if band > low), 100)
    before = sum(rate < low for rate in rates)
    here = sum(rate >= low and (rate < high or low == high) for rate in rates)
    return low + (len(rates) / 2 - before) / here * (high - low)
