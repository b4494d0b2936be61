"""Sums of made-up weeks, as the fold would leave them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import insert

from aggregation.alerts.work import judge_week, observe_week
from aggregation.rollups.totals import with_changes
from aggregation.storage.engine import Database
from aggregation.storage.schema import ROLLUPS
from aggregation.weeks import monday, week_of_day
from tests.databases import make_tables

LAST = week_of_day(datetime(2026, 6, 1, tzinfo=UTC).date())
"""A week in the middle of a year."""
NOW = datetime.combine(monday(LAST + 2), datetime.min.time(), UTC) + timedelta(hours=7)
"""When it has settled."""
HOMES = 200
COUNTRIES = {"DE": 0.4, "US": 0.3, "FR": 0.2, "XX": 0.1}
MODES = {"docker": 0.7, "homeassistant": 0.3}


def week_sums(random: Random, **changes: Any) -> dict[str, dict[str, int]]:
    """Return the sums of a week by scope; changes are `again` (a share), `errors` (a share), `countries`."""
    homes = HOMES
    again = random.binomialvariate(homes, changes.get("again", 0.93))
    failing = random.binomialvariate(homes, changes.get("errors", 0.1))
    mix = changes.get("countries", COUNTRIES)
    every = {
        "active:": homes,
        "gap:1": again,
        "gap:2": homes - again,
        "usage_homes:": homes,
        "error_reporting:": homes,
        "error_homes:": failing,
        "error_homes:print_failed": failing,
        "capped_errors:print_failed": failing * 2,
        "capped_usage:job_count": 1000 + random.randrange(80),
        "capped_usage:completed_count": 900,
        "capped_usage:failed_count": 80 + random.randrange(30),
        "capped_usage:print_hours": 3000 + random.randrange(200),
        "first_report:": 5 + random.randrange(5),
        **{f"country:{name}": round(homes * share) for name, share in mix.items()},
        **{f"deployment_mode:{name}": round(homes * share) for name, share in MODES.items()},
        "app_version:2.0.0": homes,
    }
    gap = {
        "active:": again,
        "previous_version:2.0.0": again,
        **{f"deployment_mode:{name}": round(again * share) for name, share in MODES.items()},
    }
    return {"all": every, "gap": gap, "received": {f"received:{day}": homes // 7 for day in range(7)}}


def fill(database: Database, weeks: int = 60, last: int = LAST, seed: int = 1, **changes: Any) -> None:
    """Write the sums of weeks; the changes are of the last of them."""
    random = Random(seed)
    with database.writing() as connection:
        for week in range(last - weeks + 1, last + 1):
            sums = week_sums(random, **(changes if week == last else {}))
            for row in _rows(week, sums):
                connection.execute(insert(ROLLUPS).values(row))


@cache
def fallen_silent(last: int, weeks: int) -> bytes:
    """Return the file of a database in which half of the homes fell silent in the last of some weeks."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "silent.db")
        make_tables(path)
        with closing(Database(f"sqlite:///{path}", 5)) as database:
            fill(database, weeks=weeks, last=last, again=0.5)
            with database.writing() as connection:
                for week in range(last - weeks + 1, last + 1):
                    observe_week(connection, week)
                judge_week(connection, last)
        return path.read_bytes()


def arrive(database: Database, week: int, days: int) -> None:
    """Write that reports came on the first days of a week, and nothing else about it."""
    totals = {f"received:{day}": HOMES // 7 for day in range(days)}
    with database.writing() as connection:
        for row in _rows(week, {"received": totals}):
            connection.execute(insert(ROLLUPS).values(row))


def _rows(week: int, sums: dict[str, dict[str, int]]) -> Iterator[dict[str, Any]]:
    for scope, totals in sums.items():
        value = "1" if scope == "gap" else ""
        yield {"scope": scope, "scope_value": value, "week": week, "totals": with_changes(None, totals)}


def moment(week: int) -> datetime:
    """Return when a week has settled."""
    return NOW + timedelta(weeks=week - LAST)
