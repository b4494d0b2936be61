"""Observation: the numbers of a week by which it is judged, as they are known when it has settled.

They are kept, so that a week is always compared with weeks that were as complete as it is, whatever comes in
late or is deleted; and so that a verdict can be reached again. They are counts of homes and of what they do.
"""

from collections.abc import Iterator, Mapping

import msgspec
from sqlalchemy import Connection, select

from aggregation.alerts.watch import FEWEST_HOMES, MIXES, PAIRED, name_of
from aggregation.analytics.question import Weeks
from aggregation.analytics.rows import Week, values_of
from aggregation.analytics.sums import Sums
from aggregation.storage.schema_alarms import OBSERVATIONS

ENDED = ("completed_count", "failed_count", "cancelled_count")

type Pair = tuple[int, int]


class Observation(msgspec.Struct, frozen=True, omit_defaults=True):
    """The numbers of a week."""

    shares: dict[str, Pair] = {}
    """Homes, of how many."""
    counts: dict[str, Pair] = {}
    """How often, and of or for how many; 1 where it is plain."""
    mixes: dict[str, dict[str, int]] = {}
    """Homes by value."""


def observe(sums: Sums, week: int) -> Observation:
    """Return what is known of a week now."""
    weeks = Weeks(week - 1, week)
    every = sums.weeks("all", "", weeks)
    again = sums.weeks("gap", "1", weeks)[week]
    apart = sums.weeks("apart", "", weeks)[week]
    came = sums.weeks("received", "", weeks)[week]
    here = every[week]
    return Observation(
        dict([*_returns(every[week - 1], again), *_errors(here), _apart(here, apart)]),
        dict(_counts(here, came)),
        {name: dict(values_of(here, name)) for name in MIXES if values_of(here, name)},
    )


def observations(connection: Connection, first: int, last: int) -> dict[int, Observation]:
    """Return what was kept of weeks."""
    rows = connection.execute(select(OBSERVATIONS).where(OBSERVATIONS.c.week.between(first, last)))
    return {row.week: msgspec.json.decode(row.numbers, type=Observation) for row in rows}


def keep(connection: Connection, week: int, observation: Observation) -> None:
    """Keep what is known of a week; raises IntegrityError where there is something already."""
    numbers = msgspec.json.encode(observation, order="sorted").decode()
    connection.execute(OBSERVATIONS.insert().values(week=week, numbers=numbers))


def _returns(before: Week, again: Week) -> Iterator[tuple[str, Pair]]:
    """Yield how many homes of the week before report again: of all, and of those with a property.

    A version is that of the report before: who has updated since is one of its homes, too.
    """
    yield "return", (_total(again, "active"), _total(before, "active"))
    for property_ in PAIRED:
        measure = "printer_type_homes" if property_ == "printer_type" else property_
        now = "previous_version" if property_ == "app_version" else measure
        for value, homes in values_of(before, measure).items():
            if homes >= FEWEST_HOMES:
                returned = min(homes, values_of(again, now).get(value, 0))
                yield name_of("return", property_, value), (returned, homes)


def _errors(week: Week) -> Iterator[tuple[str, Pair]]:
    """Yield how many homes have each kind of error."""
    telling = _total(week, "error_reporting")
    for kind, homes in values_of(week, "error_homes").items():
        if kind:
            yield name_of("errors", kind), (homes, telling)


def _apart(week: Week, apart: Week) -> tuple[str, Pair]:
    """Return how many homes are counted apart."""
    homes = _total(apart, "active")
    return "apart", (homes, homes + _total(week, "active"))


def _counts(week: Week, came: Week) -> Iterator[tuple[str, Pair]]:
    """Yield what homes do, and how many reports come."""
    usage = values_of(week, "capped_usage")
    telling = _total(week, "usage_homes")
    yield "prints", (usage.get("job_count", 0), telling)
    yield "hours", (usage.get("print_hours", 0), telling)
    yield "failures", (usage.get("failed_count", 0), sum(usage.get(name, 0) for name in ENDED))
    yield "trouble", (sum(values_of(week, "capped_errors").values()), _total(week, "error_reporting"))
    yield "new", (_total(week, "first_report"), 1)
    yield "received", (sum(values_of(came, "received").values()), 1)


def _total(week: Week, measure: str) -> int:
    """Return the sum of a measure that has one."""
    return values_of(week, measure).get("", 0)


def dense(found: Mapping[int, Observation], last: int) -> list[Observation]:
    """Return the weeks up to one without a gap, from the first that is known."""
    if not found:
        return []
    return [found.get(week, Observation()) for week in range(min(found), last + 1)]
