"""Loading a fleet: all reports of a plan into a new database, with their sums, in one transaction."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, insert, select

from aggregation.fleet.plan import APP_MAJOR, INTEGRATION_MAJOR, Plan, all_versions, releases
from aggregation.fleet.shard import TRUTH, Folded, Shard, fold_shard, read_spilled, spilled_weeks
from aggregation.rollups.stored import apply
from aggregation.rollups.totals import Totals
from aggregation.storage.engine import Database, LockName, lock, take_time
from aggregation.storage.inserts import insert_folded
from aggregation.storage.schema import SUBMISSIONS, TOMBSTONES
from aggregation.storage.versions import add_versions, versions
from aggregation.weeks import monday

CACHE_KIB = 512 * 1024
"""What SQLite holds of the index by ids, whose order is that of no week."""


class NotEmptyError(Exception):
    """There are reports in the database; simulated ones do not go beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """How many reports of how many homes are in the database now, and how many sums."""

    homes: int
    reports: int
    rollups: int


def load(database: Database, plan: Plan, *, processes: int = 1, truth: Path | None = None) -> Loaded:
    """Simulate a fleet and fill a new database with it; raises NotEmptyError, SQLAlchemyError and OSError.

    With the truth about each home in a file, as lines of JSON. The content does not depend on how many
    processes work.
    """
    with database.reading() as connection:
        if connection.scalar(select(SUBMISSIONS.c.id).limit(1)) is not None:
            raise NotEmptyError
        known = frozenset([*versions(connection), *all_versions(plan)])
    with TemporaryDirectory(prefix="fleet-") as name:
        folder = Path(name)
        shards = [
            Shard(plan, number, processes, folder, known, truth is not None) for number in range(processes)
        ]
        totals, tombstones = Totals(), list[dict[str, Any]]()
        with _working(shards) as found:
            for folded in found:
                tombstones += folded.tombstones
                for key, sums in folded.totals.items():
                    totals[key].update(sums)
        with database.writing() as connection:
            reports = _write(connection, plan, folder, totals, tombstones)
        if truth is not None:
            _join(sorted(folder.glob(f"{TRUTH}.*")), truth)
    return Loaded(homes=plan.size, reports=reports, rollups=len(totals))


@contextmanager
def _working(shards: list[Shard]) -> Iterator[Iterable[Folded]]:
    """Give what the shards become: here where it is one, else each in a process of its own."""
    if len(shards) == 1:
        yield map(fold_shard, shards)
        return
    with ProcessPoolExecutor(len(shards), get_context("spawn")) as pool:
        yield pool.map(fold_shard, shards)


def _write(
    connection: Connection, plan: Plan, folder: Path, totals: Totals, tombstones: list[dict[str, Any]]
) -> int:
    """Write versions, rows, sums and tombstones; return how many rows."""
    take_time(connection)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KIB}")
    for release in (*releases(plan, APP_MAJOR), *releases(plan, INTEGRATION_MAJOR)):
        add_versions(connection, [release.version], monday(release.week))
    lock(connection, LockName.ROLLUPS)
    reports = 0
    for week in spilled_weeks(folder):
        rows = read_spilled(folder, week)
        insert_folded(connection, rows)
        reports += len(rows)
    apply(connection, totals)
    if tombstones:
        connection.execute(insert(TOMBSTONES), tombstones)
    return reports


def _join(parts: list[Path], target: Path) -> None:
    """Write files one after the other into one."""
    with target.open("wb") as joined:
        for part in parts:
            joined.write(part.read_bytes())
