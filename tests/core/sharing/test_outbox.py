"""Reports on their way: how long they are kept, and what is sent of them."""

from collections.abc import Mapping
from datetime import date, timedelta
import json

from sqlalchemy import Connection, insert, select, update

from custom_components.printernizer_stats.const import DAY_SECONDS, KEPT_WEEKS
from custom_components.printernizer_stats.core.report_intervals import IntervalState
from custom_components.printernizer_stats.core.sharing import outbox
from custom_components.printernizer_stats.core.sharing.outbox import ReportState
from custom_components.printernizer_stats.core.sharing.report import PROTOCOL_2, Report, build
from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.tables import usage_intervals, usage_reports

from .reports import AUTHOR, facts

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


def test_reports_that_wait_are_counted_with_those_that_are_still_to_be_made(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        _freeze(conn, MONDAY, MONDAY + timedelta(weeks=1))
        row = {"start_day": "2026-01-19", "end_day": "2026-01-26", "state": IntervalState.CLOSED}
        conn.execute(insert(usage_intervals).values(row))
        assert outbox.count_waiting(conn) == 3
        first, second = outbox.pending(conn)
        assert (first.attempts, second.attempts) == (0, 0)
        assert outbox.get(conn, second.id) == second
        outbox.note_answer(conn, first.id, state=ReportState.PARKED, at=1.0, status=410)
        assert [each.id for each in outbox.all_reports(conn)] == [first.id, second.id]

    store.run(steps).result()


def test_what_was_not_understood_waits_for_a_day_and_comes_last(store: UsageStore) -> None:
    now = 10.0 * DAY_SECONDS

    def steps(conn: Connection) -> None:
        _freeze(conn, *(MONDAY + timedelta(weeks=week) for week in range(5)))
        fresh, old, ahead, busy, new = outbox.pending(conn)
        for report, status, at in (
            (fresh, 422, now - 1),
            (old, 422, now - DAY_SECONDS),
            (ahead, 400, now + 1),
            (busy, 503, now),
        ):
            outbox.note_answer(conn, report.id, state=ReportState.PENDING, at=at, status=status)
        assert [each.id for each in outbox.ready(conn, now)] == [busy.id, new.id, old.id, ahead.id]
        outbox.note_answer(conn, fresh.id, state=ReportState.PENDING, at=now, status=422)
        assert fresh.id not in [each.id for each in outbox.ready(conn, now)]
        conn.execute(update(usage_reports).values(answered_ts=None, answer_status=422))
        assert len(outbox.ready(conn, now)) == 5, "without a time it was not today"

    store.run(steps).result()


def test_a_receipt_is_kept_with_the_answer_it_came_with(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        _freeze(conn, MONDAY)
        (report,) = outbox.pending(conn)
        outbox.note_answer(
            conn, report.id, state=ReportState.ACKNOWLEDGED, at=5.0, status=200, receipt={"kid": "a"}
        )
        known = outbox.get(conn, report.id)
        assert (known.receipt, known.answered_at, known.status) == ({"kid": "a"}, 5.0, 200)
        outbox.note_answer(conn, report.id, state=ReportState.ACKNOWLEDGED, at=6.0, status=200)
        assert outbox.get(conn, report.id).receipt is None

    store.run(steps).result()


def test_what_was_tried_is_remembered_when_nothing_is_sent_any_more(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        _freeze(conn, *(MONDAY + timedelta(weeks=week) for week in range(3)))
        tried, twice, _ = outbox.pending(conn)
        for report in (tried, twice, twice):
            assert outbox.note_attempt(conn, report, ENDPOINT)
        outbox.withdraw(conn)
        assert [(each.id, each.state) for each in outbox.all_reports(conn)] == [
            (tried.id, ReportState.WITHDRAWN),
            (twice.id, ReportState.WITHDRAWN),
        ]

    store.run(steps).result()


def test_only_reports_under_one_number_are_withdrawn_with_it(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        _freeze(conn, MONDAY, MONDAY + timedelta(weeks=1))
        first, second = outbox.pending(conn)
        content = json.loads(second.body) | {"schema_version": PROTOCOL_2}
        where = usage_reports.c.report_id == second.id
        conn.execute(update(usage_reports).where(where).values(body=json.dumps(content).encode()))
        outbox.withdraw_pseudonymous(conn)
        assert [(each.id, each.state) for each in outbox.all_reports(conn)] == [
            (first.id, ReportState.WITHDRAWN),
            (second.id, ReportState.PENDING),
        ]

    store.run(steps).result()
