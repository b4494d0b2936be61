"""Databases of simulated fleets to measure on: made once, and many times as large by copies of the homes.

What is older than the retention allows is purged from the rows, as it would be by then; the sums keep it. A
copy of a home sends what the home sends under another id. All sums are plain sums over homes, so those of a
fleet of copies are those of the fleet times their number: `aggregation verify-rollups` agrees.
"""

from collections.abc import Callable
from contextlib import closing
from datetime import date
import os
from pathlib import Path
import sqlite3
import sys
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "services" / "aggregation"))

from msgspec.json import decode, encode  # noqa: E402

from aggregation.fleet.loading import load  # noqa: E402
from aggregation.fleet.plan import Plan  # noqa: E402
from aggregation.rollups.retention import purge  # noqa: E402
from aggregation.rollups.totals import Sums  # noqa: E402
from aggregation.storage.migrate import opened  # noqa: E402
from aggregation.storage.records import Retention  # noqa: E402
from aggregation.storage.schema import DROPPED  # noqa: E402

REPORTS_OF_A_HOME = 0.53
"""A simulated home, of those there are in the end, reports in so many of the weeks, on average."""
MOST_SIMULATED = 500_000
"""Larger fleets are copies of one of this size."""
CACHE_KIB = 512 * 1024


def fleet(folder: Path, reports: int, weeks: int, until: date, seed: int = 1) -> Path:
    """Return the file of a database of about so many reports over some weeks, made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    times = -(-reports // MOST_SIMULATED)
    path = folder / f"{reports}-{weeks}-{until}-{seed}.db"
    if path.exists():
        return path
    if times > 1:
        _copied(fleet(folder, reports // times, weeks, until, seed), path, times)
        return path
    plan = Plan(homes=round(reports / (weeks * REPORTS_OF_A_HOME)), weeks=weeks, seed=seed, until=until)
    making = path.with_suffix(".making")
    with closing(opened(f"sqlite:///{making}", 30.0)) as database:
        load(database, plan, processes=os.process_cpu_count() or 1)
        purge(database, Retention(), until, trusted=True)
    making.rename(path)
    return path


def _copied(source: Path, path: Path, times: int) -> None:
    """Make a database that holds each home of another one so many times."""
    making = path.with_suffix(".making")
    opened(f"sqlite:///{making}", 30.0).close()
    with closing(sqlite3.connect(making, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("ATTACH ? AS small", (str(source),))
        connection.execute("BEGIN")
        _copy_rows(connection, times)
        for table in ("versions", "tombstones"):
            connection.execute(f"INSERT OR IGNORE INTO {table} SELECT * FROM small.{table}")
        for table, sums in (("rollups", "totals"), ("lifetime", "total")):
            connection.create_function("enlarged", 1, _times(times))
            names = [row[1] for row in connection.execute(f"PRAGMA small.table_info({table})")]
            values = ", ".join(f"enlarged({name})" if name == sums else name for name in names)
            connection.execute(f"INSERT INTO {table} SELECT {values} FROM small.{table}")
        connection.execute("INSERT INTO week_states SELECT week, random() FROM small.week_states")
        connection.execute("COMMIT")
    making.rename(path)


def _copy_rows(connection: sqlite3.Connection, times: int) -> None:
    """Copy the rows of reports, the copies of one after the other, each under an id of its own."""
    names = [row[1] for row in connection.execute("PRAGMA small.table_info(submissions)") if row[1] != "id"]
    dropped = f"'{DROPPED}' || printf('%02x', copy.value) || substr(installation_id, {len(DROPPED) + 3})"
    anew = (
        f"CASE WHEN installation_id LIKE '{DROPPED}%' THEN {dropped}"
        " ELSE printf('%02x', copy.value) || substr(installation_id, 3) END"
    )
    values = ", ".join(anew if name == "installation_id" else f"report.{name}" for name in names)
    connection.execute(
        "WITH RECURSIVE copy(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM copy WHERE value < ?)"
        f" INSERT INTO submissions ({', '.join(names)}) SELECT {values}"
        " FROM small.submissions AS report CROSS JOIN copy ORDER BY report.id",
        (times,),
    )


def _times(times: int) -> Callable[[Any], str | int]:
    """Return what multiplies a number, or all numbers of a row of sums."""

    def enlarged(value: str | int) -> str | int:
        """Return so many times as much."""
        if isinstance(value, int):
            return value * times
        sums = decode(value, type=Sums)
        return encode(
            {measure: {key: total * times for key, total in one.items()} for measure, one in sums.items()}
        ).decode()

    return enlarged
