"""Rebuilding the sums from the reports: in pieces, while the service runs, and as often as one likes.

Sums only ever change by what reports add to them or take away. So what a recount differs by at one moment is
what the sums are wrong by at any later one: it is worked out without a lock, and added in one short
transaction. Whatever ends a rebuild leaves each piece done or not done.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import batched, groupby
import time

from sqlalchemy import ColumnElement, Connection, Select, func, insert, select, update

from aggregation.rollups.contributions import contribute_week
from aggregation.rollups.facts import COUNTED_AS, FACTS, TIMELINE, Entry
from aggregation.rollups.fold import current_facts, fold_anew, read_versions
from aggregation.rollups.lifetime import rebuild_ever
from aggregation.rollups.receipts import COLUMNS, contribute_receipt
from aggregation.rollups.scopes import Scope
from aggregation.rollups.stored import apply
from aggregation.rollups.totals import RollupKey, Tally, Totals, unpack
from aggregation.rollups.verify import RAW_PURGE, hold_rollups
from aggregation.storage.engine import Database, LockName, lock, take_time
from aggregation.storage.schema import PENDING, PURGES, REBUILDS, ROLLUPS, SUBMISSIONS

ROWS = 200
"""Reports that are counted anew in one transaction."""
LONGEST_REST = 1.0

_FOLDED = SUBMISSIONS.outerjoin(PENDING, PENDING.c.submission_id == SUBMISSIONS.c.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """How many reports are counted otherwise than before, and how many sums were wrong."""

    submissions: int
    sums: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """What the sums of a week are wrong by, and how often they had been rebuilt when that was found."""

    week: int
    number: int
    changes: Totals


class Rebuild:
    """A rebuild of the sums of one database. Everything blocks, and raises SQLAlchemyError."""

    def __init__(self, database: Database) -> None:
        """Take an opened database."""
        self._database = database

    def run(self) -> Rebuilt:
        """Bring all that is folded to what the reports add up to."""
        submissions = self.count_anew()
        with self._snapshot() as connection:
            weeks = connection.scalars(select(ROLLUPS.c.week).distinct().union(_weeks())).all()
        sums = sum(self._week(week) for week in sorted(weeks)) + self._receipts()
        with self._piece() as connection:
            rebuild_ever(connection)
        return Rebuilt(submissions=submissions, sums=sums)

    def count_anew(self) -> int:
        """Count reports anew that should be counted otherwise, for example as a version that is known now."""
        with self._snapshot() as connection:
            stale = list(_stale(connection))
        for some in batched(stale, ROWS, strict=False):
            with self._piece() as connection:
                fold_anew(connection, some)
        return len(stale)

    def _week(self, week: int) -> int:
        """Rebuild the sums about a week; return how many were wrong."""
        while True:
            with self._snapshot() as connection:
                piece = _week_piece(connection, week)
            if self._correct(piece):
                return _size(piece.changes)

    def _receipts(self) -> int:
        """Rebuild the sums about the days on which reports came; return how many were wrong."""
        while True:
            with self._snapshot() as connection:
                pieces = _receipt_pieces(connection)
            done = [self._correct(piece) for piece in pieces]
            if all(done):
                return sum(_size(piece.changes) for piece in pieces)

    def _correct(self, piece: _Piece) -> bool:
        """Add what is missing; return whether nobody else did meanwhile."""
        if not piece.changes:
            return True
        with self._piece() as connection:
            lock(connection, LockName.ROLLUPS)
            if _number(connection, piece.week) != piece.number:
                return False
            _count_up(connection, piece)
            apply(connection, piece.changes)
        return True

    @contextmanager
    def _piece(self) -> Generator[Connection]:
        """Give a transaction, and leave as much time to others after it."""
        began = time.monotonic()
        with self._database.writing() as connection:
            yield connection
        time.sleep(min(LONGEST_REST, time.monotonic() - began))

    @contextmanager
    def _snapshot(self) -> Generator[Connection]:
        """Give a connection that sees one state of the whole."""
        with self._database.reading() as connection:
            if connection.dialect.name == "mssql":  # where a reading sees what is written meanwhile
                hold_rollups(connection)
            take_time(connection)
            yield connection


def _weeks() -> Select[tuple[int]]:
    """Return a SELECT for the weeks that there are reports about."""
    return select(SUBMISSIONS.c.week).distinct()


def _stale(connection: Connection) -> Iterator[int]:
    """Yield the folded rows that the fold would write otherwise by now."""
    known = read_versions(connection)
    columns = [SUBMISSIONS.c[name] for name in TIMELINE]
    for rows in _folded(connection, select(*columns)):
        facts = current_facts(rows, known)
        for row in rows:
            if any(facts[row["id"]][name] != row[name] for name in (*FACTS, *COUNTED_AS)):
                yield row["id"]


def _folded(connection: Connection, statement: Select[tuple[object, ...]]) -> Iterator[list[Entry]]:
    """Yield the folded rows of one installation after the other."""
    folded = statement.select_from(_FOLDED).where(PENDING.c.submission_id.is_(None))
    ordered = folded.order_by(SUBMISSIONS.c.installation_id, SUBMISSIONS.c.period_start)
    rows = connection.execution_options(yield_per=1000).execute(ordered).mappings()
    for _, members in groupby(rows, key=lambda row: row["installation_id"]):
        yield [dict(member) for member in members]


def _week_piece(connection: Connection, week: int) -> _Piece:
    """Return what the sums about a week are wrong by; nothing where its reports are purged."""
    tally = Tally()
    changes = Totals()
    number = _number(connection, week)
    if week >= _horizon(connection):
        for rows in _folded(connection, select(SUBMISSIONS).where(SUBMISSIONS.c.week == week)):
            contribute_week(tally, rows)
        changes = tally.totals()
        changes.subtract(_stored(connection, ROLLUPS.c.week == week, ROLLUPS.c.scope != Scope.RECEIVED))
    return _Piece(week=week, number=number, changes=_without_nothing(changes))


def _receipt_pieces(connection: Connection) -> list[_Piece]:
    """Return what the sums about days are wrong by, for each week."""
    horizon = _horizon(connection)
    tally = Tally()
    columns = [SUBMISSIONS.c[name] for name in COLUMNS]
    statement = select(*columns).select_from(_FOLDED).where(PENDING.c.submission_id.is_(None))
    for row in connection.execution_options(yield_per=1000).execute(statement).mappings():
        contribute_receipt(tally, dict(row))
    changes = tally.totals()
    changes.subtract(_stored(connection, ROLLUPS.c.scope == Scope.RECEIVED))
    wrong = {key: sums for key, sums in _without_nothing(changes).items() if key.week >= horizon}
    pieces: dict[int, Totals] = {}
    for key, sums in wrong.items():
        pieces.setdefault(key.week, Totals())[key] = sums
    return [
        _Piece(week=week, number=_number(connection, week), changes=part) for week, part in pieces.items()
    ]


def _stored(connection: Connection, *where: ColumnElement[bool]) -> Totals:
    """Return some of the rollups."""
    totals = Totals()
    columns = [ROLLUPS.c[name] for name in RollupKey._fields]
    for *fields, text in connection.execute(select(*columns, ROLLUPS.c.totals).where(*where)):
        totals[RollupKey(*fields)].update(unpack(text))
    return totals


def _without_nothing(changes: Totals) -> Totals:
    """Return only what changes."""
    found = Totals()
    for key, sums in changes.items():
        if wrong := {name: amount for name, amount in sums.items() if amount}:
            found[key].update(wrong)
    return found


def _size(changes: Totals) -> int:
    """Return how many sums change."""
    return sum(len(sums) for sums in changes.values())


def _horizon(connection: Connection) -> int:
    """Return the first week whose reports are all there."""
    return connection.scalar(select(func.max(PURGES.c.before_week)).where(PURGES.c.kind == RAW_PURGE)) or 0


def _number(connection: Connection, week: int) -> int:
    """Return how often a week was rebuilt."""
    return connection.scalar(select(REBUILDS.c.number).where(REBUILDS.c.week == week)) or 0


def _count_up(connection: Connection, piece: _Piece) -> None:
    """Note that a week is rebuilt."""
    values = {"week": piece.week, "number": piece.number + 1}
    if piece.number:
        connection.execute(update(REBUILDS).where(REBUILDS.c.week == piece.week).values(values))
    else:
        connection.execute(insert(REBUILDS), values)
