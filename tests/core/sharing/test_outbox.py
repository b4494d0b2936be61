"""Reports on their way: how long they are kept, and what is sent of them."""

from collections.abc import Mapping
from datetime import date, timedelta
import json

from sqlalchemy import Connection, insert, select

from custom_components.printernizer_stats.const import KEPT_WEEKS
from custom_components.printernizer_stats.core.report_intervals import IntervalState
from custom_components.printernizer_stats.core.sharing import outbox
from custom_components.printernizer_stats.core.sharing.outbox import ReportState
from custom_components.printernizer_stats.core.sharing.report import Report, build
from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.tables import usage_intervals, usage_reports

from .test_report import AUTHOR, facts

MONDAY = date(2026, 1, 5)
ENDPOINT = "https://stats.example.com/submit"
OTHER = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


def _make(_counts: Mapping[str, int], start: date, end: date) -> Report:
    return build(facts(), {"file_uploaded": 1}, AUTHOR, start, end)


def _freeze(conn: Connection, *starts: date) -> None:
    for start in starts:
        end = start + timedelta(days=1)
        row = {"start_day": start.isoformat(), "end_day": end.isoformat(), "state": IntervalState.CLOSED}
        conn.execute(insert(usage_intervals).values(row))
    outbox.freeze_closed(conn, _make)


def test_the_latest_26_weeks_are_kept(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        weeks = [MONDAY + timedelta(weeks=week) for week in range(KEPT_WEEKS)]
        early = MONDAY + timedelta(days=2)
        _freeze(conn, weeks[0], early, *weeks[1:])
        assert outbox.drop_oldest(conn) == 0, "a week may have several reports"
        _freeze(conn, MONDAY + timedelta(weeks=KEPT_WEEKS))
        assert outbox.drop_oldest(conn) == 2
        assert outbox.drop_oldest(conn) == 0
        kept = [each.start for each in outbox.pending(conn)]
        assert len(kept) == KEPT_WEEKS
        assert kept[0] == "2026-01-12"
        states = conn.execute(select(usage_intervals.c.start_day, usage_intervals.c.state))
        given_up = {day for day, state in states if state == IntervalState.PRIVATE}
        assert given_up == {"2026-01-05", "2026-01-07"}
        outbox.freeze_closed(conn, _make)
        assert len(outbox.pending(conn)) == KEPT_WEEKS, "what was given up does not come back"

    store.run(steps).result()


def test_a_gap_does_not_make_reports_older(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        _freeze(conn, *(MONDAY + timedelta(weeks=10 * week) for week in range(KEPT_WEEKS)))
        assert outbox.drop_oldest(conn) == 0

    store.run(steps).result()


def test_only_what_waits_as_it_was_read_is_sent(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        _freeze(conn, MONDAY)
        (report,) = outbox.pending(conn)
        outbox.reassign(conn, report, OTHER)
        assert not outbox.note_attempt(conn, report, ENDPOINT), "it has another author by now"
        (signed,) = outbox.pending(conn)
        assert (signed.author, signed.attempts, signed.endpoint) == (OTHER, 0, None)
        assert {**json.loads(signed.body), "installation": 0} == {
            **json.loads(report.body),
            "installation": 0,
        }
        assert outbox.note_attempt(conn, signed, ENDPOINT)
        (tried,) = outbox.pending(conn)
        assert (tried.attempts, tried.endpoint) == (1, ENDPOINT)
        outbox.withdraw(conn)
        assert not outbox.note_attempt(conn, tried, ENDPOINT)

    store.run(steps).result()


def test_refused_reports_are_kept_and_not_sent(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        _freeze(conn, MONDAY, MONDAY + timedelta(weeks=1))
        report, other = outbox.pending(conn)
        outbox.note_attempt(conn, report, ENDPOINT)
        outbox.note_answer(conn, report.id, state=ReportState.PARKED, at=1.0, status=422)
        assert [(each.id, each.status) for each in outbox.parked(conn)] == [(report.id, 422)]
        assert [each.id for each in outbox.pending(conn)] == [other.id]
        assert not outbox.note_attempt(conn, report, ENDPOINT)
        assert conn.scalar(select(usage_reports.c.body_sha256).limit(1)) == report.sha256

    store.run(steps).result()
