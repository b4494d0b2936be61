"""Report intervals: whole UTC days, the ISO week or a part of it, without overlap and without gaps.

Counting goes by arrival: whatever is counted belongs to the interval that is open at that moment.
On the wire an interval is `[start, end)` in days, so a cut within a day ends it with that day, and what
follows on the same day is reported with the next one.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from ..const import EARLIEST_DAY, WEEK_DAYS
from .week import monday


class IntervalState(StrEnum):
    """What becomes of an interval."""

    OPEN = "open"
    CLOSED = "closed"
    PRIVATE = "private"
    """Closed without consent: stays here for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One interval; `end` is None while it is open."""

    id: int
    start: date
    end: date | None
    state: IntervalState


def utc_day(at: float) -> date:
    """The UTC day of an instant in epoch seconds."""
    return datetime.fromtimestamp(at, UTC).date()


def is_possible(today: date) -> bool:
    """Whether a clock that says so may be right."""
    return today >= EARLIEST_DAY


def week_end(start: date) -> date:
    """The Monday on which the ISO week of `start` is over."""
    return monday(start) + timedelta(days=WEEK_DAYS)


def is_over(start: date, today: date) -> bool:
    """Whether the week of an open interval has passed."""
    return today >= week_end(start)


def cut_end(start: date, today: date) -> date | None:
    """Where an interval ends that is closed today; None when it would hold no whole day of its own."""
    end = min(today + timedelta(days=1), week_end(start))
    return end if end > start else None


def next_start(end: date, today: date) -> date:
    """Where the next interval starts: where the last one ended, or in this week if that is long ago.

    Weeks in which nothing ran and so nothing was counted are not reported.
    """
    return max(end, monday(today))
