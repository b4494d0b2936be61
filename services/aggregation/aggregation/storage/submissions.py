"""Reports into rows: each installation and period at most once."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import batched
from typing import Any, NamedTuple

from sqlalchemy import JSON, BindParameter, Connection, Row, bindparam, func, select
from sqlalchemy.sql.visitors import replacement_traverse

from aggregation.storage.engine import LockName, lock
from aggregation.storage.inserts import Key, asks_first, insert_reports
from aggregation.storage.records import Outcome, Report, Stored
from aggregation.storage.schema import SUBMISSIONS, TOMBSTONES

PARAMETERS = 900
"""How many values one statement may list, whatever the database."""

SOME: BindParameter[Any] = bindparam("some", expanding=True)

_STORED = (
    SUBMISSIONS.c.installation_id,
    SUBMISSIONS.c.period_start,
    SUBMISSIONS.c.id,
    SUBMISSIONS.c.protocol,
    SUBMISSIONS.c.body_sha256,
    SUBMISSIONS.c.content_sha256,
    SUBMISSIONS.c.received_day,
    SUBMISSIONS.c.receipt_kid,
)
_SELECT = select(*_STORED).where(
    SUBMISSIONS.c.installation_id.in_(SOME),
    SUBMISSIONS.c.period_start.in_(bindparam("starts", expanding=True)),
)
_SELECT_TOMBSTONES = select(TOMBSTONES.c.installation_sha256).where(
    TOMBSTONES.c.installation_sha256.in_(SOME)
)


class _Entry(NamedTuple):
    """What is stored for a key: its number, and the row or the report that became one."""

    number: int
    source: Any


def store(connection: Connection, reports: Sequence[Report]) -> list[Stored]:
    """Insert what is not there yet; return what is then stored for each report."""
    lock(connection, LockName.REPORTS, shared=True)
    gone = tombstones(connection, reports)
    found = _find(connection, reports) if asks_first(connection) else {}
    wanted: dict[Key, Report] = {}
    for report in sorted(reports, key=_key):
        if _key(report) not in found and report.installation_id not in gone:
            wanted.setdefault(_key(report), report)
    numbers = insert_reports(connection, wanted.values())
    if others := [report for key, report in wanted.items() if key not in numbers]:
        found = _find(connection, others)
    inserted = {key: _Entry(number, wanted[key]) for key, number in numbers.items()}
    return _outcomes(reports, gone, found | inserted, set(numbers))


def find(connection: Connection, report: Report) -> Stored | None:
    """Return what is stored for a report, or None when it would be new."""
    gone = tombstones(connection, [report])
    found = _find(connection, [report])
    if not gone and not found:
        return None
    return _outcomes([report], gone, found, set())[0]


def installation_sha256(installation_id: str) -> str:
    """Return what a tombstone keeps of an installation."""
    return sha256(installation_id.encode()).hexdigest()


def tombstones(connection: Connection, reports: Sequence[Report]) -> set[str]:
    """Return the installations among the reports that were deleted."""
    ids = {installation_sha256(report.installation_id): report.installation_id for report in reports}
    return {ids[sha] for (sha,) in select_in(connection, _SELECT_TOMBSTONES, ids)}


def select_in(
    connection: Connection, statement: Any, values: Iterable[object], **others: object
) -> Iterable[Row[Any]]:
    """Run a SELECT for the rows that hold one of `SOME`: any number of values."""
    if connection.dialect.name == "sqlite":
        yield from connection.execute(_with_json(statement), {"some": list(values), **others})
        return
    for some in batched(values, PARAMETERS, strict=False):
        yield from connection.execute(statement, {"some": some, **others})


def delete_in(connection: Connection, statement: Any, values: Iterable[object]) -> None:
    """Run a DELETE of the rows that hold one of `SOME`: any number of values."""
    if connection.dialect.name == "sqlite":
        connection.execute(_with_json(statement), {"some": list(values)})
        return
    for some in batched(values, PARAMETERS, strict=False):
        connection.execute(statement, {"some": some})


@lru_cache(maxsize=32)
def _with_json(statement: Any) -> Any:
    """Return a statement that SQLite unpacks lists for: the text is the same however long they are."""

    def listed(element: Any, **_: object) -> Any:
        """Return what stands for a list of values."""
        if not isinstance(element, BindParameter) or not element.expanding:
            return None
        values = func.json_each(bindparam(element.key, type_=JSON())).table_valued("value")
        return select(values.c.value).scalar_subquery()

    return replacement_traverse(statement, {}, listed)


def _key(report: Report) -> Key:
    """Return what is unique about a report."""
    return report.installation_id, report.period_start


def _find(connection: Connection, reports: Sequence[Report]) -> dict[Key, _Entry]:
    """Return what is stored for the keys of a batch, and maybe for others."""
    starts = {report.period_start for report in reports}
    ids = {report.installation_id for report in reports}
    rows = select_in(connection, _SELECT, ids, starts=tuple(starts))
    return {(row.installation_id, row.period_start): _Entry(row.id, row) for row in rows}


def _outcomes(
    reports: Sequence[Report], gone: set[str], entries: Mapping[Key, _Entry], fresh: set[Key]
) -> list[Stored]:
    """Return the outcome of each report; the first of several for a new key is the new one."""
    outcomes: list[Stored] = []
    for report in reports:
        key = _key(report)
        if report.installation_id in gone:
            outcomes.append(_stored(Outcome.GONE, report, None))
            continue
        entry = entries[key]
        if entry.source.content_sha256 != report.content_sha256:
            outcome = Outcome.CONFLICT
        else:
            outcome = Outcome.NEW if key in fresh else Outcome.SAME
            fresh.discard(key)
        outcomes.append(_stored(outcome, report, entry))
    return outcomes


def _stored(outcome: Outcome, report: Report, entry: _Entry | None) -> Stored:
    """Return an outcome with what is stored, or with the report's own where nothing is."""
    number, source = entry or _Entry(0, report)
    return Stored(
        outcome=outcome,
        submission_id=number,
        protocol=source.protocol,
        body_sha256=source.body_sha256,
        received_day=source.received_day,
        receipt_kid=source.receipt_kid,
    )
