"""All that the service keeps, as its other parts use it."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Protocol, Self

from sqlalchemy import Connection, func, select

from aggregation.mirror import changes
from aggregation.rollups.rebuild import Rebuild, Rebuilt
from aggregation.rollups.verify import Verification, hold_rollups, verify
from aggregation.storage import keys
from aggregation.storage.backup import backup
from aggregation.storage.engine import Database
from aggregation.storage.keeper import Keeper, KeptHere
from aggregation.storage.migrate import opened
from aggregation.storage.records import Acknowledged, ApiKeyRow, Deleted, Deletion, ReceiptKeyRow, Report
from aggregation.storage.schema import PENDING, SUBMISSIONS
from aggregation.storage.versions import add_versions, versions
from aggregation.storage.writer import Writer


class Keeping(Protocol):
    """What writes reports and deletions, here or in a process of its own."""

    @property
    def is_working(self) -> bool:
        """Tell whether it can be called."""

    async def start(self) -> None:
        """Begin to work; raises DatabaseError."""

    async def stop(self) -> None:
        """End what works."""

    async def store(self, reports: list[Report]) -> list[Acknowledged]:
        """Store a batch in one transaction; raises StorageUnavailableError."""

    async def find(self, report: Report) -> Acknowledged | None:
        """Look a report up; raises StorageUnavailableError."""

    async def delete(self, deletion: Deletion) -> Deleted:
        """Delete an installation; raises StorageUnavailableError."""


class Repository:
    """One database, and what writes to it."""

    def __init__(self, database: Database, keeper: Keeping) -> None:
        """Take an opened database and its keeper."""
        self._database = database
        self._keeper = keeper
        self._writer = Writer(keeper.store)

    @classmethod
    def open(cls, url: str, timeout: float, keeper: Callable[[Database], Keeping] | None = None) -> Self:
        """Return a repository on a database with the schema of this version; raises DatabaseError."""
        database = opened(url, timeout)
        return cls(database, keeper(database) if keeper else KeptHere(Keeper(database)))

    async def start(self) -> None:
        """Start what writes; raises DatabaseError."""
        await self._keeper.start()

    async def stop(self) -> None:
        """Store what waits, end what writes, close the database."""
        await self._writer.stop()
        await self._keeper.stop()
        self.close()

    def close(self) -> None:
        """Close the database of one that was never started."""
        self._database.close()

    @property
    def is_writing(self) -> bool:
        """Tell whether reports can be stored, as far as that does not depend on the database."""
        return self._keeper.is_working

    def check(self) -> None:
        """Read from the table; raises SQLAlchemyError. Blocks: never call it on the event loop."""
        with self.reading() as connection:
            connection.execute(select(SUBMISSIONS.c.id).limit(1)).first()

    def reading(self) -> AbstractContextManager[Connection]:
        """Give a connection that sees one state of the whole. Blocks; raises SQLAlchemyError."""
        return self._database.reading()

    async def submit(self, report: Report) -> Acknowledged:
        """Return what is stored for a report once it is durable; raises StorageUnavailableError."""
        return await self._writer.write(report)

    async def find(self, report: Report) -> Acknowledged | None:
        """Return what is stored for a report, None when it would be new; raises StorageUnavailableError."""
        return await self._keeper.find(report)

    async def delete(self, deletion: Deletion) -> Deleted:
        """Delete all that is stored of an installation; raises StorageUnavailableError."""
        return await self._keeper.delete(deletion)

    def verify(self) -> Verification:
        """Recount the rollups while reports come in. Blocks; raises SQLAlchemyError."""
        with self.reading() as connection:
            if connection.dialect.name == "mssql":  # where a reading sees what is written meanwhile
                hold_rollups(connection)
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
            return backup(connection, target)

    def fold_lag(self) -> int:
        """Return how many submissions the rollups do not hold yet. Blocks."""
        with self.reading() as connection:
            return connection.scalar(select(func.count()).select_from(PENDING)) or 0

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
