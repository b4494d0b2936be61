"""What the reports say of the time, so that no clock alone decides what is too old or too new."""

from datetime import date, timedelta

from sqlalchemy import Connection, func, insert, or_, select

from aggregation import BUILT
from aggregation.storage.schema import PURGES, SUBMISSIONS
from aggregation.weeks import monday, week_of_day

SUPPORT = "support"
VOUCHED = "vouched"
"""The kind of the entry that holds the number of the last report there was when a person vouched."""
STEP_WEEKS = 5
"""How far the day of a purge may go beyond that of the one before, whatever the reports say."""
AHEAD = timedelta(days=21)
"""A clock that is farther beyond the newest week may be wrong, or nobody reports any more."""
_EARLY = timedelta(days=18)
"""How much before the week of its middle a report may have come: two days ahead, half its length."""


def newest_week(connection: Connection) -> int | None:
    """Return the newest week that a report is about, None without any.

    Not of those that a wrong clock let in before a person vouched for the right one.
    """
    week = SUBMISSIONS.c.week
    newest = select(week).order_by(week.desc()).limit(1)
    vouched = select(PURGES.c.before_week, PURGES.c.row_count).where(PURGES.c.kind == VOUCHED)
    if row := connection.execute(vouched.order_by(PURGES.c.id.desc()).limit(1)).first():
        newest = newest.where(or_(week < row.before_week, SUBMISSIONS.c.id > row.row_count))
    found: int | None = connection.scalar(newest)
    return found


def vouch(connection: Connection, today: date) -> None:
    """Remember that a person says that the clock is right: what is here of later weeks was dated wrongly."""
    last = connection.scalar(select(func.max(SUBMISSIONS.c.id))) or 0
    before = week_of_day(today + _EARLY) + 1
    row = {"day": today, "kind": VOUCHED, "before_week": before, "row_count": last}
    connection.execute(insert(PURGES), row)


def earliest_day(newest: int | None) -> date:
    """Return the day that it must be at least when reports about that week are here."""
    return BUILT if newest is None else max(BUILT, monday(newest) - _EARLY)


def supported_day(connection: Connection, today: date) -> date:
    """Return the day that retention counts from: today, as far as reports and the last purge support it.

    A report about a week comes in the one after, so that its Sunday is the latest day that one supports.
    """
    if (newest := newest_week(connection)) is None:
        return today
    day = min(today, _last_day(newest + 1))
    if (last := _last_support(connection)) is not None:
        day = min(day, _last_day(last + STEP_WEEKS))
    return day


def note_support(connection: Connection, today: date, day: date) -> None:
    """Remember the week that a purge counted from, once it is a later one."""
    week = week_of_day(day)
    last = _last_support(connection)
    if newest_week(connection) is not None and (last is None or week > last):
        row = {"day": today, "kind": SUPPORT, "before_week": week, "row_count": 0}
        connection.execute(insert(PURGES), row)


def _last_support(connection: Connection) -> int | None:
    """Return the latest week that a purge counted from."""
    last = select(func.max(PURGES.c.before_week)).where(PURGES.c.kind == SUPPORT)
    week: int | None = connection.scalar(last)
    return week


def _last_day(week: int) -> date:
    """Return the Sunday of a week."""
    return monday(week) + timedelta(days=6)
