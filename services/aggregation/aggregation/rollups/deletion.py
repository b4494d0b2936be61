"""Deletion: rows, what the rollups hold of them, and a tombstone, in one transaction."""

from datetime import date

from sqlalchemy import Connection, delete, insert, select

from aggregation.mirror.changes import note
from aggregation.rollups.contributions import Totals
from aggregation.rollups.fold import apply, totals_of
from aggregation.storage.engine import LockName, lock
from aggregation.storage.records import Deleted, Deletion
from aggregation.storage.schema import PENDING, SUBMISSIONS, TOMBSTONES
from aggregation.storage.submissions import installation_sha256

_ROWS = select(SUBMISSIONS, PENDING.c.submission_id.label("pending")).select_from(
    SUBMISSIONS.outerjoin(PENDING, PENDING.c.submission_id == SUBMISSIONS.c.id)
)


def delete_installation(connection: Connection, deletion: Deletion) -> Deleted:
    """Delete all that is stored of an installation; what comes later is refused as gone."""
    lock(connection, LockName.REPORTS)
    lock(connection, LockName.ROLLUPS)
    here = SUBMISSIONS.c.installation_id == deletion.installation_id
    rows = [dict(row) for row in connection.execute(_ROWS.where(here)).mappings()]
    changes = Totals()
    changes.subtract(totals_of(row for row in rows if row["pending"] is None))
    apply(connection, changes)
    note(connection, here)
    ids = select(SUBMISSIONS.c.id).where(here)
    connection.execute(delete(PENDING).where(PENDING.c.submission_id.in_(ids)))
    connection.execute(delete(SUBMISSIONS).where(here))
    if rows or deletion.signed:
        bury(connection, installation_sha256(deletion.installation_id), deletion.day)
    return Deleted(count=len(rows))


def bury(connection: Connection, sha256: str, day: date) -> None:
    """Set a tombstone unless there is one."""
    known = select(TOMBSTONES).where(TOMBSTONES.c.installation_sha256 == sha256)
    if connection.execute(known).first() is None:
        connection.execute(insert(TOMBSTONES), {"installation_sha256": sha256, "deleted_day": day})
