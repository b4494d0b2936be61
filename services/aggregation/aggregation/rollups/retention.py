"""Retention: ids are dropped after a time, whole rows later; the rollups stay.

In pieces, each a transaction of its own: who writes waits for one piece, and a purge that ends early goes on
the next time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import batched
import secrets

from sqlalchemy import Connection, Integer, bindparam, delete, func, insert, select, update

from aggregation.rollups.support import note_support, supported_day, vouch
from aggregation.rollups.verify import RAW_PURGE, hold_rollups
from aggregation.storage.changes import note
from aggregation.storage.engine import Database
from aggregation.storage.records import Retention
from aggregation.storage.schema import DROPPED, PENDING, PURGES, SUBMISSIONS
from aggregation.storage.submissions import PARAMETERS, SOME, select_in
from aggregation.weeks import monday, week_of_day

ID_PURGE = "ids"
PIECE = 500
"""How many installations go in one transaction when nobody says."""

type Groups = Sequence[str]
"""Installations, all of whose rows about one week are meant."""

_WEEK = bindparam("b_week", type_=Integer())
_HERE = (SUBMISSIONS.c.week == _WEEK, SUBMISSIONS.c.installation_id.in_(SOME))
_WAITING = (
    select(SUBMISSIONS.c.installation_id)
    .join(PENDING, PENDING.c.submission_id == SUBMISSIONS.c.id)
    .where(*_HERE, PENDING.c.put_aside.is_(None))
)
_IDS = select(SUBMISSIONS.c.id).where(*_HERE)
_RENAME = (
    update(SUBMISSIONS)
    .where(SUBMISSIONS.c.week == _WEEK, SUBMISSIONS.c.installation_id == bindparam("b_id"))
    .values(installation_id=bindparam("b_new"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """How many rows a purge removed, and how many lost their id."""

    raw: int = 0
    ids: int = 0
    held_days: int = field(default=0, compare=False)
    """How far the clock was beyond the day that the reports support."""

    def __add__(self, other: Purged) -> Purged:
        """Return both together."""
        held_days = max(self.held_days, other.held_days)
        return Purged(raw=self.raw + other.raw, ids=self.ids + other.ids, held_days=held_days)


def purge(database: Database, retention: Retention, today: date, *, trusted: bool = False) -> Purged:
    """Do all of a purge; return what it did."""
    return sum(purging(database, retention, today, lambda: PIECE, trusted=trusted), Purged())


def purging(
    database: Database,
    retention: Retention,
    today: date,
    size: Callable[[], int],
    *,
    trusted: bool = False,
) -> Iterator[Purged]:
    """Remove what is too old, whole weeks at a time, and note it; yield what each transaction did.

    A piece has `size()` installations at most. What is not folded yet stays. A person can say that the clock
    is right where no reports support it.
    """
    with database.writing() as connection:
        if trusted:
            vouch(connection, today)
        day = today if trusted else supported_day(connection, today)
        note_support(connection, today, day)
    yield Purged(held_days=(today - day).days)
    before = week_of_day(day - timedelta(days=retention.id_days))
    for week, groups in _pieces(database, before, size, with_id=True):
        with database.writing() as connection:
            count = _drop_ids(connection, week, groups)
            _note(connection, today, ID_PURGE, before, count)
        yield Purged(ids=count)
    before = week_of_day(day - timedelta(days=retention.raw_days))
    for week, groups in _pieces(database, before, size, with_id=False):
        with database.writing() as connection:
            count = _drop_rows(connection, week, groups)
            _note(connection, today, RAW_PURGE, before, count)
        yield Purged(raw=count)


def _pieces(
    database: Database, before: int, size: Callable[[], int], *, with_id: bool
) -> Iterator[tuple[int, Groups]]:
    """Yield weeks before one, the oldest first, with some of their installations: those that have an id.

    Or all whose reports were also received before that week: from it on rollups can be recounted.
    """
    with database.reading() as connection:
        first: int | None = connection.scalar(select(func.min(SUBMISSIONS.c.week)))
    name = SUBMISSIONS.c.installation_id
    rule = name.not_like(f"{DROPPED}%") if with_id else name.is_not(None)
    statement = select(name).where(SUBMISSIONS.c.week == _WEEK, name > bindparam("last"), rule)
    if not with_id:
        statement = statement.having(func.max(SUBMISSIONS.c.received_day) < monday(before))
    statement = statement.group_by(name).order_by(name)
    for week in range(before if first is None else first, before):
        last: str | None = ""
        while last is not None:
            limit = size()
            with database.reading() as connection:
                groups = list(connection.scalars(statement.limit(limit), {"b_week": week, "last": last}))
            if groups:
                yield week, groups
            last = groups[-1] if len(groups) == limit else None


def _drop_ids(connection: Connection, week: int, groups: Groups) -> int:
    """Give rows random ids; those of one installation and week share one, so that they count once."""
    here = _settled(connection, week, groups)
    for some in batched(here, PARAMETERS, strict=False):
        note(connection, SUBMISSIONS.c.week == week, SUBMISSIONS.c.installation_id.in_(some))
    changes = [{"b_week": week, "b_id": name, "b_new": f"{DROPPED}{secrets.token_hex(12)}"} for name in here]
    return connection.execute(_RENAME, changes).rowcount if changes else 0


def _drop_rows(connection: Connection, week: int, groups: Groups) -> int:
    """Remove rows, and what was put aside of them."""
    numbers = [
        number for (number,) in select_in(connection, _IDS, _settled(connection, week, groups), b_week=week)
    ]
    for some in batched(numbers, PARAMETERS, strict=False):
        note(connection, SUBMISSIONS.c.id.in_(some))
        connection.execute(delete(PENDING).where(PENDING.c.submission_id.in_(some)))
        connection.execute(delete(SUBMISSIONS).where(SUBMISSIONS.c.id.in_(some)))
    return len(numbers)


def _settled(connection: Connection, week: int, groups: Groups) -> list[str]:
    """Hold the rollups, and return the installations of which nothing waits to be folded."""
    hold_rollups(connection)
    waiting = {name for (name,) in select_in(connection, _WAITING, groups, b_week=week)}
    return [name for name in groups if name not in waiting]


def _note(connection: Connection, today: date, kind: str, before: int, count: int) -> None:
    """Write the audit row of a purge, or add to it."""
    if not count:
        return
    here = (PURGES.c.day == today, PURGES.c.kind == kind, PURGES.c.before_week == before)
    added = update(PURGES).where(*here).values(row_count=PURGES.c.row_count + count)
    if not connection.execute(added).rowcount:
        row = {"day": today, "kind": kind, "before_week": before, "row_count": count}
        connection.execute(insert(PURGES), row)
