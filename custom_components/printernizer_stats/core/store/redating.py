"""Redating after a clock that was wrong: what shows it, and what becomes of what it dated.

Nothing is dated by a clock that is before the release, nor for good by one that is before what is known.
Which of two contradicting clocks was right is only known after a while: one that goes on through a
midnight is believed.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select, update

from ...const import EARLIEST_DAY, KEPT_WEEKS
from ..counters import MAXIMA, CounterKey, Scope
from ..models import FLEET
from ..report_intervals import Interval, IntervalState, is_possible, next_start, utc_day, week_end
from .counts import add_counts, interval_counts
from .marks import counters_changed
from .schema import usage_events
from .settings import FIRST_DAY, REPORTED_UNTIL, get_setting, remove_setting, set_setting
from .tables import usage_aggregates, usage_intervals, usage_reports

_WRONG: Final = "clock_wrong"
_NEVER: Final = "~"
"""After every day."""
_NEAR: Final = timedelta(weeks=KEPT_WEEKS)
"""What was reported for days up to so far ahead is waited for; beyond, it is as if it were not."""
_UNSENT: Final = ("pending", "parked")
_MISDATED: Final = select(usage_intervals.c.interval_id).where(
    usage_intervals.c.state.in_(bindparam("states", expanding=True)),
    or_(
        usage_intervals.c.start_day < EARLIEST_DAY.isoformat(),
        usage_intervals.c.start_day > bindparam("today"),
    ),
    usage_intervals.c.interval_id.not_in(
        select(usage_reports.c.interval_id).where(usage_reports.c.state.not_in(_UNSENT))
    ),
)


def was_wrong(conn: Connection) -> bool:
    """Whether the clock was seen to be wrong in the running week."""
    return get_setting(conn, _WRONG) is not None


def note_wrong(conn: Connection, today: date, *, start: date | None = None) -> None:
    """Remember the earliest possible day that the clock said since, and where the open interval began."""
    known: dict[str, Any] = get_setting(conn, _WRONG) or {}
    noted = known.get("start") or (start.isoformat() if start else None)
    day = today.isoformat() if is_possible(today) else _NEVER
    value = {"day": min(day, known.get("day", _NEVER)), "start": noted}
    if value != known:
        set_setting(conn, _WRONG, value)
        counters_changed(conn)


def forget_wrong(conn: Connection) -> None:
    """Begin a week with a clock that has not been wrong yet."""
    remove_setting(conn, _WRONG)
    counters_changed(conn)


def true_start(conn: Connection, current: Interval, today: date) -> date:
    """Return where the open interval begins by a clock that may be right; dates anew what it must."""
    known: dict[str, Any] = get_setting(conn, _WRONG) or {}
    before = known.get("start")
    if before is not None and current.start < date.fromisoformat(before) <= today:
        # The clock was behind for a while, and not ahead before.
        forget_wrong(conn)
        return date.fromisoformat(before)
    is_undated = current.start <= EARLIEST_DAY
    is_ahead = current.start > today + timedelta(days=1)
    if is_undated or is_ahead or _misdated(conn, today, IntervalState.CLOSED, IntervalState.PRIVATE):
        note_wrong(conn, today, start=current.start if is_ahead else None)
    if is_undated or (known and today.isoformat() > known["day"]):
        _redate(conn, current.id, today)
    if is_undated:
        return max(today, _latest_end(conn, today))
    if current.start > today:
        return min(current.start, next_start(_latest_end(conn, today), today))
    return current.start


def is_before_last_event(conn: Connection, current: Interval, today: date) -> bool:
    """Whether something was counted in the week of the open interval on a later day than today."""
    newest = select(usage_events.c.time_fired_ts).where(usage_events.c.interval_id.is_not(None))
    at = conn.scalar(newest.order_by(usage_events.c.event_id.desc()).limit(1))
    return at is not None and today < utc_day(at) < week_end(current.start)


def _latest_end(conn: Connection, today: date) -> date:
    """Return where the last closed interval ended, today without one; ends far ahead do not count."""
    table = usage_intervals.c
    latest = conn.scalar(
        select(func.max(table.end_day)).where(
            table.state == IntervalState.CLOSED, table.end_day <= (today + _NEAR).isoformat()
        )
    )
    return date.fromisoformat(latest) if latest else today


def _redate(conn: Connection, into: int, today: date) -> None:
    """Bring what was dated by a wrong clock, and has reached no service, into the open interval."""
    counters_changed(conn)
    for interval_id in _misdated(conn, today, IntervalState.CLOSED):
        _merge(conn, interval_id, into)
    aside = _misdated(conn, today, IntervalState.PRIVATE)
    day = today.isoformat()
    conn.execute(
        update(usage_intervals)
        .where(usage_intervals.c.interval_id.in_(aside))
        .values(start_day=day, end_day=day)
    )
    _redate_days(conn, today)
    reported = get_setting(conn, REPORTED_UNTIL)
    if reported is not None and reported > (today + _NEAR).isoformat():
        set_setting(conn, REPORTED_UNTIL, _latest_end(conn, today).isoformat())
    first = get_setting(conn, FIRST_DAY)
    if first is None or not EARLIEST_DAY.isoformat() <= first <= day:
        set_setting(conn, FIRST_DAY, day)


def _redate_days(conn: Connection, today: date) -> None:
    """Count for today what was counted for calendar days that are still to come, anywhere on earth."""
    places = usage_aggregates.c
    tomorrow = (today + timedelta(days=1)).isoformat()
    to_come = and_(places.scope == Scope.DAY, places.period > tomorrow)
    rows = conn.execute(
        select(places.printer_key, places.metric, func.sum(places.value), func.max(places.value))
        .where(to_come)
        .group_by(places.printer_key, places.metric)
    ).all()
    conn.execute(delete(usage_aggregates).where(to_come))
    day = today.isoformat()
    add_counts(
        conn,
        {
            CounterKey(Scope.DAY, day, printer, metric): highest if metric in MAXIMA else total
            for printer, metric, total, highest in rows
        },
    )


def _misdated(conn: Connection, today: date, *states: IntervalState) -> Sequence[int]:
    """Return the intervals in some states that began before the release or begin after today."""
    return conn.scalars(_MISDATED, {"states": states, "today": today.isoformat()}).all()


def _merge(conn: Connection, interval_id: int, into: int) -> None:
    """Count what one interval holds into another, and drop it with the report that was made of it."""
    counts = interval_counts(conn, interval_id)
    add_counts(
        conn,
        {CounterKey(Scope.INTERVAL, str(into), FLEET, metric): value for metric, value in counts.items()},
    )
    places = usage_aggregates.c
    conn.execute(
        delete(usage_aggregates).where(places.scope == Scope.INTERVAL, places.period == str(interval_id))
    )
    events = usage_events.c.interval_id
    conn.execute(update(usage_events).where(events == interval_id).values(interval_id=into))
    conn.execute(delete(usage_reports).where(usage_reports.c.interval_id == interval_id))
    conn.execute(delete(usage_intervals).where(usage_intervals.c.interval_id == interval_id))
