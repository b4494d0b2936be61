"""Versions recounted: what is installed after a release, what homes changed to, and who lags behind."""

from collections import Counter

from aggregation.weeks import iso_name
from tests.dashboard.recount.tables import Record, Recount, in_group
from tests.dashboard.recount.truth import (
    OTHER,
    UNKNOWN,
    Told,
    Truth,
    of_homes,
    percents,
    shares,
    some,
)


def after_release(truth: Truth, row: Record) -> Record:
    name, found = row["version"], {}
    first = min(week for week in truth.shown if any(one.version == name for one in truth.at(week)))
    for column in row:
        if column.startswith("after_"):
            week = first + int(column.removeprefix("after_").removesuffix("w"))
            here = truth.at(week)
            share = percents(of_homes(here, lambda one: one.version == name))[0]
            found[column] = share if truth.state(week) == "complete" and week <= truth.running else UNKNOWN
    return {"version": name, "first": iso_name(first), **found}


def migration(truth: Truth, row: Record) -> Record:
    changed = [one for one in truth.at(*truth.recent) if one.gap != "none"]
    pair = (row["before"], row["after"])
    return {
        "before": pair[0],
        "after": pair[1],
        "homes": some(changed, lambda one: (one.known(one.before), one.version) == pair),
    }


def laggards(newest: int) -> Recount:
    """Return the recount of homes that run none of so many newest versions of a line."""

    def recount(truth: Truth, row: Record) -> Record:
        lines: dict[str, Counter[str]] = {}
        for one in truth.at(truth.week):
            if one.version != OTHER:
                lines.setdefault(one.version.partition(".")[0], Counter())[one.version] += 1
        homes = sum(line.total() for line in lines.values())
        known = {
            name
            for line in lines.values()
            if line.total() >= 0.05 * homes
            for name in sorted(line, key=_numbers, reverse=True)[:newest]
        }
        here = [one for one in truth.all_at(truth.week) if in_group(row["group"])(one)]
        found = of_homes(here, lambda one: one.version not in known)
        return {"group": row["group"], "homes": found[1], "lagging": found[0], **shares(found)}

    return recount


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def printernizer(one: Told) -> str | None:
    """Return the version of Printernizer that is connected to it, as it is counted."""
    version = one.last.get("printernizer_version")
    return None if version is None else one.known(version)
