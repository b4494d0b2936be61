"""Home of a public week: what its reports of the week say together, as far as it told it.

Read from the rows of `submissions` (not from the sums): a public table needs each home in exactly one bucket.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from aggregation.rollups.bounds import week_errors, week_usage
from aggregation.rollups.properties import deployment
from aggregation.rollups.values import country

type Row = Mapping[str, Any]
"""A row of `submissions` by column name."""


class PublicHome(NamedTuple):
    """What a home told of its week; None is what it did not tell."""

    version: str | None
    deployment: str | None
    country: str | None
    printer_types: frozenset[str] | None
    ended: int | None
    """Prints that ended."""
    completed: int | None
    hours: int | None
    errors: frozenset[str] | None


def homes(rows: Iterable[Row]) -> Iterator[PublicHome]:
    """Yield the homes of rows that are sorted by installation; those counted apart are left out."""
    for _, members in groupby(rows, key=itemgetter("installation_id")):
        group = sorted(members, key=itemgetter("period_start"))
        if not any(row["is_apart"] for row in group):
            yield _home(group)


def _home(group: list[Row]) -> PublicHome:
    usage = week_usage(group) if _told(group, "job_count") else None
    errors = frozenset(week_errors(group)) if _told(group, "error_summary") else None
    types = [set(row["printer_types"]) for row in group if row["printer_types"] is not None]
    last = group[-1]
    return PublicHome(
        version=last["app_version"],
        deployment=deployment(last),
        country=country(last["country_code"]),
        printer_types=frozenset().union(*types) if types else None,
        ended=usage["job_count"] if usage else None,
        completed=usage["completed_count"] if usage else None,
        hours=usage["print_hours"] if usage else None,
        errors=errors,
    )


def _told(group: list[Row], column: str) -> bool:
    return any(row[column] is not None for row in group)
