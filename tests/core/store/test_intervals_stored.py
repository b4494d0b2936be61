"""Intervals in the file: rolled, cut, withheld, and mended after a clock ran ahead."""

from datetime import date, timedelta

from sqlalchemy import Connection, text

from custom_components.printernizer_stats.core.counters import CounterKey, Scope
from custom_components.printernizer_stats.core.report_intervals import Interval, IntervalState
from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.counts import add_counts, interval_counts
from custom_components.printernizer_stats.core.store.report_intervals import (
    cut,
    list_intervals,
    open_interval,
    roll,
    withhold,
)

MONDAY = date(2026, 11, 16)


def _count(conn: Connection, interval: Interval) -> None:
    add_counts(conn, {CounterKey(Scope.INTERVAL, str(interval.id), "", "job_completed"): 1})


def _start(conn: Connection, today: date) -> Interval:
    """Set the open interval back to a known day."""
    conn.execute(text("UPDATE usage_intervals SET start_day = :day"), {"day": today.isoformat()})
    current = open_interval(conn)
    assert current is not None
    return current


def test_a_week_that_is_over_is_closed_and_the_next_begins_where_it_ended(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        first = _start(conn, MONDAY)
        _count(conn, first)
        assert roll(conn, MONDAY + timedelta(days=6)) == first
        second = roll(conn, MONDAY + timedelta(days=7))
        assert second.start == MONDAY + timedelta(days=7)
        assert [(each.id, each.end) for each in list_intervals(conn, IntervalState.CLOSED)] == [
            (first.id, second.start)
        ]

    store.run(steps).result()


def test_an_empty_week_is_no_report(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        _start(conn, MONDAY)
        assert roll(conn, MONDAY + timedelta(days=30)).start == MONDAY + timedelta(days=28)
        assert list_intervals(conn, IntervalState.CLOSED) == []

    store.run(steps).result()


def test_a_cut_takes_what_was_counted_and_cannot_be_repeated_on_the_same_day(store: UsageStore) -> None:
    wednesday = MONDAY + timedelta(days=2)

    def steps(conn: Connection) -> None:
        first = _start(conn, MONDAY)
        assert cut(conn, wednesday) is None, "nothing was counted"
        _count(conn, first)
        closed = cut(conn, wednesday)
        assert closed is not None
        assert (closed.start, closed.end) == (MONDAY, wednesday + timedelta(days=1))
        second = open_interval(conn)
        assert second is not None
        assert second.start == closed.end
        _count(conn, second)
        assert cut(conn, wednesday) is None
        assert interval_counts(conn, second.id) == {"job_completed": 1}

    store.run(steps).result()


def test_what_was_counted_before_consent_is_put_aside_for_ever(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        first = _start(conn, MONDAY)
        _count(conn, first)
        second = roll(conn, MONDAY + timedelta(days=7))
        _count(conn, second)
        third = withhold(conn, MONDAY + timedelta(days=8))
        assert third.start == MONDAY + timedelta(days=8)
        assert list_intervals(conn, IntervalState.CLOSED) == []
        assert [each.id for each in list_intervals(conn, IntervalState.PRIVATE)] == [first.id, second.id]
        assert withhold(conn, MONDAY + timedelta(days=8)).id == third.id, "nothing to put aside"

    store.run(steps).result()


def test_a_clock_that_ran_ahead_is_mended(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        first = _start(conn, MONDAY)
        _count(conn, first)
        roll(conn, date(2099, 1, 1))
        back = roll(conn, MONDAY + timedelta(days=8))
        assert back.start == MONDAY + timedelta(days=7)

    store.run(steps).result()
