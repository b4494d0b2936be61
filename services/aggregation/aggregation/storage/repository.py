"""All that the service keeps, as its other parts use it."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from aggregation.mirror import changes
from aggregation.mirror.worker import Mirror, Target
from aggregation.rollups.deletion import delete_installation
from aggregation.rollups.fold import fold
from aggregation.rollups.retention import Purged, Retention, purge
from aggregation.rollups.verify import Verification, hold_rollups, verify
from aggregation.storage import keys, submissions
from aggregation.storage.backup import backup
from aggregation.storage.engine import Database, DatabaseError, reason
from aggregation.storage.folder import Folder
from aggregation.storage.journal import Journal
from aggregation.storage.migrate import migrate
from aggregation.storage.records import ApiKeyRow, Deleted, Deletion, ReceiptKeyRow, Report, Stored
from aggregation.storage.schema import PENDING, SUBMISSIONS
from aggregation.storage.writer import StorageUnavailableError, Writer


class Repository:
    """One database, with the threads that write to it."""

    def __init__(
        self, database: Database, journal: Journal | None, retention: Retention, mirror: Target | None
    ) -> None:
        """Take an opened database, where deletions are noted beside it, how long things are kept, a copy."""
        self._database = database
        self._journal = journal
        self._retention = retention
        self._writer = Writer(self._store)
        self._folder = Folder(self.fold, self.purge, self._writer.is_busy)
        self._mirror = Mirror(database, mirror) if mirror else None

    @classmethod
    def open(
        cls,
        url: str,
        timeout: float,
        journal: Path | None = None,
        retention: Retention | None = None,
        mirror: Target | None = None,
    ) -> Self:
        """Return a repository on a database with the schema of this version; raises DatabaseError."""
        database = Database(url, timeout)
        try:
            migrate(database)
        except (SQLAlchemyError, DatabaseError) as error:
            database.close()
            why = reason(error) if isinstance(error, SQLAlchemyError) else str(error)
            message = f"AGGREGATION_DATABASE_URL: the database cannot be used ({why})"
            raise DatabaseError(message) from None
        return cls(database, Journal(journal) if journal else None, retention or Retention(), mirror)

    def start(self) -> None:
        """Start the threads."""
        self._writer.start()
        self._folder.start()
        if self._mirror:
            self._mirror.start()

    def stop(self) -> None:
        """Store what waits, end the threads, close the database. Blocks."""
        self._writer.stop()
        self._folder.stop()
        if self._mirror:
            self._mirror.stop()
        self._database.close()

    def check(self) -> None:
        """Read from the table; raises SQLAlchemyError. Blocks: never call it on the event loop."""
        with self.reading() as connection:
            connection.execute(select(SUBMISSIONS.c.id).limit(1)).first()

    def reading(self) -> AbstractContextManager[Connection]:
        """Give a connection that sees one state of the whole. Blocks; raises SQLAlchemyError."""
        return self._database.reading()

    async def submit(self, report: Report) -> Stored:
        """Return what is stored for a report once it is durable; raises StorageUnavailableError."""
        return await self._writer.write(report)

    async def find(self, report: Report) -> Stored | None:
        """Return what is stored for a report, None when it would be new; raises StorageUnavailableError."""
        return await asyncio.to_thread(self._find, report)

    async def delete(self, deletion: Deletion) -> Deleted:
        """Delete all that is stored of an installation; raises StorageUnavailableError."""
        return await asyncio.to_thread(self._delete, deletion)

    def fold(self, limit: int) -> int:
        """Fold at most so many submissions into the rollups; return how many. Blocks."""
        with self.reading() as connection:
            if connection.execute(select(PENDING.c.submission_id).limit(1)).first() is None:
                return 0
        with self._database.writing() as connection:
            return fold(connection, limit)

    def purge(self, today: date) -> Purged:
        """Remove what is too old. Blocks; raises SQLAlchemyError."""
        with self._database.writing() as connection:
            return purge(connection, self._retention, today)

    def verify(self) -> Verification:
        """Recount the rollups; nothing is written meanwhile. Blocks; raises SQLAlchemyError."""
        with self._database.writing() as connection:
            hold_rollups(connection)
            return verify(connection)

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

    def _store(self, reports: Sequence[Report]) -> list[Stored]:
        """Store a batch in one transaction."""
        with self._database.writing() as connection:
            return submissions.store(connection, reports)

    def _find(self, report: Report) -> Stored | None:
        """Look a report up."""
        try:
            with self.reading() as connection:
                return submissions.find(connection, report)
        except SQLAlchemyError:
            raise StorageUnavailableError from None

    def _delete(self, deletion: Deletion) -> Deleted:
        """Delete in one transaction that the journal is ahead of."""
        try:
            with self._database.writing() as connection:
                deleted = delete_installation(connection, deletion)
                if self._journal and (deleted.count or deletion.signed):
                    self._journal.add(submissions.installation_sha256(deletion.installation_id), deletion.day)
                return deleted
        except SQLAlchemyError, OSError:
            raise StorageUnavailableError from None
