"""Retention: ids are dropped after a time, whole rows later; the rollups stay."""

from dataclasses import dataclass, field
from datetime import date, timedelta
import secrets

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from aggregation.mirror.changes import note
from aggregation.rollups.support import note_support, supported_day
from aggregation.rollups.verify import RAW_PURGE, hold_rollups
from aggregation.rollups.weeks import monday, week_of_day
from aggregation.storage.schema import DROPPED, PENDING, PURGES, SUBMISSIONS

ID_PURGE = "ids"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """For how many days reports are kept, and for how many the ids in them."""

    raw_days: int = 730
    id_days: int = 395


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """How many rows a purge removed, and how many lost their id."""

    raw: int
    ids: int
    held_days: int = field(default=0, compare=False)
    """How far the clock was beyond the day that the reports support."""


def purge(connection: Connection, retention: Retention, today: date, *, trusted: bool = False) -> Purged:
    """Remove what is too old, whole weeks at a time, and note it. What is not folded yet stays.

    A person can say that the clock is right where no reports support it.
    """
    hold_rollups(connection)
    day = today if trusted else supported_day(connection, today)
    note_support(connection, today, day)
    ids = _drop_ids(connection, week_of_day(day - timedelta(days=retention.id_days)), today)
    raw = _drop_rows(connection, week_of_day(day - timedelta(days=retention.raw_days)), today)
    return Purged(raw=raw, ids=ids, held_days=(today - day).days)


def _drop_ids(connection: Connection, before: int, today: date) -> int:
    """Give rows random ids; those of one installation and week share one, so that they count once."""
    old = (SUBMISSIONS.c.week < before, SUBMISSIONS.c.installation_id.not_like(f"{DROPPED}%"))
    columns = (SUBMISSIONS.c.installation_id, SUBMISSIONS.c.week)
    groups = connection.execute(select(*columns).where(*old).distinct()).all()
    waiting = set(
        connection.execute(select(*columns).join(PENDING, PENDING.c.submission_id == SUBMISSIONS.c.id))
    )
    changes = [
        {"b_id": installation, "b_week": week, "b_new": f"{DROPPED}{secrets.token_hex(12)}"}
        for installation, week in groups
        if (installation, week) not in waiting
    ]
    if not changes:
        return 0
    note(connection, *old)
    here = (SUBMISSIONS.c.installation_id == bindparam("b_id"), SUBMISSIONS.c.week == bindparam("b_week"))
    result = connection.execute(
        update(SUBMISSIONS).where(*here).values(installation_id=bindparam("b_new")), changes
    )
    _note(connection, today, ID_PURGE, before, result.rowcount)
    return result.rowcount


def _drop_rows(connection: Connection, before: int, today: date) -> int:
    """Remove rows about weeks, and received in weeks, before one: from it on rollups can be recounted."""
    old = (
        SUBMISSIONS.c.week < before,
        SUBMISSIONS.c.received_day < monday(before),
        SUBMISSIONS.c.id.not_in(select(PENDING.c.submission_id)),
    )
    note(connection, *old)
    removed = connection.execute(delete(SUBMISSIONS).where(*old)).rowcount
    if removed:
        _note(connection, today, RAW_PURGE, before, removed)
    return removed


def _note(connection: Connection, today: date, kind: str, before: int, count: int) -> None:
    """Write the audit row of a purge."""
    connection.execute(
        insert(PURGES), {"day": today, "kind": kind, "before_week": before, "row_count": count}
    )
