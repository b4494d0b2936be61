"""Data out of the database, and made-up data into it."""

import asyncio
from collections.abc import Iterator
import csv
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
import random
from typing import TextIO
from uuid import UUID

from msgspec.json import decode
from sqlalchemy import Connection, select

from aggregation.dictionary import DICTIONARY
from aggregation.keeping.repository import Repository
from aggregation.storage.records import Report
from aggregation.storage.schema import ROLLUPS
from aggregation.weeks import iso_name, monday, week_of_day

SAMPLE_KID = "sample"
_VERSIONS = ("2.40.0", "2.41.0", "2.41.7", "2.42.0")
_REPORTING, _ENABLED, _FAILING = 0.95, 0.4, 0.3
_COUNTRIES = ("DE", "US", "FR", "GB", "NL", "AT", "CH", "PL", "IT", "CZ", "SE", "XX")


def export_rollups(connection: Connection, weeks: int, today: date, target: TextIO) -> None:
    """Write the sums of the last weeks as CSV, one sum a line."""
    writer = csv.writer(target)
    writer.writerow(["week", "scope", "scope_value", "metric", "value", "total"])
    first = week_of_day(today) - weeks + 1
    statement = select(ROLLUPS).where(ROLLUPS.c.week >= first)
    ordered = statement.order_by(ROLLUPS.c.week, ROLLUPS.c.scope, ROLLUPS.c.scope_value)
    for row in connection.execute(ordered):
        for name, total in sorted(decode(row.totals, type=dict[str, int]).items()):
            metric, _, value = name.partition(":")
            writer.writerow([iso_name(row.week), row.scope, row.scope_value, metric, value, total])


def make_samples(repository: Repository, installations: int, weeks: int, seed: int, today: date) -> int:
    """Store made-up reports of protocol 1.0 and return how many; the same seed stores nothing twice.

    Their versions become known ones.
    """

    async def store() -> int:
        """Submit in parallel, as clients would."""
        await repository.start()
        count = 0
        for reports in _weeks(installations, weeks, random.Random(seed), today):  # noqa: S311
            await asyncio.gather(*(repository.submit(report) for report in reports))
            count += len(reports)
        await repository.stop()
        return count

    repository.add_versions(_VERSIONS, today)
    return asyncio.run(store())


def _weeks(installations: int, weeks: int, chance: random.Random, today: date) -> Iterator[list[Report]]:
    """Yield the reports of up to 1000 homes about one week after the other."""
    homes = [_home(chance) for _ in range(installations)]
    last = week_of_day(today) - 1
    for week in range(last - weeks + 1, last + 1):
        for start in range(0, installations, 1000):
            some = homes[start : start + 1000]
            yield [_report(home, week, chance, today) for home in some if chance.random() < _REPORTING]


def _home(chance: random.Random) -> dict[str, object]:
    """Return what stays the same in the reports of an installation."""
    types = chance.sample(DICTIONARY.enums["printer_type"], chance.choice((1, 1, 1, 2, 3)))
    counts = {kind: chance.randint(1, 2) for kind in types}
    return {
        "installation_id": str(UUID(int=chance.getrandbits(128), version=4)),
        "python_version": "3.14.2",
        "platform": "linux",
        "deployment_mode": chance.choice(DICTIONARY.enums["deployment_mode"]),
        "country_code": chance.choice(_COUNTRIES),
        "printer_count": sum(counts.values()),
        "printer_types": sorted(counts),
        "printer_type_counts": counts,
        "feature_usage": {name: chance.random() < _ENABLED for name in DICTIONARY.enums["feature"]},
    }


def _report(home: dict[str, object], week: int, chance: random.Random, today: date) -> Report:
    """Return the report of an installation about a week, received in the week after."""
    start = datetime.combine(monday(week), datetime.min.time(), UTC)
    completed, failed, cancelled = chance.randint(0, 20), chance.randint(0, 3), chance.randint(0, 2)
    newest = max(0, len(_VERSIONS) - 1 - (week_of_day(today) - week) // 4)
    columns = {
        **home,
        "period_end": int((start + timedelta(days=7)).timestamp()),
        "app_version": _VERSIONS[max(0, newest - chance.choice((0, 0, 1)))],
        "job_count": completed + failed + cancelled,
        "completed_count": completed,
        "failed_count": failed,
        "cancelled_count": cancelled,
        "print_hours": completed * 3,
        "file_count": completed,
        "upload_count": completed // 2,
        "uptime_hours": 168,
        "error_summary": {"connection_error": chance.randint(0, 3)} if chance.random() < _FAILING else {},
    }
    identifier = str(columns.pop("installation_id"))
    digest = sha256(f"{identifier} {week}".encode()).hexdigest()
    return Report(
        installation_id=identifier,
        period_start=int(start.timestamp()),
        protocol="1.0",
        body_sha256=digest,
        content_sha256=digest,
        received_day=min(today, monday(week + 1) + timedelta(days=chance.randint(0, 6))),
        receipt_kid=SAMPLE_KID,
        columns=columns,
    )
