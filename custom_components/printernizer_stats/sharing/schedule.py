"""When to send: once a week at a random moment, and waits after failures. Pure."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from ..const import HOUR_SECONDS

WEEK_SECONDS: Final = 7 * 24 * HOUR_SECONDS
START_DELAY_SECONDS: Final = 15 * 60
_BACKOFF_CAP_SECONDS: Final = 24 * HOUR_SECONDS


def next_slot(now: float, random: Random) -> float:
    """A moment (epoch seconds) of the ISO week after that of `now`, in UTC.

    It is drawn anew each week: a home that kept its second of the week would be known by it.
    """
    return _monday(now) + WEEK_SECONDS + random.uniform(0, WEEK_SECONDS)


def after_start(now: float, planned: float | None, random: Random, attempted: float | None = None) -> float:
    """When to send after a start: as planned, but not before 15 minutes, and an hour after an attempt.

    `attempted` is when the last attempt began: what came of it may never have been noted.
    """
    if planned is None or planned > _monday(now) + 2 * WEEK_SECONDS:
        # A plan beyond the next week was made by a clock that ran ahead.
        return next_slot(now, random)
    earliest = now + START_DELAY_SECONDS
    if attempted is not None and attempted <= now:
        earliest = max(earliest, attempted + HOUR_SECONDS)
    return max(planned, earliest)


def after_failure(now: float, failures: int, retry_after: float | None, random: Random) -> float:
    """When to try again: exponential with full jitter, at most once an hour, as late as we were asked."""
    ceiling = min(_BACKOFF_CAP_SECONDS, HOUR_SECONDS * 2.0 ** min(failures, 16))
    wait = max(HOUR_SECONDS, random.uniform(0, ceiling))
    if retry_after is not None:
        wait = max(wait, min(retry_after, WEEK_SECONDS))
    return now + wait


def _monday(now: float) -> float:
    """The beginning of the ISO week of an instant."""
    today = datetime.fromtimestamp(now, UTC)
    monday = today.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=today.weekday())
    return monday.timestamp()
