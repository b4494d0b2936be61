"""All that the service keeps, as its other parts use it."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path
from typing import Protocol, Self

from sqlalchemy import Connection, func, select

from aggregation.keeping.backup import backup
from aggregation.keeping.batches import Batches
from aggregation.keeping.writer import Writer, WriterHere
from aggregation.protocol.proof import Proof, Proven, Unproven
from aggregation.rollups.fold import take_back, waiting_since
from aggregation.rollups.rebuild import Rebuild, Rebuilt
from aggregation.rollups.stored import read_totals
from aggregation.rollups.totals import RollupKey
from aggregation.rollups.values import OTHER
from aggregation.rollups.verify import Verification, hold_rollups, verify
from aggregation.storage import changes, keys
from aggregation.storage.engine import Database, take_time
from aggregation.storage.migrate import opened
from aggregation.storage.records import (
    Acknowledged,
    ApiKeyRow,
    Deleted,
    Deletion,
    PutAside,
    ReceiptKeyRow,
    Report,
    Work,
)
from aggregation.storage.schema import PENDING, SUBMISSIONS
from aggregation.storage.space import Space, space_of
from aggregation.storage.versions import add_versions, versions
from aggregation.weeks import week_of_day

STOP_SECONDS = 5.0
"""How long the end waits for reports to be stored."""


class AnyWriter(Protocol):
    """What writes reports and deletions, here or in a process of its own."""

    @property
    def is_working(self) -> bool:
        """Tell whether it can be called."""

    @property
    def work(self) -> Work:
        """Return what was done, as far as it is known."""

    async def start(self) -> None:
        """Begin to work; raises DatabaseError."""

    async def stop(self) -> None:
        """End what works."""

    async def prove(self, proofs: list[Proof]) -> list[Proven | Unproven]:
        """Judge proofs; raises StorageUnavailableError."""

    async def store(self, reports: list[Report]) -> list[Acknowledged]:
        """Store a batch in one transaction; raises StorageUnavailableError."""

    async def find(self, report: Report) -> Acknowledged | None:
        """Look a report up; raises StorageUnavailableError."""

    async def delete(self, deletion: Deletion) -> Deleted:
        """Delete an installation; raises StorageUnavailableError."""


class Repository:
    """One database, and what writes to it."""

    def __init__(self, database: Database, writer: AnyWriter) -> None:
        """Take an opened database and its writer."""
        self._database = database
        self._writer = writer
        self._proofs = Batches(writer.prove)
        self._reports = Batches(writer.store)

    @classmethod
    def open(cls, url: str, timeout: float, writer: Callable[[Database], AnyWriter] | None = None) -> Self:
        """Return a repository on a database with the schema of this version; raises DatabaseError."""
        database = opened(url, timeout)
        return cls(database, writer(database) if writer else WriterHere(Writer(database)))

    async def start(self) -> None:
        """Start what writes; raises DatabaseError."""
        await self._writer.start()

    async def stop(self) -> None:
        """Store what waits, end what writes, close the database."""
        await self._proofs.stop(STOP_SECONDS)
        await self._reports.stop(STOP_SECONDS)
        await self._writer.stop()
        self.close()

    def close(self) -> None:
        """Close the database of one that was never started."""
        self._database.close()

    @property
    def is_writing(self) -> bool:
        """Tell whether reports can be stored, as far as that does not depend on the database."""
        return self._writer.is_working

    @property
    def work(self) -> Work:
        """Return what was written and folded, as far as it is known."""
        return self._writer.work

    def check(self) -> None:
        """Read from the table; raises SQLAlchemyError. Blocks: never call it on the event loop."""
        with self.reading() as connection:
            connection.execute(select(SUBMISSIONS.c.id).limit(1)).first()

    def reading(self) -> AbstractContextManager[Connection]:
        """Give a connection that sees one state of the whole. Blocks; raises SQLAlchemyError."""
        return self._database.reading()

    def writing(self) -> AbstractContextManager[Connection]:
        """Give a transaction that is durable once it ends. Blocks; raises SQLAlchemyError."""
        return self._database.writing()

    async def prove(self, proof: Proof) -> Proven | Unproven:
        """Judge a proof off the event loop; raises StorageUnavailableError."""
        return await self._proofs.outcome_of(proof)

    async def submit(self, report: Report) -> Acknowledged:
        """Return what is stored for a report once it is durable; raises StorageUnavailableError."""
        return await self._reports.outcome_of(report)

    async def find(self, report: Report) -> Acknowledged | None:
        """Return what is stored for a report, None when it would be new; raises StorageUnavailableError."""
        return await self._writer.find(report)

    async def delete(self, deletion: Deletion) -> Deleted:
        """Delete all that is stored of an installation; raises StorageUnavailableError."""
        return await self._writer.delete(deletion)

    def verify(self) -> Verification:
        """Recount the rollups while reports come in. Blocks; raises SQLAlchemyError."""
        with self.reading() as connection:
            if connection.dialect.name == "mssql":  # where a reading sees what is written meanwhile
                hold_rollups(connection)
            take_time(connection)
            return verify(connection)

    def rebuild(self) -> Rebuilt:
        """Rebuild the rollups from the reports while more come in. Blocks; raises SQLAlchemyError."""
        return Rebuild(self._database).run()

    def versions(self) -> dict[str, date]:
        """Return the released versions with the days on which they were added. Blocks."""
        with self.reading() as connection:
            return versions(connection)

    def add_versions(self, names: Iterable[str], day: date) -> int:
        """Add released versions and count reports of them by name; return how many were. Blocks."""
        with self._database.writing() as connection:
            add_versions(connection, names, day)
        return Rebuild(self._database).count_anew()

    def backup(self, target: Path) -> int:
        """Write everything to a file, and return the number of rows. Blocks; raises OSError too."""
        with self.reading() as connection:
            take_time(connection)
            return backup(connection, target)

    def fold_lag(self) -> int:
        """Return how many submissions the rollups do not hold yet. Blocks."""
        with self.reading() as connection:
            waiting = select(func.count()).select_from(PENDING).where(PENDING.c.put_aside.is_(None))
            return connection.scalar(waiting) or 0

    def space(self) -> Space:
        """Return how much room the database takes, and how much is left. Blocks; raises OSError too."""
        return space_of(self._database)

    def put_aside(self) -> list[PutAside]:
        """Return the reports that could not be folded. Blocks."""
        columns = [SUBMISSIONS.c[name] for name in ("week", "protocol", "received_day")]
        joined = PENDING.join(SUBMISSIONS, SUBMISSIONS.c.id == PENDING.c.submission_id)
        statement = select(SUBMISSIONS.c.id, *columns, PENDING.c.put_aside).select_from(joined)
        ordered = statement.where(PENDING.c.put_aside.is_not(None)).order_by(SUBMISSIONS.c.id)
        with self.reading() as connection:
            rows = connection.execute(ordered).all()
        return [
            PutAside(
                submission_id=row.id,
                week=row.week,
                protocol=row.protocol,
                received_day=row.received_day,
                error=row.put_aside,
            )
            for row in rows
        ]

    def take_back(self) -> int:
        """Let what was put aside be folded again; return how many. Blocks."""
        with self._database.writing() as connection:
            return take_back(connection)

    def put_aside_count(self) -> int:
        """Return how many reports could not be folded. Blocks."""
        aside = select(func.count()).select_from(PENDING).where(PENDING.c.put_aside.is_not(None))
        with self.reading() as connection:
            return connection.scalar(aside) or 0

    def waiting_since(self) -> datetime | None:
        """Return since when the oldest report waits that the rollups do not hold. Blocks."""
        with self.reading() as connection:
            return waiting_since(connection)

    def homes(self, today: date) -> int:
        """Return how many homes there are reports of, about the last week that is complete. Blocks."""
        return self._weeks(today, 2, 2)[0].get("active:", 0)

    def unknown_share(self, today: date) -> float:
        """Return the share of homes of the last weeks whose version is not known. Blocks."""
        weeks = self._weeks(today, 0, 2)
        homes = sum(week.get("active:", 0) for week in weeks)
        return sum(week.get(f"app_version:{OTHER}", 0) for week in weeks) / homes if homes else 0.0

    def most_sums(self, today: date) -> int:
        """Return how many sums of all homes one of the last weeks has at most. Blocks."""
        return max(map(len, self._weeks(today, 0, 2)))

    def _weeks(self, today: date, first: int, last: int) -> list[dict[str, int]]:
        """Return the sums of all homes, of some weeks ago up to others."""
        keys = [RollupKey("all", week_of_day(today) - ago, "") for ago in range(first, last + 1)]
        with self.reading() as connection:
            found = read_totals(connection, keys)
        return [found.get(key, {}) for key in keys]

    def mirror_lag(self) -> int:
        """Return how many changes the mirror does not hold yet. Blocks."""
        with self.reading() as connection:
            return changes.lag(connection)

    def forget_mirror(self) -> None:
        """Note no changes for a mirror; a service that has one begins it anew. Blocks."""
        with self._database.writing() as connection:
            changes.forget(connection)

    def api_keys(self) -> list[ApiKeyRow]:
        """Return all API keys, the revoked ones too. Blocks."""
        with self.reading() as connection:
            return keys.api_keys(connection)

    def add_api_key(self, row: ApiKeyRow) -> None:
        """Add a key; raises IntegrityError when its name is taken. Blocks."""
        with self._database.writing() as connection:
            keys.add_api_key(connection, row)

    def revoke_api_key(self, name: str, day: date) -> bool:
        """Revoke a key; tell whether there was one to revoke. Blocks."""
        with self._database.writing() as connection:
            return keys.revoke_api_key(connection, name, day)

    def rotate_api_key(self, name: str, sha256: str, day: date) -> bool:
        """Give a key that is in use another secret; tell whether there was one. Blocks."""
        with self._database.writing() as connection:
            return keys.rotate_api_key(connection, name, sha256, day)

    def receipt_keys(self) -> list[ReceiptKeyRow]:
        """Return all keys that sign or have signed receipts. Blocks."""
        with self.reading() as connection:
            return keys.receipt_keys(connection)

    def add_receipt_key(self, row: ReceiptKeyRow) -> None:
        """Add a key that signs receipts. Blocks."""
        with self._database.writing() as connection:
            keys.add_receipt_key(connection, row)

    def retire_receipt_key(self, kid: str, day: date) -> None:
        """Note that a key signs no new receipts. Blocks."""
        with self._database.writing() as connection:
            keys.retire_receipt_key(connection, kid, day)

    def ensure_receipt_key(self, row: ReceiptKeyRow) -> list[ReceiptKeyRow]:
        """Add a key where none is in use, and return all. Blocks."""
        with self._database.writing() as connection:
            return keys.ensure_receipt_key(connection, row)
