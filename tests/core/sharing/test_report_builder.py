"""From counters to frozen reports: when a week is over, on request, and as a draft that changes nothing."""

from collections.abc import Callable
from datetime import date, timedelta
import json
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, text

from custom_components.printernizer_stats.const import KEPT_WEEKS
from custom_components.printernizer_stats.core.counters import CounterKey, Scope
from custom_components.printernizer_stats.core.report_intervals import IntervalState
from custom_components.printernizer_stats.core.sharing import delivery_stats, identity, outbox, service_info
from custom_components.printernizer_stats.core.sharing.outbox import ReportState
from custom_components.printernizer_stats.core.sharing.report import (
    PROTOCOL_1,
    PROTOCOL_2,
    Agreement,
    everything,
)
from custom_components.printernizer_stats.core.sharing.report_builder import RefusedError, ReportBuilder
from custom_components.printernizer_stats.core.sharing.service_info import ServiceInfo
from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.counts import add_counts
from custom_components.printernizer_stats.core.store.report_intervals import list_intervals, open_interval
from custom_components.printernizer_stats.core.store.tables import METADATA, usage_intervals

from .reports import facts

ENDPOINT = "https://stats.example.com/submit"
MONDAY = date(2026, 11, 23)
WEDNESDAY = MONDAY + timedelta(days=2)
NEXT_MONDAY = MONDAY + timedelta(days=7)


def _builder(today: date = WEDNESDAY, *, pseudonymous: bool = True) -> ReportBuilder:
    return ReportBuilder(installation=facts(), endpoint=ENDPOINT, today=today, pseudonymous=pseudonymous)


def _heard(conn: Connection, *protocols: str) -> None:
    """The service has said what it speaks."""
    service_info.save(conn, ServiceInfo(endpoint=ENDPOINT, protocols=protocols or (PROTOCOL_1,)))


def _count(conn: Connection, times: int = 1) -> None:
    current = open_interval(conn)
    assert current is not None
    add_counts(conn, {CounterKey(Scope.INTERVAL, str(current.id), "", "file_uploaded"): times})


def _uploads(body: bytes) -> int:
    return int(json.loads(body)["usage_stats"]["upload_count"])


@pytest.fixture
def within(store: UsageStore) -> Callable[[Callable[[Connection], None]], None]:
    """Run something in the store's file, in which the running week began on a Monday and one thing ran."""

    def run(steps: Callable[[Connection], None]) -> None:
        def begun(conn: Connection) -> None:
            conn.execute(text("UPDATE usage_intervals SET start_day = :day"), {"day": MONDAY.isoformat()})
            _count(conn)
            steps(conn)

        store.run(begun).result()

    return run


type Within = Callable[[Callable[[Connection], None]], None]


def test_a_week_that_is_over_is_frozen_once(within: Within) -> None:
    def steps(conn: Connection) -> None:
        _heard(conn)
        _builder(NEXT_MONDAY - timedelta(days=1)).freeze(conn)
        assert outbox.all_reports(conn) == []
        for _ in range(2):
            _builder(NEXT_MONDAY).freeze(conn)
            (report,) = outbox.pending(conn)
            assert (report.start, report.end) == ("2026-11-23", "2026-11-30")
            assert _uploads(report.body) == 1

    within(steps)


@pytest.mark.parametrize(
    ("protocols", "pseudonymous", "frozen"),
    [
        ((), True, False),
        ((PROTOCOL_1,), True, True),
        ((PROTOCOL_1,), False, False),
        ((PROTOCOL_1, PROTOCOL_2), False, True),
    ],
)
def test_weeks_wait_until_the_service_has_said_that_it_speaks_what_was_agreed_to(
    within: Within, protocols: tuple[str, ...], pseudonymous: bool, frozen: bool
) -> None:
    def steps(conn: Connection) -> None:
        if protocols:
            _heard(conn, *protocols)
        _builder(NEXT_MONDAY, pseudonymous=pseudonymous).freeze(conn)
        assert len(outbox.pending(conn)) == frozen
        assert [each.start for each in list_intervals(conn, IntervalState.CLOSED)] == [MONDAY]

    within(steps)


def test_a_report_under_one_number_is_withdrawn_once_that_is_not_agreed_to_any_more(within: Within) -> None:
    def steps(conn: Connection) -> None:
        _heard(conn)
        _builder(NEXT_MONDAY).freeze(conn)
        _builder(NEXT_MONDAY).freeze(conn)
        assert [each.state for each in outbox.all_reports(conn)] == [ReportState.PENDING]
        _builder(NEXT_MONDAY, pseudonymous=False).freeze(conn)
        assert [each.state for each in outbox.all_reports(conn)] == [ReportState.WITHDRAWN]

    within(steps)


def test_what_waits_for_too_long_is_given_up_and_counted(within: Within) -> None:
    def steps(conn: Connection) -> None:
        _heard(conn)
        for week in range(-KEPT_WEEKS, 0):
            start = MONDAY + timedelta(weeks=week)
            row = {"start_day": start.isoformat(), "end_day": (start + timedelta(days=7)).isoformat()}
            conn.execute(insert(usage_intervals).values({**row, "state": IntervalState.CLOSED}))
        _builder(WEDNESDAY).freeze(conn)
        assert (len(outbox.pending(conn)), delivery_stats.load(conn).dropped) == (KEPT_WEEKS, 0)
        _builder(NEXT_MONDAY).freeze(conn)
        assert (len(outbox.pending(conn)), delivery_stats.load(conn).dropped) == (KEPT_WEEKS, 1)
        assert _builder(NEXT_MONDAY).preview(conn).dropped == 1

    within(steps)


def _everything(conn: Connection) -> dict[str, list[Any]]:
    return {
        table.name: [tuple(row) for row in conn.execute(select(table))] for table in METADATA.sorted_tables
    }


@pytest.mark.parametrize("protocol", [PROTOCOL_1, PROTOCOL_2])
def test_what_is_shown_is_what_is_frozen_and_looking_changes_nothing(within: Within, protocol: str) -> None:
    def steps(conn: Connection) -> None:
        _heard(conn, *sorted({PROTOCOL_1, protocol}))
        identity.ensure(conn, pseudonymous=protocol == PROTOCOL_1)
        before = _everything(conn)
        preview = _builder().preview(conn)
        assert _everything(conn) == before
        assert (preview.can_submit, preview.frozen, preview.dropped) == (True, [], 0)
        assert preview.next is preview.report
        assert json.loads(preview.report.body)["schema_version"] == protocol
        sent = _builder().close_early(conn, preview.report.sha256)
        assert sent.body == preview.report.body
        assert (sent.start, sent.end) == ("2026-11-23", "2026-11-26")

    within(steps)


def test_a_look_needs_no_identity(within: Within) -> None:
    def steps(conn: Connection) -> None:
        body = json.loads(_builder().preview(conn).report.body)
        assert body["installation"]["installation_id"] == identity.PLACEHOLDER
        sent = json.loads(_frozen(conn).body)
        assert sent["installation"]["installation_id"] == identity.stable_id(conn)

    within(steps)


def _frozen(conn: Connection) -> outbox.StoredReport:
    _heard(conn)
    return _builder().close_early(conn, None)


def test_weeks_of_the_second_protocol_have_their_own_names_and_know_of_the_one_before(
    within: Within,
) -> None:
    def steps(conn: Connection) -> None:
        _heard(conn, PROTOCOL_1, PROTOCOL_2)
        first = _builder().close_early(conn, None)
        _count(conn)
        _builder(NEXT_MONDAY + timedelta(days=7), pseudonymous=False).freeze(conn)
        second = outbox.pending(conn)[-1]
        assert (first.author, second.author) == (
            identity.weekly(conn, MONDAY).id,
            identity.weekly(conn, date.fromisoformat(second.start)).id,
        )
        assert json.loads(first.body)["history"]["first_report"] is True
        assert json.loads(second.body)["history"]["first_report"] is False

    within(steps)


def test_after_a_report_on_request_the_day_has_no_other(within: Within) -> None:
    def steps(conn: Connection) -> None:
        sent = _frozen(conn)
        _count(conn, 5)
        preview = _builder().preview(conn)
        assert not preview.can_submit
        assert preview.waiting == [sent]
        assert preview.next == sent
        assert preview.earlier is None
        assert (preview.report.start, preview.report.end) == (WEDNESDAY + timedelta(days=1), NEXT_MONDAY)
        assert _uploads(preview.report.body) == 5
        assert _builder().close_early(conn, sent.sha256) == sent

    within(steps)


def test_the_next_day_shows_the_running_report_and_the_one_before(within: Within) -> None:
    def steps(conn: Connection) -> None:
        sent = _frozen(conn)
        _count(conn, 5)
        preview = _builder(WEDNESDAY + timedelta(days=1)).preview(conn)
        assert preview.can_submit
        assert preview.next is preview.report
        assert preview.earlier == sent
        outbox.note_answer(conn, sent.id, state=ReportState.PARKED, at=1.0, status=410)
        preview = _builder(WEDNESDAY + timedelta(days=1)).preview(conn)
        assert preview.waiting == []
        assert [each.id for each in preview.parked] == [sent.id]

    within(steps)


def test_only_the_report_that_was_shown_is_sent(within: Within) -> None:
    def steps(conn: Connection) -> None:
        _heard(conn)
        _builder(NEXT_MONDAY).freeze(conn)
        (first,) = outbox.pending(conn)
        _count(conn, 5)
        with pytest.raises(RefusedError) as refused:
            _builder(NEXT_MONDAY).close_early(conn, "0" * 64)
        assert (refused.value.key, str(refused.value)) == ("preview_outdated", "preview_outdated")
        assert _builder(NEXT_MONDAY).close_early(conn, first.sha256) == first
        latest = _builder(NEXT_MONDAY).close_early(conn, None)
        assert _uploads(latest.body) == 5
        assert outbox.pending(conn) == [first, latest]

    within(steps)


def test_there_is_nothing_to_send_where_nothing_was_counted(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        _heard(conn)
        with pytest.raises(RefusedError) as refused:
            _builder().close_early(conn, None)
        assert refused.value.key == "nothing_to_submit"

    store.run(steps).result()


def test_what_was_counted_before_another_agreement_is_reported_under_the_one_before(within: Within) -> None:
    agreed = Agreement(version=everything().version, categories=("base",), text_sha256="1" * 64)

    def steps(conn: Connection) -> None:
        _heard(conn, PROTOCOL_1, PROTOCOL_2)
        freezer = _builder(NEXT_MONDAY, pseudonymous=False)
        freezer.close_and_start(conn, agreed)
        (week,) = outbox.pending(conn)
        assert json.loads(week.body)["consent"]["text_sha256"] == "1" * 64
        _count(conn, 5)
        freezer.close_and_start(conn, agreed)
        assert [each.start for each in outbox.pending(conn)] == ["2026-11-23", "2026-11-30"]
        _count(conn, 7)
        freezer.close_and_start(conn, agreed)
        assert len(outbox.pending(conn)) == 2, "the day has its report"
        assert [each.start for each in list_intervals(conn, IntervalState.PRIVATE)] == [
            NEXT_MONDAY + timedelta(days=1)
        ]
        current = open_interval(conn)
        assert current is not None
        assert current.start == NEXT_MONDAY + timedelta(days=1)

    within(steps)


def test_a_number_that_stays_is_used_only_where_that_was_agreed_to() -> None:
    assert not ReportBuilder(installation=facts(), endpoint=ENDPOINT, today=MONDAY).pseudonymous


def test_on_a_day_that_has_its_report_and_nothing_that_waits_the_running_one_is_shown(within: Within) -> None:
    def steps(conn: Connection) -> None:
        sent = _frozen(conn)
        outbox.note_answer(conn, sent.id, state=ReportState.ACKNOWLEDGED, at=1.0, status=200)
        preview = _builder().preview(conn)
        assert not preview.can_submit
        assert preview.next is preview.report

    within(steps)


def test_a_week_that_is_over_is_closed_before_the_running_one_is_sent_early(within: Within) -> None:
    def steps(conn: Connection) -> None:
        _heard(conn)
        wednesday = WEDNESDAY + timedelta(days=7)
        latest = _builder(wednesday).close_early(conn, None)
        assert [(each.start, each.end) for each in outbox.pending(conn)] == [("2026-11-23", "2026-11-30")]
        assert latest.start == "2026-11-23"

    within(steps)
