"""Reports as the storage takes them, and short ways to store, fold and count them."""

from collections.abc import Mapping
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sqlalchemy import Table, func, select

from aggregation.rollups.deletion import delete_installation
from aggregation.rollups.fold import fold
from aggregation.rollups.totals import RollupKey, unpack
from aggregation.rollups.verify import Verification, verify
from aggregation.storage.engine import Database
from aggregation.storage.records import Deletion, Report, Stored
from aggregation.storage.schema import ROLLUPS
from aggregation.storage.submissions import store
from aggregation.storage.versions import add_versions
from aggregation.weeks import monday, week_of_day

WEEK = week_of_day(date(2026, 11, 9))
DAY_SECONDS = 86_400
RELEASED = ("0.2.0", "0.0", "1.0", "2.0", "2.9.0", "2.10.0", "2.11.0b1", "2.41.0", "2.42.0", "3.0", "9.0")
"""Versions that are known in the databases of most tests."""
V2 = {
    "consent_version": 1,
    "consent_categories": ["base", "errors"],
    "consent_text_sha256": "0" * 64,
    "first_report": False,
    "weeks_since_previous_report": "1",
    "age_bucket": "3-6m",
}


def seconds(day: date) -> int:
    """Return the first second of a day."""
    return (day - date(1970, 1, 1)).days * DAY_SECONDS


def made(
    installation: str | None = None,
    week: int = WEEK,
    *,
    protocol: str = "1.0",
    content: str = "",
    days: tuple[int, int] = (0, 7),
    received: date | None = None,
    receipt_kid: str = "a-key",
    **columns: Any,
) -> Report:
    """Return a report about days of a week, by default received on the Tuesday after."""
    identifier = installation or str(uuid4())
    start = seconds(monday(week)) + days[0] * DAY_SECONDS
    digest = sha256(f"{identifier} {start} {content}".encode()).hexdigest()
    return Report(
        installation_id=identifier,
        period_start=start,
        protocol=protocol,
        body_sha256=digest,
        content_sha256=digest,
        received_day=received or monday(week + 1) + timedelta(days=1),
        receipt_kid=receipt_kid,
        columns={
            "period_end": seconds(monday(week)) + days[1] * DAY_SECONDS,
            "app_version": "2.42.0",
            "platform": "linux",
            "deployment_mode": "docker",
            "country_code": "DE",
            **(V2 if protocol == "2.0" else {}),
            **columns,
        },
    )


def stored(database: Database, *reports: Report) -> list[Stored]:
    """Store reports in one transaction."""
    with database.writing() as connection:
        return store(connection, reports)


def folded(database: Database, *reports: Report) -> None:
    """Store reports one after the other, and fold each."""
    for report in reports:
        stored(database, report)
        fold_all(database)


def fold_all(database: Database, limit: int = 500) -> int:
    """Fold until nothing waits."""
    total = 0
    while True:
        with database.writing() as connection:
            count = fold(connection, limit)
        total += count
        if not count:
            return total


def deleted(database: Database, installation: str, *, signed: bool = False) -> int:
    """Delete an installation and return how many submissions went."""
    deletion = Deletion(installation_id=installation, day=date(2026, 11, 22), signed=signed)
    with database.writing() as connection:
        return delete_installation(connection, deletion).count


def verified(database: Database) -> Verification:
    """Recount."""
    with database.reading() as connection:
        return verify(connection)


def count(database: Database, table: Table) -> int:
    """Return how many rows a table has."""
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def rollups(database: Database) -> dict[RollupKey, dict[str, int]]:
    """Return everything that the rollups hold, without empty rows."""
    columns = [ROLLUPS.c[name] for name in RollupKey._fields]
    with database.reading() as connection:
        rows = connection.execute(select(*columns, ROLLUPS.c.totals)).all()
    found = {RollupKey(*key): unpack(totals) for *key, totals in rows}
    return {key: totals for key, totals in found.items() if totals}


def sums(
    database: Database, week: int = WEEK, scope: str = "all", scope_value: str = ""
) -> Mapping[str, int]:
    """Return one row of the rollups."""
    return rollups(database).get(RollupKey(scope, week, scope_value), {})


def known(database: Database, *versions: str) -> None:
    """Name released versions."""
    with database.writing() as connection:
        add_versions(connection, versions, date(2026, 11, 1))
