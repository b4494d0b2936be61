"""What writes: reports in batches, deletions, and meanwhile the rollups, the retention and the mirror."""

import asyncio
from collections.abc import Callable, Iterator, Sequence, Set as AbstractSet
from datetime import date
import logging
from pathlib import Path
import time

from sqlalchemy import delete, insert
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from aggregation.keeping.fold_thread import Coming, FoldThread
from aggregation.keeping.folding import Folding
from aggregation.keeping.tombstones import TombstoneJournal
from aggregation.keys import Signers
from aggregation.mirror.worker import Mirror, Target
from aggregation.protocol.proof import Proof, Proven, Unproven
from aggregation.protocol.receipts import Signer
from aggregation.rollups.deletion import delete_installation
from aggregation.rollups.retention import PIECE, Purged, purging
from aggregation.rollups.support import AHEAD
from aggregation.storage import keys, submissions
from aggregation.storage.engine import Database, reason
from aggregation.storage.records import (
    Acknowledged,
    Deleted,
    Deletion,
    ReceiptKeyRow,
    Report,
    Retention,
    StorageUnavailableError,
    Stored,
    Work,
)
from aggregation.storage.schema import PENDING

LOGGER = logging.getLogger(__name__)

UNREADABLE = "The database cannot be read"
UNWRITABLE = "The database cannot be written"
NOT_NOTED = "The journal of deletions cannot be written"
HELD = (
    "Nothing is removed for a day that no report supports: the clock says %s, %d days more. "
    "If it is right: purge --clock-is-right"
)
ATTEMPTS = 5
NOBODY = -1
RETRIED = {"23505", "40001", "40P01", "23000", "IntegrityError"}
"""Another process stored the same first, or waited for us as we did for it: again, it is seen."""


class Writer:
    """All that writes to one database while the service runs."""

    def __init__(
        self,
        database: Database,
        journal: Path | None = None,
        retention: Retention | None = None,
        mirror: Target | None = None,
    ) -> None:
        """Take an opened database, where deletions are noted beside it, how long things are kept, a copy."""
        self._database = database
        self._journal = TombstoneJournal(journal) if journal else None
        self._retention = retention or Retention()
        self.work = Work()
        self._coming = Coming()
        self._folding = Folding(database, self.work)
        self._folder = FoldThread(self.fold, self.purging, self._coming.load, self._folding.failed)
        self._mirror = Mirror(database, mirror) if mirror else None
        self._keys: Signers | None = None
        self._failing: set[str] = set()
        self._has_traces = True  # of a process that was killed

    def start(self) -> None:
        """Start the threads."""
        self._folder.start()
        if self._mirror:
            self._mirror.start()

    def stop(self) -> None:
        """End the threads. Blocks."""
        self._folder.stop()
        if self._mirror:
            self._mirror.stop()

    def store(self, reports: Sequence[Report]) -> list[Acknowledged]:
        """Store a batch in one transaction; raises StorageUnavailableError. Blocks."""
        began = time.monotonic()
        stored = self._stored(reports)
        self._works(UNWRITABLE)
        self._coming.add(len(reports))
        self.work.batches += 1
        self.work.batched += len(reports)
        self.work.batch_seconds += time.monotonic() - began
        signer = self._signer({each.receipt_kid for each in stored})
        return [_acknowledged(each, signer) for each in stored]

    def find(self, report: Report) -> Acknowledged | None:
        """Look a report up; None when it would be new; raises StorageUnavailableError. Blocks."""
        try:
            with self._database.reading() as connection:
                found = submissions.find(connection, report)
        except SQLAlchemyError as error:
            raise self._unavailable(UNREADABLE, error) from None
        self._works(UNREADABLE)
        return _acknowledged(found, self._signer({found.receipt_kid})) if found else None

    def delete(self, deletion: Deletion) -> Deleted:
        """Delete in one transaction that the journal is ahead of; raises StorageUnavailableError. Blocks."""
        try:
            with self._database.writing() as connection:
                deleted = delete_installation(connection, deletion)
                if self._journal and (deleted.count or deletion.signed):
                    self._journal.add(submissions.installation_sha256(deletion.installation_id), deleted.day)
        except SQLAlchemyError as error:
            raise self._unavailable(UNWRITABLE, error) from None
        except OSError as error:
            raise self._unavailable(NOT_NOTED, error) from None
        self._works(UNWRITABLE, NOT_NOTED)
        self._has_traces = self._has_traces or deleted.count > 0
        return deleted

    def fold(self, limit: int) -> int:
        """Fold at most so many submissions into the rollups, or put aside; return how many. Blocks."""
        if UNWRITABLE in self._failing and not self._can_write():
            return 0
        if self._has_traces:
            self._has_traces = not self._database.leave_no_traces()
        return self._folding.fold(limit)

    def _can_write(self) -> bool:
        """Tell whether the database takes a change again, though nobody sends one."""
        try:
            with self._database.writing() as connection:
                connection.execute(insert(PENDING), {"submission_id": NOBODY, "since": 0})
                connection.execute(delete(PENDING).where(PENDING.c.submission_id == NOBODY))
        except SQLAlchemyError:
            return False
        self._works(UNWRITABLE)
        return True

    def purge(self, today: date, *, trusted: bool = False) -> Purged:
        """Remove what is too old, as far as reports support the clock. Blocks; raises SQLAlchemyError."""
        return sum(self.purging(today, lambda: PIECE, trusted=trusted), Purged())

    def purging(self, today: date, size: Callable[[], int], *, trusted: bool = False) -> Iterator[Purged]:
        """Do the same in pieces of so many installations; yield what each removed."""
        pieces = purging(self._database, self._retention, today, size, trusted=trusted)
        began = time.monotonic()
        has_traces = False
        for purged in pieces:
            if purged.held_days > AHEAD.days:
                LOGGER.warning(HELD, today, purged.held_days)
            has_traces = has_traces or purged.raw + purged.ids > 0
            self.work.purge_pieces += 1
            self.work.purged_ids += purged.ids
            self.work.purged_raw += purged.raw
            self.work.purge_seconds += time.monotonic() - began
            yield purged
            began = time.monotonic()
        self._has_traces = self._has_traces or has_traces

    def ensure_receipt_key(self, row: ReceiptKeyRow) -> list[ReceiptKeyRow]:
        """Add a key where none is in use, and return all. Blocks; raises SQLAlchemyError."""
        with self._database.writing() as connection:
            return keys.ensure_receipt_key(connection, row)

    def _stored(self, reports: Sequence[Report]) -> list[Stored]:
        """Return what is stored for each report, after a few tries; raises StorageUnavailableError."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._database.writing() as connection:
                    return submissions.store(connection, reports)
            except SQLAlchemyError as error:
                if attempt < ATTEMPTS and _passes(error):
                    continue
                raise self._unavailable(UNWRITABLE, error) from None
        raise AssertionError

    def _signer(self, kids: AbstractSet[str]) -> Signer:
        """Return what signs with some keys; reads them anew when it lacks one of those."""
        if self._keys is None or not kids <= self._keys.current.kids:
            try:
                self._keys = Signers(self)
            except SQLAlchemyError as error:
                raise self._unavailable(UNWRITABLE, error) from None
        return self._keys.current

    def _unavailable(self, what: str, error: SQLAlchemyError | OSError) -> StorageUnavailableError:
        """Log once why nothing is done, and return what is raised for it."""
        if what not in self._failing:
            LOGGER.error(
                "%s: %s", what, reason(error) if isinstance(error, SQLAlchemyError) else error.strerror
            )
        self._failing.add(what)
        self.work.is_writable = UNWRITABLE not in self._failing
        return StorageUnavailableError()

    def _works(self, *failures: str) -> None:
        """Log once that what failed is over."""
        for what in self._failing.intersection(failures):
            LOGGER.warning("No longer so: %s", what)
            self._failing.remove(what)
        self.work.is_writable = UNWRITABLE not in self._failing


class WriterHere:
    """A writer whose work is done by threads of this process."""

    is_working: bool = True

    def __init__(self, writer: Writer) -> None:
        """Take the writer."""
        self._writer = writer

    @property
    def work(self) -> Work:
        """Return what was done."""
        return self._writer.work

    async def start(self) -> None:
        """Start the threads."""
        self._writer.start()

    async def stop(self) -> None:
        """End the threads."""
        await asyncio.to_thread(self._writer.stop)

    async def prove(self, proofs: list[Proof]) -> list[Proven | Unproven]:
        """Judge proofs."""
        return await asyncio.to_thread(lambda: [proof.judged() for proof in proofs])

    async def store(self, reports: list[Report]) -> list[Acknowledged]:
        """Store a batch in one transaction; raises StorageUnavailableError."""
        return await asyncio.to_thread(self._writer.store, reports)

    async def find(self, report: Report) -> Acknowledged | None:
        """Look a report up; raises StorageUnavailableError."""
        return await asyncio.to_thread(self._writer.find, report)

    async def delete(self, deletion: Deletion) -> Deleted:
        """Delete an installation; raises StorageUnavailableError."""
        return await asyncio.to_thread(self._writer.delete, deletion)


def _acknowledged(stored: Stored, signer: Signer) -> Acknowledged:
    """Return an outcome with its receipt: the same for the same report sent again."""
    receipt = signer.submission(stored.body_sha256, stored.received_day, stored.protocol, stored.receipt_kid)
    return Acknowledged(stored.outcome, stored.submission_id, receipt)


def _passes(error: SQLAlchemyError) -> bool:
    """Tell whether a transaction may succeed when it is tried again at once."""
    return isinstance(error, DBAPIError) and bool(
        RETRIED & {reason(error), type(error).__name__} or error.connection_invalidated
    )
