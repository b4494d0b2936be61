"""Deletion: rows, what the rollups hold of them, and a tombstone, in one transaction."""

from sqlalchemy import Connection, delete, insert, select

from aggregation.rollups.fold import totals_of
from aggregation.rollups.stored import apply
from aggregation.rollups.totals import Totals
from aggregation.storage.changes import note
from aggregation.storage.engine import LockName, lock
from aggregation.storage.records import Deleted, Deletion
from aggregation.storage.schema import PENDING, SUBMISSIONS, TOMBSTONES
from aggregation.storage.submissions import installation_sha256

_ROWS = select(SUBMISSIONS, PENDING.c.submission_id.label("pending")).select_from(
    SUBMISSIONS.outerjoin(PENDING, PENDING.c.submission_id == SUBMISSIONS.c.id)
)


def delete_installation(connection: Connection, deletion: Deletion) -> Deleted:
    """Delete all that is stored of an installation; what comes later is refused as gone.

    What was deleted before is told again, since the first answer may have been lost.
    """
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
    sha256 = installation_sha256(deletion.installation_id)
    if not rows and (before := _deleted_before(connection, sha256)):
        return before
    deleted = Deleted(count=len(rows), day=deletion.day, receipt_kid=deletion.receipt_kid)
    if rows or deletion.signed:
        _bury(connection, sha256, deleted)
    return deleted


def _deleted_before(connection: Connection, sha256: str) -> Deleted | None:
    """Return what a tombstone tells of its deletion; None without one, or where it is not known."""
    of_it = TOMBSTONES.c.installation_sha256 == sha256
    row = connection.execute(select(TOMBSTONES).where(of_it)).first()
    if row is None or row.deleted_count is None:
        return None
    return Deleted(count=row.deleted_count, day=row.deleted_day, receipt_kid=row.receipt_kid)


def _bury(connection: Connection, sha256: str, deleted: Deleted) -> None:
    """Set a tombstone, in place of one that tells nothing."""
    connection.execute(delete(TOMBSTONES).where(TOMBSTONES.c.installation_sha256 == sha256))
    row = {
        "installation_sha256": sha256,
        "deleted_day": deleted.day,
        "deleted_count": deleted.count,
        "receipt_kid": deleted.receipt_kid,
    }
    connection.execute(insert(TOMBSTONES), row)
