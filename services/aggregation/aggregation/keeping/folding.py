"""Folding what waits, and putting aside what cannot be folded, so that it holds up nothing else."""

import logging
import time

from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from aggregation.rollups.fold import fold, put_aside
from aggregation.storage.engine import Database, reason
from aggregation.storage.records import Work
from aggregation.storage.schema import PENDING

LOGGER = logging.getLogger(__name__)

_NEXT = select(PENDING.c.submission_id).where(PENDING.c.put_aside.is_(None)).limit(1)


class Folding:
    """Brings reports into the rollups, some in one transaction."""

    def __init__(self, database: Database, work: Work) -> None:
        """Take an opened database, and where to count."""
        self._database = database
        self._work = work

    def fold(self, limit: int) -> int:
        """Fold at most so many, or put aside; return how many. Blocks; raises SQLAlchemyError."""
        with self._database.reading() as connection:
            if connection.execute(_NEXT).first() is None:
                return 0
        try:
            return self._fold(limit)
        except Exception as error:
            if not _is_of_a_report(error):
                raise
            self.failed(kind_of(error))
            return self._fold_singly(limit)

    def failed(self, kind: str) -> None:
        """Count an error."""
        self._work.errors += 1
        self._work.last_error = kind

    def _fold(self, limit: int) -> int:
        """Fold in one transaction."""
        began = time.monotonic()
        with self._database.writing() as connection:
            count = fold(connection, limit)
        self._work.folds += 1
        self._work.folded += count
        self._work.fold_seconds += time.monotonic() - began
        return count

    def _fold_singly(self, limit: int) -> int:
        """Fold one by one, up to the first that cannot be; put that aside."""
        for number in range(limit):
            try:
                if not self._fold(1):
                    return number
            except Exception as error:
                if not _is_of_a_report(error):
                    raise
                self._put_aside(kind_of(error))
                return number + 1
        return limit

    def _put_aside(self, kind: str) -> None:
        """Let the oldest wait no more."""
        with self._database.writing() as connection:
            put_aside(connection, kind)
        self._work.put_aside += 1
        LOGGER.error("A report cannot be folded and is put aside: %s", kind)


def kind_of(error: Exception) -> str:
    """Return what kind of error it is, without any value."""
    return reason(error) if isinstance(error, SQLAlchemyError) else type(error).__name__


def _is_of_a_report(error: Exception) -> bool:
    """Tell whether an error comes of what is folded, and not of the database or the machine."""
    if isinstance(error, SQLAlchemyError):
        return isinstance(error, (DataError, IntegrityError))
    return not isinstance(error, (MemoryError, OSError))
