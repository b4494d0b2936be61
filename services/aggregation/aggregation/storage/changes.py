"""The outbox of the mirror: which reports it does not hold as they are.

Nothing is noted until a mirror is begun, whichever process or command changes reports.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select

from aggregation.storage.engine import LockName, lock
from aggregation.storage.schema import CHANGES, MIRRORS, SUBMISSIONS
from aggregation.storage.submissions import SOME, select_in

NAME = "clickhouse"

_WHOLE = select(SUBMISSIONS).where(SUBMISSIONS.c.id.in_(SOME))


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some changes, the oldest first."""

    numbers: tuple[int, ...]
    """The changes themselves."""
    versions: dict[int, int]
    """The reports that changed, each with a number that grows from one change of it to the next."""
    rows: list[dict[str, Any]]
    """Those reports that are still there, as they are now."""


def note(connection: Connection, *where: ColumnElement[bool]) -> None:
    """Note that some rows of SUBMISSIONS change, or go; the caller holds the lock of the rollups."""
    if is_kept(connection):
        _note(connection, select(SUBMISSIONS.c.id).where(*where))


def begin(connection: Connection, today: date) -> None:
    """Note all reports, and from now on every change."""
    lock(connection, LockName.ROLLUPS)
    forget(connection)
    connection.execute(insert(MIRRORS), {"name": NAME, "since_day": today})
    _note(connection, select(SUBMISSIONS.c.id).order_by(SUBMISSIONS.c.id))


def forget(connection: Connection) -> None:
    """Note nothing any more; what waits is dropped."""
    connection.execute(delete(MIRRORS).where(MIRRORS.c.name == NAME))
    connection.execute(delete(CHANGES))


def is_kept(connection: Connection) -> bool:
    """Tell whether changes are noted."""
    return bool(connection.scalar(select(func.count()).select_from(MIRRORS).where(MIRRORS.c.name == NAME)))


def lag(connection: Connection) -> int:
    """Return how many changes wait."""
    return connection.scalar(select(func.count()).select_from(CHANGES)) or 0


def waiting(connection: Connection, limit: int) -> Batch:
    """Return at most so many changes, with the rows as they are."""
    statement = select(CHANGES.c.id, CHANGES.c.submission_id).order_by(CHANGES.c.id).limit(limit)
    found = connection.execute(statement).all()
    versions = {row.submission_id: row.id for row in found}
    rows = [dict(row._mapping) for row in select_in(connection, _WHOLE, versions)]  # noqa: SLF001
    return Batch(numbers=tuple(row.id for row in found), versions=versions, rows=rows)


def done(connection: Connection, batch: Batch) -> None:
    """Forget changes that the mirror holds now; later ones of the same reports stay.

    Those who note hold the lock of the rollups, so no change between the first and the last comes late.
    """
    here = CHANGES.c.id.between(batch.numbers[0], batch.numbers[-1])
    connection.execute(delete(CHANGES).where(here))


def _note(connection: Connection, numbers: Select[tuple[int]]) -> None:
    """Add what a SELECT finds to the outbox."""
    connection.execute(insert(CHANGES).from_select(["submission_id"], numbers))
