"""Report intervals in the file: exactly one is open, and each count belongs to exactly one."""

from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from ...const import EARLIEST_DAY, KEPT_WEEKS, WEEK_DAYS
from ..report_intervals import Interval, IntervalState, cut_end, is_over, is_possible, next_start, week_end
from ..week import monday
from .counts import interval_counts
from .marks import counters_changed
from .redating import forget_wrong, is_before_last_event, note_wrong, true_start
from .settings import REPORTED_UNTIL, get_setting, set_setting
from .tables import usage_intervals, usage_reports

__all__ = [
    "cut",
    "list_intervals",
    "open_interval",
    "past_weeks",
    "release",
    "roll",
    "withhold",
    "withhold_closed",
]

_IN_STATE: Final = (
    select(usage_intervals)
    .where(usage_intervals.c.state == bindparam("state"))
    .order_by(usage_intervals.c.interval_id)
)


def open_interval(conn: Connection) -> Interval | None:
    """Return the interval that is being counted into."""
    found = list_intervals(conn, IntervalState.OPEN)
    return found[-1] if found else None


def list_intervals(conn: Connection, state: IntervalState) -> list[Interval]:
    """Return all intervals in that state, oldest first."""
    return [
        Interval(
            id=row.interval_id,
            start=date.fromisoformat(row.start_day),
            end=date.fromisoformat(row.end_day) if row.end_day else None,
            state=IntervalState(row.state),
        )
        for row in conn.execute(_IN_STATE, {"state": state})
    ]


def roll(conn: Connection, today: date) -> Interval:
    """Return the open interval, after closing one whose week is over (none is left open twice).

    A clock that cannot be right closes and dates nothing.
    """
    current = open_interval(conn)
    if not is_possible(today):
        note_wrong(conn, today)
        return current or _begin(conn, EARLIEST_DAY)
    if current is None:
        return _begin(conn, today)
    if (start := true_start(conn, current, today)) != current.start:
        current = _move(conn, current, start)
    if not is_over(current.start, today):
        return current
    forget_wrong(conn)
    if not interval_counts(conn, current.id):
        return _move(conn, current, next_start(week_end(current.start), today))
    return _close(conn, current, week_end(current.start), IntervalState.CLOSED, today)


def cut(conn: Connection, today: date) -> Interval | None:
    """Close the running interval early and return it; None when it is empty or has no day to itself yet."""
    current = roll(conn, today)
    end = cut_end(current.start, today)
    if not is_possible(today) or is_before_last_event(conn, current, today):
        return None
    if end is None or not interval_counts(conn, current.id):
        return None
    _close(conn, current, end, IntervalState.CLOSED, today)
    return Interval(id=current.id, start=current.start, end=end, state=IntervalState.CLOSED)


def withhold(conn: Connection, today: date) -> Interval:
    """Put aside for ever what was counted so far and begin anew; sharing only ever sees the rest."""
    current = roll(conn, today)
    withhold_closed(conn)
    if not interval_counts(conn, current.id):
        return _move(conn, current, max(current.start, today))
    return _close(conn, current, max(current.start, today), IntervalState.PRIVATE, today)


def release(conn: Connection, today: date) -> Interval:
    """Let what was put aside be reported after all, as far back as reports are kept; nothing begins anew."""
    current = roll(conn, today)
    withhold_closed(conn)
    chosen = [interval for interval, _ in _aside(conn, today)]
    conn.execute(
        update(usage_intervals)
        .where(usage_intervals.c.interval_id.in_(chosen))
        .values(state=IntervalState.CLOSED)
    )
    return current


def past_weeks(conn: Connection, today: date) -> int:
    """Return of how many ISO weeks there would be reports with the past, the running week included."""
    days = [start for _, start in _aside(conn, today)]
    current = open_interval(conn)
    if current is not None and interval_counts(conn, current.id):
        days.append(current.start)
    return len({monday(day) for day in days})


def _aside(conn: Connection, today: date) -> list[tuple[int, date]]:
    """Return id and start of the intervals that were never reported and hold at least one whole day."""
    earliest = today - timedelta(days=KEPT_WEEKS * WEEK_DAYS)
    rows = conn.execute(
        select(usage_intervals.c.interval_id, usage_intervals.c.start_day).where(
            usage_intervals.c.state != IntervalState.OPEN,
            usage_intervals.c.end_day > usage_intervals.c.start_day,
            usage_intervals.c.start_day >= earliest.isoformat(),
            usage_intervals.c.interval_id.not_in(select(usage_reports.c.interval_id)),
        )
    )
    return [(row.interval_id, date.fromisoformat(row.start_day)) for row in rows]


def withhold_closed(conn: Connection) -> None:
    """Put aside for ever the closed intervals that have no report."""
    conn.execute(
        update(usage_intervals)
        .where(
            usage_intervals.c.state == IntervalState.CLOSED,
            usage_intervals.c.interval_id.not_in(select(usage_reports.c.interval_id)),
        )
        .values(state=IntervalState.PRIVATE)
    )


def _close(conn: Connection, current: Interval, end: date, state: IntervalState, today: date) -> Interval:
    counters_changed(conn)
    conn.execute(
        update(usage_intervals)
        .where(usage_intervals.c.interval_id == current.id)
        .values(end_day=end.isoformat(), state=state)
    )
    if state is IntervalState.CLOSED:
        set_setting(conn, REPORTED_UNTIL, max(end.isoformat(), get_setting(conn, REPORTED_UNTIL) or ""))
    return _begin(conn, next_start(end, today))


def _begin(conn: Connection, start: date) -> Interval:
    """Open an interval; never before the end of what was reported, even when all of that was deleted."""
    counters_changed(conn)
    reported = get_setting(conn, REPORTED_UNTIL)
    start = max(start, date.fromisoformat(reported)) if reported else start
    created = conn.execute(
        insert(usage_intervals).values(start_day=start.isoformat(), state=IntervalState.OPEN)
    )
    assert created.inserted_primary_key is not None
    return Interval(id=created.inserted_primary_key[0], start=start, end=None, state=IntervalState.OPEN)


def _move(conn: Connection, current: Interval, start: date) -> Interval:
    counters_changed(conn)
    conn.execute(
        update(usage_intervals)
        .where(usage_intervals.c.interval_id == current.id)
        .values(start_day=start.isoformat())
    )
    return Interval(id=current.id, start=start, end=None, state=IntervalState.OPEN)
