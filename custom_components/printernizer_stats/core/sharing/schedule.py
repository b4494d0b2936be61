"""Schedule: once a week at a random moment, and waits after failures. Pure."""

from datetime import UTC, datetime, time
from random import Random
from typing import Final

from ...const import HOUR_SECONDS
from ..report_intervals import utc_day
from ..week import monday

WEEK_SECONDS: Final = 7 * 24 * HOUR_SECONDS
START_DELAY_SECONDS: Final = 15 * 60
_OVERDUE_SECONDS: Final = 24 * HOUR_SECONDS
_BACKOFF_CAP_SECONDS: Final = 24 * HOUR_SECONDS
_LATE_SECONDS: Final = (6 * HOUR_SECONDS, 72 * HOUR_SECONDS)
_DELETION_SECONDS: Final = (1 * HOUR_SECONDS, 24 * HOUR_SECONDS)


def next_slot(now: float, random: Random) -> float:
    """A moment (epoch seconds) of the ISO week after that of `now`, in UTC.

    It is drawn anew each week: a home that kept its second of the week would be known by it.
    """
    return _week_start(now) + WEEK_SECONDS + random.uniform(0, WEEK_SECONDS)


def late_slot(now: float, random: Random) -> float:
    """A moment for the next of several reports that wait: hours to days away.

    Reports that came one after the other would be known to be from one home.
    """
    return now + random.uniform(*_LATE_SECONDS)


def deletion_slot(now: float, random: Random) -> float:
    """A moment for the next of several deletions, apart from each other for the same reason."""
    return now + random.uniform(*_DELETION_SECONDS)


def after_start(now: float, planned: float | None, random: Random, attempted: float | None = None) -> float:
    """When to send after a start: as planned, but not before 15 minutes, and an hour after an attempt.

    `attempted` is when the last attempt began: what came of it may never have been noted. What is overdue
    has a random moment of the first hour, or a daily start would be known by it.
    """
    if planned is None or planned > _week_start(now) + 2 * WEEK_SECONDS:
        # A plan beyond the next week was made by a clock that ran ahead.
        return next_slot(now, random)
    earliest = now + random.uniform(START_DELAY_SECONDS, HOUR_SECONDS)
    if attempted is not None and attempted <= now:
        earliest = max(earliest, attempted + HOUR_SECONDS)
    return max(planned, earliest)


def is_astray(now: float, planned: float) -> bool:
    """Whether a plan was made by a clock that was wrong: beyond the next week, or long past."""
    return planned > _week_start(now) + 2 * WEEK_SECONDS or planned < now - _OVERDUE_SECONDS


def after_failure(now: float, failures: int, retry_after: float | None, random: Random) -> float:
    """When to try again: exponential with jitter, at most once an hour, as late as we were asked."""
    ceiling = min(_BACKOFF_CAP_SECONDS, HOUR_SECONDS * 2.0 ** min(failures, 16))
    wait = random.uniform(HOUR_SECONDS, ceiling)
    if retry_after is not None:
        wait = max(wait, min(retry_after, WEEK_SECONDS))
    return now + wait


def _week_start(now: float) -> float:
    """The beginning of the ISO week of an instant."""
    return datetime.combine(monday(utc_day(now)), time.min, UTC).timestamp()
