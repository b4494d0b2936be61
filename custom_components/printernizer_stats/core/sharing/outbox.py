"""Reports on their way: frozen when their interval closes, kept until they are answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
import hashlib
import json
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from ...const import DAY_SECONDS, KEPT_WEEKS
from ..report_intervals import Interval, IntervalState
from ..store.counts import interval_counts
from ..store.report_intervals import list_intervals, withhold_closed
from ..store.tables import usage_intervals, usage_reports
from ..week import monday
from .api import HELD
from .report import PROTOCOL_1, Report, protocol_of
from .report_bytes import canonical

type Build = Callable[[Mapping[str, int], date, date], Report]


class ReportState(StrEnum):
    """What became of a report."""

    PENDING = "pending"
    ACKNOWLEDGED = "acknowledged"
    PARKED = "parked"
    """Refused for good: kept and shown, never sent again."""
    WITHDRAWN = "withdrawn"
    """Tried before sharing was switched off, and maybe received: kept for the deletion, never sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReport:
    """A frozen report, where it was last sent (None: never), and what the service said of it."""

    id: int
    state: ReportState
    body: bytes
    sha256: str
    start: str
    end: str
    attempts: int
    answered_at: float | None
    status: int | None
    receipt: Mapping[str, Any] | None
    endpoint: str | None

    @property
    def author(self) -> str:
        """The installation id that the report is from."""
        return str(json.loads(self.body)["installation"]["installation_id"])


def freeze(conn: Connection, interval: Interval, build: Build) -> None:
    """Make the report of a closed interval, once."""
    assert interval.end is not None
    report = build(interval_counts(conn, interval.id), interval.start, interval.end)
    conn.execute(
        insert(usage_reports).values(
            interval_id=interval.id,
            state=ReportState.PENDING,
            body=report.body,
            body_sha256=report.sha256,
            attempts=0,
        )
    )


def reassign(conn: Connection, report: StoredReport, author: str) -> None:
    """Give a report that waits another author; to the service it is one that was never sent."""
    content = json.loads(report.body)
    content["installation"]["installation_id"] = author
    body = canonical(content)
    conn.execute(
        update(usage_reports)
        .where(usage_reports.c.report_id == report.id)
        .values(body=body, body_sha256=hashlib.sha256(body).hexdigest(), attempts=0, endpoint=None)
    )


def freeze_closed(conn: Connection, build: Build) -> None:
    """Make the report of every closed interval that has none yet."""
    for interval in _unfrozen(conn):
        freeze(conn, interval, build)


def count_waiting(conn: Connection) -> int:
    """Return how many reports wait to be sent, with those that are still to be made."""
    return len(pending(conn)) + len(_unfrozen(conn))


def _unfrozen(conn: Connection) -> list[Interval]:
    reported = set(conn.scalars(select(usage_reports.c.interval_id)))
    return [each for each in list_intervals(conn, IntervalState.CLOSED) if each.id not in reported]


def pending(conn: Connection) -> list[StoredReport]:
    """Return the reports that wait to be sent, oldest first."""
    return _in_state(conn, ReportState.PENDING)


def parked(conn: Connection) -> list[StoredReport]:
    """Return the reports that the service refused for good, oldest first."""
    return _in_state(conn, ReportState.PARKED)


def get(conn: Connection, report_id: int) -> StoredReport:
    """Return a report as it is now."""
    return _stored(conn.execute(_reports().where(usage_reports.c.report_id == report_id)).one())


def all_reports(conn: Connection) -> list[StoredReport]:
    """Return every report that was ever frozen, oldest first."""
    return [_stored(row) for row in conn.execute(_reports())]


def ready(conn: Connection, now: float) -> list[StoredReport]:
    """Return the reports that may be sent now, oldest first; those that were not understood come last."""
    waiting = [each for each in pending(conn) if each.status not in HELD or not _was_today(each, now)]
    return sorted(waiting, key=lambda each: each.status in HELD)


def _was_today(report: StoredReport, now: float) -> bool:
    return report.answered_at is not None and 0 <= now - report.answered_at < DAY_SECONDS


def withdraw_pseudonymous(conn: Connection) -> None:
    """Send no report of protocol 1 that waits: it was made for a service for which that was agreed to."""
    for report in pending(conn):
        if protocol_of(report.body) == PROTOCOL_1:
            conn.execute(
                update(usage_reports)
                .where(usage_reports.c.report_id == report.id)
                .values(state=ReportState.WITHDRAWN)
            )


def withdraw(conn: Connection) -> None:
    """Send nothing of what waits: what was tried is only remembered, the rest is dropped."""
    waiting = usage_reports.c.state == ReportState.PENDING
    conn.execute(delete(usage_reports).where(waiting, usage_reports.c.attempts == 0))
    conn.execute(update(usage_reports).where(waiting).values(state=ReportState.WITHDRAWN))


def drop_oldest(conn: Connection) -> int:
    """Give up what waits beyond the latest 26 weeks, for good; returns how many reports that is."""
    waiting = pending(conn)
    weeks = sorted({_week(report) for report in waiting})
    given_up = [report.id for report in waiting if _week(report) not in weeks[-KEPT_WEEKS:]]
    if given_up:
        conn.execute(delete(usage_reports).where(usage_reports.c.report_id.in_(given_up)))
        withhold_closed(conn)
    return len(given_up)


def note_attempt(conn: Connection, report: StoredReport, endpoint: str) -> bool:
    """Note an attempt before it is made: its answer may be lost, but not that it was sent there.

    Returns False when the report does not wait in this form any more, and so must not be sent.
    """
    table = usage_reports.c
    noted = conn.execute(
        update(usage_reports)
        .where(
            table.report_id == report.id,
            table.state == ReportState.PENDING,
            table.body_sha256 == report.sha256,
        )
        .values(attempts=table.attempts + 1, endpoint=endpoint)
    )
    return noted.rowcount == 1


def note_answer(
    conn: Connection,
    report_id: int,
    *,
    state: ReportState,
    at: float,
    status: int | None,
    receipt: Mapping[str, Any] | None = None,
) -> None:
    """Note the answer to the last attempt."""
    conn.execute(
        update(usage_reports)
        .where(usage_reports.c.report_id == report_id)
        .values(
            state=state,
            answered_ts=at,
            answer_status=status,
            receipt=None if receipt is None else json.dumps(receipt),
        )
    )


def _in_state(conn: Connection, state: ReportState) -> list[StoredReport]:
    return [_stored(row) for row in conn.execute(_reports().where(usage_reports.c.state == state))]


def _week(report: StoredReport) -> date:
    return monday(date.fromisoformat(report.start))


def _reports() -> Select[Any]:
    return (
        select(usage_reports, usage_intervals.c.start_day, usage_intervals.c.end_day)
        .join_from(usage_reports, usage_intervals)
        .order_by(usage_reports.c.report_id)
    )


def _stored(row: Row[Any]) -> StoredReport:
    return StoredReport(
        id=row.report_id,
        state=ReportState(row.state),
        body=row.body,
        sha256=row.body_sha256,
        start=row.start_day,
        end=row.end_day,
        attempts=row.attempts,
        answered_at=row.answered_ts,
        status=row.answer_status,
        receipt=json.loads(row.receipt) if row.receipt else None,
        endpoint=row.endpoint,
    )
